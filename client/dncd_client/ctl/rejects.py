"""The file of rows that could not be read, for people to mend."""

import csv
import os
from collections.abc import Iterable
from itertools import count
from typing import IO, Any

from dncd.v1 import batch_pb2
from dncd_client.ctl.codes import REJECTS
from dncd_client.ctl.messages import Catalogue
from dncd_client.optout import reject_word

COLUMNS = ("line", "column", "code", "raw", "reason")
# What a spreadsheet would run as a formula. The apostrophe is one that the normaliser takes off.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class RejectsFile:
    """A CSV that begins with the first rejected row and never replaces a file.

    Attributes:
        path: Where rows were written; None while there are none.
        failure: Why it could not be written; None while it could.
    """

    def __init__(self, wanted: str, texts: Catalogue) -> None:
        self.path: str | None = None
        self.failure: OSError | None = None
        self._wanted = wanted
        self._opened: str | None = None
        self._texts = texts
        self._file: IO[str] | None = None
        self._writer: Any = None

    def write(self, rows: Iterable[batch_pb2.RejectedRow]) -> None:
        """Write rows as they arrive; a failure is kept, so that the batch goes on."""
        if self.failure:
            return
        try:
            for row in rows:
                self._row(row)
            if self._file:
                self._file.flush()
                self.path = self._opened
        except OSError as error:
            self.failure = error

    def close(self) -> None:
        """Finish the file."""
        try:
            if self._file:
                self._file.close()
        except OSError as error:
            self.failure = self.failure or error

    def _row(self, row: batch_pb2.RejectedRow) -> None:
        if self._writer is None:
            self._open()
        code = reject_word(row.code)
        reason = self._texts.meaning(REJECTS, code)
        self._writer.writerow((row.line, row.column or "", code, defused(row.raw), reason))

    def _open(self) -> None:
        self._opened, descriptor = _create_beside(self._wanted)
        # The mark at the beginning is what makes Excel read it as UTF-8.
        self._file = open(descriptor, "w", encoding="utf-8-sig", newline="")  # noqa: SIM115
        self._writer = csv.writer(self._file)
        self._writer.writerow(COLUMNS)


def defused(raw: str) -> str:
    """Return a cell that no spreadsheet runs as a formula."""
    return f"'{raw}" if raw.startswith(_FORMULA_STARTS) else raw


def _create_beside(wanted: str) -> tuple[str, int]:
    """Create a file of that name, or with .1, .2 ... where it exists; only its owner reads it."""
    for number in count():
        path = f"{wanted}.{number}" if number else wanted
        try:
            return path, os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            continue
    raise AssertionError("unreachable")
