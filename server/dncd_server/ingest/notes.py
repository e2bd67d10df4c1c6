"""Notes: what each row said, as one integer beside its number, with the words on disk.

A file may bring a receipt of its own with each of millions of rows. They are written down as they are read, so that
memory holds 8 bytes for each.
"""

import os
from collections.abc import Sequence
from typing import BinaryIO

from dncd_engine.strata import OVER_BEFORE_IT_CAME_US, PLAIN, Stratum
from dncd_files.refusal import FileRefused, Reason
from dncd_files.statements import Statement
from dncd_server.ingest.attributes import fragment_of
from dncd_server.ingest.messages import MAX_STRATA, IngestJob

STRATUM_BITS = 14
STRATUM_MASK = (1 << STRATUM_BITS) - 1
ENDS_BIT = 1 << STRATUM_BITS
TERMS_MASK = ENDS_BIT | STRATUM_MASK
PLACE_SHIFT = STRATUM_BITS + 1
_READ_BYTES = 4096
_MAX_KNOWN = 50_000


class Notebook:
    """Takes what rows say.

    Of a note, the low 14 bits are the stratum, the next says that the row deletes, and the rest is the place of what
    is evidence; 0 where there is none.

    Attributes:
        strata: The strata so far; the first is the batch's own terms.

    Args:
        job: What is read.
        file: Where words are written, empty at first.
    """

    def __init__(self, job: IngestJob, file: BinaryIO) -> None:
        self._is_removal = job.mode == "remove"
        self._now_us = job.now_us
        self._terms = PLAIN if self._is_removal else job.terms
        self._places: dict[Stratum, int] = {self._terms: 0}
        self._places_by_words: dict[tuple[int | None, int | None, tuple[str, ...]], int] = {}
        self._is_own_used = False
        self._file = file
        # Place 0 is no place.
        self._end = file.write(b"\n")

    @property
    def strata(self) -> Sequence[Stratum]:
        """The strata so far; the first is the batch's own terms."""
        return list(self._places)

    def keep(self, statement: Statement) -> int:
        """Return the note of what a row says.

        Raises:
            FileRefused: The file has too many sets of start, end and purposes.
            OSError: The words cannot be written.
        """
        stratum = 0
        if not (self._is_removal or statement.ends):
            stratum = self._place_of(statement)
        ends = ENDS_BIT if statement.ends else 0
        return self._write(fragment_of(statement)) << PLACE_SHIFT | ends | stratum

    def fragment(self, place: int) -> bytes:
        """Return the words at a place."""
        found = b""
        while True:
            read = os.pread(self._file.fileno(), _READ_BYTES, place + len(found))
            line, end, _ = read.partition(b"\n")
            found += line
            if end or not read:
                return found

    def finish(self) -> None:
        """Let all words be read."""
        self._file.flush()

    def _stratum(self, statement: Statement) -> Stratum:
        """Return what of a statement decides, with what is past already told as past."""
        terms, now_us = self._terms, self._now_us
        effective_us, expires_us = terms.effective_us, terms.expires_us
        if statement.effective_us is not None:
            effective_us = statement.effective_us if statement.effective_us > now_us else 0
        if statement.expires_us is not None:
            is_past = statement.expires_us <= now_us
            expires_us = OVER_BEFORE_IT_CAME_US if is_past else statement.expires_us
        if expires_us == OVER_BEFORE_IT_CAME_US:
            effective_us = 0
        purposes = statement.purposes or terms.purposes
        return Stratum(effective_us, expires_us, purposes, terms.published_us)

    def _place_of(self, statement: Statement) -> int:
        words = (statement.effective_us, statement.expires_us, statement.purposes)
        place = self._places_by_words.get(words)
        if place is None:
            place = self._places.setdefault(self._stratum(statement), len(self._places))
            self._is_own_used = self._is_own_used or place == 0
            self._check_strata()
            if len(self._places_by_words) >= _MAX_KNOWN:
                self._places_by_words.clear()
            self._places_by_words[words] = place
        return place

    def _check_strata(self) -> None:
        if len(self._places) - (not self._is_own_used) > MAX_STRATA:
            message = (
                f"The rows have more than {MAX_STRATA:,} different sets of start, end and purposes. "
                "Write ends as days rather than instants, or split the file."
            )
            raise FileRefused(Reason.TOO_MANY_TERMS, 0, message)

    def _write(self, words: bytes) -> int:
        if not words:
            return 0
        place = self._end
        self._end += self._file.write(words + b"\n")
        return place
