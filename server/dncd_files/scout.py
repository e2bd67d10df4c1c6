"""The scout: looks at bytes while they arrive, refuses early, settles the encoding at the end."""

import codecs
import re

from dncd_files.breaks import LineCounter, length_of_first_run
from dncd_files.encodings import (
    ENCODINGS,
    MAX_LINE_CHARS,
    Encoding,
    begin_encoding,
    cut_character,
    line_too_long,
    nul_byte,
    wrong_bytes,
)
from dncd_files.mixture import MixtureSeeker
from dncd_files.refusal import FileRefused, Reason

_MAX_LINE_BYTES = 4 * MAX_LINE_CHARS
_HEAD_BYTES = 8
_WIDE_LEAD = re.compile(rb"[\xe0-\xf4]")
"""In valid UTF-8, the first byte of a sequence of three or more: Japanese, and not an accident of
another encoding."""


class Scout:
    """Takes every byte of a file in order through ``feed``, then ``finish`` names the encoding.

    Raises:
        ValueError: The declared encoding is none of ``ENCODINGS``.
    """

    def __init__(self, declared: str = "auto") -> None:
        if declared not in ENCODINGS:
            raise ValueError(f"an encoding is one of {', '.join(ENCODINGS)}")
        self._declared = declared
        self._encoding: Encoding | None = None
        self._codec = declared
        self._head = b""
        self._lines = LineCounter()
        self._utf16: codecs.IncrementalDecoder | None = None
        self._utf8: codecs.IncrementalDecoder | None = None
        self._mixture: MixtureSeeker | None = None
        self._is_multibyte = False
        self._is_wide = False

    @property
    def lines(self) -> int:
        """How many physical lines there are at most."""
        return self._lines.line

    def feed(self, data: bytes) -> None:
        """Look at the next bytes; pieces of 1 MiB or less let it refuse soonest.

        Raises:
            FileRefused: They show already that the file cannot be taken.
        """
        if self._encoding is None:
            self._head += data
            if len(self._head) < _HEAD_BYTES:
                return
            data = self._begin()
        self._look(data)

    def finish(self) -> Encoding:
        """Return the encoding of the whole file.

        Raises:
            FileRefused: There is none, or the file is empty or ends inside a character.
        """
        if self._encoding is None:
            if not self._head:
                raise FileRefused(Reason.EMPTY, 0, "The file has no bytes. Export it again.")
            self._look(self._begin())
        encoding = self._encoding or Encoding(self._declared, self._declared)
        if self._utf16 is not None:
            self._flush(self._utf16)
        elif self._utf8 is not None and self._finish_utf8(self._utf8):
            return Encoding("utf-8", "utf-8", encoding.bom_bytes)
        elif self._codec in ("auto", "cp932"):
            self._seek_mixture(b"", is_last=True)
            return Encoding("cp932", "cp932")
        return encoding

    def _begin(self) -> bytes:
        self._encoding = begin_encoding(self._declared, self._head)
        codec = self._codec = self._encoding.codec
        if codec.startswith("utf-16"):
            self._utf16 = codecs.getincrementaldecoder(codec)("strict")
        elif codec == "cp932":
            self._mixture = MixtureSeeker(self._lines)
        else:
            self._utf8 = codecs.getincrementaldecoder("utf-8")("strict")
        return self._head[self._encoding.bom_bytes :]

    def _look(self, data: bytes) -> None:
        if self._utf16 is not None:
            # Looked at as UTF-8, where a line feed is a line feed and not half of another
            # character.
            data = self._decode_utf16(self._utf16, data)
        nul = data.find(b"\0")
        if nul >= 0:
            raise nul_byte(self._lines.line_at(data, nul))
        if self._utf8 is not None:
            self._try_utf8(self._utf8, data)
        if self._mixture is not None:
            self._seek_mixture(data)
        if self._lines.run_bytes + length_of_first_run(data) > _MAX_LINE_BYTES:
            raise line_too_long(self._lines.line)
        self._lines.count(data)

    def _decode_utf16(self, decoder: codecs.IncrementalDecoder, data: bytes) -> bytes:
        try:
            return decoder.decode(data).encode("utf-8")
        except UnicodeDecodeError as error:
            good = error.object[: error.start].decode(self._codec).encode("utf-8")
            raise wrong_bytes(self._declared, self._lines.line_at(good, len(good))) from error

    def _try_utf8(self, decoder: codecs.IncrementalDecoder, data: bytes) -> None:
        try:
            text = decoder.decode(data)
        except UnicodeDecodeError as error:
            # Bytes that the decoder had kept back hold no line break: its own count is the right
            # one.
            is_wide = self._is_wide or _WIDE_LEAD.search(error.object, 0, error.start)
            if self._codec == "utf-8" or is_wide:
                line = self._lines.line_at(error.object, error.start)
                raise wrong_bytes(self._declared, line) from error
            self._utf8 = None
            self._mixture = MixtureSeeker(self._lines)
            return
        if len(text) != len(data):
            self._is_multibyte = True
            self._is_wide = self._is_wide or _WIDE_LEAD.search(data) is not None

    def _finish_utf8(self, decoder: codecs.IncrementalDecoder) -> bool:
        if self._codec == "utf-8" or self._is_multibyte:
            self._flush(decoder)
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            # All before the last bytes is ASCII, so they may as well be one character of CP932.
            self._mixture = MixtureSeeker(self._lines)
            return False
        return True

    def _flush(self, decoder: codecs.IncrementalDecoder) -> None:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            raise cut_character(self._lines.line) from error

    def _seek_mixture(self, data: bytes, *, is_last: bool = False) -> None:
        if self._mixture is None:
            return
        line = self._mixture.seek(data, is_last=is_last)
        if line is not None:
            raise wrong_bytes(self._declared, line)
