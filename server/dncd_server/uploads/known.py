"""Batches that the ledger knows already: their reports, and what becomes of an upload that names one."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from dncd.v1 import batch_pb2
from dncd_server.changes import reporting
from dncd_server.errors import (
    AlreadyExistsError,
    ConflictError,
    FieldProblem,
    InvalidRequestError,
    NotFoundError,
)
from dncd_server.ingest.messages import Done, IngestJob, Progress, Refused, RejectedRows
from dncd_server.ledger.journal import Journal
from dncd_server.ledger.records import BatchRow
from dncd_server.uploads.lanes import Parts
from dncd_server.uploads.plan import UploadPlan
from dncd_server.uploads.reading import read_upload


@dataclass(frozen=True, slots=True)
class KnownBatches:
    """What the ledger says of batches."""

    journal: Journal

    async def find(self, plan: UploadPlan) -> BatchRow | None:
        """Return the batch in force, or waiting, that has an upload's id, None where there is none.

        Raises:
            ConflictError: It belongs to a list of the same name that was deleted.
        """
        row = await self._row(plan.header.batch_id)
        version = (row.version or row.held_version) if row is not None else None
        if row is None or version is None:
            return None
        if row.list == plan.list.name and version < plan.list.created_version:
            raise ConflictError(
                "LIST_RECREATED",
                "this batch belongs to a list of the same name that was deleted since; choose a new id",
                {"batch_id": row.batch_id, "list": row.list},
            )
        return row

    async def check_mends(self, plan: UploadPlan) -> None:
        """Make sure that an upload mends a batch of its own list, if it mends any.

        Raises:
            DncdError: It does not.
        """
        if not plan.header.mends:
            return
        row = await self._row(plan.header.mends)
        state = await self.journal.catch_up()
        item = state.lists.get(row.list) if row is not None else None
        is_old = item is None or row is None or (row.version or 0) < item.created_version
        if row is None or row.version is None or is_old:
            raise NotFoundError(
                "BATCH_NOT_FOUND", "there is no batch in force with the id that mends names"
            )
        # what is open on a confidential list is told, and so mended, as open on the list that is seen
        if state.shown_name(row.list) != state.shown_name(plan.list.name):
            told = f'that batch is of the list "{state.shown_name(row.list)}"'
            problem = FieldProblem("header.mends", told)
            raise InvalidRequestError("HEADER_INVALID", problem.message, [problem])

    async def repeat(
        self, plan: UploadPlan, row: BatchRow, job: IngestJob, parts: Parts
    ) -> AsyncIterator[Progress | RejectedRows | batch_pb2.BatchReport]:
        """Answer an upload whose id is taken: the same content gets the same report and its rejected rows again.

        It is read as it was the first time, whatever the list says of region and layout since.

        Raises:
            AlreadyExistsError: The id brought other content before.
        """
        file_sha256 = ""
        first = reporting.stored(row)
        if first.rows.rejected:
            job = replace(job, region=first.region or job.region, layout=first.layout or job.layout)
            async for message in read_upload(job, parts):
                if isinstance(message, Progress | RejectedRows):
                    yield message
                elif isinstance(message, Done | Refused):
                    file_sha256 = message.sha256.hex()
        else:
            digest = hashlib.sha256()
            async for part in parts:
                digest.update(part)
            file_sha256 = digest.hexdigest()
        if plan.content_digest(file_sha256) != row.content_digest:
            raise AlreadyExistsError(
                "BATCH_ID_TAKEN",
                "this batch id brought other content before; choose a new id for a new batch",
                {"batch_id": row.batch_id},
            )
        yield await self.report(row)

    async def report(self, row: BatchRow) -> batch_pb2.BatchReport:
        """Return a stored batch's report with its place in the ledger."""
        report = reporting.stored(row)
        version = row.version or row.held_version
        if version is None:
            return report
        store, ledger = self.journal.store, self.journal.ledger
        events = await ledger.run(store.events_after, version - 1, 1)
        header = events[0].header
        return reporting.placed(report, header.version, header.epoch, events[0].hash, header.at_us)

    async def _row(self, batch_id: str) -> BatchRow | None:
        return await self.journal.ledger.run(self.journal.store.batch, batch_id)
