"""What every store must do with an upload's segments, before the commit and after it."""

import pytest
from sqlalchemy.exc import IntegrityError

from dncd.v1 import ledger_pb2
from dncd_server.ledger.store import Store
from server.ledger.entries import (
    ENTER,
    NAMED,
    NOW_US,
    SetClock,
    batch,
    event,
    held_prefixes,
    segment,
)


def test_segments_come_in_order_over_many_pages(store: Store) -> None:
    upload = store.stage("b1")
    prefixes = [(index * 7919) % 1000 for index in range(700)]
    for start in range(0, 700, 64):
        page = prefixes[start : start + 64]
        store.stage_segments(upload, [segment(prefix, data=b"%d" % prefix) for prefix in page])
    store.stage_segments(upload, [segment(prefix, ENTER) for prefix in range(0, 600, 2)])
    store.stage_segments(store.stage("b2"), [segment(5000)])
    found = list(store.segments(upload, [NAMED]))

    assert [item.prefix for item in found] == sorted(prefixes)
    assert all(item.data == b"%d" % item.prefix for item in found)
    assert {(item.role, item.stratum, item.count) for item in found} == {(NAMED, 0, 1)}
    assert held_prefixes(store, upload, ENTER) == list(range(0, 600, 2))
    assert held_prefixes(store, upload) == [*sorted(prefixes), *range(0, 600, 2)]
    assert held_prefixes(store, upload, ledger_pb2.SEGMENT_ROLE_LEAVE) == []


def test_a_page_of_segments_is_written_whole_or_not_at_all(store: Store) -> None:
    upload = store.stage("b1")
    store.stage_segments(upload, [segment(2)])
    with pytest.raises(IntegrityError):
        store.stage_segments(upload, [segment(1), segment(2)])

    assert held_prefixes(store, upload) == [2]


def test_unstaging_removes_what_was_staged_and_nothing_else(store: Store) -> None:
    mine, other = store.stage("b1"), store.stage("b2")
    for upload in (mine, other):
        store.stage_segments(upload, [segment(1), segment(1, ENTER)])
    store.unstage(mine)
    store.unstage(mine)

    assert held_prefixes(store, mine) == []
    assert held_prefixes(store, other) == [1, 1]


def test_forgetting_a_difference_keeps_the_batchs_own_segments(store: Store) -> None:
    mine, other = store.stage("b1"), store.stage("b2")
    for upload in (mine, other):
        store.stage_segments(upload, [segment(1), segment(1, ENTER)])
    store.unstage_difference(mine)

    assert [item.role for item in store.segments(mine, [NAMED, ENTER])] == [NAMED]
    assert held_prefixes(store, other) == [1, 1]


def test_unstaging_after_the_commit_removes_nothing(store: Store) -> None:
    upload = store.stage("b1")
    store.stage_segments(upload, [segment(1), segment(2)])
    store.append(event(), batch("b1", upload))
    store.unstage(upload)

    assert held_prefixes(store, upload) == [1, 2]
    assert store.remove_abandoned(NOW_US * 2) == 0
    assert held_prefixes(store, upload) == [1, 2]


def test_abandoned_uploads_are_those_without_a_heartbeat(store: Store, set_clock: SetClock) -> None:
    set_clock(NOW_US)
    old, kept_alive = store.stage("b1"), store.stage("b2")
    for upload in (old, kept_alive):
        store.stage_segments(upload, [segment(1)])
    set_clock(NOW_US + 100)
    new = store.stage("b3")
    store.stage_segments(new, [segment(1)])
    store.stage_segments(kept_alive, [])

    assert store.remove_abandoned(NOW_US) == 0
    assert store.remove_abandoned(NOW_US + 50) == 1
    assert held_prefixes(store, old) == []
    assert held_prefixes(store, kept_alive) == held_prefixes(store, new) == [1]
    assert store.remove_abandoned(NOW_US + 101) == 2
