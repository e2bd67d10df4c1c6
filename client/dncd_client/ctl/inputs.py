"""Files and standard input, read in pieces and never whole."""

import io
import os
import select
import stat
import sys
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from dncd_client.ctl import exit_codes
from dncd_client.ctl.errors import CtlError
from dncd_client.ctl.messages import Catalogue

CHUNK_BYTES = 1 << 20
SLICE_ITEMS = 10_000
_SLICE_BYTES = 1 << 20


class InputFile:
    """A file to send, or standard input where the path is "-".

    Attributes:
        name: The file's own name, without its folder.
        size_bytes: Its size; 0 where it is not known.
    """

    def __init__(self, path: str, texts: Catalogue) -> None:
        # Unbuffered, so that a thread that waits in it never holds a lock at exit.
        self._file = (
            io.FileIO(0, closefd=False) if path == "-" else open(path, "rb", buffering=0)  # noqa: SIM115 - close() does
        )
        self._path = path
        self._texts = texts
        self._before = os.fstat(self._file.fileno())
        self._is_regular = stat.S_ISREG(self._before.st_mode) and path != "-"
        self.name = "" if path == "-" else os.path.basename(path)
        self.size_bytes = self._before.st_size if self._is_regular else 0

    def chunks(self) -> Iterator[bytes]:
        """Yield the bytes in pieces of at most 1 MiB.

        Raises:
            CtlError: The file changed meanwhile: what was sent may be half of it.
        """
        while chunk := self._read():
            yield chunk
        if self._is_regular and self._moved():
            text = self._texts.line("load_file_changed", file=self._path)
            raise CtlError(text, exit_codes.USAGE, "FILE_CHANGED")

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _read(self) -> bytes:
        while (chunk := self._file.read(CHUNK_BYTES)) is None:  # somebody made it non-blocking
            select.select([self._file], [], [])
        return chunk

    def _moved(self) -> bool:
        after = os.fstat(self._file.fileno())
        return (after.st_size, after.st_mtime_ns) != (self.size_bytes, self._before.st_mtime_ns)


def slices(lines: Iterator[bytes]) -> Iterator[list[bytes]]:
    """Cut lines into slices that fit one request: 10,000 items and about 1 MiB."""
    pending: list[bytes] = []
    room = _SLICE_BYTES
    for line in lines:
        if pending and (len(pending) >= SLICE_ITEMS or room < len(line)):
            yield pending
            pending, room = [], _SLICE_BYTES
        pending.append(line)
        room -= len(line)
    if pending:
        yield pending


def typed(numbers: Iterable[str]) -> Iterator[bytes]:
    """Yield arguments as bytes; - stands for the lines of standard input that are not blank."""
    for number in numbers:
        if number == "-":
            yield from (line for line in lines_of(sys.stdin.buffer) if line.strip())
        else:
            yield number.encode("utf-8", "surrogateescape")


def lines_of(stream: BinaryIO) -> Iterator[bytes]:
    """Yield lines without their ends and without a byte order mark."""
    for index, line in enumerate(stream):
        text = line.removesuffix(b"\n").removesuffix(b"\r")
        yield text.removeprefix(b"\xef\xbb\xbf") if index == 0 else text
