"""Policy changes: what a request would change, whether that is sound, what it opens, and putting it in force."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import structlog

from dncd.v1 import ledger_pb2, policy_pb2
from dncd_engine.model import Policy
from dncd_engine.names import DEFAULT_CAMPAIGN, client_of, is_name
from dncd_engine.state import PolicyChange, State, changed_policy
from dncd_engine.validation import problems_of
from dncd_server.actors import Actor
from dncd_server.codec import (
    effect_of_change,
    has_unknown_fields,
    policy_from_message,
    unsupported_fields,
)
from dncd_server.errors import (
    AlreadyExistsError,
    ConflictError,
    FieldProblem,
    NotFoundError,
    invalid_fields,
)
from dncd_server.ledger.evidence import evidence_of
from dncd_server.ledger.journal import Journal
from dncd_server.ledger.records import NewEvent

Verb = policy_pb2.PolicyChange.Verb
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """A policy change that is sound, with what it changes."""

    change: PolicyChange
    differences: tuple[policy_pb2.PolicyChange, ...]
    after: Policy

    @property
    def opens(self) -> bool:
        """Whether a number that was blocked may be dialled after it."""
        return any(item.opens for item in self.differences)

    @property
    def effect(self) -> ledger_pb2.PolicyEffect:
        """The effect that the ledger keeps."""
        return effect_of_change(self.change)


def plan(state: State, request: policy_pb2.ApplyPolicyRequest) -> PlannedChange:
    """Work out what a request changes.

    Raises:
        InvalidRequestError: A field is wrong; all that are, are named.
        NotFoundError: What is to be deleted does not exist.
        AlreadyExistsError: What may only be created exists.
        ConflictError: The policy has moved since the caller saw it.
    """
    if request.base_version and request.base_version != state.policy_version:
        raise ConflictError(
            "POLICY_MOVED",
            f"the policy is at version {state.policy_version}, not {request.base_version}; look again and repeat",
            {"policy_version": str(state.policy_version)},
        )
    if wrong := list(_request_problems(request)):
        raise invalid_fields("POLICY_INVALID", wrong)
    change = _change(state.policy, request)
    after = changed_policy(state.policy, change)
    _check_unused(change.deleted_lists, after)
    problems = [FieldProblem(item.field, item.message) for item in problems_of(after)]
    problems += _kind_changes(state.policy, change)
    if problems:
        raise invalid_fields("POLICY_INVALID", problems)
    return PlannedChange(change, tuple(_differences(state.policy, after)), after)


def _request_problems(request: policy_pb2.ApplyPolicyRequest) -> Iterator[FieldProblem]:
    """Name what is wrong with a request whatever the policy is."""
    if has_unknown_fields(request):
        yield FieldProblem(
            "policy",
            "it holds a field that this version does not know; take it out or upgrade dncd",
        )
    client = request.prune_prefix.removesuffix("/")
    if request.prune_prefix and (
        request.prune_prefix != f"{client}/" or client_of(client) or not is_name(client)
    ):
        yield FieldProblem("prune_prefix", 'write CLIENT/, such as "acme/"')
    for field, deleted, put in (
        ("delete_lists", request.delete_lists, request.policy.lists),
        ("delete_campaigns", request.delete_campaigns, request.policy.campaigns),
    ):
        for name in sorted(put.keys() & set(deleted)):
            yield FieldProblem(field, f'"{name}" is both put and deleted; drop one of them')
    yield from unsupported_fields(request.policy)


def _check_unused(deleted: Iterable[str], after: Policy) -> None:
    for name in sorted(deleted):
        for campaign, item in sorted(after.campaigns.items()):
            if name in (*item.block, *item.excluded, item.opt_out):
                raise ConflictError(
                    "LIST_IN_USE",
                    f'the campaign "{campaign}" names the list "{name}"; change the campaign first',
                    {"list": name, "campaign": campaign},
                )


def _change(old: Policy, request: policy_pb2.ApplyPolicyRequest) -> PolicyChange:
    put = policy_from_message(request.policy)
    deleted_lists, deleted_campaigns = set(request.delete_lists), set(request.delete_campaigns)
    _known("LIST_NOT_FOUND", "list", deleted_lists - old.lists.keys())
    _known("CAMPAIGN_NOT_FOUND", "campaign", deleted_campaigns - old.campaigns.keys())
    if request.create_only:
        taken = sorted(
            (put.lists.keys() & old.lists.keys()) | (put.campaigns.keys() & old.campaigns.keys())
        )
        if taken:
            raise AlreadyExistsError(
                "NAME_TAKEN", f'"{taken[0]}" exists already', {"name": taken[0]}
            )
    if request.prune_prefix:
        prefix = request.prune_prefix
        deleted_lists |= {n for n in old.lists if n.startswith(prefix) and n not in put.lists}
        deleted_campaigns |= {
            n for n in old.campaigns if n.startswith(prefix) and n not in put.campaigns
        }
    # a file that names no purposes leaves them alone; a purpose is only ever added, so two files do not fight
    purposes = tuple(dict.fromkeys((*old.purposes, *put.purposes)))
    return PolicyChange(
        purposes=purposes if purposes != old.purposes else None,
        sources={n: item for n, item in put.sources.items() if old.sources.get(n) != item},
        lists={n: item for n, item in put.lists.items() if old.lists.get(n) != item},
        campaigns={n: item for n, item in put.campaigns.items() if old.campaigns.get(n) != item},
        answers={n: text for n, text in put.answers.items() if old.answers.get(n) != text},
        deleted_lists=frozenset(deleted_lists),
        deleted_campaigns=frozenset(deleted_campaigns),
    )


def _known(reason: str, what: str, unknown: set[str]) -> None:
    for name in sorted(unknown):
        raise NotFoundError(reason, f'there is no {what} "{name}"', {what: name})


def _kind_changes(old: Policy, change: PolicyChange) -> Iterator[FieldProblem]:
    for name, definition in sorted(change.lists.items()):
        if name in old.lists and old.lists[name].kind is not definition.kind:
            kind = old.lists[name].kind.word
            yield FieldProblem(
                f'lists["{name}"].kind', f"the list is of kind {kind} for good; make another list"
            )


def _differences(old: Policy, new: Policy) -> Iterator[policy_pb2.PolicyChange]:
    groups = (
        ("list", old.lists, new.lists),
        ("campaign", old.campaigns, new.campaigns),
        ("source", old.sources, new.sources),
        ("purpose", dict.fromkeys(old.purposes), dict.fromkeys(new.purposes)),
        ("answer", old.answers, new.answers),
    )
    for what, before, after in groups:
        for name in sorted(before.keys() | after.keys()):
            if name in before and name in after and before[name] == after[name]:
                continue
            verb = Verb.VERB_UPDATE if name in before else Verb.VERB_CREATE
            verb = verb if name in after else Verb.VERB_DELETE
            yield policy_pb2.PolicyChange(
                verb=verb,
                object=what,
                name=name,
                fields=_changed_fields(before.get(name), after.get(name)),
                opens=_opens(what, name, old, new),
            )


def _changed_fields(before: object, after: object) -> list[str]:
    slots = getattr(type(before), "__slots__", ())
    if before is None or after is None:
        return []
    changed = [field for field in slots if getattr(before, field) != getattr(after, field)]
    return ["except" if field == "excluded" else field for field in changed]


def _opens(what: str, name: str, old: Policy, new: Policy) -> bool:
    """Tell whether a difference may let a number through that was blocked: when in doubt, it does."""
    if what == "list" and name in old.lists:
        if name not in new.lists:
            return True
        before, after = old.lists[name], new.lists[name]
        slower = after.effective_max_age_seconds or float("inf")
        return (
            slower > (before.effective_max_age_seconds or float("inf"))
            or (after.starts_empty and not before.starts_empty)
            or before.countries != after.countries
            or before.prefixes != after.prefixes
        )
    return what == "campaign" and _campaign_opens(name, old, new)


def _campaign_opens(name: str, old: Policy, new: Policy) -> bool:
    before, after = _blocked_by(name, old), _blocked_by(name, new)
    if before is None or after is None:
        return False  # a call is refused before or after it
    was, now = old.campaigns.get(name), new.campaigns.get(name)
    # the order counts: the first country is how texts are read
    is_wider = was is not None and (now is None or now.countries != was.countries)
    return bool(before - after) or is_wider


def _blocked_by(campaign: str, policy: Policy) -> set[str] | None:
    """Return what a call with a campaign's name is blocked by, None where it is refused."""
    if campaign in policy.campaigns:
        return set(policy.blocking_lists_of(campaign))
    if campaign != DEFAULT_CAMPAIGN or policy.is_of_clients:
        return None
    return {name for name, item in policy.lists.items() if item.kind.blocks}


