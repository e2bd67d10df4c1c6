"""What every store must do, whichever engine is behind it: the fixture names the engines."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy.exc import IntegrityError

from dncd.v1 import batch_pb2, ledger_pb2
from dncd_engine.chain import GENESIS_HASH, LEDGER_FORMAT, salted_digest
from dncd_engine.state import State
from dncd_server.errors import LedgerError, UnavailableError
from dncd_server.ledger import store as store_module
from dncd_server.ledger.engine import open_engine
from dncd_server.ledger.records import NewBatch, NewEvent, StoredSegment
from dncd_server.ledger.store import ListMovedError, Store
from server.building import created, url_of

OpenStore = Callable[[], Store]
SetClock = Callable[[int], None]
ACTIVE, HELD = batch_pb2.BATCH_STATE_ACTIVE, batch_pb2.BATCH_STATE_HELD
NAMED, ENTER = ledger_pb2.SEGMENT_ROLE_NAMED, ledger_pb2.SEGMENT_ROLE_ENTER
NOW_US = 1_800_000_000_000_000
MINUTE_US = 60_000_000


@pytest.fixture(params=["sqlite"])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenStore]:
    """Open one and the same database again and again; all are closed at the end."""
    opened: list[Store] = []

    def again() -> Store:
        assert request.param == "sqlite"
        while opened:
            opened.pop().close()
        opened.append(Store(open_engine(url_of(tmp_path / "ledger.sqlite3"))))
        return opened[0]

    yield again
    for store in opened:
        store.close()


@pytest.fixture
def empty(open_store: OpenStore) -> Store:
    """A database that holds no ledger yet."""
    return open_store()


@pytest.fixture
def store(empty: Store) -> Store:
    """A ledger of one event."""
    created(empty)
    return empty


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """Let the store's clock stand at an instant, in microseconds."""

    def stand_at(at_us: int) -> None:
        clock = SimpleNamespace(time_ns=lambda: at_us * 1000)
        monkeypatch.setattr(store_module, "time", clock)

    return stand_at


def event(effect: bytes = b"effect", **fields: object) -> NewEvent:
    kind = ledger_pb2.EVENT_KIND_POLICY_APPLIED
    return replace(NewEvent(kind, effect, b"evidence"), **fields)  # type: ignore[arg-type]


def batch(batch_id: str, upload: int = 0, **fields: object) -> NewBatch:
    new = NewBatch(
        batch_id=batch_id,
        list="acme/optout",
        list_version=0,
        state=ACTIVE,
        upload=upload,
        content_digest=bytes(32),
        open_rejects=0,
        report=b"report",
    )
    return replace(new, **fields)  # type: ignore[arg-type]


def segment(prefix: int, role: int = NAMED, data: bytes = b"bytes") -> StoredSegment:
    return StoredSegment(role, 0, prefix, 1, bytes(32), data)


def held_prefixes(store: Store, upload: int, *roles: int) -> list[int]:
    return [item.prefix for item in store.segments(upload, roles or (NAMED, ENTER))]


def everything(store: Store) -> tuple[object, ...]:
    return (
        store.head(),
        store.events_after(0, 100),
        store.batches("", 0, 100),
        store.list_version("acme/optout"),
    )


def test_a_new_database_holds_nothing(empty: Store) -> None:
    assert empty.head() is None
    assert empty.events_after(0, 10) == []
    assert empty.event_hash(1) is None
    assert empty.evidence(1) is None
    assert empty.batch("b1") is None
    assert empty.open_batches() == []
    assert empty.list_version("acme/optout") == 0


def test_a_database_that_holds_no_ledger_takes_no_event(empty: Store) -> None:
    with pytest.raises(LedgerError, match="the database holds no ledger"):
        empty.append(event())

    assert empty.events_after(0, 10) == []


def test_a_ledger_is_created_once(store: Store) -> None:
    before = everything(store)

    with pytest.raises(LedgerError, match="there is a ledger in this database already"):
        created(store)

    assert everything(store) == before


def test_every_ledger_has_an_epoch_of_its_own(tmp_path: Path) -> None:
    epochs = set()
    for name in ("one", "two", "three"):
        ledger = Store(open_engine(url_of(tmp_path / name)))
        created(ledger)
        head = ledger.head()
        assert head is not None
        epochs.add(head.epoch)
        ledger.close()

    assert len(epochs) == 3
    assert min(epochs) >= 0


