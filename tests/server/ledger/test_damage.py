"""Whatever a disk or a hand does to a ledger's rows: verifying names it, and nothing is answered from it."""

# ruff: noqa: S608 - statements are made of this file's own names
import random
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

from dncd.v1 import ledger_pb2
from dncd_engine.state import State
from dncd_server.cli import main
from dncd_server.errors import LedgerError, UnavailableError
from dncd_server.ledger.engine import open_engine
from dncd_server.ledger.records import NewEvent
from dncd_server.ledger.store import Store
from dncd_server.ledger.verify import Verification, verify
from server.building import created, office, plain, run, url_of
from server.ledger.damage import Damage, damaged, flip, followed, sql, swap, verified

NAMED, ENTER = ledger_pb2.SEGMENT_ROLE_NAMED, ledger_pb2.SEGMENT_ROLE_ENTER


def upload_of(version: int) -> str:
    return f"upload = (SELECT upload FROM batch WHERE version = {version})"


_NOT_FOLLOWED: dict[str, tuple[Damage, int]] = {
    "epoch": (sql("UPDATE event SET epoch = epoch - 1 WHERE version = 3"), 3),
    "epoch_of_the_first": (sql("UPDATE event SET epoch = 1 WHERE version = 1"), 1),
    "at": (sql("UPDATE event SET at_us = at_us + 1 WHERE version = 3"), 3),
    "kind": (sql("UPDATE event SET kind = 2 WHERE version = 3"), 3),
    "needs": (sql("UPDATE event SET needs = 2 WHERE version = 3"), 3),
    "effect_digest": (flip("event", "effect_digest", "version = 3"), 3),
    "evidence_digest": (flip("event", "evidence_digest", "version = 3"), 3),
    "prev_hash": (flip("event", "prev_hash", "version = 3"), 3),
    "hash": (flip("event", "hash", "version = 3"), 3),
    "hash_of_the_newest": (flip("event", "hash", "version = 6"), 6),
    "effect_of_the_first": (flip("body", "data", "version = 1 AND part = 1", 8), 1),
    "effect_of_a_policy": (flip("body", "data", "version = 2 AND part = 1"), 2),
    "effect_of_a_batch": (flip("body", "data", "version = 3 AND part = 1"), 3),
    "effect_cut_short": (
        sql("UPDATE body SET data = substr(data, 1, 9) WHERE version = 3 AND part = 1"),
        3,
    ),
    "effect_salt": (flip("body", "salt", "version = 3 AND part = 1"), 3),
    "effect_missing": (sql("DELETE FROM body WHERE version = 3 AND part = 1"), 3),
    "effects_swapped": (
        swap("body", "version", 3, 4),
        3,
    ),
    "effects_are_evidence": (swap("body", "part", 1, 2), 1),
    "segment": (flip("segment", "data", upload_of(3)), 3),
    "segment_that_enters": (flip("segment", "data", f"{upload_of(4)} AND role = {ENTER}"), 4),
    "segment_cut_short": (
        sql(f"UPDATE segment SET data = substr(data, 1, 8) WHERE {upload_of(3)}"),
        3,
    ),
    "segment_longer": (
        sql(f"UPDATE segment SET data = CAST(data || x'00' AS BLOB) WHERE {upload_of(3)}"),
        3,
    ),
    "segment_prefix": (sql(f"UPDATE segment SET prefix = prefix + 9 WHERE {upload_of(3)}"), 3),
    "segment_role": (sql(f"UPDATE segment SET role = 3 WHERE {upload_of(3)}"), 3),
    "segment_stratum": (sql(f"UPDATE segment SET stratum = 1 WHERE {upload_of(3)}"), 3),
    "segment_missing": (sql(f"DELETE FROM segment WHERE {upload_of(3)}"), 3),
    "segment_of_another": (
        sql(
            f"UPDATE segment SET data = (SELECT data FROM segment WHERE {upload_of(6)}) "
            f"WHERE {upload_of(3)}"
        ),
        3,
    ),
    "event_missing": (sql("DELETE FROM event WHERE version = 4"), 4),
    "first_event_missing": (sql("DELETE FROM event WHERE version = 1"), 1),
    "newest_event_missing": (sql("DELETE FROM event WHERE version = 6"), 6),
    "events_swapped": (swap("event", "version", 3, 4), 3),
    "events_swapped_with_all_theirs": (
        lambda db: [swap(table, "version", 3, 4)(db) for table in ("event", "body", "batch")],
        3,
    ),
    "batch_missing": (sql("DELETE FROM batch WHERE version = 3"), 3),
    "batch_without_upload": (sql("UPDATE batch SET upload = NULL WHERE version = 3"), 3),
    "batches_swapped": (swap("batch", "version", 3, 4), 3),
    "head_missing": (sql("DELETE FROM head"), 7),
    "head_version": (sql("UPDATE head SET version = 7"), 7),
    "head_version_too_low": (sql("UPDATE head SET version = 4"), 5),
    "head_hash": (flip("head", "hash", "1"), 7),
    "head_epoch": (sql("UPDATE head SET epoch = epoch - 1"), 7),
    "head_at": (sql("UPDATE head SET at_us = at_us - 1000000"), 7),
    "version_not_a_number": (sql("UPDATE event SET version = -3 WHERE version = 3"), 3),
    "epoch_out_of_range": (sql("UPDATE event SET epoch = -1 WHERE version = 3"), 3),
    "kind_out_of_range": (sql("UPDATE event SET kind = 70000 WHERE version = 3"), 3),
    "kind_a_text": (sql("UPDATE event SET kind = 'three' WHERE version = 3"), 3),
    "at_a_text": (sql("UPDATE event SET at_us = 'noon' WHERE version = 3"), 3),
    "hash_a_text": (sql("UPDATE event SET hash = 'text' WHERE version = 3"), 3),
    "prev_hash_a_number": (sql("UPDATE event SET prev_hash = 5 WHERE version = 3"), 3),
    "digest_too_long": (
        sql("UPDATE event SET effect_digest = CAST(effect_digest || x'00' AS BLOB)"),
        1,
    ),
    "effect_a_text": (
        sql("UPDATE body SET data = 'text' WHERE version = 3 AND part = 1"),
        3,
    ),
    "effect_salt_short": (
        sql("UPDATE body SET salt = x'00' WHERE version = 3 AND part = 1"),
        3,
    ),
    "effect_salt_a_text": (
        sql("UPDATE body SET salt = 'text' WHERE version = 3 AND part = 1"),
        3,
    ),
    "segment_a_text": (sql(f"UPDATE segment SET data = 'text' WHERE {upload_of(3)}"), 3),
    "segment_prefix_a_text": (
        sql(f"UPDATE segment SET prefix = 'p' || prefix WHERE {upload_of(3)}"),
        3,
    ),
    "upload_a_text": (sql("UPDATE batch SET upload = 'text' WHERE version = 3"), 3),
    "head_a_text": (sql("UPDATE head SET hash = 'text'"), 7),
    "head_version_a_text": (sql("UPDATE head SET version = 'text'"), 7),
}
_EVIDENCE_ONLY: dict[str, tuple[Damage, int]] = {
    "evidence": (flip("body", "data", "version = 3 AND part = 2"), 3),
    "evidence_salt": (flip("body", "salt", "version = 3 AND part = 2"), 3),
    "evidence_missing": (sql("DELETE FROM body WHERE version = 5 AND part = 2"), 5),
    "evidence_a_text": (sql("UPDATE body SET data = 'text' WHERE version = 5 AND part = 2"), 5),
    "evidence_salt_short": (
        sql("UPDATE body SET salt = x'00' WHERE version = 5 AND part = 2"),
        5,
    ),
    "named_segment": (flip("segment", "data", f"{upload_of(4)} AND role = {NAMED}"), 4),
    "named_segment_missing": (
        sql(f"DELETE FROM segment WHERE {upload_of(4)} AND role = {NAMED} AND prefix % 2 = 0"),
        4,
    ),
    "segment_extra": (
        sql(
            "INSERT INTO segment SELECT upload, stratum, 3, prefix, count, digest, data "
            f"FROM segment WHERE {upload_of(3)}"
        ),
        3,
    ),
    "segment_of_another_place": (
        sql(
            "INSERT INTO segment SELECT upload, stratum, role, prefix + 7, count, digest, data "
            f"FROM segment WHERE {upload_of(3)}"
        ),
        3,
    ),
    "segment_count": (sql(f"UPDATE segment SET count = count + 1 WHERE {upload_of(3)}"), 3),
    "segment_digest": (flip("segment", "digest", upload_of(3)), 3),
}


