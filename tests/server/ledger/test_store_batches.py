"""What every store must do with batches and the lists that they move."""

from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError

from dncd.v1 import batch_pb2
from dncd_server.ledger.store import ListMovedError, Store
from server.ledger.entries import (
    ACTIVE,
    HELD,
    NOW_US,
    SetClock,
    batch,
    event,
    everything,
    held_prefixes,
    segment,
)


def test_a_batch_moves_its_list(store: Store) -> None:
    store.append(event(), batch("b1", store.stage("b1")))
    store.append(event(), batch("b2", store.stage("b2"), list="ftc"))
    store.append(event(), batch("b3", store.stage("b3"), list_version=2))

    assert store.list_version("acme/optout") == 4
    assert store.list_version("ftc") == 3


def test_a_definition_moves_its_list(store: Store) -> None:
    store.append(event(touched_lists=("acme/optout", "ftc")))

    assert store.list_version("acme/optout") == store.list_version("ftc") == 2


@pytest.mark.parametrize("list_version", [0, 1, 3])
def test_a_batch_on_a_list_that_has_moved_writes_nothing(store: Store, list_version: int) -> None:
    store.append(event(), batch("b1", store.stage("b1")))
    upload = store.stage("b2")
    store.stage_segments(upload, [segment(1)])
    before = everything(store)
    with pytest.raises(ListMovedError):
        store.append(event(), batch("b2", upload, list_version=list_version))

    assert everything(store) == before
    assert held_prefixes(store, upload) == [1]

    store.append(event(), batch("b2", upload, list_version=2))
    assert store.list_version("acme/optout") == 3


def test_a_batch_is_found_by_its_id(store: Store) -> None:
    digest = bytes(range(32))
    upload = store.stage("b1")
    store.append(event(), batch("b1", upload, content_digest=digest, open_rejects=3))
    row = store.batch("b1")

    assert row is not None
    assert (row.batch_id, row.list, row.state, row.version) == ("b1", "acme/optout", ACTIVE, 2)
    assert (row.upload, row.content_digest, row.open_rejects) == (upload, digest, 3)
    assert row.report == b"report"
    assert store.events_after(1, 1)[0].upload == upload
    assert store.batch("b2") is None


def test_a_batch_id_is_taken_once(store: Store) -> None:
    store.append(event(), batch("b1", store.stage("b1")))
    upload = store.stage("b1")
    before = everything(store)
    with pytest.raises(IntegrityError):
        store.append(event(), batch("b1", upload, list="ftc"))

    assert everything(store) == before
    assert store.list_version("ftc") == 0


def test_a_refused_batch_does_not_use_up_its_id(store: Store) -> None:
    store.keep_refused(batch("b1", state=batch_pb2.BATCH_STATE_REFUSED, report=b"first"))
    store.keep_refused(
        batch("b1", 7, state=batch_pb2.BATCH_STATE_REFUSED, report=b"second", open_rejects=4)
    )
    refused = store.batch("b1")
    head = store.head()

    assert refused is not None
    assert head is not None
    assert head.version == 1
    assert (refused.version, refused.upload, refused.report) == (None, None, b"second")
    assert refused.open_rejects == 0
    assert store.open_batches() == []
    assert store.list_version("acme/optout") == 0

    store.append(event(), batch("b1", store.stage("b1"), report=b"third"))
    taken = store.batch("b1")
    assert taken is not None
    assert (taken.version, taken.report) == (2, b"third")
    assert len(store.batches((), 0, 10)) == 1


def test_a_batch_in_force_is_not_replaced_by_a_refused_one(store: Store) -> None:
    store.append(event(), batch("b1", store.stage("b1")))
    before = everything(store)
    with pytest.raises(IntegrityError):
        store.keep_refused(batch("b1", state=batch_pb2.BATCH_STATE_REFUSED))

    assert everything(store) == before


def test_batches_come_newest_first(store: Store, set_clock: SetClock) -> None:
    for index, name in enumerate(("one", "two", "one", "two")):
        set_clock(NOW_US + index)
        version = store.list_version(name)
        store.append(event(), batch(f"b{index}", store.stage(""), list=name, list_version=version))
    set_clock(NOW_US + 10)
    store.keep_refused(batch("b9", list="one"))

    assert [row.batch_id for row in store.batches((), 0, 10)] == ["b9", "b3", "b2", "b1", "b0"]
    assert [row.batch_id for row in store.batches(("one",), 0, 10)] == ["b9", "b2", "b0"]
    assert [row.batch_id for row in store.batches((), 4, 10)] == ["b1", "b0"]
    assert [row.batch_id for row in store.batches((), 0, 2)] == ["b9", "b3"]


def test_the_newest_batch_of_a_list_is_the_newest_in_force(
    store: Store, set_clock: SetClock
) -> None:
    """By its place in the ledger: a clock may have gone back between two of them."""
    for index, name in enumerate(("one", "two", "one")):
        set_clock(NOW_US - index)
        version = store.list_version(name)
        store.append(event(), batch(f"b{index}", store.stage(""), list=name, list_version=version))
    set_clock(NOW_US + 10)
    store.keep_refused(batch("b9", list="one"))

    assert store.newest_batches({"one": 0, "two": 1, "three": 0}) == {"one": "b2", "two": "b1"}
    assert store.newest_batches({"one": 4, "two": 1}) == {"two": "b1"}


def test_batches_that_wait_for_a_person_are_held_or_have_rejects(store: Store) -> None:
    for index, (state, rejects) in enumerate([(ACTIVE, 0), (ACTIVE, 2), (HELD, 0), (HELD, 1)]):
        name = f"b{index}"
        waits = state == HELD
        new = batch(name, store.stage(name), list=name, state=state, open_rejects=rejects)
        new = replace(new, is_held=waits)
        store.append(event(), new)

    assert [row.batch_id for row in store.open_batches()] == ["b1", "b2", "b3"]


def test_mending_takes_off_what_was_brought_and_never_more_than_there_is(store: Store) -> None:
    def mend(batch_id: str, rows: int, rejected: int = 0) -> list[tuple[str, int]]:
        new = batch(
            batch_id,
            store.stage(batch_id),
            list_version=store.list_version("acme/optout"),
            open_rejects=rejected,
            mends="b1",
            mended_rows=rows,
        )
        store.append(event(), new)
        return [(row.batch_id, row.open_rejects) for row in store.open_batches()]

    store.append(event(), batch("b1", store.stage("b1"), open_rejects=5))

    assert mend("b2", 2, rejected=1) == [("b1", 3), ("b2", 1)]
    assert mend("b3", 3) == [("b2", 1)]
    assert mend("b4", 9) == [("b2", 1)]
    mended = store.batch("b1")
    assert mended is not None
    assert mended.open_rejects == 0
