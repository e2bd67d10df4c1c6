"""A ledger whose file was deleted, moved away or replaced is used no more; what is back is used again."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from dncd.v1 import ledger_pb2
from dncd_server.errors import LedgerError, UnavailableError
from dncd_server.ledger.engine import open_engine
from dncd_server.ledger.presence import LedgerFile
from dncd_server.ledger.records import NewEvent
from dncd_server.ledger.store import Store
from server.building import (
    a_list,
    created,
    numbers_from,
    office,
    policy_request,
    run,
    url_of,
)

GONE = "the ledger's file is gone"
REPLACED = "the ledger's file was replaced while it was open"
EVENT = NewEvent(ledger_pb2.EVENT_KIND_POLICY_APPLIED, b"", b"")


def move_away(path: Path) -> None:
    path.rename(path.with_name("aside"))


def delete(path: Path) -> None:
    for file in path.parent.glob(f"{path.name}*"):
        file.unlink()


def delete_the_log(path: Path) -> None:
    path.with_name(f"{path.name}-wal").unlink()


def replace_the_log(path: Path) -> None:
    log = path.with_name(f"{path.name}-wal")
    shutil.copy(log, path.with_name("copy"))
    path.with_name("copy").replace(log)


def move_the_folder(path: Path) -> None:
    path.parent.rename(path.parent.with_name("elsewhere"))


def replace_by_another(path: Path) -> None:
    other = path.with_name("other")
    store = Store(open_engine(url_of(other)))
    created(store)
    store.close()
    other.replace(path)


def replace_by_a_copy(path: Path) -> None:
    copy = path.with_name("copy")
    shutil.copy(path, copy)
    copy.replace(path)


def replace_by_an_empty_file(path: Path) -> None:
    path.unlink()
    path.touch()


LOSSES: list[tuple[Callable[[Path], None], str]] = [
    (move_away, GONE),
    (delete, GONE),
    (move_the_folder, GONE),
    (delete_the_log, GONE),
    (replace_the_log, REPLACED),
    (replace_by_another, REPLACED),
    (replace_by_a_copy, REPLACED),
    (replace_by_an_empty_file, REPLACED),
]


def folder_of(tmp_path: Path) -> Path:
    """Return where the ledger is made, with a folder above it that stays."""
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


def test_a_file_that_stays_is_found(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    path.write_bytes(b"a")
    file = LedgerFile(path)
    file.check()
    path.write_bytes(b"other bytes in the same file")
    file.check()


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match=GONE):
        LedgerFile(tmp_path / "ledger")


@pytest.mark.parametrize(("lose", "told"), LOSSES, ids=lambda value: getattr(value, "__name__", ""))
def test_nothing_is_read_from_or_written_to_a_file_that_is_gone(
    tmp_path: Path, lose: Callable[[Path], None], told: str
) -> None:
    path = folder_of(tmp_path) / "ledger"
    store = Store(open_engine(url_of(path)))
    try:
        created(store)
        assert store.append(EVENT).version == 2
        lose(path)

        with pytest.raises(LedgerError, match=told):
            store.append(EVENT)
        with pytest.raises(LedgerError, match=told):
            store.events_after(0, 1)
        head = store.head()
        assert head is not None
        assert head.version == 2
    finally:
        store.close()


@pytest.mark.parametrize(("lose", "told"), LOSSES, ids=lambda value: getattr(value, "__name__", ""))
def test_a_node_whose_file_is_gone_answers_nothing(
    tmp_path: Path, lose: Callable[[Path], None], told: str
) -> None:
    path = folder_of(tmp_path) / "ledger"

    async def scene() -> None:
        async with office(path) as it:
            await it.apply(policy_request({"house": a_list()}))
            await it.add("house", numbers_from(0, 3), "b1")
            lose(path)

            with pytest.raises(LedgerError, match=told):
                await it.add("house", numbers_from(5, 3), "b2")
            with pytest.raises(UnavailableError) as caught:
                _ = it.replica.state
            assert caught.value.reason == "LEDGER_UNUSABLE"
            # and so it stays
            with pytest.raises(LedgerError, match=told):
                await it.catch_up()
            assert not it.replica.is_open

    run(scene())


def test_a_file_that_is_moved_back_serves_again(tmp_path: Path) -> None:
    path = folder_of(tmp_path) / "ledger"

    async def scene() -> None:
        async with office(path) as it:
            await it.apply(policy_request({"house": a_list()}))
            await it.add("house", numbers_from(0, 3), "b1")
            move_away(path)
            with pytest.raises(LedgerError, match=GONE):
                await it.catch_up()
            path.with_name("aside").rename(path)

            state = await it.catch_up()
            assert it.replica.state is state
            assert state.lists["house"].entries.count == 3
            await it.add("house", numbers_from(5, 3), "b2")

        async with office(path) as it:
            assert (await it.catch_up()).lists["house"].entries.count == 6

    run(scene())


def test_what_was_acknowledged_is_there_once_the_file_is_back(tmp_path: Path) -> None:
    """The node ends while the file is away; the newest of it still stands in the log beside its place."""
    path = folder_of(tmp_path) / "ledger"

    async def scene() -> None:
        async with office(path) as it:
            await it.apply(policy_request({"house": a_list()}))
            await it.add("house", numbers_from(0, 3), "b1")
            move_away(path)
            with pytest.raises(LedgerError, match=GONE):
                await it.add("house", numbers_from(5, 3), "b2")
        path.with_name("aside").rename(path)
        async with office(path) as it:
            state = await it.catch_up()
            assert state.version == 3
            assert state.lists["house"].entries.count == 3
            assert it.store.batch("b2") is None

    run(scene())


def test_the_log_of_a_ledger_that_was_opened_again_is_looked_at_too(tmp_path: Path) -> None:
    """What it holds goes back into the file when the node ends in order, so nothing is lost with it."""
    path = folder_of(tmp_path) / "ledger"

    async def scene() -> None:
        async with office(path) as it:
            await it.apply(policy_request({"house": a_list()}))
        async with office(path) as it:
            await it.add("house", numbers_from(0, 3), "b1")
            delete_the_log(path)
            with pytest.raises(LedgerError, match=GONE):
                await it.add("house", numbers_from(5, 3), "b2")
        async with office(path) as it:
            state = await it.catch_up()
            assert (state.version, state.lists["house"].entries.count) == (3, 3)

    run(scene())
