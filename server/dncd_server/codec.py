"""Between the protocol's messages and the engine's own types; nothing is dropped on the way.

A field that this version does not act upon is refused, never ignored: a policy that is half understood could let a
number through.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from google.protobuf.message import Message
from google.protobuf.unknown_fields import UnknownFieldSet

from dncd.v1 import ledger_pb2, policy_pb2, verdict_pb2
from dncd_engine.lists import ListState
from dncd_engine.model import (
    CampaignDefinition,
    Lift,
    ListDefinition,
    ListKind,
    Policy,
    SourceDefinition,
)
from dncd_engine.state import PolicyChange
from dncd_engine.strata import Stratum
from dncd_files.layouts import LAYOUTS
from dncd_server.errors import FieldProblem, LedgerError

_KINDS = frozenset(int(kind) for kind in ListKind)


def has_unknown_fields(message: Message) -> bool:
    """Tell whether a message holds, at any depth, a field that this version has no name for."""
    if len(UnknownFieldSet(message)):
        return True
    values = (value for field, value in message.ListFields() if field.message_type is not None)
    parts = itertools.chain.from_iterable(map(_parts, values))
    return any(has_unknown_fields(part) for part in parts if isinstance(part, Message))


def _parts(value: Any) -> Iterable[Any]:
    if isinstance(value, Message):
        return (value,)
    return value.values() if isinstance(value, Mapping) else value


def unsupported_fields(message: policy_pb2.Policy) -> Iterator[FieldProblem]:
    """Name every field that this version cannot act upon."""
    for name, definition in sorted(message.lists.items()):
        if definition.kind not in _KINDS:
            yield FieldProblem(
                f'lists["{name}"].kind', "a list needs its kind, such as do_not_contact"
            )
        if definition.layout not in ("", *LAYOUTS):
            yield FieldProblem(f'lists["{name}"].layout', f"one of {', '.join(LAYOUTS)}")


def list_from_message(message: policy_pb2.ListDefinition) -> ListDefinition:
    """Return a list's definition."""
    return ListDefinition(
        kind=ListKind(message.kind),
        title=message.title,
        layout=message.layout,
        countries=tuple(message.countries),
        prefixes=tuple(message.prefixes),
        max_age_seconds=message.max_age_seconds,
        tz=message.tz,
        starts_empty=message.starts_empty,
        contact=message.contact,
        shadow=message.shadow,
        confidential=message.confidential,
        shown_as=message.shown_as,
        confidential_ground=message.confidential_ground,
        confidential_review=message.confidential_review,
        growth_limit=message.growth_limit,
        release_limit=message.release_limit if message.HasField("release_limit") else None,
    )


def list_to_message(definition: ListDefinition) -> policy_pb2.ListDefinition:
    """Return a list's definition as a message."""
    return policy_pb2.ListDefinition(
        kind=verdict_pb2.ListKind.ValueType(definition.kind),
        title=definition.title,
        layout=definition.layout,
        countries=definition.countries,
        prefixes=definition.prefixes,
        max_age_seconds=definition.max_age_seconds,
        tz=definition.tz,
        starts_empty=definition.starts_empty,
        contact=definition.contact,
        shadow=definition.shadow,
        confidential=definition.confidential,
        shown_as=definition.shown_as,
        confidential_ground=definition.confidential_ground,
        confidential_review=definition.confidential_review,
        growth_limit=definition.growth_limit,
        release_limit=definition.release_limit,
    )


def campaign_from_message(message: policy_pb2.CampaignDefinition) -> CampaignDefinition:
    """Return a campaign's definition."""
    return CampaignDefinition(
        purpose=message.purpose,
        countries=tuple(message.countries),
        block=tuple(message.block),
        excluded=tuple(getattr(message, "except")),
        lift=tuple(Lift(item.list, item.over) for item in message.lift),
        require=tuple(message.require),
        opt_out=message.opt_out,
        title=message.title,
    )


def campaign_to_message(definition: CampaignDefinition) -> policy_pb2.CampaignDefinition:
    """Return a campaign's definition as a message."""
    message = policy_pb2.CampaignDefinition(
        purpose=definition.purpose,
        countries=definition.countries,
        block=definition.block,
        lift=[policy_pb2.Lift(list=item.list, over=item.over) for item in definition.lift],
        require=definition.require,
        opt_out=definition.opt_out,
        title=definition.title,
    )
    getattr(message, "except").extend(definition.excluded)
    return message