def test_a_whole_ledger_is_found_whole(path: Path) -> None:
    assert verified(path) == Verification(whole=True, version=6, events=6, segments=6)
    assert isinstance(followed(path), State)


def test_a_ledger_of_one_event_is_whole(tmp_path: Path) -> None:
    store = Store(open_engine(url_of(tmp_path / "ledger")))
    created(store)
    assert verify(store) == Verification(whole=True, version=1, events=1, segments=0)
    store.close()


def test_a_database_without_a_ledger_is_not_whole(tmp_path: Path) -> None:
    open_engine(url_of(tmp_path / "ledger")).dispose()
    found = verified(tmp_path / "ledger")

    assert (found.whole, found.broken_version) == (False, 1)


@pytest.mark.parametrize("name", _NOT_FOLLOWED)
def test_damage_to_what_a_verdict_needs_is_named_and_stops_every_answer(
    name: str, path: Path
) -> None:
    damage, version = _NOT_FOLLOWED[name]
    damaged(path, damage)
    found = verified(path)

    assert not found.whole
    assert found.broken_version == version
    assert found.problem
    assert followed(path) in ("LEDGER_UNUSABLE", "CANNOT_START")


@pytest.mark.parametrize("name", _EVIDENCE_ONLY)
def test_damage_to_evidence_is_named_and_leaves_the_verdicts(
    name: str, path: Path, whole: Path
) -> None:
    damage, version = _EVIDENCE_ONLY[name]
    damaged(path, damage)
    found = verified(path)
    state = followed(path)

    assert not found.whole
    assert found.broken_version == version
    assert found.problem
    assert isinstance(state, State)
    assert plain(state) == plain(_followed_whole(whole))


