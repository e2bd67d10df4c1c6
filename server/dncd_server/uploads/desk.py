"""The upload desk: takes a header and bytes and answers progress, rejected rows and at last the report.

Nothing of a batch is visible before its one short transaction: segments are staged beside the ledger, and the desk of
changes puts the whole in force, or to wait.
"""

import secrets
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

import structlog

from dncd.v1 import batch_pb2
from dncd_engine.chain import SALT_BYTES
from dncd_server.actors import Actor
from dncd_server.changes.desk import ChangeDesk
from dncd_server.changes.work import Turndown
from dncd_server.errors import ConflictError, invalid_field
from dncd_server.ingest.messages import (
    AttributesFound,
    Done,
    IngestJob,
    Progress,
    Refused,
    RejectedRows,
    RowCounts,
    SegmentFound,
)
from dncd_server.ledger.records import BatchRow, NewBatch
from dncd_server.uploads import reports
from dncd_server.uploads.base import base_of
from dncd_server.uploads.judging import unreadable_rows
from dncd_server.uploads.known import KnownBatches
from dncd_server.uploads.lanes import Lanes, Parts
from dncd_server.uploads.plan import UploadPlan, planned
from dncd_server.uploads.proposing import proposal_of
from dncd_server.uploads.reading import read_upload
from dncd_server.uploads.staging import Staging

Answer = Progress | RejectedRows | batch_pb2.BatchReport
MODE_WORDS = {
    batch_pb2.BATCH_MODE_ADD: "add",
    batch_pb2.BATCH_MODE_REMOVE: "remove",
    batch_pb2.BATCH_MODE_REPLACE: "replace",
    batch_pb2.BATCH_MODE_CHANGE: "change",
}
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class DeskSettings:
    """Where uploads under way are spooled, and how much address space one reader may take."""

    spool_dir: Path
    memory_bytes: int


