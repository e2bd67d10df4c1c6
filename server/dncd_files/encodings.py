"""Encodings: how bytes become text, by declaration or by strict trial, never by a guess.

Undeclared bytes are UTF-8 if all of them are, else CP932 if all of them are. CP932 is what Excel
writes on Japanese Windows; the codec named shift_jis is never used, because it lacks characters
that CP932 has and reads the full-width minus as another sign. A wrong character in a number cell
can make another person's number of it, so nothing is ever replaced.
"""

import codecs
from dataclasses import dataclass

from dncd_files.refusal import FileRefused, Reason

ENCODINGS = ("auto", "utf-8", "cp932", "utf-16", "utf-16-le", "utf-16-be")
MAX_LINE_CHARS = 64 * 1024
_BOMS = (
    (codecs.BOM_UTF8, "utf-8", "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16", "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16", "utf-16-be"),
)
_MAGICS = (
    (b"PK\x03\x04", "a ZIP archive or an XLSX workbook"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\x1f\x8b", "compressed with gzip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook"),
)


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a file's bytes are read.

    Attributes:
        name: One of ``ENCODINGS``, "auto" only while it is not settled.
        codec: Python's codec, which knows no byte order mark.
        bom_bytes: How many bytes of byte order mark to skip.
    """

    name: str
    codec: str
    bom_bytes: int = 0


def begin_encoding(declared: str, head: bytes) -> Encoding:
    """Return what the first 8 bytes say of the encoding.

    Raises:
        FileRefused: They are no text file's, or the declared byte order mark is missing.
    """
    for magic, what in _MAGICS:
        if head.startswith(magic):
            raise FileRefused(
                Reason.LAYOUT, 0, f"The file is {what}. Save it as CSV and upload that."
            )
    for bom, name, codec in _BOMS:
        if head.startswith(bom) and declared in ("auto", name, codec):
            return Encoding(name if declared == "auto" else declared, codec, len(bom))
    if declared == "utf-16":
        message = (
            "The file is declared as utf-16 but begins with no byte order mark. Declare "
            "utf-16-le, which is what Windows writes, or utf-16-be."
        )
        raise FileRefused(Reason.ENCODING, 1, message)
    return Encoding(declared, declared)


def wrong_bytes(declared: str, line: int) -> FileRefused:
    """Return the refusal of bytes that are not what they were declared or found to be."""
    if declared == "auto":
        message = (
            "The bytes of this line are not in the encoding of the others: the file is neither "
            "wholly UTF-8 nor wholly CP932. Save it again in one encoding, or declare the one "
            "that it is in."
        )
    else:
        message = (
            f"The bytes of this line are not {declared}. Declare the right encoding, or save the "
            "file again."
        )
    return FileRefused(Reason.ENCODING, line, message)


def cut_character(line: int) -> FileRefused:
    """Return the refusal of a file that ends inside a character."""
    message = (
        "The file ends in the middle of a character: it was cut short. Export or transfer it again."
    )
    return FileRefused(Reason.TRUNCATED, line, message)


def nul_byte(line: int) -> FileRefused:
    """Return the refusal of a file with a NUL in it."""
    message = (
        "There is a NUL byte, which no text file has. If the file is UTF-16 without a byte order "
        "mark, declare utf-16-le or utf-16-be; else export it again as CSV."
    )
    return FileRefused(Reason.LAYOUT, line, message)


def line_too_long(line: int) -> FileRefused:
    """Return the refusal of a line that is too long."""
    message = (
        f"The line is longer than {MAX_LINE_CHARS:,} characters. Check that the file is a list "
        "with line breaks."
    )
    return FileRefused(Reason.LINE_TOO_LONG, line, message)
