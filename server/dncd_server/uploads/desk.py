"""The upload desk: takes a header and bytes and answers progress, rejected rows and at last the report.

Nothing of a batch is visible before its one short transaction: segments are staged beside the ledger, the difference
is worked out against the list at a stated version, and if the list has moved meanwhile it is worked out again.
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
from dncd_server.errors import ConflictError, LedgerError
from dncd_server.ingest.messages import (
    Done,
    IngestJob,
    Progress,
    Refused,
    RejectedRows,
    RowCounts,
    SegmentFound,
)
from dncd_server.ledger.journal import Journal
from dncd_server.ledger.records import BatchRow, Head
from dncd_server.ledger.store import ListMovedError
from dncd_server.upload_counts import UploadCounts
from dncd_server.uploads import reports
from dncd_server.uploads.difference import Difference, difference_of_add
from dncd_server.uploads.events import accepted_batch, refused_batch, upload_event
from dncd_server.uploads.known import KnownBatches
from dncd_server.uploads.lanes import Lanes, Parts
from dncd_server.uploads.plan import UploadPlan, against, planned
from dncd_server.uploads.reading import read_upload
from dncd_server.uploads.staging import Staging

Answer = Progress | RejectedRows | batch_pb2.BatchReport
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

    def __init__(self, journal: Journal, settings: DeskSettings, counts: UploadCounts) -> None:
        self._journal = journal
        self._settings = settings
        self._counts = counts
        self._lanes = Lanes()
        self.known = KnownBatches(journal)
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
        staging = await Staging.open(self._journal.ledger, plan.header.batch_id)
        try:
            async for message in read_upload(self._job(plan, packed, staging.salt), parts):
                match message:
                    case Progress() | RejectedRows():
                        yield message
                    case SegmentFound():
                        await staging.add(message)
                    case Refused():
                        yield await self._refuse(plan, actor, message)
                    case Done():
                        await staging.flush()
                        yield await self._finish(plan, actor, staging, message)
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
        )

    async def _refuse(
        self, plan: UploadPlan, actor: Actor, refused: Refused
    ) -> batch_pb2.BatchReport:
        report = reports.refused(plan, actor, refused)
        if not plan.header.dry_run:
            row = refused_batch(plan, report)
            await self._journal.ledger.run(self._journal.store.keep_refused, row)
        self._counts.count(report)
        _log.warning(
            "batch_refused", batch_id=report.batch_id, list=report.list, reason=refused.reason
        )
        return report

    async def _finish(
        self, plan: UploadPlan, actor: Actor, staging: Staging, done: Done
    ) -> batch_pb2.BatchReport:
        started = time.perf_counter()
        async with self._journal.lock:
            while True:
                state = await self._journal.catch_up()
                plan = against(plan, state)
                difference = await difference_of_add(staging.named(), staging.salt, plan.list)
                if difference.is_mostly_foreign:
                    return await self._refuse(plan, actor, _wrong_country(plan, done, difference))
                unused = plan.header.list in state.policy.unused_lists
                report = reports.read(plan, actor, done, difference, unused)
                if plan.header.dry_run:
                    report.state = batch_pb2.BATCH_STATE_PREVIEW
                    self._counts.count(report)
                    return report
                await staging.write(difference.entering)
                try:
                    head = await self._commit(plan, actor, staging, difference, report)
                    break
                except ListMovedError:
                    await staging.forget_difference()
                    await self._check_moved(plan)
        placed = reports.placed_at_head(report, head)
        seconds = time.perf_counter() - started
        self._counts.count(placed, seconds)
        _log.info(
            "batch_applied",
            batch_id=placed.batch_id,
            list=placed.list,
            version=placed.version,
            added=placed.numbers.added,
            rejected=placed.rows.rejected,
            duration_seconds=round(seconds, 3),
        )
        return placed

    async def _check_moved(self, plan: UploadPlan) -> None:
        """Make sure that a list that is said to have moved has: against one that cannot, no difference ever holds."""
        state = await self._journal.catch_up()
        name = plan.header.list
        if name in state.lists and state.lists[name].version == plan.list.version:
            raise LedgerError(f'the ledger and this node do not agree on the version of "{name}"')

    async def _commit(
        self,
        plan: UploadPlan,
        actor: Actor,
        staging: Staging,
        difference: Difference,
        report: batch_pb2.BatchReport,
    ) -> Head:
        event = upload_event(plan, actor, staging.salt, difference, report)
        head, _ = await self._journal.append(event, accepted_batch(plan, staging.upload, report))
        return head


def _future_dated() -> Refused:
    message = "the publisher's date lies in the future; mend --published or this machine's clock"
    return Refused("FUTURE_DATED", 0, message, RowCounts(), {}, "", "", b"", 0)


def _wrong_country(plan: UploadPlan, done: Done, difference: Difference) -> Refused:
    countries = ", ".join(plan.list.definition.countries)
    region = reports.region_of(plan, done.layout)
    message = (
        f"{difference.foreign} of {difference.named} numbers, as read in {region}, are not of {countries}, of "
        "which this list speaks; name the region with --region, or load the file to another list"
    )
    return Refused(
        reason="WRONG_COUNTRY",
        line=0,
        message=message,
        rows=done.rows,
        rejects_by_code=done.rejects_by_code,
        encoding=done.encoding,
        layout=done.layout,
        sha256=done.sha256,
        normaliser_version=done.normaliser_version,
    )
