"""Reverts and waivers: undoing a batch, and giving up the rows of one that nobody mended."""

import hashlib
import secrets
from dataclasses import dataclass

import structlog

from dncd.v1 import batch_pb2, ledger_pb2
from dncd_engine.chain import SALT_BYTES
from dncd_server.actors import Actor
from dncd_server.changes.desk import ChangeDesk
from dncd_server.changes.events import decided
from dncd_server.changes.reporting import placed_at_head, stored
from dncd_server.changes.work import Proposal, Turndown, Work
from dncd_server.errors import AlreadyExistsError, ConflictError, LedgerError, NotFoundError
from dncd_server.ledger.journal import Journal
from dncd_server.ledger.records import BatchRow, Head

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RevertRequest:
    """Which batch is undone, under which id, and why."""

    batch_id: str
    revert_id: str
    reason: str
    is_dry_run: bool


@dataclass(frozen=True, slots=True)
class Reverts:
    """Undoes batches, and gives up rows."""

    journal: Journal
    desk: ChangeDesk

    async def revert(self, request: RevertRequest, actor: Actor) -> batch_pb2.BatchReport:
        """Give a list the content that it would have if a batch had never been accepted and all else had.

        Raises:
            NotFoundError: There is no such batch.
            ConflictError: It is not in force, or was reverted already.
            AlreadyExistsError: The revert's id is taken by something else.
        """
        revert_id = request.revert_id or f"revert-{secrets.token_hex(4)}"
        digest = hashlib.sha256(f"revert {request.batch_id} {request.reason}".encode()).digest()
        before = await self._row(revert_id)
        if before is not None and (before.version or before.held_version):
            return await self._again(before, digest)
        row = await self._in_force(request.batch_id)
        ledger = self.journal.ledger
        upload = await ledger.run(ledger.store.stage, revert_id)
        try:
            proposal = _proposal(request, revert_id, row, upload, actor, digest)
            done = await self.desk.put(proposal)
        finally:
            # what was committed is staged no longer and stays
            await ledger.run(ledger.store.unstage, upload)
        if isinstance(done, Turndown):
            raise LedgerError("a revert was judged as a file is")
        return done

    async def waive(self, batch_id: str, actor: Actor, reason: str) -> batch_pb2.BatchReport:
        """Give up the rows of a batch that could not be read and are not mended.

        Raises:
            NotFoundError: There is no such batch.
            ConflictError: No row of it is open.
        """
        async with self.journal.lock:
            state = await self.journal.catch_up()
            row = await self._in_force(batch_id)
            if not row.open_rejects:
                raise ConflictError(
                    "NOTHING_TO_WAIVE", "no row of this batch is open", {"batch_id": batch_id}
                )
            report = stored(row)
            report.waived, report.reason, waived = True, reason, report.open_rejects
            report.open_rejects = 0
            event = decided(ledger_pb2.EVENT_KIND_REJECTS_WAIVED, batch_id, actor, reason)
            write = self.journal.store.append_waiver
            await self.journal.write(write, event, batch_id, report.SerializeToString())
        name = state.shown_name(row.list)
        _log.warning("rejects_waived", batch_id=batch_id, list=name, rows=waived)
        return report

    async def _row(self, batch_id: str) -> BatchRow | None:
        return await self.journal.ledger.run(self.journal.store.batch, batch_id)

    async def _in_force(self, batch_id: str) -> BatchRow:
        state = await self.journal.catch_up()
        row = await self._row(batch_id)
        if row is None:
            raise NotFoundError(
                "BATCH_NOT_FOUND", "there is no batch with this id", {"batch_id": batch_id}
            )
        if row.state == batch_pb2.BATCH_STATE_REVERTED:
            raise ConflictError(
                "ALREADY_REVERTED",
                "this batch was reverted already; to bring it back, revert the batch that did so",
                {"batch_id": batch_id},
            )
        item = state.lists.get(row.list)
        if row.version is None or row.state != batch_pb2.BATCH_STATE_ACTIVE or not row.list:
            raise ConflictError(
                "NOT_REVERTIBLE",
                "this batch is not in force; what waits is ended with dncctl reject",
                {"batch_id": batch_id},
            )
        if item is None or item.created_version > row.version:
            raise ConflictError(
                "NOT_REVERTIBLE",
                "this batch belongs to a list that was deleted since",
                {"batch_id": batch_id},
            )
        return row

    async def _again(self, row: BatchRow, digest: bytes) -> batch_pb2.BatchReport:
        if row.content_digest != digest:
            raise AlreadyExistsError(
                "BATCH_ID_TAKEN",
                "this batch id brought other content before; choose a new id",
                {"batch_id": row.batch_id},
            )
        if row.version is None:
            return stored(row)
        store, ledger = self.journal.store, self.journal.ledger
        event = (await ledger.run(store.events_after, row.version - 1, 1))[0]
        header = event.header
        return placed_at_head(
            stored(row), Head(header.epoch, header.version, event.hash, header.at_us)
        )


def _proposal(
    request: RevertRequest,
    revert_id: str,
    row: BatchRow,
    upload: int,
    actor: Actor,
    digest: bytes,
) -> Proposal:
    effect = ledger_pb2.BatchEffect(
        list=row.list,
        mode=batch_pb2.BATCH_MODE_REVERT,
        strata=[ledger_pb2.Stratum()],
        reverts=row.batch_id,
    )
    work = Work(
        batch_id=revert_id,
        kind=ledger_pb2.EVENT_KIND_BATCH_REVERTED,
        effect=effect,
        salt=secrets.token_bytes(SALT_BYTES),
        upload=upload,
    )
    report = batch_pb2.BatchReport(
        batch_id=revert_id,
        list=row.list,
        mode=batch_pb2.BATCH_MODE_REVERT,
        rows=batch_pb2.RowCounts(),
        numbers=batch_pb2.NumberCounts(),
        actor=actor.name,
        actor_proof=actor.proof,
        reverts=row.batch_id,
        reason=request.reason,
    )
    return Proposal(work, actor, report, digest, request.reason, is_dry_run=request.is_dry_run)
