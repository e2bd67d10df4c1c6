"""Frames: messages as bytes on the pipes between the daemon and an ingest child.

A frame is a length (4 bytes, big endian), a kind (1 byte) and a body of that length. Both sides
check the length before they read the body: neither trusts the other's arithmetic with its memory.
Bodies are JSON but for the bytes of files and segments; the child then needs no protobuf, which
would cost every upload its import.
"""

import json
import struct
from collections.abc import Mapping
from dataclasses import asdict
from enum import IntEnum
from pathlib import Path
from typing import Any

from dncd_engine.chain import DIGEST_BYTES
from dncd_engine.segments import MAX_SEGMENT_BYTES
from dncd_server.ingest.messages import (
    Done,
    IngestJob,
    Message,
    Progress,
    Refused,
    RejectedRow,
    RejectedRows,
    RowCounts,
    SegmentFound,
)

HEAD = struct.Struct(">IB")
_SEGMENT = struct.Struct(f">QI{DIGEST_BYTES}s")
MAX_DATA_BYTES = 1 << 20


class Kind(IntEnum):
    """What a frame holds."""

    JOB = 1
    DATA = 2
    END = 3
    PROGRESS = 17
    REJECTED = 18
    SEGMENT = 19
    DONE = 20
    REFUSED = 21


MAX_BODY_BYTES: Mapping[int, int] = {
    Kind.JOB: 1 << 20,
    Kind.DATA: MAX_DATA_BYTES,
    Kind.END: 0,
    Kind.PROGRESS: 1 << 10,
    Kind.REJECTED: 1 << 20,
    Kind.SEGMENT: _SEGMENT.size + MAX_SEGMENT_BYTES,
    Kind.DONE: 1 << 16,
    Kind.REFUSED: 1 << 16,
}


class ExitCode(IntEnum):
    """How a child ends."""

    DONE = 0
    OUT_OF_MEMORY = 12
    SPOOL_FAILED = 13
    PROTOCOL = 14
    CRASHED = 70


class FrameError(Exception):
    """The other side of the pipe spoke nonsense."""


def pack(kind: Kind, body: bytes) -> bytes:
    """Return a frame.

    Raises:
        FrameError: The body is longer than its kind allows.
    """
    if len(body) > MAX_BODY_BYTES[kind]:
        raise FrameError(f"a frame of kind {kind.name} is too long")
    return HEAD.pack(len(body), kind) + body


def unpack_head(head: bytes) -> tuple[int, Kind]:
    """Return a frame's length and kind.

    Raises:
        FrameError: There is no such kind, or its body would be too long.
    """
    size, kind = HEAD.unpack(head)
    if size > MAX_BODY_BYTES.get(kind, -1):
        raise FrameError("a frame is of no known kind, or too long")
    return size, Kind(kind)


def pack_job(job: IngestJob) -> bytes:
    """Return the frame that opens a child's work."""
    values = asdict(job) | {"salt": job.salt.hex(), "spool_dir": str(job.spool_dir)}
    return pack(Kind.JOB, _to_json(values))


def unpack_job(body: bytes) -> IngestJob:
    """Return the job of a frame's body.

    Raises:
        FrameError: The body is no job.
    """
    try:
        values = json.loads(body)
        values["salt"] = bytes.fromhex(values["salt"])
        values["spool_dir"] = Path(values["spool_dir"])
        values["columns"] = tuple(values["columns"])
        return IngestJob(**values)
    except (ValueError, KeyError, TypeError) as error:
        raise FrameError("a job cannot be read") from error


def pack_message(message: Message) -> bytes:
    """Return the frame of a child's message."""
    match message:
        case Progress():
            return pack(Kind.PROGRESS, _to_json(asdict(message)))
        case RejectedRows():
            rows = [[row.line, row.column, row.code, row.raw] for row in message.rows]
            return pack(Kind.REJECTED, _to_json(rows))
        case SegmentFound():
            head = _SEGMENT.pack(message.prefix, message.count, message.digest)
            return pack(Kind.SEGMENT, head + message.data)
        case Done() | Refused():
            kind = Kind.DONE if isinstance(message, Done) else Kind.REFUSED
            return pack(kind, _to_json(asdict(message) | {"sha256": message.sha256.hex()}))


def unpack_message(kind: Kind, body: bytes) -> Message:
    """Return a child's message.

    Raises:
        FrameError: The body is not what the kind says, or the kind is not a child's.
    """
    try:
        match kind:
            case Kind.PROGRESS:
                return Progress(**json.loads(body))
            case Kind.REJECTED:
                return RejectedRows(tuple(RejectedRow(*row) for row in json.loads(body)))
            case Kind.SEGMENT:
                prefix, count, digest = _SEGMENT.unpack_from(body)
                return SegmentFound(prefix, count, body[_SEGMENT.size :], digest)
            case Kind.DONE:
                return Done(**_ending(body))
            case Kind.REFUSED:
                return Refused(**_ending(body))
    except (ValueError, KeyError, TypeError, struct.error) as error:
        raise FrameError(f"a frame of kind {kind.name} cannot be read") from error
    raise FrameError("a child sent what only its parent may")


def _ending(body: bytes) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(body)
    rows = RowCounts(**values["rows"])
    return values | {"rows": rows, "sha256": bytes.fromhex(values["sha256"])}


def _to_json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
