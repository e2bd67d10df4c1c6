"""Frames: messages as bytes on the pipes between the daemon and an ingest child.

A frame is a length (4 bytes, big endian), a kind (1 byte) and a body of that length. Both sides
check the length before they read the body: neither trusts the other's arithmetic with its memory.
Bodies are JSON but for the bytes of files and segments; the child then needs no protobuf, which
would cost every upload its import.
"""

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from enum import IntEnum
from pathlib import Path
from typing import Any

from dncd_engine.chain import DIGEST_BYTES
from dncd_engine.segments import MAX_SEGMENT_BYTES
from dncd_engine.strata import Stratum
from dncd_server.ingest.attributes import MAX_PACKED_BYTES
from dncd_server.ingest.messages import (
    MAX_STRATA,
    MIB,
    AttributesFound,
    Done,
    IngestJob,
    Message,
    Progress,
    Refused,
    RejectedRow,
    RejectedRows,
    RowCounts,
    SegmentFound,
    Terms,
)

HEAD = struct.Struct(">IB")
_SEGMENT = struct.Struct(f">QIH?{DIGEST_BYTES}s")
_ATTRIBUTES = struct.Struct(f">QII{DIGEST_BYTES}s")
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
    ATTRIBUTES = 22


MAX_BODY_BYTES: Mapping[int, int] = {
    Kind.JOB: 4 * MIB,
    Kind.DATA: MAX_DATA_BYTES,
    Kind.END: 0,
    Kind.PROGRESS: 1 << 10,
    Kind.REJECTED: 1 << 20,
    Kind.SEGMENT: _SEGMENT.size + MAX_SEGMENT_BYTES,
    Kind.DONE: 32 * MIB,
    Kind.REFUSED: 1 << 16,
    Kind.ATTRIBUTES: _ATTRIBUTES.size + MAX_PACKED_BYTES,
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
        values["declared_purposes"] = tuple(values["declared_purposes"])
        terms = values["terms"]
        values["terms"] = Terms(**terms | {"purposes": tuple(terms["purposes"])})
        return IngestJob(**values)
    except (ValueError, LookupError, TypeError) as error:
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
            which = (message.prefix, message.count, message.stratum, message.ends)
            return pack(Kind.SEGMENT, _SEGMENT.pack(*which, message.digest) + message.data)
        case AttributesFound():
            place = (message.prefix, message.part, message.count)
            return pack(Kind.ATTRIBUTES, _ATTRIBUTES.pack(*place, message.digest) + message.data)
        case Done():
            strata = _pack_strata(message.strata)
            values = asdict(replace(message, strata=())) | strata
            return pack(Kind.DONE, _to_json(values | {"sha256": message.sha256.hex()}))
        case Refused():
            values = asdict(message) | {"sha256": message.sha256.hex()}
            return pack(Kind.REFUSED, _to_json(values))


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
                return _unpack_segment(body)
            case Kind.ATTRIBUTES:
                prefix, part, count, digest = _ATTRIBUTES.unpack_from(body)
                return AttributesFound(prefix, part, count, body[_ATTRIBUTES.size :], digest)
            case Kind.DONE:
                values = _ending(body)
                return Done(**values | {"strata": _unpack_strata(values.pop("purposes"), values)})
            case Kind.REFUSED:
                return Refused(**_ending(body))
    except (ValueError, LookupError, TypeError, struct.error) as error:
        raise FrameError(f"a frame of kind {kind.name} cannot be read") from error
    raise FrameError("a child sent what only its parent may")


def _unpack_segment(body: bytes) -> SegmentFound:
    prefix, count, stratum, ends, digest = _SEGMENT.unpack_from(body)
    if stratum > MAX_STRATA or (ends and stratum):
        raise ValueError("a segment is of no stratum")
    return SegmentFound(prefix, count, body[_SEGMENT.size :], digest, stratum, ends)


def _pack_strata(strata: Sequence[Stratum]) -> dict[str, object]:
    """Return strata as JSON holds them, with each purpose written once."""
    names = sorted({purpose for stratum in strata for purpose in stratum.purposes})
    place = {name: at for at, name in enumerate(names)}
    rows = [
        [
            stratum.effective_us,
            stratum.expires_us,
            [place[purpose] for purpose in stratum.purposes],
            stratum.published_us,
        ]
        for stratum in strata
    ]
    return {"purposes": names, "strata": rows}


def _unpack_strata(names: Sequence[str], values: Mapping[str, Any]) -> tuple[Stratum, ...]:
    return tuple(
        Stratum(effective_us, expires_us, tuple(names[at] for at in purposes), published_us)
        for effective_us, expires_us, purposes, published_us in values["strata"]
    )


def _ending(body: bytes) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(body)
    rows = RowCounts(**values["rows"])
    return values | {"rows": rows, "sha256": bytes.fromhex(values["sha256"])}


def _to_json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