@dataclass(frozen=True, slots=True)
class AppliedPolicy:
    """What became of a request: its plan, whether it is in force, and a state that answers from it."""

    plan: PlannedChange
    is_in_force: bool
    state: State


class PolicyDesk:
    """Puts policy changes into the ledger."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def newest_batches(self, lists: Mapping[str, int]) -> dict[str, str]:
        """Return the id of the newest batch in force, by list; one without any is not there.

        Args:
            lists: By list, the version that defined it.
        """
        return await self._journal.ledger.run(self._journal.store.newest_batches, lists)

    async def apply(self, request: policy_pb2.ApplyPolicyRequest, actor: Actor) -> AppliedPolicy:
        """Work a request out and, unless it only asks, put it in force.

        Raises:
            DncdError: The request is unsound; nothing has changed.
        """
        async with self._journal.lock:
            state = await self._journal.catch_up()
            planned = plan(state, request)
            if request.validate_only or not planned.differences:
                return AppliedPolicy(planned, False, state)
            event = NewEvent(
                kind=ledger_pb2.EVENT_KIND_POLICY_APPLIED,
                effect=planned.effect.SerializeToString(),
                evidence=evidence_of(actor).SerializeToString(),
                touched_lists=tuple(sorted(state.lists.keys() ^ planned.after.lists.keys())),
            )
            _, state = await self._journal.append(event)
        _log.info("policy_applied", version=state.version, changes=len(planned.differences))
        return AppliedPolicy(planned, True, state)
