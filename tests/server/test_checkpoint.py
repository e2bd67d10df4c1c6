"""A checkpoint gives back the state that it was made of, or nothing."""

import hashlib
import os
import shutil
import stat
import struct
from pathlib import Path

import pytest
import structlog
from hypothesis import given, settings

from dncd_engine.state import State
from dncd_server import checkpoint
from dncd_server.checkpoint import FILE_NAME
from engine.drawing import busy_worlds
from engine.worlds import World
from server.checkpoints import (
    DIGEST_BYTES,
    HEAD_BYTES,
    MAGIC,
    Damage,
    frames_of,
    made,
    plain,
    read,
    sealed,
    set_aside,
    state_of_each_sort,
)


@pytest.fixture(scope="module")
def state() -> State:
    """A state with lists of each sort."""
    return state_of_each_sort()


@pytest.fixture(scope="module")
def written(state: State, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of it."""
    return checkpoint.write(tmp_path_factory.mktemp("written"), state)


def test_a_state_comes_back_whole(state: State, tmp_path: Path) -> None:
    checkpoint.write(tmp_path, state)
    kept = read(tmp_path, state)

    assert kept is not None
    assert plain(kept) == plain(state)
    assert len(kept.lists["acme/hidden"].entries.strata) == 4
    assert kept.shown["acme/optout"].entries.count == 5051


@settings(max_examples=25, deadline=None)
@given(world=busy_worlds())
def test_any_state_comes_back_whole(world: World, tmp_path_factory: pytest.TempPathFactory) -> None:
    state, folder = made(world), tmp_path_factory.mktemp("any")
    checkpoint.write(folder, state)
    kept = read(folder, state)

    assert kept is not None
    assert plain(kept) == plain(state)


def test_entries_past_the_size_of_a_frame_come_back(
    state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "_MAX_ROWS", 7)
    checkpoint.write(tmp_path, state)
    kept = read(tmp_path, state)

    assert kept is not None
    assert plain(kept) == plain(state)


def test_a_state_before_the_first_event_comes_back(tmp_path: Path) -> None:
    checkpoint.write(tmp_path, State())
    kept = read(tmp_path, State())

    assert kept is not None
    assert plain(kept) == plain(State())


def test_a_checkpoint_is_its_owners_alone(written: Path) -> None:
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert [path.name for path in written.parent.iterdir()] == [FILE_NAME]


def test_no_checkpoint_is_no_news(state: State, tmp_path: Path) -> None:
    with structlog.testing.capture_logs() as logs:
        assert read(tmp_path, state) is None
    assert logs == []


def test_a_checkpoint_takes_the_place_of_the_old_one(state: State, tmp_path: Path) -> None:
    checkpoint.write(tmp_path, State())
    checkpoint.write(tmp_path, state)
    kept = read(tmp_path, state)

    assert kept is not None
    assert kept.version == state.version


@pytest.mark.parametrize(
    "length",
    [0, 1, HEAD_BYTES, HEAD_BYTES + 2, HEAD_BYTES + DIGEST_BYTES, 60, 300, -DIGEST_BYTES, -33, -1],
)
def test_a_checkpoint_cut_short_is_set_aside(
    length: int, written: Path, state: State, tmp_path: Path
) -> None:
    (tmp_path / FILE_NAME).write_bytes(written.read_bytes()[:length])

    assert set_aside(tmp_path, state).startswith("CheckpointDamagedError: it")


def test_every_region_of_a_checkpoint_is_guarded(
    written: Path, state: State, tmp_path: Path
) -> None:
    data = written.read_bytes()
    places = {0, 7, 8, 11, 12, 40, len(data) - 33, len(data) - 32, len(data) - 1}
    for place in places | set(range(20, len(data), len(data) // 150)):
        flipped = bytearray(data)
        flipped[place] ^= 0x10
        (tmp_path / FILE_NAME).write_bytes(flipped)

        assert set_aside(tmp_path, state).startswith("CheckpointDamagedError: it")


def test_trailing_bytes_are_set_aside(written: Path, state: State, tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(written.read_bytes() + b"\x00")

    assert set_aside(tmp_path, state) == "CheckpointDamagedError: its digest does not fit"


def test_garbage_is_set_aside(state: State, tmp_path: Path) -> None:
    for content in (b"", b"\x00" * 4096, b"DNCDCKP1" + bytes(100), os.urandom(5000)):
        (tmp_path / FILE_NAME).write_bytes(content)
        told = "CheckpointDamagedError: it is no checkpoint of this form"
        assert set_aside(tmp_path, state) == told


def _longer(data: bytes) -> bytes:
    about, policy, *rest = frames_of(data)
    return sealed(about, policy, *rest, rest[-1])


def _shorter(data: bytes) -> bytes:
    return sealed(*frames_of(data)[:-1])


def _other_count(data: bytes) -> bytes:
    *first, last = frames_of(data)
    prefix, count = struct.unpack_from(">QI", last)
    return sealed(*first, struct.pack(">QI", prefix, count + 1) + last[12:])


def _prefix_out_of_range(data: bytes) -> bytes:
    *first, last = frames_of(data)
    return sealed(*first, struct.pack(">Q", 1 << 40) + last[8:])


def _other_list(data: bytes) -> bytes:
    return sealed(
        *(part.replace(b"never", b"neva!") for part in frames_of(data)[:1]), *frames_of(data)[1:]
    )


def _without_policy(data: bytes) -> bytes:
    about, _, *rest = frames_of(data)
    return sealed(about, b"", *rest)


@pytest.mark.parametrize(
    "make",
    [
        _longer,
        _shorter,
        _other_count,
        _prefix_out_of_range,
        _other_list,
        _without_policy,
        lambda _: sealed(),
        lambda _: sealed(b"{}"),
        lambda _: sealed(b"[]", b""),
        lambda _: sealed(b"not json", b""),
        lambda _: sealed(b'{"version": "x"}', b"\xff"),
        lambda data: sealed(frames_of(data)[0]),
        lambda data: sealed(b"[" * 100_000),
        lambda data: sealed(*frames_of(data)[:-1], b"short"),
        lambda data: sealed(*frames_of(data)[:-1], frames_of(data)[-1][:12]),
        lambda _: MAGIC + b"\0\0" + hashlib.sha256(MAGIC + b"\0\0").digest(),
        lambda _: MAGIC + b"\xff" * 9 + hashlib.sha256(MAGIC + b"\xff" * 9).digest(),
    ],
)
def test_a_checkpoint_that_only_seems_whole_is_set_aside(
    make: Damage, written: Path, state: State, tmp_path: Path
) -> None:
    """Its digest fits, and what it holds does not: as another program's file, or one made on purpose."""
    (tmp_path / FILE_NAME).write_bytes(make(written.read_bytes()))

    set_aside(tmp_path, state)


@pytest.mark.parametrize("known", [None, b"\x00" * 32])
def test_a_checkpoint_of_another_ledger_is_set_aside(
    known: bytes | None, written: Path, state: State, tmp_path: Path
) -> None:
    shutil.copy(written, tmp_path / FILE_NAME)
    with structlog.testing.capture_logs() as logs:
        assert checkpoint.read(tmp_path, lambda _: known) is None

    told = "it is of another ledger, or of a history that this one does not have"
    assert [log["error"] for log in logs] == [told]
    assert not (tmp_path / FILE_NAME).exists()


def test_a_ledger_out_of_reach_does_not_cost_the_checkpoint(written: Path, tmp_path: Path) -> None:
    def out_of_reach(version: int) -> bytes:
        raise ConnectionError(version)

    shutil.copy(written, tmp_path / FILE_NAME)
    with pytest.raises(ConnectionError):
        checkpoint.read(tmp_path, out_of_reach)

    assert (tmp_path / FILE_NAME).read_bytes() == written.read_bytes()


def test_a_folder_in_its_place_is_set_aside(state: State, tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()

    assert set_aside(tmp_path, state).startswith("IsADirectoryError")


def test_what_cannot_be_set_aside_is_logged(state: State, tmp_path: Path) -> None:
    """A start does not fail for it: the index is made anew."""
    (tmp_path / FILE_NAME).mkdir()
    (tmp_path / f"{FILE_NAME}.set-aside").write_text("in the way")
    with structlog.testing.capture_logs() as logs:
        assert read(tmp_path, state) is None

    assert [log["event"] for log in logs] == ["checkpoint_set_aside", "checkpoint_in_the_way"]


def test_a_write_that_fails_leaves_the_old_one(
    written: Path, state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    shutil.copy(written, tmp_path / FILE_NAME)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            checkpoint.write(tmp_path, State())

    kept = read(tmp_path, state)
    assert kept is not None
    assert plain(kept) == plain(state)
    checkpoint.write(tmp_path, State())
    assert read(tmp_path, State()) is not None
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def test_a_write_that_dies_half_way_leaves_the_old_one(
    written: Path, state: State, tmp_path: Path
) -> None:
    shutil.copy(written, tmp_path / FILE_NAME)
    (tmp_path / f"{FILE_NAME}.new").write_bytes(written.read_bytes()[:100])

    assert read(tmp_path, state) is not None
    checkpoint.write(tmp_path, State())
    assert read(tmp_path, State()) is not None
