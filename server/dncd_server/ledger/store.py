"""Read and append: everything that dncd does with its tables.

The store is synchronous and used from one thread at a time. An append is one transaction: the event, its bodies, what
it says of a batch, and the head. Versions are gapless because the head is read and written in that transaction.
"""

import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from dncd_engine.chain import GENESIS_HASH, LEDGER_FORMAT, SALT_BYTES, EventHeader, salted_digest
from dncd_server.errors import LedgerError, UnavailableError
from dncd_server.ledger import rows
from dncd_server.ledger.presence import LedgerFile
from dncd_server.ledger.records import (
    BatchRow,
    Head,
    NewBatch,
    NewEvent,
    StoredEvent,
    StoredSegment,
)
from dncd_server.ledger.schema import batch, body, event, head, list_head, segment, staged

PART_EFFECT = 1
PART_EVIDENCE = 2
STATE_HELD = 2
"""``BATCH_STATE_HELD`` of the protocol."""
ROLE_NAMED = 1
"""``SEGMENT_ROLE_NAMED`` of the protocol: the batch's own segments."""
MAX_CLOCK_AHEAD_US = 60_000_000
"""How far in the future the ledger's newest event may lie before a write is refused."""


class ListMovedError(Exception):
    """The list has changed since the difference was worked out; work it out again."""


class Store:
    """A ledger's tables behind one connection."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._file = LedgerFile(Path(engine.url.database or ""))

    def close(self) -> None:
        """Close the connection; SQLite then writes its log back into the file."""
        self._engine.dispose()

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
        """Append an event, and with it the batch that it brings; return the new head.

        Raises:
            ListMovedError: The batch's list is not at the version that its difference was worked out against.
            LedgerError: The clock stands behind the ledger.
        """
        self._file.check()
        with self._engine.begin() as connection:
            if taken is not None and _list_version(connection, taken.list) != taken.list_version:
                raise ListMovedError
            appended = _append(connection, new)
            if taken is not None:
                _take(connection, taken, appended.version)
            for name in new.touched_lists:
                _set_list_version(connection, name, appended.version)
            return appended

    def keep_refused(self, refused: NewBatch) -> None:
        """Keep the report of a refused batch; it does not use up its id, so a later report takes its place."""
        with self._engine.begin() as connection:
            _forget_refused(connection, refused.batch_id)
            _insert_batch(connection, refused, None)

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

    def stage(self, batch_id: str) -> int:
        """Open a staged upload and return its key."""
        upload = secrets.randbits(63)
        values = {"upload": upload, "batch_id": batch_id, "heartbeat_us": time.time_ns() // 1000}
        with self._engine.begin() as connection:
            connection.execute(sa.insert(staged).values(values))
        return upload

    def stage_segments(self, upload: int, segments: Sequence[StoredSegment]) -> None:
        """Write segments of a staged upload in one short transaction, and its heartbeat."""
        values = [
            {
                "upload": upload,
                "stratum": item.stratum,
                "role": item.role,
                "prefix": item.prefix,
                "count": item.count,
                "digest": item.digest,
                "data": item.data,
            }
            for item in segments
        ]
        beat = sa.update(staged).where(staged.c.upload == upload)
        with self._engine.begin() as connection:
            if values:
                connection.execute(sa.insert(segment), values)
            connection.execute(beat.values(heartbeat_us=time.time_ns() // 1000))

    def unstage_difference(self, upload: int) -> None:
        """Remove what a staged upload holds beside the batch's own segments."""
        mine = (segment.c.upload == upload) & (segment.c.role != ROLE_NAMED)
        with self._engine.begin() as connection:
            connection.execute(sa.delete(segment).where(mine))

    def unstage(self, upload: int) -> None:
        """Remove a staged upload with all that it wrote."""
        with self._engine.begin() as connection:
            _unstage(connection, upload)

    def remove_abandoned(self, older_than_us: int) -> int:
        """Remove staged uploads without a heartbeat since an instant; return how many."""
        with self._engine.begin() as connection:
            found = sa.select(staged.c.upload).where(staged.c.heartbeat_us < older_than_us)
            uploads = [int(row.upload) for row in connection.execute(found)]
            for upload in uploads:
                _unstage(connection, upload)
        return len(uploads)

    def segments(self, upload: int, roles: Sequence[int]) -> Iterator[StoredSegment]:
        """Yield the segments of an upload in these roles, in order, a few hundred in memory at a time."""
        after = (-1, -1, -1)
        key = sa.tuple_(segment.c.stratum, segment.c.role, segment.c.prefix)
        while True:
            statement = (
                sa.select(segment)
                .where(segment.c.upload == upload, segment.c.role.in_(roles), key > after)
                .order_by(segment.c.stratum, segment.c.role, segment.c.prefix)
                .limit(256)
            )
            with self._engine.connect() as connection:
                page = connection.execute(statement).all()
            if not page:
                return
            for row in page:
                yield rows.stored_segment(row)
            after = (page[-1].stratum, page[-1].role, page[-1].prefix)

    def batch(self, batch_id: str) -> BatchRow | None:
        """Return a batch by its id, None where there is none."""
        statement = sa.select(batch).where(batch.c.batch_id == batch_id)
        with self._engine.connect() as connection:
            row = connection.execute(statement).first()
            return None if row is None else rows.batch_row(row)

    def batches(self, list_name: str, before_version: int, limit: int) -> list[BatchRow]:
        """Return batches newest first, of one list or of all."""
        statement = sa.select(batch).order_by(batch.c.received_us.desc(), batch.c.batch_id)
        if list_name:
            statement = statement.where(batch.c.list == list_name)
        if before_version:
            statement = statement.where(batch.c.version < before_version)
        with self._engine.connect() as connection:
            return [rows.batch_row(row) for row in connection.execute(statement.limit(limit))]

    def newest_batches(self, lists: Mapping[str, int]) -> dict[str, str]:
        """Return the id of the newest batch in force, by list.

        Args:
            lists: By list, the version that defined it: an older batch was of another list of that name.
        """
        found: dict[str, str] = {}
        with self._engine.connect() as connection:
            for name, created_version in lists.items():
                statement = (
                    sa.select(batch.c.batch_id)
                    .where(batch.c.list == name, batch.c.version > created_version)
                    .order_by(batch.c.version.desc())
                    .limit(1)
                )
                row = connection.execute(statement).first()
                if row is not None:
                    found[name] = row.batch_id
        return found

    def open_batches(self) -> list[BatchRow]:
        """Return the batches that wait for a person: held, or with rejected rows nobody has mended."""
        statement = sa.select(batch).where(
            batch.c.version.is_not(None), (batch.c.open_rejects > 0) | (batch.c.state == STATE_HELD)
        )
        with self._engine.connect() as connection:
            return [
                rows.batch_row(row)
                for row in connection.execute(statement.order_by(batch.c.version))
            ]


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


