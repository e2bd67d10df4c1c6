"""A checkpoint gives back the state that it was made of, or nothing."""

import hashlib
import os
import shutil
import stat
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
import structlog

from dncd_engine.state import State
from dncd_server import checkpoint
from dncd_server.checkpoint import FILE_NAME
from server.building import (
    FIRST_NUMBER,
    a_campaign,
    a_list,
    numbers_from,
    office,
    plain,
    policy_request,
    run,
)

Damage = Callable[[bytes], bytes]
HEAD_BYTES, DIGEST_BYTES = 8, 32


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> State:
    """A state with lists of each sort and numbers in several segments."""

    async def build() -> State:
        async with office(tmp_path_factory.mktemp("ledger") / "ledger") as it:
            request = policy_request(
                {
                    "acme/optout": a_list(title="アクメ 架電禁止", tz="Asia/Tokyo"),
                    "ftc": a_list("registry", countries=["US"], max_age_seconds=86_400),
                    "never": a_list("suspended_use", starts_empty=True),
                },
                {"acme/spring": a_campaign(block=["acme/optout", "ftc"], countries=["JP", "US"])},
                purposes=["sales:fiber"],
                answers={"LISTED": "a"},
            )
            await it.apply(request)
            await it.add("acme/optout", [*numbers_from(0, 5000), FIRST_NUMBER + (9 << 22)], "b1")
            await it.add("ftc", range(12025550100, 12025550150), "b2", coverage=["1202"])
            return it.replica.state

    return run(build())


@pytest.fixture(scope="module")
def written(state: State, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of it."""
    return checkpoint.write(tmp_path_factory.mktemp("written"), state)


def read(folder: Path, state: State) -> State | None:
    return checkpoint.read(folder, {state.version: state.head}.get)


def set_aside(folder: Path, state: State) -> str:
    """Return why a checkpoint was set aside, as the log says it; it must not be used."""
    before = (folder / FILE_NAME).read_bytes() if (folder / FILE_NAME).is_file() else None
    with structlog.testing.capture_logs() as logs:
        assert read(folder, state) is None
    assert not (folder / FILE_NAME).exists()
    aside = folder / f"{FILE_NAME}.set-aside"
    assert before is None or aside.read_bytes() == before
    assert [(log["event"], log["log_level"]) for log in logs] == [
        ("checkpoint_set_aside", "warning")
    ]
    assert logs[0]["path"] == str(folder / FILE_NAME)
    return str(logs[0]["error"])


def frames_of(data: bytes) -> list[bytes]:
    frames, at = [], HEAD_BYTES
    while at < len(data) - DIGEST_BYTES:
        (length,) = struct.unpack_from(">I", data, at)
        frames.append(data[at + 4 : at + 4 + length])
        at += 4 + length
    return frames


def sealed(*frames: bytes) -> bytes:
    """Return a checkpoint of any frames, with its digest right."""
    body = b"DNCDCKP1" + b"".join(struct.pack(">I", len(frame)) + frame for frame in frames)
    return body + hashlib.sha256(body).digest()


def test_a_state_comes_back_whole(state: State, tmp_path: Path) -> None:
    checkpoint.write(tmp_path, state)
    kept = read(tmp_path, state)

    assert kept is not None
    assert plain(kept) == plain(state)
    assert kept.lists["acme/optout"].numbers.size_bytes > 0


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
    for content in (b"", b"\x00" * 4096, b"DNCDCKP2" + bytes(100), os.urandom(5000)):
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
        lambda _: b"DNCDCKP1\x00\x00" + hashlib.sha256(b"DNCDCKP1\x00\x00").digest(),
        lambda _: b"DNCDCKP1" + b"\xff" * 9 + hashlib.sha256(b"DNCDCKP1" + b"\xff" * 9).digest(),
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