def _followed_whole(whole: Path) -> State:
    state = followed(whole)
    assert isinstance(state, State)
    return state


def test_an_event_past_the_head_is_named(path: Path) -> None:
    """A row that came in beside the head, as two writers would make it."""
    store = Store(open_engine(url_of(path)))
    head = store.head()
    assert head is not None
    store.append(NewEvent(ledger_pb2.EVENT_KIND_POLICY_APPLIED, b"", b""))
    store.close()

    def put_back(connection: sqlite3.Connection) -> None:
        update = "UPDATE head SET version = ?, hash = ?, at_us = ?"
        connection.execute(update, (head.version, head.hash, head.at_us))

    damaged(path, put_back)
    found = verified(path)

    assert (found.whole, found.version, found.broken_version) == (False, 7, 7)
    assert found.problem.startswith("the head is not the newest event")
    assert followed(path) == "LEDGER_UNUSABLE"


def test_a_kind_that_is_not_known_is_not_called_whole(path: Path) -> None:
    store = Store(open_engine(url_of(path)))
    store.append(NewEvent(99, b"", b""))
    store.close()
    found = verified(path)

    assert (found.whole, found.broken_version) == (False, 7)
    assert found.problem == "version 7 is of kind 99, which needs a newer dncd"


def test_damage_that_comes_while_the_ledger_is_followed_stops_every_answer(path: Path) -> None:
    """What is in memory is not trusted longer than the head that it must equal."""

    async def scene() -> None:
        async with office(path) as it:
            await it.catch_up()
            with it.store._engine.begin() as connection:
                connection.exec_driver_sql("UPDATE head SET hash = zeroblob(32)")
            with pytest.raises(LedgerError, match="the ledger's head is not the event"):
                await it.catch_up()
            with pytest.raises(UnavailableError):
                _ = it.replica.state
            with pytest.raises(LedgerError):
                await it.catch_up()

    run(scene())


def test_a_ledger_out_of_reach_leaves_the_state_that_is_known(path: Path) -> None:
    async def scene() -> None:
        async with office(path) as it:
            state = await it.catch_up()
            with it.store._engine.begin() as connection:
                connection.exec_driver_sql("ALTER TABLE event RENAME TO gone")
            with pytest.raises(UnavailableError) as caught:
                await it.catch_up()
            assert caught.value.reason == "LEDGER_OUT_OF_REACH"
            assert it.replica.state is state

    run(scene())


def test_no_byte_of_the_file_leads_to_another_state(path: Path, whole: Path) -> None:
    """Bytes changed beneath SQLite: the same state, or none; verifying tells it without falling over."""
    good = plain(_followed_whole(whole))
    original = whole.read_bytes()
    chance = random.Random(4)  # noqa: S311 - the same places each time
    outcomes = set()
    for _ in range(120):
        data = bytearray(original)
        at = chance.randrange(100, len(data))
        data[at : at + 8] = chance.randbytes(8)
        path.write_bytes(data)
        result = CliRunner().invoke(main, ["ledger", "verify", "--ledger", url_of(path)])
        assert result.exception is None or isinstance(result.exception, SystemExit), at
        outcomes.add(result.exit_code)
        path.write_bytes(data)
        state = followed(path)
        assert isinstance(state, str) or plain(state) == good, at

    assert outcomes == {0, 1, 3}
