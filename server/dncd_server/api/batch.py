"""BatchService: how files and numbers enter a list."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import numpy as np

from dncd.v1 import batch_pb2, batch_pb2_grpc
from dncd_engine.names import is_batch_id
from dncd_engine.numbers import NORMALISER_VERSION, Reject, is_region
from dncd_server.api.caller import actor_of
from dncd_server.api.messages import REJECT_CODE
from dncd_server.api.screening import BATCH_POOL
from dncd_server.api.status import answers_errors
from dncd_server.errors import (
    InvalidRequestError,
    LimitExceededError,
    NotFoundError,
    invalid_field,
)
from dncd_server.ingest.messages import Progress
from dncd_server.ledger.journal import Journal
from dncd_server.replica import Replica
from dncd_server.screening import read_in_turns
from dncd_server.uploads.desk import Answer, UploadDesk
from dncd_server.uploads.lanes import STALL_SECONDS, stalled, unless_stalled

MAX_PART_BYTES = 2 << 20
MAX_CELLS = 10_000
DEFAULT_BATCHES = 100
MAX_BATCHES = 1_000
LARGEST_VERSION = 2**63 - 1
"""What the ledger keeps a version in."""


class BatchServicer(batch_pb2_grpc.BatchServiceServicer):
    """Takes batches and tells of them."""

    def __init__(
        self,
        replica: Replica,
        journal: Journal,
        desk: UploadDesk,
        stall_seconds: float = STALL_SECONDS,
    ) -> None:
        self._replica = replica
        self._journal = journal
        self._desk = desk
        self._stall_seconds = stall_seconds

    @answers_errors
    async def UploadBatch(  # type: ignore[override] # the stubs know no method that writes as it goes
        self, request_iterator: AsyncIterator[batch_pb2.UploadBatchRequest], context: Any
    ) -> None:
        """Take one batch."""
        requests = unless_stalled(request_iterator, self._stall_seconds)
        header = await _header(requests)
        parts = _Parts(requests, header.sends_end)
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
                await context.write(_answer(answer))
        except TimeoutError:
            raise stalled(self._stall_seconds) from None

    @answers_errors
    async def GetBatch(
        self, request: batch_pb2.GetBatchRequest, context: Any
    ) -> batch_pb2.GetBatchResponse:
        """Return a batch's report."""
        if not is_batch_id(request.batch_id):
            raise invalid_field(
                "batch_id", "an id is 1 to 64 of A-Z, a-z, 0-9, '.', '_', ':' and '-'"
            )
        row = await self._journal.ledger.run(self._journal.store.batch, request.batch_id)
        if row is None:
            raise NotFoundError(
                "BATCH_NOT_FOUND", "there is no batch with this id", {"batch_id": request.batch_id}
            )
        return batch_pb2.GetBatchResponse(report=await self._desk.known.report(row))

    @answers_errors
    async def ListBatches(
        self, request: batch_pb2.ListBatchesRequest, context: Any
    ) -> batch_pb2.ListBatchesResponse:
        """Return batches, newest first."""
        if request.limit > MAX_BATCHES:
            raise invalid_field("limit", f"at most {MAX_BATCHES}")
        if request.list and request.list not in self._replica.state.lists:
            raise NotFoundError(
                "LIST_NOT_FOUND", f'there is no list "{request.list}"', {"list": request.list}
            )
        if request.before_version > LARGEST_VERSION:
            raise invalid_field("before_version", "no ledger has so high a version; leave it out")
        rows = await self._journal.ledger.run(
            self._journal.store.batches,
            request.list,
            request.before_version,
            request.limit or DEFAULT_BATCHES,
        )
        reports = [await self._desk.known.report(row) for row in rows]
        return batch_pb2.ListBatchesResponse(reports=reports)

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
        readings = [
            batch_pb2.Reading(reject=REJECT_CODE[reading])
            if isinstance(reading, Reject)
            else batch_pb2.Reading(e164=reading)
            for reading in await _read(list(request.raw), region)
        ]
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


async def _header(requests: AsyncIterator[batch_pb2.UploadBatchRequest]) -> batch_pb2.BatchHeader:
    async for request in requests:
        if request.WhichOneof("part") != "header":
            break
        return request.header
    raise invalid_field("header", "an upload opens with its header")


class _Parts:
    """The parts that follow the header: all bytes of a file, or all numbers, and the end."""

    def __init__(
        self, requests: AsyncIterator[batch_pb2.UploadBatchRequest], sends_end: bool
    ) -> None:
        self._requests = requests
        self._sends_end = sends_end
        self._first: batch_pb2.UploadBatchRequest | None = None
        self._kind = "file_bytes"

    async def begin(self) -> bool:
        """Read the first part; return whether numbers come."""
        async for request in self._requests:
            self._first = request
            kind = request.WhichOneof("part") or ""
            self._kind = "file_bytes" if kind == "end" else kind
            break
        return self._kind == "numbers"

    async def all(self) -> AsyncIterator[bytes]:
        """Yield the bytes of every part.

        Raises:
            InvalidRequestError: A part is of the wrong kind, or the upload is cut short.
        """
        size_bytes, ended = 0, not self._sends_end
        async for request in self._from_first():
            if request.WhichOneof("part") == "end" and self._sends_end:
                ended = request.end.size_bytes == size_bytes
                break
            data = self._bytes(request)
            size_bytes += len(data)
            yield data
        async for _ in self._requests:
            raise invalid_field("part", "after the end nothing may come; send the upload again")
        if not ended:
            raise InvalidRequestError(
                "UPLOAD_CUT_SHORT",
                f"the upload broke off after {size_bytes} bytes and nothing was changed; send it again",
            )

    async def _from_first(self) -> AsyncIterator[batch_pb2.UploadBatchRequest]:
        if self._first is not None:
            yield self._first
            async for request in self._requests:
                yield request

    def _bytes(self, request: batch_pb2.UploadBatchRequest) -> bytes:
        kind = request.WhichOneof("part")
        if kind != self._kind or kind not in ("file_bytes", "numbers"):
            raise invalid_field(
                "part", "after the header come file_bytes or numbers, and only one of both"
            )
        if kind == "numbers":
            return np.array(request.numbers.e164, dtype="<u8").tobytes()
        if len(request.file_bytes) > MAX_PART_BYTES:
            raise LimitExceededError(
                "PART_TOO_LARGE", f"a part is at most {MAX_PART_BYTES} bytes; split it"
            )
        return request.file_bytes


def _answer(answer: Answer) -> batch_pb2.UploadBatchResponse:
    if isinstance(answer, batch_pb2.BatchReport):
        return batch_pb2.UploadBatchResponse(report=answer)
    if isinstance(answer, Progress):
        return batch_pb2.UploadBatchResponse(
            progress=batch_pb2.UploadProgress(
                bytes_received=answer.bytes_received,
                rows_read=answer.rows_read,
                rows_rejected=answer.rows_rejected,
                stage=answer.stage,
            )
        )
    rows = [
        batch_pb2.RejectedRow(
            line=row.line, column=row.column, code=REJECT_CODE[Reject(row.code)], raw=row.raw
        )
        for row in answer.rows
    ]
    return batch_pb2.UploadBatchResponse(rejected=batch_pb2.RejectedRows(rows=rows))