def policy_from_message(message: policy_pb2.Policy) -> Policy:
    """Return a policy."""
    return Policy(
        purposes=tuple(message.purposes),
        sources={
            name: SourceDefinition(item.provider, item.route, item.basis)
            for name, item in message.sources.items()
        },
        lists={name: list_from_message(item) for name, item in message.lists.items()},
        campaigns={name: campaign_from_message(item) for name, item in message.campaigns.items()},
        answers=dict(message.answers),
    )


def policy_to_message(policy: Policy) -> policy_pb2.Policy:
    """Return a policy as a message."""
    return policy_pb2.Policy(
        purposes=policy.purposes,
        sources={
            name: policy_pb2.SourceDefinition(
                provider=item.provider, route=item.route, basis=item.basis
            )
            for name, item in policy.sources.items()
        },
        lists={name: list_to_message(item) for name, item in policy.lists.items()},
        campaigns={name: campaign_to_message(item) for name, item in policy.campaigns.items()},
        answers=dict(policy.answers),
    )


def effect_of_change(change: PolicyChange) -> ledger_pb2.PolicyEffect:
    """Return the effect that carries a policy change."""
    put = Policy(
        change.purposes or (), change.sources, change.lists, change.campaigns, change.answers
    )
    return ledger_pb2.PolicyEffect(
        put=policy_to_message(put),
        purposes_set=change.purposes is not None,
        delete_lists=sorted(change.deleted_lists),
        delete_campaigns=sorted(change.deleted_campaigns),
        delete_sources=sorted(change.deleted_sources),
    )


def change_of_effect(effect: ledger_pb2.PolicyEffect) -> PolicyChange:
    """Return the policy change that an effect carries.

    Raises:
        LedgerError: The effect holds what this version cannot act upon.
    """
    if has_unknown_fields(effect):
        raise LedgerError("the ledger's policy needs a newer dncd: it holds a field without a name")
    for problem in unsupported_fields(effect.put):
        raise LedgerError(f"the ledger's policy needs a newer dncd: {problem.field}")
    put = policy_from_message(effect.put)
    return PolicyChange(
        purposes=put.purposes if effect.purposes_set else None,
        sources=put.sources,
        lists=put.lists,
        campaigns=put.campaigns,
        answers=put.answers,
        deleted_sources=frozenset(effect.delete_sources),
        deleted_lists=frozenset(effect.delete_lists),
        deleted_campaigns=frozenset(effect.delete_campaigns),
    )


def coverage_to_messages(item: ListState) -> list[policy_pb2.Coverage]:
    """Return how fresh a list is, by prefix in order; only a registry has an age."""
    if item.definition.kind is not ListKind.REGISTRY:
        return []
    return [
        policy_pb2.Coverage(
            prefix=prefix,
            published_unix_us=published,
            stale_at_unix_us=item.stale_at_us(published) if published else 0,
        )
        for prefix, published in sorted(item.coverage.items())
    ]


def stratum_from_message(message: ledger_pb2.Stratum) -> Stratum:
    """Return a stratum.

    Raises:
        LedgerError: It is not one that dncd writes.
    """
    stratum = Stratum(
        message.effective_unix_us,
        message.expires_unix_us,
        tuple(message.purposes),
        message.published_unix_us,
    )
    instants = (stratum.effective_us, stratum.expires_us, stratum.published_us)
    # two ways to write one stratum would be two sets of entries
    if min(instants) < 0 or list(stratum.purposes) != sorted(set(stratum.purposes)):
        raise LedgerError("a stratum has an instant before 1970 or purposes out of order")
    return stratum


def stratum_to_message(stratum: Stratum) -> ledger_pb2.Stratum:
    """Return a stratum as a message."""
    return ledger_pb2.Stratum(
        effective_unix_us=stratum.effective_us,
        expires_unix_us=stratum.expires_us,
        purposes=stratum.purposes,
        published_unix_us=stratum.published_us,
    )


def standing_from_message(message: ledger_pb2.ListStanding) -> tuple[dict[str, int], bool]:
    """Return the publisher's date by covered prefix, and whether a batch is in force."""
    return {part.prefix: part.published_unix_us for part in message.parts}, message.loaded


def standing_to_message(coverage: Mapping[str, int], loaded: bool) -> ledger_pb2.ListStanding:
    """Return how loaded and how fresh a list is as a message, parts in order of prefix."""
    parts = [
        ledger_pb2.CoveredPart(prefix=prefix, published_unix_us=published_us)
        for prefix, published_us in sorted(coverage.items())
    ]
    return ledger_pb2.ListStanding(loaded=loaded, parts=parts)
