"""The messages of an upload: its header, its parts and its end on the way in, words of the answer on the way out."""

from collections.abc import AsyncIterator

import numpy as np

from dncd.v1 import batch_pb2
from dncd_server.api.messages import ROW_REJECT_CODE
from dncd_server.errors import InvalidRequestError, LimitExceededError, invalid_field
from dncd_server.ingest.messages import Progress
from dncd_server.uploads.desk import Answer

MAX_PART_BYTES = 2 << 20


async def header_of(requests: AsyncIterator[batch_pb2.UploadBatchRequest]) -> batch_pb2.BatchHeader:
    """Return the header that opens an upload.

    Raises:
        InvalidRequestError: Something else comes first.
    """
    async for request in requests:
        if request.WhichOneof("part") != "header":
            break
        return request.header
    raise invalid_field("header", "an upload opens with its header")


class UploadParts:
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


def answer_message(answer: Answer) -> batch_pb2.UploadBatchResponse:
    """Return one word of the answer."""
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
            line=row.line, column=row.column, code=ROW_REJECT_CODE[row.code], raw=row.raw
        )
        for row in answer.rows
    ]
    return batch_pb2.UploadBatchResponse(rejected=batch_pb2.RejectedRows(rows=rows))
