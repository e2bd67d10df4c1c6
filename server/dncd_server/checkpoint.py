"""Checkpoints: the index at a version in one file, so that a restart need not read the whole ledger.

A file is its magic, frames (length, bytes), and the SHA-256 of all before. It is written aside, synced and renamed. One
that is damaged, of another form, or of a ledger that never was at that version is set aside and the index is made anew.
"""

import hashlib
import itertools
import json
import os
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import structlog
from pyroaring import BitMap

from dncd.v1 import policy_pb2
from dncd_engine.index import NumberSet, NumberSetChange
from dncd_engine.lists import ListState
from dncd_engine.segments import LOW_MASK, MAX_PREFIX, MAX_SEGMENT_BYTES
from dncd_engine.state import PolicyChange, State
from dncd_server.codec import policy_from_message, policy_to_message

FILE_NAME = "checkpoint"
_MAGIC = b"DNCDCKP1"
_LENGTH = struct.Struct(">I")
_SEGMENT = struct.Struct(">QI")
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
    lists = [
        {
            "name": name,
            "coverage": dict(item.coverage),
            "loaded": item.loaded,
            "version": item.version,
            "created_version": item.created_version,
            "segments": sum(1 for _ in item.numbers.segments()),
        }
        for name, item in sorted(state.lists.items())
    ]
    about = {
        "version": state.version,
        "epoch": state.epoch,
        "head": state.head.hex(),
        "at_us": state.at_us,
        "region": state.region,
        "policy_version": state.policy_version,
        "lists": lists,
    }
    yield json.dumps(about).encode()
    yield policy_to_message(state.policy).SerializeToString()
    for _, item in sorted(state.lists.items()):
        for prefix, bitmap in item.numbers.segments():
            yield _SEGMENT.pack(prefix, len(bitmap)) + bitmap.serialize()


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
    numbers = {item["name"]: (item, _numbers(frames, item["segments"])) for item in about["lists"]}
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
        for name, (item, held) in numbers.items()
    }
    if lists.keys() != policy.lists.keys() or next(frames, None) is not None:
        raise CheckpointDamagedError("its lists are not those of its policy")
    change = PolicyChange(
        purposes=policy.purposes,
        sources=policy.sources,
        lists=policy.lists,
        campaigns=policy.campaigns,
        answers=policy.answers,
    )
    return bare.restored(change, lists, about["policy_version"])


def _numbers(frames: Iterator[bytes], count: int) -> NumberSet:
    change = NumberSetChange(NumberSet())
    left = count
    for frame in itertools.islice(frames, count):
        prefix, held = _SEGMENT.unpack_from(frame)
        data = frame[_SEGMENT.size :]
        if prefix > MAX_PREFIX or len(data) > MAX_SEGMENT_BYTES:
            raise CheckpointDamagedError("a segment is out of range")
        bitmap = BitMap.deserialize(data)
        if len(bitmap) != held or not held or bitmap.max() > LOW_MASK:
            raise CheckpointDamagedError("a segment does not hold what it says")
        change.enter(prefix, bitmap)
        left -= 1
    if left:
        raise CheckpointDamagedError("a list lacks segments")
    return change.finish()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