class UploadDesk:
    """Takes uploads into the ledger.

    Attributes:
        known: What the ledger says of batches.
    """

    def __init__(self, changes: ChangeDesk, settings: DeskSettings) -> None:
        self._changes = changes
        self._journal = changes.journal
        self._settings = settings
        self._counts = changes.counts
        self._lanes = Lanes()
        self.known = KnownBatches(self._journal)
        self._under_way: set[str] = set()

    async def take(
        self,
        header: batch_pb2.BatchHeader,
        packed: bool,
        source: AsyncIterator[bytes],
        actor: Actor,
    ) -> AsyncGenerator[Answer, None]:
        """Take one upload; the report comes last.

        Args:
            header: What the uploader declares.
            packed: Whether the bytes are numbers (uint64, little endian) rather than a file.
            source: The bytes.
            actor: Who uploads.

        Raises:
            DncdError: The header is wrong, the id is taken, or the upload cannot be read.
        """
        plan = planned(header, await self._journal.catch_up())
        if packed and plan.needs_source:
            raise invalid_field("header.attributes.source", _NO_SOURCE)
        if header.batch_id in self._under_way:
            raise ConflictError(
                "BATCH_UNDER_WAY", "a batch with this id is being taken; wait for its report"
            )
        self._under_way.add(header.batch_id)
        try:
            row = None if header.dry_run else await self.known.find(plan)
            parts = Parts(source)
            if row is None:
                await self.known.check_mends(plan)
                answers = self._new(plan, packed, parts, actor)
            else:
                answers = self._again(plan, row, packed, parts)
            async with aclosing(self._in_lane(parts, answers)) as told:
                async for answer in told:
                    yield answer
        finally:
            self._under_way.discard(header.batch_id)

    async def _in_lane(
        self, parts: Parts, answers: AsyncGenerator[Answer, None]
    ) -> AsyncGenerator[Answer, None]:
        """Wait for a place in the upload's lane, saying so, and hold it while the answers come."""
        is_small = await parts.is_small()
        while not await self._lanes.take(is_small):
            yield Progress(0, 0, 0, "waiting")
        try:
            async with aclosing(answers):
                async for answer in answers:
                    yield answer
        finally:
            self._lanes.leave(is_small)

    async def _again(
        self, plan: UploadPlan, row: BatchRow, packed: bool, parts: Parts
    ) -> AsyncGenerator[Answer, None]:
        job = self._job(plan, packed, secrets.token_bytes(SALT_BYTES))
        async for answer in self.known.repeat(plan, row, job, parts):
            yield answer

    async def _new(
        self, plan: UploadPlan, packed: bool, parts: Parts, actor: Actor
    ) -> AsyncGenerator[Answer, None]:
        if plan.published_us > time.time_ns() // 1000:
            yield await self._refuse(plan, actor, _future_dated())
            return
        base = await base_of(self._journal.ledger, plan)
        staging = await Staging.open(self._journal.ledger, plan.header.batch_id)
        try:
            async for message in read_upload(self._job(plan, packed, staging.salt), parts):
                match message:
                    case Progress() | RejectedRows():
                        yield message
                    case SegmentFound():
                        await staging.add(message)
                    case AttributesFound():
                        await staging.add_attributes(message)
                    case Refused():
                        yield await self._refuse(plan, actor, message)
                    case Done():
                        await staging.flush()
                        yield await self._finish(plan, base, actor, staging, message)
        finally:
            await staging.remove()

    def _job(self, plan: UploadPlan, packed: bool, salt: bytes) -> IngestJob:
        return IngestJob(
            region=plan.region,
            encoding=plan.encoding,
            layout=plan.layout,
            columns=tuple(plan.header.columns),
            salt=salt,
            spool_dir=self._settings.spool_dir,
            packed=packed,
            expected_rows=plan.header.expected_rows,
            expected_bytes=plan.header.file_size_bytes,
            memory_bytes=self._settings.memory_bytes,
            mode=MODE_WORDS[plan.header.mode],
            terms=plan.terms,
            tz=plan.tz,
            now_us=time.time_ns() // 1000,
            declared_purposes=plan.purposes,
            needs_source=plan.needs_source,
            keeps_last=plan.list.definition.kind.opens,
        )

    async def _refuse(
        self, plan: UploadPlan, actor: Actor, refused: Refused
    ) -> batch_pb2.BatchReport:
        report = reports.refused(plan, actor, refused)
        if not plan.header.dry_run:
            row = _refused_batch(report)
            await self._journal.ledger.run(self._journal.store.keep_refused, row)
        name = (await self._journal.catch_up()).shown_name(report.list)
        self._counts.count(report, name)
        _log.warning("batch_refused", batch_id=report.batch_id, list=name, reason=refused.reason)
        return report

    async def _finish(
        self, plan: UploadPlan, base: str, actor: Actor, staging: Staging, done: Done
    ) -> batch_pb2.BatchReport:
        if turndown := unreadable_rows(plan, done):
            return await self._turn_down(plan, actor, done, turndown)
        holds = self._changes.two_persons.must_hold(actor)
        proposal = proposal_of(plan, base, actor, staging, done, holds)
        became = await self._changes.put(proposal)
        if isinstance(became, Turndown):
            return await self._turn_down(plan, actor, done, became)
        return became

    async def _turn_down(
        self, plan: UploadPlan, actor: Actor, done: Done, turndown: Turndown
    ) -> batch_pb2.BatchReport:
        refused = reports.as_refused(done, turndown.reason, turndown.message)
        return await self._refuse(plan, actor, refused)


_NO_SOURCE = "a list of origins records where each number came from; say it with --source"


def _future_dated() -> Refused:
    message = "the publisher's date lies in the future; mend --published or this machine's clock"
    return Refused("FUTURE_DATED", 0, message, RowCounts(), {}, "", "", b"", 0)


def _refused_batch(report: batch_pb2.BatchReport) -> NewBatch:
    """Return the row of a batch that was refused: it shows what happened and uses up no id."""
    return NewBatch(
        batch_id=report.batch_id,
        list=report.list,
        list_version=0,
        state=report.state,
        upload=0,
        content_digest=bytes(32),
        open_rejects=0,
        report=report.SerializeToString(),
        mode=report.mode,
    )
