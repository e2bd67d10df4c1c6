"""Batches: those in force, those that wait for another person, and those that were refused."""

import time
from collections.abc import Collection, Mapping

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from dncd_server.ledger import rows
from dncd_server.ledger.records import BatchRow, NewBatch, PastBatch
from dncd_server.ledger.schema import batch, body, event, staged
from dncd_server.ledger.tables import Tables

PART_EFFECT = 1
STATE_ACTIVE = 1
STATE_HELD = 2
STATE_REVERTED = 5
"""``BATCH_STATE_…`` of the protocol."""


class BatchTable(Tables):
    """Batches by their id."""

    def keep_refused(self, refused: NewBatch) -> None:
        """Keep the report of a refused batch; it does not use up its id, so a later report takes its place."""
        with self._engine.begin() as connection:
            _forget_refused(connection, refused.batch_id)
            connection.execute(sa.insert(batch).values(**_columns(refused)))

    def keep_report(self, batch_id: str, report: bytes) -> None:
        """Put another report in the place of that of a batch which waits: its difference was made again."""
        mine = (batch.c.batch_id == batch_id) & (batch.c.state == STATE_HELD)
        with self._engine.begin() as connection:
            connection.execute(sa.update(batch).where(mine).values(report=report))

    def batch(self, batch_id: str) -> BatchRow | None:
        """Return a batch by its id, None where there is none."""
        statement = sa.select(batch).where(batch.c.batch_id == batch_id)
        with self._engine.connect() as connection:
            row = connection.execute(statement).first()
            return None if row is None else rows.batch_row(row)

    def batches(
        self,
        lists: Collection[str],
        before_version: int,
        limit: int,
        *,
        held_only: bool = False,
    ) -> list[BatchRow]:
        """Return batches newest first, of some lists or, where none is named, of all."""
        statement = sa.select(batch).order_by(batch.c.received_us.desc(), batch.c.batch_id)
        if lists:
            statement = statement.where(batch.c.list.in_(lists))
        if before_version:
            statement = statement.where(batch.c.version < before_version)
        if held_only:
            statement = statement.where(batch.c.state == STATE_HELD)
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
        """Return the batches that wait for a person: held, or in force with rows nobody has mended or waived."""
        is_open = (batch.c.state == STATE_ACTIVE) & (batch.c.open_rejects > 0)
        waits = (batch.c.state == STATE_HELD) & batch.c.held_version.is_not(None)
        statement = sa.select(batch).where(is_open | waits).order_by(batch.c.received_us)
        with self._engine.connect() as connection:
            return [rows.batch_row(row) for row in connection.execute(statement)]

    def past_batches(self, list_name: str, after_version: int, limit: int) -> list[PastBatch]:
        """Return the batches of a list that are or were in force, in order, past a version."""
        effect = (body.c.version == batch.c.version) & (body.c.part == PART_EFFECT)
        statement = (
            sa.select(
                batch.c.batch_id, event.c.version, batch.c.upload, event.c.kind, event.c.at_us
            )
            .add_columns(body.c.salt, body.c.data)
            .join(event, event.c.version == batch.c.version)
            .join(body, effect)
            .where(batch.c.list == list_name, batch.c.version > after_version)
            .order_by(batch.c.version)
            .limit(limit)
        )
        with self._engine.connect() as connection:
            return [PastBatch(**row._mapping) for row in connection.execute(statement)]


def take(connection: Connection, taken: NewBatch, version: int) -> None:
    """Keep a batch that an event brings or puts to wait, within the event's transaction."""
    _forget_refused(connection, taken.batch_id)
    if taken.takes_place:
        mine = sa.update(batch).where(batch.c.batch_id == taken.batch_id)
        changed = {"version": version, "state": taken.state, "report": taken.report}
        connection.execute(mine.values(**changed, open_rejects=taken.open_rejects))
    else:
        place = "held_version" if taken.is_held else "version"
        values = _columns(taken) | {"upload": taken.upload, place: version}
        values["open_rejects"] = 0 if taken.is_held else taken.open_rejects
        connection.execute(sa.insert(batch).values(**values))
    connection.execute(sa.delete(staged).where(staged.c.upload == taken.upload))
    _set_state(connection, taken.now_reverted, STATE_REVERTED)
    _set_state(connection, taken.now_standing, STATE_ACTIVE)
    if taken.mends and not taken.is_held:
        _recount_open(connection, taken.mends)


def settle(connection: Connection, batch_id: str, state: int, report: bytes) -> None:
    """Set the state of a batch that waited, within a transaction."""
    mine = sa.update(batch).where(batch.c.batch_id == batch_id)
    connection.execute(mine.values(state=state, report=report))


def waive(connection: Connection, batch_id: str, report: bytes) -> None:
    """Give up the rows of a batch that nobody mended, within a transaction."""
    mine = sa.update(batch).where(batch.c.batch_id == batch_id)
    connection.execute(mine.values(waived=1, open_rejects=0, report=report))


def _set_state(connection: Connection, batch_ids: tuple[str, ...], state: int) -> None:
    for batch_id in batch_ids:
        mine = batch.c.batch_id == batch_id
        connection.execute(sa.update(batch).where(mine).values(state=state))
        mends = connection.execute(sa.select(batch.c.mends).where(mine)).scalar()
        if mends:
            _recount_open(connection, mends)


def _recount_open(connection: Connection, batch_id: str) -> None:
    """Count anew how many rows of a batch are open: what mends it may have come, gone, or come back."""
    of = sa.select(batch.c.rejected, batch.c.waived).where(batch.c.batch_id == batch_id)
    row = connection.execute(of).first()
    if row is None:
        return
    brought = sa.select(sa.func.coalesce(sa.func.sum(batch.c.mended_rows), 0)).where(
        batch.c.mends == batch_id, batch.c.state == STATE_ACTIVE, batch.c.version.is_not(None)
    )
    mended = int(connection.execute(brought).scalar() or 0)
    left = 0 if row.waived else max(0, int(row.rejected) - mended)
    mine = sa.update(batch).where(batch.c.batch_id == batch_id)
    connection.execute(mine.values(open_rejects=left))


def _forget_refused(connection: Connection, batch_id: str) -> None:
    mine = batch.c.batch_id == batch_id
    refused = mine & batch.c.version.is_(None) & batch.c.held_version.is_(None)
    connection.execute(sa.delete(batch).where(refused))


def _columns(new: NewBatch) -> dict[str, object]:
    return {
        "batch_id": new.batch_id,
        "list": new.list,
        "state": new.state,
        "content_digest": new.content_digest,
        "open_rejects": 0,
        "received_us": time.time_ns() // 1000,
        "report": new.report,
        "mode": new.mode,
        "rejected": new.open_rejects,
        "mends": new.mends,
        "mended_rows": new.mended_rows,
    }
