"""One batch on its way: bytes out, progress and rejected rows in, the report at the end."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Protocol

import grpc

from dncd.v1 import batch_pb2
from dncd_client.ctl import exit_codes
from dncd_client.ctl.connection import Connection
from dncd_client.ctl.errors import CtlError, detail_of, explain, is_silence
from dncd_client.ctl.inputs import InputFile
from dncd_client.ctl.messages import Catalogue
from dncd_client.ctl.rejects import RejectsFile
from dncd_client.errors import DncdError, Unavailable, error_of

STALL_SECONDS = 60.0

Progress = Callable[[batch_pb2.UploadProgress], None]


class _Call(Protocol):
    def cancel(self) -> bool: ...
    def __iter__(self) -> Iterator[batch_pb2.UploadBatchResponse]: ...


class _Watch:
    """Calls off an upload in which nothing moves; waiting for the input does not count."""

    def __init__(self, seconds: float, call_off: Callable[[], object]) -> None:
        self.fired = False
        self._seconds = seconds
        self._call_off = call_off
        self._waits_for_input = False
        self._moved_at = time.monotonic()
        self._over = threading.Event()
        threading.Thread(target=self._run, daemon=True, name="upload-watch").start()

    def moved(self) -> None:
        self._moved_at = time.monotonic()

    def reading(self, waits: bool) -> None:
        self._waits_for_input = waits
        self.moved()

    def end(self) -> None:
        self._over.set()

    def _run(self) -> None:
        while not self._over.wait(min(1.0, self._seconds / 4)):
            idle = time.monotonic() - self._moved_at
            if not self._waits_for_input and idle > self._seconds:
                self.fired = True
                self._call_off()
                return


class Upload:
    """Sends one batch. Used once.

    Args:
        connection: Where to.
        header: The batch's header.
        source: Where the bytes come from.
        rejects: Where rejected rows go.
        server: The server's address, for messages.
        texts: The language of messages.
        stall_seconds: After how long without any movement the upload is given up.
    """

    def __init__(
        self,
        connection: Connection,
        header: batch_pb2.BatchHeader,
        source: InputFile,
        rejects: RejectsFile,
        server: str,
        texts: Catalogue,
        stall_seconds: float = STALL_SECONDS,
    ) -> None:
        self._connection = connection
        self._header = header
        self._source = source
        self._rejects = rejects
        self._server = server
        self._texts = texts
        self._stall_seconds = stall_seconds
        self._failure: CtlError | OSError | None = None
        self._report: batch_pb2.BatchReport | None = None
        self._call: _Call | None = None
        self._called = threading.Event()

    def run(self, progress: Progress) -> batch_pb2.BatchReport:
        """Send the batch and return its report.

        Raises:
            CtlError: There is no report. The message says whether the batch may have been taken.
            OSError: The input could not be read.
        """
        self._watch = _Watch(self._stall_seconds, self._cancel)
        try:
            self._call = self._connection.batches.UploadBatch(
                self._requests(), metadata=self._connection.metadata
            )
            self._called.set()
            self._listen(self._call, progress)
        except KeyboardInterrupt:
            self._cancel()
            raise self._broken(self._texts.line("interrupted"), exit_codes.INTERRUPTED) from None
        except grpc.RpcError as failure:
            if self._report is None:
                raise self._ended(failure) from None
        finally:
            self._watch.end()
        if self._failure:
            raise self._failure
        if self._report is None:
            raise self._broken(self._texts.line("load_no_report"), exit_codes.UNREACHABLE)
        return self._report

    def _listen(self, call: _Call, progress: Progress) -> None:
        for response in call:
            self._watch.moved()
            part = response.WhichOneof("part")
            if part == "progress":
                progress(response.progress)
            elif part == "rejected":
                self._rejects.write(response.rejected.rows)
            elif part == "report":
                self._report = response.report  # the last word; what is not sent yet stays here

    def _requests(self) -> Iterator[batch_pb2.UploadBatchRequest]:
        """Yield the header and the pieces; runs in a thread of gRPC's."""
        self._header.sends_end = True
        yield batch_pb2.UploadBatchRequest(header=self._header)
        size_bytes = 0
        try:
            chunks = self._source.chunks()
            while self._report is None:
                self._watch.reading(True)
                chunk = next(chunks, None)
                self._watch.reading(False)
                if chunk is None:
                    end = batch_pb2.UploadEnd(size_bytes=size_bytes)
                    yield batch_pb2.UploadBatchRequest(end=end)
                    return
                size_bytes += len(chunk)
                yield batch_pb2.UploadBatchRequest(file_bytes=chunk)
        except (CtlError, OSError) as error:
            # To half-close here would pass off what was sent as the whole file.
            self._failure = error
            self._called.wait()
            self._cancel()

    def _cancel(self) -> None:
        if self._call:
            self._call.cancel()

    def _ended(self, failure: grpc.RpcError) -> Exception:
        if self._failure:
            return self._failure
        if self._watch.fired:
            seconds = round(self._stall_seconds)
            text = self._texts.line("load_stalled", seconds=seconds)
            return self._broken(text, exit_codes.UNREACHABLE)
        error = error_of(failure)
        if isinstance(error, Unavailable):
            detail = detail_of(error, self._texts)
            return self._broken(detail, exit_codes.of_status(error.status), error)
        return explain(failure, self._server, self._texts)

    def _broken(self, detail: str, exit_code: int, cause: DncdError | None = None) -> CtlError:
        batch_id = self._header.batch_id
        lines = [self._texts.line("load_broken", detail=detail, batch_id=batch_id)]
        if cause and is_silence(cause):
            lines.append(self._texts.line("unreachable_mend"))
        metadata = {"batch_id": batch_id}
        return CtlError(
            "\n".join(lines), exit_code, "UPLOAD_BROKEN", cause=cause, metadata=metadata
        )
