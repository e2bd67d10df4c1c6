"""Opt-outs and the policies that they are sent under, without a daemon."""

from dataclasses import replace
from typing import Any

from dncd.v1 import batch_pb2, optout_pb2
from dncd_engine.model import CampaignDefinition, ListDefinition, ListKind
from dncd_engine.state import PolicyChange, State

NUMBER = 81_450_001_000
"""45-000 is given to no exchange in Japan, so nobody has it."""
OWN = ListDefinition(ListKind.DO_NOT_CONTACT)
SUSPENDED = ListDefinition(ListKind.SUSPENDED_USE)
REGISTRY = ListDefinition(ListKind.REGISTRY)
SHADOW = ListDefinition(ListKind.DO_NOT_CONTACT, shadow=True)


def confidential(shown_as: str) -> ListDefinition:
    """Return a list whose existence may not be known."""
    return ListDefinition(
        ListKind.DO_NOT_CONTACT,
        confidential=True,
        shown_as=shown_as,
        confidential_ground="court order",
    )


def campaign(*block: str, **fields: Any) -> CampaignDefinition:
    """Return a campaign that is blocked by some lists."""
    return CampaignDefinition(block=block, **fields)


def state_of(
    lists: dict[str, ListDefinition],
    campaigns: dict[str, CampaignDefinition] | None = None,
    region: str = "JP",
) -> State:
    """Return a state with a policy in force."""
    base = replace(State(), region=region, version=2)
    return base.with_policy(PolicyChange(lists=lists, campaigns=campaigns or {}))


def opt_out(request_id: str = "r-1", **fields: Any) -> optout_pb2.OptOutRequest:
    """Return a request of one number, unless ``fields`` name others."""
    if not fields.keys() & {"e164", "numbers"}:
        fields["e164"] = [NUMBER]
    return optout_pb2.OptOutRequest(request_id=request_id, **fields)


def attributes(**fields: Any) -> optout_pb2.OptOutRequest:
    """Return a request with attributes."""
    return opt_out(attributes=batch_pb2.Attributes(**fields))


def dates(**fields: str) -> optout_pb2.OptOutRequest:
    """Return a request with dates as a person writes them."""
    return opt_out(dates=batch_pb2.LocalDates(**fields))
