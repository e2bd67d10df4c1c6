"""Collecting: the numbers of an upload in one array, sorted, counted and cut into segments."""

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dncd_engine.chain import salted_digest
from dncd_engine.segments import PREFIX_SHIFT, Numbers, cut, encode
from dncd_engine.strata import Stratum
from dncd_server.ingest.messages import AttributesFound, SegmentFound, Terms

NO_ROW = -1
_BLOCK = 1 << 20


class Collected(Protocol):
    """All numbers of an upload, collected; counts are right once all messages have been taken."""

    @property
    def numbers(self) -> int:
        """How many distinct numbers there are that do not end."""

    @property
    def ended(self) -> int:
        """How many distinct numbers a change deletes."""

    @property
    def strata(self) -> tuple[Stratum, ...]:
        """What the segments' strata are."""

    def finish(self) -> int:
        """Sort them and return how many rows brought a number for the first time."""

    def messages(self, salt: bytes) -> Iterator[SegmentFound | AttributesFound]:
        """Yield what there is to tell, in order of prefix, digested under the salt."""


class Collector:
    """Takes numbers in the order of the file into memory that was set aside before.

    Attributes:
        numbers: How many distinct numbers there are, once finished.
        ended: None ever end.
        strata: The one that all are in.

    Args:
        capacity: How many numbers may come at most.
        terms: What holds for all of them.
        keeps_rows: Whether rows may bring several numbers.
    """

    def __init__(self, capacity: int, terms: Terms, *, keeps_rows: bool = False) -> None:
        self.numbers = 0
        self.ended = 0
        self.strata: tuple[Stratum, ...] = (terms,)
        self._numbers: Numbers = np.empty(capacity, dtype=np.uint64)
        self._rows = np.empty(capacity if keeps_rows else 0, dtype=np.int64)
        self._keeps_rows = keeps_rows
        self._size = 0
        self._set_aside = 0

    @staticmethod
    def bytes_needed(capacity: int, *, keeps_rows: bool) -> int:
        """Return how much memory a collector takes at its height."""
        # With rows, also these, their order, and a sorted copy.
        return capacity * (40 if keeps_rows else 8)

    def add(self, numbers: Numbers, rows: NDArray[np.int64] | None = None) -> None:
        """Take numbers, and the row of each, -1 where the row does not count."""
        if rows is not None and not self._keeps_rows:
            # Of rows that bring one number each, only these must be told from the others.
            numbers, aside = numbers[rows != NO_ROW], numbers[rows == NO_ROW]
            end = self._numbers.size - self._set_aside
            self._numbers[end - aside.size : end] = aside
            self._set_aside += aside.size
        end = self._size + numbers.size
        self._numbers[self._size : end] = numbers
        if self._keeps_rows and rows is not None:
            self._rows[self._size : end] = rows
        self._size = end

    def finish(self) -> int:
        """Sort the distinct numbers; return how many rows brought one for the first time."""
        self._numbers, accepted = self._distinct()
        self.numbers = int(self._numbers.size)
        return accepted

    def messages(self, salt: bytes) -> Iterator[SegmentFound]:
        """Yield the segments in order of prefix, each digested under the salt."""
        return cut_segments(self._numbers, salt)

    def _distinct(self) -> tuple[Numbers, int]:
        numbers = self._numbers[: self._size]
        if not self._keeps_rows:
            numbers.sort()
            distinct = squeeze(numbers)
            return self._add_set_aside(distinct.size), distinct.size
        order = np.argsort(numbers, kind="stable")
        numbers = numbers[order]
        is_first = np.ones(numbers.size, dtype=np.bool_)
        is_first[1:] = numbers[1:] != numbers[:-1]
        return numbers[is_first], count_bringers(self._rows[order[is_first]])

    def _add_set_aside(self, size: int) -> Numbers:
        """Return so many distinct numbers and those of rows that do not count, sorted."""
        if not self._set_aside:
            return self._numbers[:size]
        end = size + self._set_aside
        self._numbers[size:end] = self._numbers[-self._set_aside :]
        numbers = self._numbers[:end]
        numbers.sort()
        return squeeze(numbers)


def squeeze(numbers: Numbers) -> Numbers:
    """Return sorted numbers without their repetitions, in their own memory.

    Block by block, for a copy of the whole would double the memory that an upload takes.
    """
    kept = 0
    for start in range(0, numbers.size, _BLOCK):
        block = numbers[start : start + _BLOCK]
        is_first = np.ones(block.size, dtype=np.bool_)
        is_first[1:] = block[1:] != block[:-1]
        is_first[0] = kept == 0 or block[0] != numbers[kept - 1]
        distinct = block[is_first]
        numbers[kept : kept + distinct.size] = distinct
        kept += distinct.size
    return numbers[:kept]


def count_bringers(rows: NDArray[np.signedinteger[Any]]) -> int:
    """Return how many rows there are among those that were the first to bring a number."""
    bringers = np.sort(rows[rows != NO_ROW])
    return int(np.count_nonzero(np.diff(bringers))) + int(bringers.size > 0)


def blocks_of(numbers: Numbers) -> Iterator[slice]:
    """Yield parts of sorted numbers; each ends where its last prefix does, so that no segment is ever cut in two."""
    start = 0
    while start < numbers.size:
        last = min(start + _BLOCK, numbers.size) - 1
        border = (int(numbers[last]) >> PREFIX_SHIFT) + 1 << PREFIX_SHIFT
        end = int(np.searchsorted(numbers, np.uint64(border)))
        yield slice(start, end)
        start = end


def cut_segments(numbers: Numbers, salt: bytes) -> Iterator[SegmentFound]:
    """Yield the segments of sorted numbers in order of prefix, each digested under the salt."""
    for part in blocks_of(numbers):
        for prefix, bitmap in cut(numbers[part]):
            segment = encode(prefix, bitmap)
            digest = salted_digest(salt, segment.data)
            yield SegmentFound(segment.prefix, segment.count, segment.data, digest)