def _forget_refused(connection: Connection, batch_id: str) -> None:
    mine = (batch.c.batch_id == batch_id) & batch.c.version.is_(None)
    connection.execute(sa.delete(batch).where(mine))


def _take(connection: Connection, taken: NewBatch, version: int) -> None:
    _forget_refused(connection, taken.batch_id)
    _insert_batch(connection, taken, version)
    connection.execute(sa.delete(staged).where(staged.c.upload == taken.upload))
    _set_list_version(connection, taken.list, version)
    if taken.mends:
        left = batch.c.open_rejects - taken.mended_rows
        mended = sa.update(batch).where(batch.c.batch_id == taken.mends)
        connection.execute(mended.values(open_rejects=sa.case((left > 0, left), else_=0)))


def _insert_batch(connection: Connection, new: NewBatch, version: int | None) -> None:
    connection.execute(
        sa.insert(batch).values(
            batch_id=new.batch_id,
            list=new.list,
            state=new.state,
            version=version,
            upload=None if version is None else new.upload,
            content_digest=new.content_digest,
            open_rejects=new.open_rejects if version is not None else 0,
            received_us=time.time_ns() // 1000,
            report=new.report,
        )
    )


def _unstage(connection: Connection, upload: int) -> None:
    """Remove an upload that is still staged; one that was committed is staged no longer and stays."""
    if connection.execute(sa.delete(staged).where(staged.c.upload == upload)).rowcount:
        connection.execute(sa.delete(segment).where(segment.c.upload == upload))


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
