"""What needs a person: the one list that a status shows."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from dncd.v1 import batch_pb2, policy_pb2
from dncd_engine.lists import ListState
from dncd_engine.model import ListKind
from dncd_engine.state import State
from dncd_files.instants import parse_instant
from dncd_server.ledger.open_batches import OpenBatches
from dncd_server.ledger.records import BatchRow
from dncd_server.ledger.store import MAX_CLOCK_AHEAD_US
from dncd_server.policy.telling import CONFIDENTIAL
from dncd_server.uploads.plan import zone_of

Attention = policy_pb2.Attention


def attention_of(
    state: State, batches: OpenBatches, at_us: int, *, confidential: bool = False
) -> list[policy_pb2.Attention]:
    """Return all that needs a person, in order of list.

    Args:
        state: What the node answers from.
        batches: Those that wait for somebody.
        at_us: What this machine's clock says.
        confidential: Whether confidential lists are told of; else what is theirs is told of the list that they are
            shown as.
    """
    found = [item for row in batches.rows for item in _of_row(row, state, confidential)]
    if state.at_us > at_us + MAX_CLOCK_AHEAD_US:
        found.append(Attention(code="clock_behind"))
    now_us = max(at_us, state.at_us)
    for name, item in (state.lists if confidential else state.shown).items():
        found += [Attention(code=code, list=name) for code in _of_list(item, state, now_us)]
    found += [Attention(code="unused", list=name) for name in state.policy.unused_lists]
    return sorted(found, key=lambda item: (item.list, item.code))


def _of_row(row: BatchRow, state: State, confidential: bool) -> Iterator[policy_pb2.Attention]:
    name = row.list if confidential else state.shown_name(row.list)
    if row.state != batch_pb2.BATCH_STATE_HELD:
        if row.open_rejects:
            yield Attention(
                code="incomplete", list=name, batch_id=row.batch_id, count=row.open_rejects
            )
        return
    report = batch_pb2.BatchReport.FromString(row.report)
    if confidential or CONFIDENTIAL not in report.flags:
        yield Attention(
            code="held", list=name, batch_id=row.batch_id, count=report.numbers.released
        )


def _of_list(item: ListState, state: State, now_us: int) -> Iterator[str]:
    definition = item.definition
    if item.is_stale(now_us):
        yield "stale"
    if now_us < state.overrides.get(item.name, 0):
        yield "overridden"
    # an exemption only lifts, so nothing waits for its first load
    rests_on_it = definition.kind is not ListKind.EXEMPTION and not definition.starts_empty
    if not item.loaded and rests_on_it:
        yield "never_loaded"
    if definition.confidential and _is_due(item, state, now_us):
        yield "review_due"


def _is_due(item: ListState, state: State, now_us: int) -> bool:
    """Tell whether the day has come on which a person looks again whether a list must stay confidential."""
    zone = ZoneInfo(zone_of(item, state))
    begins_us = parse_instant(item.definition.confidential_review, zone, end_of_day=False)
    return begins_us is None or begins_us <= now_us
