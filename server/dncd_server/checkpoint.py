"""Checkpoints: the index at a version in one file, so that a restart need not read the whole ledger.

A file is its magic, frames (length, bytes), and the SHA-256 of all before. It is written aside, synced and renamed. One
that is damaged, of another form, or of a ledger that never was at that version is set aside and the index is made anew.
"""

import hashlib
import itertools
import json
import os
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
import structlog
from pyroaring import BitMap

from dncd.v1 import ledger_pb2, policy_pb2
from dncd_engine.entries import Entries, EntriesChange
from dncd_engine.lists import ListState
from dncd_engine.segments import LOW_MASK, MAX_PREFIX, MAX_SEGMENT_BYTES
from dncd_engine.state import PolicyChange, State
from dncd_engine.strata import PLAIN, Stratum
from dncd_server.codec import (
    policy_from_message,
    policy_to_message,
    stratum_from_message,
    stratum_to_message,
)

FILE_NAME = "checkpoint"
_MAGIC = b"DNCDCKP2"
_LENGTH = struct.Struct(">I")
_SEGMENT = struct.Struct(">QI")
"""Prefix and count: of a bitmap of plain numbers, or of two columns, low bits and places of strata."""
_ROW_BYTES = 8
_MAX_ROWS = 1 << 20
_MAX_FRAME_BYTES = 64 << 20
_log = structlog.get_logger(__name__)


class CheckpointDamagedError(Exception):
    """A checkpoint cannot be used."""


def write(folder: Path, state: State) -> Path:
    """Write a state's checkpoint and return its path; the old one stays until the new one is whole."""
    target, aside = folder / FILE_NAME, folder / f"{FILE_NAME}.new"
    digest = hashlib.sha256()
    with open(aside, "wb", opener=_private) as file:

        def put(data: bytes) -> None:
            digest.update(data)
            file.write(data)

        put(_MAGIC)
        for frame in _frames(state):
            put(_LENGTH.pack(len(frame)))
            put(frame)
        file.write(digest.digest())
        file.flush()
        os.fsync(file.fileno())
    aside.rename(target)
    _sync_folder(folder)
    return target


def read(folder: Path, event_hash: Callable[[int], bytes | None]) -> State | None:
    """Return the state of a folder's checkpoint, None where there is none that can be used.

    Args:
        folder: Where checkpoints lie.
        event_hash: The ledger's hash at a version, None where it has no such version.
    """
    path = folder / FILE_NAME
    try:
        with path.open("rb") as file:
            _check_digest(file)
            state = _state(_read_frames(file))
    except FileNotFoundError:
        return None
    # whatever is wrong with it, the index can be made anew; a start must not fail for it
    except Exception as error:
        _set_aside(path, f"{type(error).__name__}: {error}")
        return None
    if event_hash(state.version) != state.head:
        _set_aside(path, "it is of another ledger, or of a history that this one does not have")
        return None
    return state


def _set_aside(path: Path, why: str) -> None:
    aside = path.with_suffix(".set-aside")
    _log.warning("checkpoint_set_aside", path=str(path), error=why)
    try:
        path.rename(aside)
    except OSError as error:
        _log.error("checkpoint_in_the_way", path=str(path), error=str(error))


def _frames(state: State) -> Iterator[bytes]:
    about = {
        "version": state.version,
        "epoch": state.epoch,
        "head": state.head.hex(),
        "at_us": state.at_us,
        "region": state.region,
        "policy_version": state.policy_version,
        "overrides": dict(state.overrides),
        "lists": [_about_list(item) for _, item in sorted(state.lists.items())],
    }
    yield json.dumps(about).encode()
    yield policy_to_message(state.policy).SerializeToString()
    for _, item in sorted(state.lists.items()):
        for prefix, bitmap in item.entries.plain.segments():
            yield _SEGMENT.pack(prefix, len(bitmap)) + bitmap.serialize()
        for stratum in item.entries.conditional.strata:
            yield stratum_to_message(stratum).SerializeToString()
        yield from _rows_frames(item.entries)


def _about_list(item: ListState) -> dict[str, object]:
    return {
        "name": item.name,
        "coverage": dict(item.coverage),
        "loaded": item.loaded,
        "version": item.version,
        "created_version": item.created_version,
        "segments": len(item.entries.plain.prefixes),
        "strata": len(item.entries.conditional.strata),
        "rows": item.entries.conditional.count,
    }


