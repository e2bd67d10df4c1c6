"""What every store must do with a ledger and its events."""

from pathlib import Path

import pytest

from dncd_engine.chain import GENESIS_HASH, LEDGER_FORMAT, salted_digest
from dncd_engine.state import State
from dncd_server.errors import LedgerError, UnavailableError
from dncd_server.ledger.engine import open_engine
from dncd_server.ledger.store import Store
from server.building import created, url_of
from server.ledger.entries import MINUTE_US, NOW_US, OpenStore, SetClock, batch, event, everything


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