def test_versions_are_gapless_and_chained_from_the_first_event(store: Store) -> None:
    heads = [store.append(event(b"%d" % index)) for index in range(300)]
    events = store.events_after(0, 1000)
    state = State()
    for stored in events:
        state = state.follow(stored.header, stored.hash)

    assert [stored.header.version for stored in events] == list(range(1, 302))
    assert events[0].header.prev_hash == GENESIS_HASH
    assert {stored.header.needs for stored in events} == {LEDGER_FORMAT}
    assert (state.version, state.head, state.at_us) == (
        heads[-1].version,
        heads[-1].hash,
        heads[-1].at_us,
    )
    assert store.head() == heads[-1]


def test_events_come_in_pages_in_order(store: Store) -> None:
    for _ in range(9):
        store.append(event())

    assert [item.header.version for item in store.events_after(3, 4)] == [4, 5, 6, 7]
    assert [item.header.version for item in store.events_after(8, 4)] == [9, 10]
    assert store.events_after(10, 4) == []


def test_an_event_comes_back_as_it_was_stored(store: Store) -> None:
    head = store.append(event(b"the effect", evidence=b"the evidence"))
    stored = store.events_after(1, 1)[0]
    evidence = store.evidence(2)

    assert stored.effect == b"the effect"
    assert stored.upload is None
    assert stored.hash == stored.header.hash() == head.hash == store.event_hash(2)
    assert stored.effect_salt is not None
    assert salted_digest(stored.effect_salt, b"the effect") == stored.header.effect_digest
    assert evidence is not None
    assert evidence[1] == b"the evidence"
    assert salted_digest(*evidence) == stored.header.evidence_digest


def test_what_was_appended_is_there_after_opening_again(
    store: Store, open_store: OpenStore
) -> None:
    store.append(event(), batch("b1", store.stage("b1")))
    before = everything(store)

    assert everything(open_store()) == before


def test_equal_bodies_have_different_digests(store: Store) -> None:
    """A digest that is the same for the same body could be found by trial after erasure."""
    for _ in range(20):
        store.append(event(b"same", evidence=b"same"))
    headers = [stored.header for stored in store.events_after(1, 100)]
    digests = {header.effect_digest for header in headers}
    digests |= {header.evidence_digest for header in headers}

    assert len(digests) == 40


def test_an_effect_is_digested_under_the_salt_of_its_segments(store: Store) -> None:
    salt = bytes(range(32))
    store.append(event(b"effect", effect_salt=salt))
    stored = store.events_after(1, 1)[0]
    evidence = store.evidence(2)

    assert stored.effect_salt == salt
    assert stored.header.effect_digest == salted_digest(salt, b"effect")
    assert evidence is not None
    assert evidence[0] != salt


def test_at_is_the_clocks_instant(empty: Store, set_clock: SetClock) -> None:
    set_clock(NOW_US)
    created(empty)
    set_clock(NOW_US + 5)

    assert empty.append(event()).at_us == NOW_US + 5


def test_at_grows_though_the_clock_stands_still_or_goes_back(
    empty: Store, set_clock: SetClock
) -> None:
    set_clock(NOW_US)
    created(empty)
    instants = [empty.append(event()).at_us for _ in range(3)]
    set_clock(NOW_US - MINUTE_US // 2)
    instants += [empty.append(event()).at_us for _ in range(3)]

    assert instants == [NOW_US + step for step in range(1, 7)]


def test_nothing_is_appended_behind_an_event_of_the_future(
    empty: Store, set_clock: SetClock
) -> None:
    set_clock(NOW_US)
    created(empty)
    before = everything(empty)
    set_clock(NOW_US - MINUTE_US - 1)
    with pytest.raises(UnavailableError, match="lies in the future, so nothing can be written"):
        empty.append(event(), batch("b1", empty.stage("b1")))

    assert everything(empty) == before

    set_clock(NOW_US - MINUTE_US)
    assert empty.append(event()).version == 2


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
    assert len(store.batches("", 0, 10)) == 1


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

    assert [row.batch_id for row in store.batches("", 0, 10)] == ["b9", "b3", "b2", "b1", "b0"]
    assert [row.batch_id for row in store.batches("one", 0, 10)] == ["b9", "b2", "b0"]
    assert [row.batch_id for row in store.batches("", 4, 10)] == ["b1", "b0"]
    assert [row.batch_id for row in store.batches("", 0, 2)] == ["b9", "b3"]


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
        new = batch(name, store.stage(name), list=name, state=state, open_rejects=rejects)
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
