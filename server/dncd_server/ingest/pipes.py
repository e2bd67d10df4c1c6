"""The child's ends of the two pipes."""

from collections.abc import Iterator
from typing import BinaryIO

from dncd_server.ingest.frames import (
    HEAD,
    FrameError,
    Kind,
    pack_message,
    unpack_head,
    unpack_job,
)
from dncd_server.ingest.messages import IngestJob, Message


class Pipes:
    """Reads the parent's frames and writes the child's messages.

    Args:
        stdin: Where the parent's frames come from.
        stdout: Where messages go.
    """

    def __init__(self, stdin: BinaryIO, stdout: BinaryIO) -> None:
        self._stdin = stdin
        self._stdout = stdout

    def job(self) -> IngestJob:
        """Return the job, which is the first frame.

        Raises:
            FrameError: It is not.
        """
        kind, body = self._frame()
        if kind is not Kind.JOB:
            raise FrameError("the first frame is no job")
        return unpack_job(body)

    def data(self) -> Iterator[bytes]:
        """Yield the bytes of the upload until the parent says that there are no more.

        Raises:
            FrameError: The pipe ends before, or something else comes.
        """
        while True:
            kind, body = self._frame()
            if kind is Kind.END:
                return
            if kind is not Kind.DATA:
                raise FrameError("a frame is not the parent's to send")
            yield body

    def send(self, message: Message) -> None:
        """Send a message at once."""
        self._stdout.write(pack_message(message))
        self._stdout.flush()

    def _frame(self) -> tuple[Kind, bytes]:
        size, kind = unpack_head(self._read(HEAD.size))
        return kind, self._read(size)

    def _read(self, size: int) -> bytes:
        data = self._stdin.read(size)
        if len(data) < size:
            raise FrameError("the pipe ended inside a frame")
        return data
