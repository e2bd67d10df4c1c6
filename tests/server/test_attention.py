"""What needs a person, told so that nobody learns of a confidential list who does not ask for it."""

import dataclasses
from datetime import UTC, datetime
from typing import Any

import pytest

from dncd.v1 import batch_pb2, policy_pb2
from dncd_engine.state import State
from dncd_server.attention import attention_of
from dncd_server.ledger.open_batches import OpenBatches
from dncd_server.ledger.records import BatchRow
from dncd_server.ledger.store import MAX_CLOCK_AHEAD_US
from engine.worlds import loaded
from server.building import a_campaign, a_list, policy_request
from server.policy_changes import after, hidden

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
NOON_US = 1_800_014_400_000_000
ACTIVE, HELD = batch_pb2.BATCH_STATE_ACTIVE, batch_pb2.BATCH_STATE_HELD


def told(
    state: State, *rows: BatchRow, at_us: int = NOON_US, **asked: bool
) -> list[tuple[Any, ...]]:
    """Return (code, list, batch, count) of all that needs a person."""
    found = attention_of(state, OpenBatches(list(rows)), at_us, **asked)
    return [(item.code, item.list, item.batch_id, item.count) for item in found]


def row(list_name: str, state: int, batch_id: str = "b1", **fields: Any) -> BatchRow:
    """Return the row of a batch; ``fields`` are those of its report."""
    report = batch_pb2.BatchReport(batch_id=batch_id, list=list_name, **fields)
    return BatchRow(
        batch_id=batch_id,
        list=list_name,
        state=state,
        version=None,
        upload=None,
        content_digest=b"",
        open_rejects=report.open_rejects,
        received_us=0,
        report=report.SerializeToString(),
        held_version=None,
        mode=1,
        rejected=0,
        waived=0,
        mends="",
        mended_rows=0,
    )


def world(*block: str, **lists: policy_pb2.ListDefinition) -> State:
    """Return a ledger with lists, and a campaign that some of them block."""
    return after(policy_request(lists, {"spring": a_campaign(block=block)}))


def test_nothing_needs_a_person_where_all_is_well() -> None:
    lists = {
        "house": a_list(starts_empty=True),
        "ftc": a_list("registry"),
        "ebr": a_list("exemption"),
    }
    state = world("house", "ftc", **lists)

    assert told(loaded(state, "ftc", [], published_us=NOON_US)) == []


@pytest.mark.parametrize("kind", ["registry", "do_not_contact"])
def test_a_list_that_was_never_loaded_and_one_that_nothing_uses(kind: str) -> None:
    state = world("house", house=a_list(), spare=a_list(kind))

    assert told(state) == [
        ("never_loaded", "house", "", 0),
        ("never_loaded", "spare", "", 0),
        ("unused", "spare", "", 0),
    ]


def test_a_list_that_is_too_old_stays_so_while_it_is_let_through() -> None:
    state = loaded(
        world("ftc", ftc=a_list("registry")), "ftc", [], published_us=NOON_US - 31 * DAY_US
    )
    assert told(state, at_us=NOON_US - 1) == []
    assert told(state) == [("stale", "ftc", "", 0)]

    let = state.with_override("ftc", NOON_US + HOUR_US)
    assert told(let) == [("overridden", "ftc", "", 0), ("stale", "ftc", "", 0)]
    assert told(let, at_us=NOON_US + HOUR_US) == [("stale", "ftc", "", 0)]


def test_a_batch_that_waits_and_one_with_rows_that_nobody_mended() -> None:
    state = loaded(world("house", house=a_list()), "house", [])
    numbers = batch_pb2.NumberCounts(released=7)
    rows = (
        row("house", HELD, numbers=numbers, open_rejects=0),
        row("house", ACTIVE, "b2", open_rejects=3),
        row("", HELD, "policy-1"),
    )

    assert told(state, *rows) == [
        ("held", "", "policy-1", 0),
        ("held", "house", "b1", 7),
        ("incomplete", "house", "b2", 3),
    ]


def test_what_is_of_a_confidential_list_is_told_of_the_one_that_it_is_shown_as() -> None:
    state = loaded(world("house", house=a_list(), claimers=hidden("house")), "house", [])
    rows = (row("claimers", HELD), row("claimers", ACTIVE, "b2", open_rejects=3))
    own = (row("house", HELD), row("house", ACTIVE, "b2", open_rejects=3))

    assert told(state, *rows) == told(state, *own)
    assert told(state, *rows, confidential=True) == [
        ("held", "claimers", "b1", 0),
        ("incomplete", "claimers", "b2", 3),
        ("never_loaded", "claimers", "", 0),
    ]


def test_a_change_that_names_a_confidential_list_is_told_to_whoever_asks() -> None:
    state = loaded(world("house", house=a_list(), claimers=hidden("house")), "house", [])
    waiting = row("", HELD, "policy-1", flags=["confidential"])

    assert told(state, waiting) == []
    assert ("held", "", "policy-1", 0) in told(state, waiting, confidential=True)


@pytest.mark.parametrize(("tz", "hour"), [("", 15), ("UTC", 24), ("America/New_York", 29)])
def test_the_day_on_which_a_person_looks_again_begins_where_the_list_is(tz: str, hour: int) -> None:
    definition = hidden("house")
    definition.tz, definition.confidential_review = tz, "2030-01-31"
    state = loaded(world("house", house=a_list(), claimers=definition), "house", [])
    state = loaded(state, "claimers", [])
    eve_us = int(datetime(2030, 1, 30, tzinfo=UTC).timestamp()) * 1_000_000
    due_us = eve_us + hour * HOUR_US

    assert told(state, at_us=due_us - 1, confidential=True) == []
    assert told(state, at_us=due_us, confidential=True) == [("review_due", "claimers", "", 0)]
    assert told(state, at_us=due_us) == []


def test_a_clock_that_stands_behind_the_ledger() -> None:
    state = dataclasses.replace(State(), at_us=NOON_US + MAX_CLOCK_AHEAD_US)
    assert told(state) == []
    assert told(state, at_us=NOON_US - 1) == [("clock_behind", "", "", 0)]
