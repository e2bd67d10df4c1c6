"""Overrides: a list that is too old is let through for a time, by name, with a reason, and never for long."""

from collections.abc import Iterator

from dncd.v1 import policy_pb2
from dncd_engine.lists import US_PER_SECOND, ListState
from dncd_engine.state import State
from dncd_server.changes.approvals import Held
from dncd_server.changes.reporting import stored
from dncd_server.errors import ConflictError, FieldProblem, NotFoundError, invalid_fields
from dncd_server.policy.reasons import reason_problems

MAX_OVERRIDE_HOURS = 72
MAX_OVERRIDE_US = MAX_OVERRIDE_HOURS * 3_600 * US_PER_SECOND


def check_override(state: State, request: policy_pb2.OverrideListRequest, now_us: int) -> ListState:
    """Return the list that a request means, once the request was found sound.

    Raises:
        NotFoundError: There is no such list, or nobody may know of it.
        InvalidRequestError: A field is wrong; all that are, are named.
    """
    item = state.shown.get(request.list)
    if item is None:
        raise NotFoundError(
            "LIST_NOT_FOUND", f'there is no list "{request.list}"', {"list": request.list}
        )
    if problems := list(_problems(item, request, now_us)):
        raise invalid_fields("OVERRIDE_INVALID", problems)
    return item


def lets_through(state: State, name: str, until_us: int, now_us: int) -> bool:
    """Tell whether an override lets a list through for longer than the one that is in force; else it blocks."""
    return until_us > max(state.overrides.get(name, 0), now_us)


def check_approval(state: State, held: Held, seen_version: int, now_us: int) -> None:
    """Make sure that an override which waited may still be approved.

    Raises:
        ConflictError: Its time is over (OVERRIDE_OVER), its list is gone (LIST_RECREATED), or the approver saw
            something else (LIST_MOVED).
    """
    override = held.effect.override
    facts = {"batch_id": held.row.batch_id, "list": override.list}
    item = state.lists.get(override.list)
    if item is None or item.created_version > held.version:
        raise ConflictError(
            "LIST_RECREATED", "the list of this override was deleted since; reject it", facts
        )
    if seen_version != stored(held.row).list_version:
        raise ConflictError(
            "LIST_MOVED",
            "this is not the override that you saw; look again and approve that",
            facts,
        )
    proposed_us = held.row.received_us
    if not now_us < override.until_unix_us <= proposed_us + MAX_OVERRIDE_US:
        raise ConflictError(
            "OVERRIDE_OVER", "the time of this override is over; reject it and ask anew", facts
        )


def _problems(
    item: ListState, request: policy_pb2.OverrideListRequest, now_us: int
) -> Iterator[FieldProblem]:
    if not item.definition.kind.has_age:
        yield FieldProblem(
            "list",
            "only a registry or a clearance grows too old; nothing of this list can be let through",
        )
    until_us = request.until_unix_us
    if until_us and not now_us < until_us <= now_us + MAX_OVERRIDE_US:
        yield FieldProblem(
            "until_unix_us", f"a time to come, at most {MAX_OVERRIDE_HOURS} hours away"
        )
    yield from reason_problems(request.reason, is_needed=True)
