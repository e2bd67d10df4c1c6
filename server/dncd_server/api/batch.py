"""BatchService: how files and numbers enter a list."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from dncd.v1 import batch_pb2, batch_pb2_grpc
from dncd_engine.names import is_batch_id
from dncd_engine.numbers import NORMALISER_VERSION, Reject, is_region
from dncd_engine.shown import hidden_by_list
from dncd_server.api.caller import actor_of
from dncd_server.api.messages import reading_message
from dncd_server.api.screening import BATCH_POOL
from dncd_server.api.status import answers_errors
from dncd_server.api.uploading import UploadParts, answer_message, header_of
from dncd_server.changes.approvals import Approvals
from dncd_server.changes.reporting import shown
from dncd_server.changes.reverts import RevertRequest, Reverts
from dncd_server.errors import LimitExceededError, NotFoundError, invalid_field
from dncd_server.ledger.journal import Journal
from dncd_server.policy.telling import CONFIDENTIAL
from dncd_server.replica import Replica
from dncd_server.screening import read_in_turns
from dncd_server.uploads.desk import Answer, UploadDesk
from dncd_server.uploads.header import is_text
from dncd_server.uploads.lanes import STALL_SECONDS, stalled, unless_stalled

MAX_CELLS = 10_000
DEFAULT_BATCHES = 100
MAX_BATCHES = 1_000
LARGEST_VERSION = 2**63 - 1
"""What the ledger keeps a version in."""
_ID_FORM = "an id is 1 to 64 of A-Z, a-z, 0-9, '.', '_', ':' and '-'"


class BatchServicer(batch_pb2_grpc.BatchServiceServicer):
    """Takes batches and tells of them."""

    def __init__(
        self,
        replica: Replica,
        journal: Journal,
        desk: UploadDesk,
        approvals: Approvals,
        reverts: Reverts,
        stall_seconds: float = STALL_SECONDS,
    ) -> None:
        self._replica = replica
        self._journal = journal
        self._desk = desk
        self._approvals = approvals
        self._reverts = reverts
        self._stall_seconds = stall_seconds

    @answers_errors
    async def UploadBatch(  # type: ignore[override] # the stubs know no method that writes as it goes
        self, request_iterator: AsyncIterator[batch_pb2.UploadBatchRequest], context: Any
    ) -> None:
        """Take one batch."""
        requests = unless_stalled(request_iterator, self._stall_seconds)
        header = await header_of(requests)
        parts = UploadParts(requests, header.sends_end)
        packed = await parts.begin()
        taking = self._desk.take(header, packed, parts.all(), actor_of(context))
        # closed at once, so that an uploader that is given up leaves its lane and its staged segments now
        async with aclosing(taking):
            async for answer in taking:
                await self._tell(context, answer)

    async def _tell(self, context: Any, answer: Answer) -> None:
        """Send a word of the answer; an uploader that takes none would hold its lane as one that sends none does."""
        try:
            async with asyncio.timeout(self._stall_seconds):
                await context.write(answer_message(answer))
        except TimeoutError:
            raise stalled(self._stall_seconds) from None

    @answers_errors
    async def GetBatch(
        self, request: batch_pb2.GetBatchRequest, context: Any
    ) -> batch_pb2.GetBatchResponse:
        """Return a batch's report."""
        _check_id("batch_id", request.batch_id)
        row = await self._journal.ledger.run(self._journal.store.batch, request.batch_id)
        if row is None:
            raise NotFoundError(
                "BATCH_NOT_FOUND", "there is no batch with this id", {"batch_id": request.batch_id}
            )
        report = await self._desk.known.report(row)
        return batch_pb2.GetBatchResponse(
            report=report if request.confidential else self._shown(report)
        )

    @answers_errors
    async def ListBatches(
        self, request: batch_pb2.ListBatchesRequest, context: Any
    ) -> batch_pb2.ListBatchesResponse:
        """Return batches, newest first."""
        if request.limit > MAX_BATCHES:
            raise invalid_field("limit", f"at most {MAX_BATCHES}")
        lists = self._lists_of(request)
        if request.before_version > LARGEST_VERSION:
            raise invalid_field("before_version", "no ledger has so high a version; leave it out")
        rows = await self._journal.ledger.run(
            self._journal.store.batches,
            lists,
            request.before_version,
            request.limit or DEFAULT_BATCHES,
            held_only=request.held,
        )
        reports = [await self._desk.known.report(row) for row in rows]
        if not request.confidential:
            # a change of the policy has no list, and may name one that is hidden
            reports = [self._shown(it) for it in reports if CONFIDENTIAL not in it.flags]
        return batch_pb2.ListBatchesResponse(reports=reports)

    def _lists_of(self, request: batch_pb2.ListBatchesRequest) -> list[str]:
        """Return the lists whose batches a request asks for; none means all."""
        state, name = self._replica.state, request.list
        if not name:
            return []
        item = state.lists.get(name)
        if item is None or (item.definition.confidential and not request.confidential):
            raise NotFoundError("LIST_NOT_FOUND", f'there is no list "{name}"', {"list": name})
        behind = () if request.confidential else hidden_by_list(state.policy).get(name, ())
        return [name, *behind]

    def _shown(self, report: batch_pb2.BatchReport) -> batch_pb2.BatchReport:
        return shown(report, self._replica.state.shown_name(report.list))

    @answers_errors
    async def ApproveBatch(
        self, request: batch_pb2.ApproveBatchRequest, context: Any
    ) -> batch_pb2.ApproveBatchResponse:
        """Put in force what waits for another person."""
        _check_id("batch_id", request.batch_id)
        report = await self._approvals.approve(
            request.batch_id, actor_of(context), request.list_version
        )
        return batch_pb2.ApproveBatchResponse(report=self._shown(report))

    @answers_errors
    async def RejectBatch(
        self, request: batch_pb2.RejectBatchRequest, context: Any
    ) -> batch_pb2.RejectBatchResponse:
        """End the waiting of something."""
        _check_id("batch_id", request.batch_id)
        _check_reason(request.reason)
        report = await self._approvals.reject(request.batch_id, actor_of(context), request.reason)
        return batch_pb2.RejectBatchResponse(report=self._shown(report))

    @answers_errors
    async def RevertBatch(
        self, request: batch_pb2.RevertBatchRequest, context: Any
    ) -> batch_pb2.RevertBatchResponse:
        """Undo a batch."""
        _check_id("batch_id", request.batch_id)
        if request.revert_id:
            _check_id("revert_id", request.revert_id)
        _check_reason(request.reason)
        asked = RevertRequest(request.batch_id, request.revert_id, request.reason, request.dry_run)
        report = await self._reverts.revert(asked, actor_of(context))
        return batch_pb2.RevertBatchResponse(report=self._shown(report))

    @answers_errors
    async def WaiveRejects(
        self, request: batch_pb2.WaiveRejectsRequest, context: Any
    ) -> batch_pb2.WaiveRejectsResponse:
        """Give up rows that nobody mended."""
        _check_id("batch_id", request.batch_id)
        _check_reason(request.reason)
        report = await self._reverts.waive(request.batch_id, actor_of(context), request.reason)
        return batch_pb2.WaiveRejectsResponse(report=self._shown(report))

    @answers_errors
    async def Normalize(
        self, request: batch_pb2.NormalizeRequest, context: Any
    ) -> batch_pb2.NormalizeResponse:
        """Read raw cells and store nothing."""
        if len(request.raw) > MAX_CELLS:
            raise LimitExceededError(
                "TOO_MANY_CELLS", f"{len(request.raw)} cells, the limit is {MAX_CELLS}; split them"
            )
        region = request.region or self._replica.state.region
        if not is_region(region):
            raise invalid_field("region", "two capital letters of ISO 3166, such as JP")
        readings = map(reading_message, await _read(list(request.raw), region))
        return batch_pb2.NormalizeResponse(
            readings=readings, normaliser_version=NORMALISER_VERSION, region=region
        )


async def _read(texts: list[str], region: str) -> list[int | Reject]:
    gone = threading.Event()
    loop = asyncio.get_running_loop()
    try:
        return await loop.run_in_executor(
            BATCH_POOL, read_in_turns, texts, region, lambda: not gone.is_set()
        )
    finally:
        gone.set()


def _check_id(field: str, text: str) -> None:
    if not is_batch_id(text):
        raise invalid_field(field, _ID_FORM)


def _check_reason(text: str) -> None:
    if not text.strip() or not is_text(text):
        raise invalid_field("reason", "say why, in at most 256 bytes without control characters")
