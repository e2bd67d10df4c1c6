"""Segments: the numbers of batches as stored bytes, those under way and those of the ledger."""

import secrets
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from dncd_server.ledger import rows
from dncd_server.ledger.records import StoredAttributes, StoredSegment
from dncd_server.ledger.schema import batch, row_attributes, segment, staged
from dncd_server.ledger.tables import Tables

NAMED_ROLES = (1, 5)
"""``SEGMENT_ROLE_NAMED`` and ``SEGMENT_ROLE_NAMED_END`` of the protocol: what a batch says, before any difference."""
SEGMENTS_A_PAGE = 256


class SegmentTable(Tables):
    """Numbers of batches, and what rows said of them."""

    def stage(self, batch_id: str) -> int:
        """Open a staged upload and return its key."""
        upload = secrets.randbits(63)
        values = {"upload": upload, "batch_id": batch_id, "heartbeat_us": time.time_ns() // 1000}
        with self._engine.begin() as connection:
            connection.execute(sa.insert(staged).values(values))
        return upload

    def stage_segments(self, upload: int, segments: Sequence[StoredSegment]) -> None:
        """Write segments of an upload in one short transaction, and its heartbeat."""
        beat = sa.update(staged).where(staged.c.upload == upload)
        with self._engine.begin() as connection:
            insert_segments(connection, upload, segments)
            connection.execute(beat.values(heartbeat_us=time.time_ns() // 1000))

    def stage_attributes(self, upload: int, found: Sequence[StoredAttributes]) -> None:
        """Write what rows of a staged upload said of their entries."""
        values = [{"upload": upload, **asdict(item)} for item in found]
        with self._engine.begin() as connection:
            if values:
                connection.execute(sa.insert(row_attributes), values)

    def unstage_difference(self, upload: int) -> None:
        """Remove what an upload holds beside what its batch says."""
        mine = (segment.c.upload == upload) & segment.c.role.not_in(NAMED_ROLES)
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
                .limit(SEGMENTS_A_PAGE)
            )
            with self._engine.connect() as connection:
                page = connection.execute(statement).all()
            if not page:
                return
            for row in page:
                yield rows.stored_segment(row)
            after = (page[-1].stratum, page[-1].role, page[-1].prefix)

    def named_under(self, upload: int, prefixes: Collection[int]) -> list[StoredSegment]:
        """Return what a batch says of the numbers under these prefixes."""
        statement = sa.select(segment).where(
            segment.c.upload == upload,
            segment.c.prefix.in_(prefixes),
            segment.c.role.in_(NAMED_ROLES),
        )
        with self._engine.connect() as connection:
            return [rows.stored_segment(row) for row in connection.execute(statement)]

    def past_under(
        self, list_name: str, created_version: int, prefixes: Collection[int]
    ) -> list[tuple[int, StoredSegment]]:
        """Return what the batches of a list, in force or once in force, say of the numbers under these prefixes.

        Each with the version that brought it.
        """
        statement = (
            sa.select(segment, batch.c.version)
            .join(batch, batch.c.upload == segment.c.upload)
            .where(
                segment.c.prefix.in_(prefixes),
                segment.c.role.in_(NAMED_ROLES),
                batch.c.list == list_name,
                batch.c.version > created_version,
            )
        )
        with self._engine.connect() as connection:
            return [
                (int(row.version), rows.stored_segment(row))
                for row in connection.execute(statement)
            ]

    def prefixes_of(self, list_name: str, created_version: int) -> list[int]:
        """Return every prefix under which some batch of a list names numbers."""
        statement = (
            sa.select(segment.c.prefix)
            .distinct()
            .join(batch, batch.c.upload == segment.c.upload)
            .where(batch.c.list == list_name, batch.c.version > created_version)
        )
        with self._engine.connect() as connection:
            return sorted(int(row.prefix) for row in connection.execute(statement))

    def attributes_of(self, upload: int, prefixes: Collection[int]) -> list[StoredAttributes]:
        """Return what rows of a batch said of the entries under these prefixes."""
        statement = sa.select(row_attributes).where(
            row_attributes.c.upload == upload, row_attributes.c.prefix.in_(prefixes)
        )
        with self._engine.connect() as connection:
            return [rows.stored_attributes(row) for row in connection.execute(statement)]

    def attributes(self, upload: int) -> Iterator[StoredAttributes]:
        """Yield all that rows of a batch said, a few in memory at a time."""
        after = (-1, -1)
        key = sa.tuple_(row_attributes.c.prefix, row_attributes.c.part)
        while True:
            statement = (
                sa.select(row_attributes)
                .where(row_attributes.c.upload == upload, key > after)
                .order_by(row_attributes.c.prefix, row_attributes.c.part)
                .limit(16)
            )
            with self._engine.connect() as connection:
                page = connection.execute(statement).all()
            if not page:
                return
            for row in page:
                yield rows.stored_attributes(row)
            after = (page[-1].prefix, page[-1].part)


def insert_segments(connection: Connection, upload: int, segments: Sequence[StoredSegment]) -> None:
    """Write segments of an upload, within a transaction."""
    if segments:
        # spelt out: asdict would copy the bytes
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
        connection.execute(sa.insert(segment), values)


def _unstage(connection: Connection, upload: int) -> None:
    """Remove an upload that is still staged; one that was committed is staged no longer and stays."""
    if connection.execute(sa.delete(staged).where(staged.c.upload == upload)).rowcount:
        connection.execute(sa.delete(segment).where(segment.c.upload == upload))
        connection.execute(sa.delete(row_attributes).where(row_attributes.c.upload == upload))
