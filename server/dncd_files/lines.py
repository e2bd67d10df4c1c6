"""Lines: the text of a file as physical lines, in blocks, with what is wrong named by its line."""

import codecs
import io
from collections.abc import Iterator
from typing import BinaryIO

from dncd_files.encodings import (
    MAX_LINE_CHARS,
    Encoding,
    cut_character,
    line_too_long,
    nul_byte,
    wrong_bytes,
)

_BLOCK_BYTES = 1 << 20
_END_MARK = "\x1a"
"""Ctrl-Z, with which old programs end a text file. It is one only alone after the last break."""


class LineSource:
    """Reads a file's lines in blocks; each line keeps its break, LF, CR or CRLF.

    Attributes:
        lines_read: How many lines have been handed out.
        has_final_break: Whether the last line handed out ended in a break.

    Args:
        file: The bytes, read from the beginning.
        encoding: What the scout found.
        declared: What was declared, for messages.
    """

    def __init__(self, file: BinaryIO, encoding: Encoding, declared: str = "auto") -> None:
        self._file = file
        self._encoding = encoding
        self._declared = declared
        self._decoder = codecs.getincrementaldecoder(encoding.codec)("strict")
        self._rest = ""
        self._peeked: list[str] | None = None
        self.lines_read = 0
        self.has_final_break = True
        file.seek(encoding.bom_bytes)

    def peek(self) -> list[str]:
        """Return the next block without taking it; empty at the end of the file."""
        if self._peeked is None:
            self._peeked = self._read()
        return self._peeked

    def blocks(self) -> Iterator[list[str]]:
        """Yield blocks of lines until the file ends.

        Raises:
            FileRefused: A line is too long, or bytes are not what the encoding says.
        """
        while block := self.peek():
            self._peeked = None
            self.lines_read += len(block)
            self.has_final_break = block[-1][-1] in "\r\n"
            yield block

    def _read(self) -> list[str]:
        while data := self._file.read(_BLOCK_BYTES):
            text = self._rest + self._decode(data)
            # A CR at the end may be half of a CRLF: it waits for what follows.
            end = max(text.rfind("\n"), text.rfind("\r", 0, -1)) + 1
            self._rest = text[end:]
            if end:
                return self._split(text[:end])
            if len(self._rest) > MAX_LINE_CHARS:
                raise line_too_long(self.lines_read + 1)
        text, self._rest = self._rest + self._finish(), ""
        if text == _END_MARK:
            return []
        return self._split(text)

    def _split(self, text: str) -> list[str]:
        # str.splitlines would also split at form feeds, U+0085, U+2028 and others, which may stand
        # in a cell.
        lines = list(io.StringIO(text, newline=""))
        if lines and max(map(len, lines)) > MAX_LINE_CHARS:
            first = next(at for at, line in enumerate(lines) if len(line) > MAX_LINE_CHARS)
            raise line_too_long(self.lines_read + first + 1)
        nul = text.find("\0")
        if nul >= 0:
            raise nul_byte(self.lines_read + count_text_breaks(text[:nul]) + 1)
        return lines

    def _decode(self, data: bytes) -> str:
        try:
            return self._decoder.decode(data)
        except UnicodeDecodeError as error:
            good = error.object[: error.start].decode(self._encoding.codec)
            line = self.lines_read + count_text_breaks(self._rest + good) + 1
            raise wrong_bytes(self._declared, line) from error

    def _finish(self) -> str:
        try:
            return self._decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            line = self.lines_read + count_text_breaks(self._rest) + 1
            raise cut_character(line) from error


def count_text_breaks(text: str) -> int:
    """Return how many line breaks a text holds, CRLF being one."""
    return text.count("\n") + text.count("\r") - text.count("\r\n")
