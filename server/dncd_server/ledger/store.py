"""Read and append: everything that dncd does with its tables.

The store is synchronous and used from one thread at a time. An append is one transaction: events, their bodies, what
they say of batches, and the head. Versions are gapless because the head is read and written in that transaction.
"""

import secrets
import time
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from dncd_engine.chain import GENESIS_HASH, LEDGER_FORMAT, SALT_BYTES, EventHeader, salted_digest
from dncd_server.errors import LedgerError, UnavailableError
from dncd_server.ledger import rows
from dncd_server.ledger.batch_table import BatchTable, settle, take, waive
from dncd_server.ledger.policy_events import PolicyEvents
from dncd_server.ledger.records import Appended, Head, NewBatch, NewEvent, StoredEvent
from dncd_server.ledger.schema import batch, body, event, head, list_head
from dncd_server.ledger.segment_table import SegmentTable, insert_segments

PART_EFFECT = 1
PART_EVIDENCE = 2
MAX_CLOCK_AHEAD_US = 60_000_000
"""How far in the future the ledger's newest event may lie before a write is refused."""


class ListMovedError(Exception):
    """The list has changed since the difference was worked out; work it out again."""


class Store(SegmentTable, BatchTable, PolicyEvents):
    """A ledger's tables behind one connection."""

    def head(self) -> Head | None:
        """Return the head, None for a database that holds no ledger yet."""
        with self._engine.connect() as connection:
            return _head(connection)

    def create(self, effect: bytes, evidence: bytes, kind: int) -> None:
        """Write the first event of a new ledger, with a new epoch.

        Raises:
            LedgerError: There is a ledger already.
        """
        with self._engine.begin() as connection:
            if _head(connection) is not None:
                raise LedgerError("there is a ledger in this database already")
            if connection.execute(sa.select(event.c.version).limit(1)).first() is not None:
                raise LedgerError("the database holds events, but its head is missing")
            # 63 bits: the column is signed on every engine
            epoch = secrets.randbits(63)
            connection.execute(
                sa.insert(head).values(id=1, epoch=epoch, version=0, hash=GENESIS_HASH, at_us=0)
            )
            _append(connection, NewEvent(kind, effect, evidence))

    def append(self, new: NewEvent, taken: NewBatch | None = None) -> Head:
        """Append one event, and with it the batch that it brings; return the new head.

        Raises:
            ListMovedError, LedgerError, UnavailableError: As ``append_all``.
        """
        return self.append_all([Appended(new, taken)])[-1]

    def append_all(self, items: Sequence[Appended]) -> list[Head]:
        """Append events in one transaction, all or none; return the head after each.

        The version of a list is held against that of the first batch that changes it.

        Raises:
            ListMovedError: A batch's list is not at the version that its difference was worked out against.
            LedgerError: The database holds no ledger.
            UnavailableError: The clock stands behind the ledger.
        """
        self._file.check()
        heads = []
        with self._engine.begin() as connection:
            _check_lists(connection, items)
            for item in items:
                appended = _append(connection, item.event)
                heads.append(appended)
                if item.batch is not None:
                    insert_segments(connection, item.batch.upload, item.segments)
                    take(connection, item.batch, appended.version)
                    if item.batch.list and not item.batch.is_held:
                        _set_list_version(connection, item.batch.list, appended.version)
                for name in item.event.touched_lists:
                    _set_list_version(connection, name, appended.version)
        return heads

    def append_decision(self, new: NewEvent, batch_id: str, state: int, report: bytes) -> Head:
        """Append the event that ends the waiting of a batch without putting it in force."""
        self._file.check()
        with self._engine.begin() as connection:
            appended = _append(connection, new)
            settle(connection, batch_id, state, report)
        return appended

    def append_waiver(self, new: NewEvent, batch_id: str, report: bytes) -> Head:
        """Append the event that gives up the rows of a batch which nobody mended."""
        self._file.check()
        with self._engine.begin() as connection:
            appended = _append(connection, new)
            waive(connection, batch_id, report)
        return appended

    def events_after(self, version: int, limit: int) -> list[StoredEvent]:
        """Return the events that follow a version, in order, with their effects.

        Raises:
            LedgerError: The first of them cannot be read; those before a later one come without it.
        """
        self._file.check()
        effect = body.alias()
        statement = (
            sa.select(event, effect.c.salt, effect.c.data, batch.c.upload)
            .outerjoin(
                effect, (effect.c.version == event.c.version) & (effect.c.part == PART_EFFECT)
            )
            .outerjoin(batch, batch.c.version == event.c.version)
            .where(event.c.version > version)
            .order_by(event.c.version)
            .limit(limit)
        )
        with self._engine.connect() as connection:
            return _until_damaged(connection.execute(statement).all())

    def evidence(self, version: int) -> tuple[bytes, bytes] | None:
        """Return (salt, bytes) of an event's evidence, None where it is not there."""
        statement = sa.select(body.c.salt, body.c.data).where(
            body.c.version == version, body.c.part == PART_EVIDENCE
        )
        with self._engine.connect() as connection:
            row = connection.execute(statement).first()
            if row is None:
                return None
            what = f"the evidence of version {version}"
            return rows.blob(row.salt, what, SALT_BYTES), rows.blob(row.data, what)

    def held_upload(self, version: int) -> int | None:
        """Return the key of the segments of the batch that an event put to wait, None where it brought none."""
        statement = sa.select(batch.c.upload).where(batch.c.held_version == version)
        with self._engine.connect() as connection:
            row = connection.execute(statement).first()
            return None if row is None or not row.upload else int(row.upload)

    def event_hash(self, version: int) -> bytes | None:
        """Return the hash of the event at a version, None where there is none."""
        with self._engine.connect() as connection:
            row = connection.execute(
                sa.select(event.c.hash).where(event.c.version == version)
            ).first()
            return None if row is None else rows.blob(row.hash, f"version {version}")

    def list_version(self, name: str) -> int:
        """Return the newest version that changed a list, 0 where none did."""
        with self._engine.connect() as connection:
            return _list_version(connection, name)