def _rows_frames(entries: Entries) -> Iterator[bytes]:
    for prefix, low, places in entries.conditional.rows():
        for start in range(0, low.size, _MAX_ROWS):
            part = slice(start, start + _MAX_ROWS)
            columns = np.concatenate((low[part], places[part])).astype("<u4")
            yield _SEGMENT.pack(prefix, columns.size // 2) + columns.tobytes()


def _check_digest(file: BinaryIO) -> None:
    size = os.fstat(file.fileno()).st_size
    if size < len(_MAGIC) + 32 or file.read(len(_MAGIC)) != _MAGIC:
        raise CheckpointDamagedError("it is no checkpoint of this form")
    digest = hashlib.sha256(_MAGIC)
    left = size - len(_MAGIC) - 32
    while left:
        data = file.read(min(left, 1 << 20))
        if not data:
            raise CheckpointDamagedError("it became shorter while it was read")
        digest.update(data)
        left -= len(data)
    if file.read() != digest.digest():
        raise CheckpointDamagedError("its digest does not fit")
    file.seek(len(_MAGIC))


def _read_frames(file: BinaryIO) -> Iterator[bytes]:
    end = os.fstat(file.fileno()).st_size - 32
    while file.tell() < end:
        (length,) = _LENGTH.unpack(file.read(_LENGTH.size))
        if length > _MAX_FRAME_BYTES or file.tell() + length > end:
            raise CheckpointDamagedError("a frame is longer than the file")
        yield file.read(length)


def _state(frames: Iterator[bytes]) -> State:
    about = json.loads(next(frames))
    policy = policy_from_message(policy_pb2.Policy.FromString(next(frames)))
    bare = State(
        version=about["version"],
        epoch=about["epoch"],
        head=bytes.fromhex(about["head"]),
        at_us=about["at_us"],
        region=about["region"],
    )
    kept = {item["name"]: (item, _entries(frames, item)) for item in about["lists"]}
    lists = {
        name: ListState(
            name,
            policy.lists[name],
            held,
            item["coverage"],
            item["loaded"],
            item["version"],
            item["created_version"],
        )
        for name, (item, held) in kept.items()
    }
    overrides = dict(about["overrides"])
    if lists.keys() != policy.lists.keys() or not overrides.keys() <= lists.keys():
        raise CheckpointDamagedError("its lists are not those of its policy")
    if next(frames, None) is not None:
        raise CheckpointDamagedError("it holds more than its lists")
    change = PolicyChange(
        purposes=policy.purposes,
        sources=policy.sources,
        lists=policy.lists,
        campaigns=policy.campaigns,
        answers=policy.answers,
    )
    return bare.restored(change, lists, about["policy_version"], overrides)


def _entries(frames: Iterator[bytes], about: Mapping[str, int]) -> Entries:
    change = EntriesChange(Entries())
    for frame in _taken(frames, about["segments"]):
        prefix, bitmap = _segment(frame)
        change.enter(PLAIN, prefix, bitmap)
    of_list = _taken(frames, about["strata"])
    strata = [stratum_from_message(ledger_pb2.Stratum.FromString(frame)) for frame in of_list]
    left = about["rows"]
    while left:
        left -= _enter_rows(change, next(frames, b""), strata)
    entries = change.finish()
    if PLAIN in strata or entries.conditional.count != about["rows"]:
        raise CheckpointDamagedError("a list's conditional entries are not what it says")
    if len(entries.conditional.strata) != len(strata):
        raise CheckpointDamagedError("a stratum has no entry, or stands twice")
    return entries


def _taken(frames: Iterator[bytes], count: int) -> list[bytes]:
    taken = list(itertools.islice(frames, count))
    if len(taken) != count:
        raise CheckpointDamagedError("a list lacks segments")
    return taken


def _segment(frame: bytes) -> tuple[int, BitMap]:
    prefix, held = _SEGMENT.unpack_from(frame)
    data = frame[_SEGMENT.size :]
    if prefix > MAX_PREFIX or len(data) > MAX_SEGMENT_BYTES:
        raise CheckpointDamagedError("a segment is out of range")
    bitmap = BitMap.deserialize(data)
    if len(bitmap) != held or not held or bitmap.max() > LOW_MASK:
        raise CheckpointDamagedError("a segment does not hold what it says")
    return prefix, bitmap


def _enter_rows(change: EntriesChange, frame: bytes, strata: Sequence[Stratum]) -> int:
    """Put one frame of conditional entries in and return how many they are, at least 1."""
    if len(frame) < _SEGMENT.size:
        raise CheckpointDamagedError("a list lacks conditional entries")
    prefix, count = _SEGMENT.unpack_from(frame)
    if prefix > MAX_PREFIX or not count or len(frame) != _SEGMENT.size + count * _ROW_BYTES:
        raise CheckpointDamagedError("conditional entries are out of range")
    columns = np.frombuffer(frame, dtype="<u4", offset=_SEGMENT.size).astype(np.uint32)
    low, places = columns[:count], columns[count:]
    if int(low.max()) > LOW_MASK or int(places.max()) >= len(strata):
        raise CheckpointDamagedError("conditional entries do not hold what they say")
    change.enter_rows(prefix, low, places, strata)
    return int(count)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
