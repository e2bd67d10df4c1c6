"""A plan: what a policy change would change, worked out and found sound before anything happens."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from typing import TypeVar

from dncd.v1 import ledger_pb2, policy_pb2
from dncd_engine.model import CampaignDefinition, Policy
from dncd_engine.names import client_of, is_name
from dncd_engine.state import PolicyChange, State, changed_policy
from dncd_engine.validation import problems_of
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
from dncd_server.policy.opens import changed_fields, opens
from dncd_server.policy.reasons import reason_problems

Verb = policy_pb2.PolicyChange.Verb
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """A policy change that is sound, with what it changes.

    Attributes:
        change: The definitions that it puts and deletes.
        differences: What becomes of each object.
        before: The policy that it was worked out against.
        after: The policy that it makes.
        seen_version: The policy's version that it was worked out against.
    """

    change: PolicyChange
    differences: tuple[policy_pb2.PolicyChange, ...]
    before: Policy
    after: Policy
    seen_version: int

    @property
    def opens(self) -> bool:
        """Whether a number that was blocked may be dialled after it."""
        return any(item.opens for item in self.differences)

    @property
    def effect(self) -> ledger_pb2.PolicyEffect:
        """The effect that the ledger keeps."""
        return effect_of_change(self.change)

    @property
    def touched_lists(self) -> tuple[str, ...]:
        """The lists that come or go: what was worked out against one of that name holds no more."""
        return tuple(sorted(self.before.lists.keys() ^ self.after.lists.keys()))


def plan(state: State, request: policy_pb2.ApplyPolicyRequest) -> PlannedChange:
    """Work out what a request changes.

    Raises:
        InvalidRequestError: A field is wrong; all that are, are named.
        NotFoundError: What is to be deleted does not exist.
        AlreadyExistsError: What may only be created exists.
        ConflictError: The policy has moved since the caller saw it, or a list is in use.
    """
    if request.base_version and request.base_version != state.policy_version:
        raise moved(
            state.policy_version,
            f"the policy is at version {state.policy_version}, not {request.base_version}; "
            "look again and repeat",
        )
    if wrong := list(_request_problems(request)):
        raise invalid_fields("POLICY_INVALID", wrong)
    old = state.policy
    _known("LIST_NOT_FOUND", "list", set(request.delete_lists) - old.lists.keys())
    _known("CAMPAIGN_NOT_FOUND", "campaign", set(request.delete_campaigns) - old.campaigns.keys())
    _known("SOURCE_NOT_FOUND", "source", set(request.delete_sources) - old.sources.keys())
    return _planned(state, _change(old, request), request.policy.lists.keys())


def plan_again(state: State, effect: ledger_pb2.PolicyEffect) -> PlannedChange:
    """Work out what a change that was put to wait changes by now; what it deletes may be gone already.

    Raises:
        InvalidRequestError: The policy has become one that the change makes unsound.
        ConflictError: A list that it deletes is in use by now.
    """
    request = policy_pb2.ApplyPolicyRequest(
        policy=effect.put,
        delete_lists=sorted(state.policy.lists.keys() & set(effect.delete_lists)),
        delete_campaigns=sorted(state.policy.campaigns.keys() & set(effect.delete_campaigns)),
        delete_sources=sorted(state.policy.sources.keys() & set(effect.delete_sources)),
    )
    return plan(state, request)


def moved(policy_version: int, message: str) -> ConflictError:
    """Return the error that tells a caller that the policy is another than the one it saw."""
    return ConflictError("POLICY_MOVED", message, {"policy_version": str(policy_version)})


def _planned(state: State, change: PolicyChange, put: Set[str]) -> PlannedChange:
    old = state.policy
    after = changed_policy(old, change)
    _check_unused(change.deleted_lists, after)
    problems = [*_problems(after, put), *_kind_changes(old, change)]
    if problems:
        raise invalid_fields("POLICY_INVALID", problems)
    differences = tuple(_differences(old, after, state.region))
    return PlannedChange(change, differences, old, after, state.policy_version)


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
    put = request.policy
    for field, deleted, names in (
        ("delete_lists", request.delete_lists, put.lists),
        ("delete_campaigns", request.delete_campaigns, put.campaigns),
        ("delete_sources", request.delete_sources, put.sources),
    ):
        for name in sorted(names.keys() & set(deleted)):
            yield FieldProblem(field, f'"{name}" is both put and deleted; drop one of them')
    yield from reason_problems(request.reason)
    yield from unsupported_fields(put)


def _check_unused(deleted: Iterable[str], after: Policy) -> None:
    for name in sorted(deleted):
        for campaign, item in sorted(after.campaigns.items()):
            if name in _named_by(item):
                raise ConflictError(
                    "LIST_IN_USE",
                    f'the campaign "{campaign}" names the list "{name}"; change the campaign first',
                    {"list": name, "campaign": campaign},
                )
        if any(item.shown_as == name for item in after.lists.values()):
            # who may not know of the other list does not learn its name here
            raise ConflictError(
                "LIST_IN_USE", f'the list "{name}" is in use and stays', {"list": name}
            )


def _named_by(campaign: CampaignDefinition) -> set[str]:
    lifts = {name for lift in campaign.lift for name in (lift.list, lift.over)}
    named = {*campaign.block, *campaign.excluded, *campaign.require, campaign.opt_out}
    return lifts | named


def _change(old: Policy, request: policy_pb2.ApplyPolicyRequest) -> PolicyChange:
    put = policy_from_message(request.policy)
    if request.create_only:
        taken = sorted(
            (put.lists.keys() & old.lists.keys()) | (put.campaigns.keys() & old.campaigns.keys())
        )
        if taken:
            raise AlreadyExistsError(
                "NAME_TAKEN", f'"{taken[0]}" exists already', {"name": taken[0]}
            )
    prefix = request.prune_prefix
    # whoever prunes may not know of a confidential list: such a one goes by its name only
    open_lists = (name for name, item in old.lists.items() if not item.confidential)
    # a file that names no purposes leaves them alone; a purpose is only ever added, so two files do not fight
    purposes = tuple(dict.fromkeys((*old.purposes, *put.purposes)))
    return PolicyChange(
        purposes=purposes if purposes != old.purposes else None,
        sources=_changed(old.sources, put.sources),
        lists=_changed(old.lists, put.lists),
        campaigns=_changed(old.campaigns, put.campaigns),
        answers=_changed(old.answers, put.answers),
        deleted_sources=_pruned(prefix, old.sources, put.sources.keys(), request.delete_sources),
        deleted_lists=_pruned(prefix, open_lists, put.lists.keys(), request.delete_lists),
        deleted_campaigns=_pruned(
            prefix, old.campaigns, put.campaigns.keys(), request.delete_campaigns
        ),
    )


def _changed(old: Mapping[str, _T], put: Mapping[str, _T]) -> dict[str, _T]:
    return {name: item for name, item in put.items() if old.get(name) != item}


def _pruned(
    prefix: str, old: Iterable[str], put: Set[str], deleted: Iterable[str]
) -> frozenset[str]:
    """Return what goes: what is deleted by name, and under a prefix what is not put."""
    under = {name for name in old if prefix and name.startswith(prefix) and name not in put}
    return frozenset(under | set(deleted))


def _known(reason: str, what: str, unknown: set[str]) -> None:
    for name in sorted(unknown):
        raise NotFoundError(reason, f'there is no {what} "{name}"', {what: name})


def _problems(after: Policy, put: Set[str]) -> list[FieldProblem]:
    """Name what makes a policy unsound, without a word of a confidential list that the request does not put."""
    unseen = {
        name: item for name, item in after.lists.items() if item.confidential and name not in put
    }
    seen = {name: item for name, item in after.lists.items() if name not in unseen}
    found = problems_of(dataclasses.replace(after, lists=seen))
    if found:
        return [FieldProblem(item.field, item.message) for item in found]
    # what else can be wrong is that the list which stands for an unseen one cannot do so any more
    wrong = {item.field for item in problems_of(after)}
    used = {item.shown_as for name, item in unseen.items() if f'lists["{name}"].shown_as' in wrong}
    told = "the list is in use as it is, neither confidential nor in shadow; leave it so"
    return [FieldProblem(f'lists["{name}"]', told) for name in sorted(used)]


def _kind_changes(old: Policy, change: PolicyChange) -> Iterator[FieldProblem]:
    for name, definition in sorted(change.lists.items()):
        if name in old.lists and old.lists[name].kind is not definition.kind:
            kind = old.lists[name].kind.word
            yield FieldProblem(
                f'lists["{name}"].kind', f"the list is of kind {kind} for good; make another list"
            )


def _differences(old: Policy, new: Policy, region: str) -> Iterator[policy_pb2.PolicyChange]:
    groups: tuple[tuple[str, Mapping[str, object], Mapping[str, object]], ...] = (
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
                fields=_fields(before.get(name), after.get(name)),
                opens=opens(what, name, old, new, region),
            )


def _fields(before: object, after: object) -> list[str]:
    """Return the fields that differ, by the protocol's names; of an answer, which is one text, none."""
    if not dataclasses.is_dataclass(before) or not dataclasses.is_dataclass(after):
        return []
    return ["except" if field == "excluded" else field for field in changed_fields(before, after)]