def _head(connection: Connection) -> Head | None:
    row = connection.execute(sa.select(head)).first()
    return None if row is None else rows.head_of(row)


def _append(connection: Connection, new: NewEvent) -> Head:
    old = _head(connection)
    if old is None:
        raise LedgerError("the database holds no ledger")
    now_us = time.time_ns() // 1000
    if old.at_us > now_us + MAX_CLOCK_AHEAD_US:
        raise UnavailableError(
            "CLOCK_BEHIND",
            "the ledger's newest event lies in the future, so nothing can be written; set this machine's clock",
        )
    effect_salt = new.effect_salt or secrets.token_bytes(SALT_BYTES)
    evidence_salt = secrets.token_bytes(SALT_BYTES)
    header = EventHeader(
        version=old.version + 1,
        epoch=old.epoch,
        at_us=max(now_us, old.at_us + 1),
        kind=new.kind,
        needs=LEDGER_FORMAT,
        effect_digest=salted_digest(effect_salt, new.effect),
        evidence_digest=salted_digest(evidence_salt, new.evidence),
        prev_hash=old.hash,
    )
    appended = Head(header.epoch, header.version, header.hash(), header.at_us)
    columns = {name: getattr(header, name) for name in EventHeader.__slots__}
    connection.execute(sa.insert(event).values(**columns, hash=appended.hash))
    bodies = ((PART_EFFECT, effect_salt, new.effect), (PART_EVIDENCE, evidence_salt, new.evidence))
    for part, salt, data in bodies:
        connection.execute(
            sa.insert(body).values(version=header.version, part=part, salt=salt, data=data)
        )
    connection.execute(
        sa.update(head).values(version=appended.version, hash=appended.hash, at_us=appended.at_us)
    )
    return appended


def _check_lists(connection: Connection, items: Sequence[Appended]) -> None:
    seen: set[str] = set()
    for item in items:
        taken = item.batch
        if taken is None or not taken.list or taken.is_held or taken.list in seen:
            continue
        seen.add(taken.list)
        if _list_version(connection, taken.list) != taken.list_version:
            raise ListMovedError


def _list_version(connection: Connection, name: str) -> int:
    row = connection.execute(sa.select(list_head.c.version).where(list_head.c.list == name)).first()
    return 0 if row is None else int(row.version)


def _set_list_version(connection: Connection, name: str, version: int) -> None:
    updated = connection.execute(
        sa.update(list_head).where(list_head.c.list == name).values(version=version)
    )
    if updated.rowcount == 0:
        connection.execute(sa.insert(list_head).values(list=name, version=version))


def _until_damaged(page: Sequence[sa.Row[Any]]) -> list[StoredEvent]:
    found: list[StoredEvent] = []
    for row in page:
        try:
            found.append(rows.stored_event(row))
        except LedgerError:
            if not found:
                raise
            break
    return found
