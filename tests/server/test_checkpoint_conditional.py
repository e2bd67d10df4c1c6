"""Conditional entries in a checkpoint: whatever is wrong with them, none of it is used."""

import struct
from pathlib import Path

import pytest

from dncd.v1 import ledger_pb2
from dncd_engine.state import State
from dncd_server import checkpoint
from dncd_server.checkpoint import FILE_NAME
from server.checkpoints import Damage, frames_of, sealed, set_aside, state_of_each_sort


@pytest.fixture(scope="module")
def state() -> State:
    """A state with lists of each sort."""
    return state_of_each_sort()


@pytest.fixture(scope="module")
def written(state: State, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of it."""
    return checkpoint.write(tmp_path_factory.mktemp("written"), state)


FIRST_STRATUM, FIRST_ROWS = 3, 6
"""Where, among the frames, the conditional entries of the list ``acme/hidden`` stand: after one of plain numbers."""


def _other_frame(place: int, frame: Damage) -> Damage:
    """Return what puts another frame in the place of one."""

    def make(data: bytes) -> bytes:
        frames = frames_of(data)
        frames[place] = frame(frames[place])
        return sealed(*frames)

    return make


def _of_rows(prefix: int = 5, low: tuple[int, ...] = (1,), places: tuple[int, ...] = (0,)) -> bytes:
    columns = struct.pack(f"<{len(low) + len(places)}I", *low, *places)
    return struct.pack(">QI", prefix, len(low)) + columns


def _twice(frame: bytes) -> bytes:
    """Put a number that is in several strata into the first of them twice."""
    places = 12 + (len(frame) - 12) // 2
    return frame[: places + 4] + frame[places : places + 4] + frame[places + 8 :]


DAMAGES = {
    "stratum_of_plain_entries": _other_frame(FIRST_STRATUM, lambda _: b""),
    "stratum_that_is_no_message": _other_frame(FIRST_STRATUM, lambda _: b"\xff"),
    "stratum_before_1970": _other_frame(
        FIRST_STRATUM, lambda _: ledger_pb2.Stratum(expires_unix_us=-1).SerializeToString()
    ),
    "purposes_out_of_order": _other_frame(
        FIRST_STRATUM, lambda _: ledger_pb2.Stratum(purposes=["b", "a"]).SerializeToString()
    ),
    "stratum_twice": lambda data: _other_frame(
        FIRST_STRATUM, lambda _: frames_of(data)[FIRST_STRATUM + 1]
    )(data),
    "rows_cut_short": _other_frame(FIRST_ROWS, lambda frame: frame[:-1]),
    "rows_too_long": _other_frame(FIRST_ROWS, lambda frame: frame + b"\0"),
    "no_rows": _other_frame(FIRST_ROWS, lambda _: _of_rows(low=(), places=())),
    "rows_without_a_head": _other_frame(FIRST_ROWS, lambda frame: frame[:7]),
    "fewer_rows": _other_frame(FIRST_ROWS, lambda _: _of_rows()),
    "rows_far_away": _other_frame(FIRST_ROWS, lambda frame: b"\1" + frame[1:]),
    "rows_of_low_bits_too_large": _other_frame(FIRST_ROWS, lambda _: _of_rows(low=(1 << 22,))),
    "rows_of_an_unknown_stratum": _other_frame(FIRST_ROWS, lambda _: _of_rows(places=(3,))),
    "rows_that_say_the_same_twice": _other_frame(FIRST_ROWS, _twice),
    "override_of_no_list": _other_frame(0, lambda frame: frame.replace(b'"ftc": 1', b'"ftd": 1')),
}


@pytest.mark.parametrize("make", DAMAGES.values(), ids=DAMAGES)
def test_conditional_entries_that_only_seem_whole_are_set_aside(
    make: Damage, written: Path, state: State, tmp_path: Path
) -> None:
    data = make(written.read_bytes())
    assert data != written.read_bytes()
    (tmp_path / FILE_NAME).write_bytes(data)

    set_aside(tmp_path, state)
