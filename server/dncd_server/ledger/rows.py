"""From rows to records: what comes back from a disk is believed only after its form was looked at.

SQLite keeps whatever type it finds, so one damaged byte can make a text of a digest or of a number.
"""

from typing import Any

import sqlalchemy as sa

from dncd_engine.chain import DIGEST_BYTES, SALT_BYTES, EventHeader
from dncd_server.errors import LedgerError
from dncd_server.ledger.records import (
    BatchRow,
    Head,
    StoredAttributes,
    StoredEvent,
    StoredSegment,
)
from dncd_server.ledger.schema import event

_MAX_INTEGER = (1 << 63) - 1
_MAX_SHORT = (1 << 16) - 1


def head_of(row: sa.Row[Any]) -> Head:
    """Return the head.

    Raises:
        LedgerError: The row is damaged.
    """
    what = "the head"
    return Head(
        integer(row.epoch, what),
        integer(row.version, what),
        blob(row.hash, what, DIGEST_BYTES),
        integer(row.at_us, what),
    )


def stored_event(row: sa.Row[Any]) -> StoredEvent:
    """Return an event with its effect, None where that is not there.

    Raises:
        LedgerError: The row is damaged.
    """
    columns = row._mapping
    what = f"version {columns[event.c.version]}"
    version, epoch, at_us = (
        integer(columns[name], what) for name in (event.c.version, event.c.epoch, event.c.at_us)
    )
    kind, needs = (
        integer(columns[name], what, _MAX_SHORT) for name in (event.c.kind, event.c.needs)
    )
    effect_digest, evidence_digest, prev_hash, stored_hash = (
        blob(columns[name], what, DIGEST_BYTES)
        for name in (
            event.c.effect_digest,
            event.c.evidence_digest,
            event.c.prev_hash,
            event.c.hash,
        )
    )
    header = EventHeader(
        version, epoch, at_us, kind, needs, effect_digest, evidence_digest, prev_hash
    )
    salt, data, upload = columns["salt"], columns["data"], columns["upload"]
    return StoredEvent(
        header,
        stored_hash,
        None if salt is None else blob(salt, what, SALT_BYTES),
        None if data is None else blob(data, what),
        None if upload is None else integer(upload, what),
    )


def stored_segment(row: sa.Row[Any]) -> StoredSegment:
    """Return a segment.

    Raises:
        LedgerError: The row is damaged.
    """
    what = "a segment"
    columns = row._mapping
    role, stratum, prefix, count = (
        integer(columns[name], what) for name in ("role", "stratum", "prefix", "count")
    )
    digest = blob(columns["digest"], what, DIGEST_BYTES)
    return StoredSegment(role, stratum, prefix, count, digest, blob(columns["data"], what))


def stored_attributes(row: sa.Row[Any]) -> StoredAttributes:
    """Return what rows of a batch said of the entries of a prefix.

    Raises:
        LedgerError: The row is damaged.
    """
    what = "a block of attributes"
    columns = row._mapping
    prefix, part, count = (integer(columns[name], what) for name in ("prefix", "part", "count"))
    digest = blob(columns["digest"], what, DIGEST_BYTES)
    return StoredAttributes(prefix, part, count, digest, blob(columns["data"], what))


def batch_row(row: sa.Row[Any]) -> BatchRow:
    """Return a batch."""
    return BatchRow(**{name: row._mapping[name] for name in BatchRow.__slots__})


def integer(value: object, what: str, at_most: int = _MAX_INTEGER) -> int:
    """Return an integer from 0 to a bound.

    Raises:
        LedgerError: It is something else.
    """
    if not isinstance(value, int) or not 0 <= value <= at_most:
        raise LedgerError(f"{what} is damaged: a column does not hold a number that dncd writes")
    return value


def blob(value: object, what: str, size: int | None = None) -> bytes:
    """Return bytes, of one length where that is given.

    Raises:
        LedgerError: It is something else.
    """
    if not isinstance(value, bytes) or (size is not None and len(value) != size):
        raise LedgerError(f"{what} is damaged: a column does not hold bytes that dncd writes")
    return value
