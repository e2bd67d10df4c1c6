"""Noted numbers: collected with what their rows said, and cut by prefix and stratum."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from dncd_engine.chain import salted_digest
from dncd_engine.segments import LOW_MASK, PREFIX_SHIFT, Numbers, encode
from dncd_engine.strata import Stratum
from dncd_server.ingest import attributes
from dncd_server.ingest.collect import NO_ROW, blocks_of, count_bringers
from dncd_server.ingest.messages import AttributesFound, SegmentFound
from dncd_server.ingest.notes import (
    ENDS_BIT,
    PLACE_SHIFT,
    STRATUM_MASK,
    TERMS_MASK,
    Notebook,
)

_Notes = NDArray[np.uint64]
_TERMS_BITS = PLACE_SHIFT
_ROW_BYTES = 32
"""How much JSON a row takes at most, its set aside."""


class NotedCollector:
    """Takes numbers and the notes of their rows, in the order of the file.

    Attributes:
        numbers: How many distinct numbers there are that do not end, once all messages were taken.
        ended: How many distinct numbers end, likewise.

    Args:
        capacity: How many numbers may come at most.
        notebook: What the notes stand for.
        keeps_rows: Whether rows may bring several numbers.
        keeps_last: Whether of rows that name a number twice only the last counts.
    """

    def __init__(
        self, capacity: int, notebook: Notebook, *, keeps_rows: bool, keeps_last: bool
    ) -> None:
        self.numbers = 0
        self.ended = 0
        self._noted: Numbers = np.empty(capacity, dtype=np.uint64)
        self._notes: _Notes = np.empty(capacity, dtype=np.uint64)
        self._rows: NDArray[np.signedinteger[Any]] = np.empty(
            capacity, dtype=np.int64 if keeps_rows else np.int8
        )
        self._notebook = notebook
        self._keeps_rows = keeps_rows
        self._keeps_last = keeps_last
        self._size = 0
        self._strata: dict[int, int] = {0: 0}

    @staticmethod
    def bytes_needed(capacity: int) -> int:
        """Return how much memory a collector takes at its height."""
        # Numbers, notes and rows; their order and sorted copies; the keys of one block, if all is in one.
        return capacity * 64

    @property
    def strata(self) -> tuple[Stratum, ...]:
        """The strata of the segments, in the order in which they came, after the batch's own."""
        strata = self._notebook.strata
        return tuple(strata[place] for place in self._strata)

    def add(self, numbers: Numbers, notes: _Notes | None, rows: NDArray[np.int64] | None) -> None:
        """Take numbers, the note of each and the row of each, -1 where the row does not count."""
        end = self._size + numbers.size
        self._noted[self._size : end] = numbers
        self._notes[self._size : end] = 0 if notes is None else notes
        if rows is None:
            self._rows[self._size : end] = 0
        elif self._keeps_rows:
            self._rows[self._size : end] = rows
        else:
            self._rows[self._size : end] = np.where(rows == NO_ROW, NO_ROW, 0)
        self._size = end

    def finish(self) -> int:
        """Sort the numbers; return how many rows brought one for the first time."""
        self._notebook.finish()
        order = np.argsort(self._noted[: self._size], kind="stable")
        self._noted = self._noted[order]
        self._notes = self._notes[order]
        rows = self._rows[order]
        self._rows = np.empty(0, dtype=np.int8)
        if self._keeps_rows:
            return count_bringers(rows[_is_first(self._noted)])
        # Of rows that bring one number each, those that do not count are no earlier rows either.
        return int(np.count_nonzero(_is_first(self._noted[rows != NO_ROW])))

    def messages(self, salt: bytes) -> Iterator[SegmentFound | AttributesFound]:
        """Yield segments and what rows said, in order of prefix, digested under the salt."""
        for part in blocks_of(self._noted):
            numbers, notes = self._noted[part], self._notes[part]
            stays = surviving(numbers, notes, keeps_last=self._keeps_last)
            numbers, notes = numbers[stays], notes[stays]
            ends = notes & np.uint64(ENDS_BIT) != 0
            self.numbers += int(np.count_nonzero(_is_first(numbers[~ends])))
            self.ended += int(np.count_nonzero(_is_first(numbers[ends])))
            yield from self._segments(numbers, notes, salt)
            yield from self._attributes(numbers, notes, salt)

    def _segments(self, numbers: Numbers, notes: _Notes, salt: bytes) -> Iterator[SegmentFound]:
        prefixes = numbers >> np.uint64(PREFIX_SHIFT)
        keys = prefixes << np.uint64(_TERMS_BITS) | notes & np.uint64(TERMS_MASK)
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        low = (numbers[order] & np.uint64(LOW_MASK)).astype(np.uint32)
        for start, end in _runs(keys):
            key = int(keys[start])
            segment = encode(key >> _TERMS_BITS, BitMap(low[start:end]))
            digest = salted_digest(salt, segment.data)
            stratum = self._strata.setdefault(key & STRATUM_MASK, len(self._strata))
            yield SegmentFound(
                segment.prefix,
                segment.count,
                segment.data,
                digest,
                stratum,
                bool(key & ENDS_BIT),
            )

    def _attributes(
        self, numbers: Numbers, notes: _Notes, salt: bytes
    ) -> Iterator[AttributesFound]:
        places = notes >> np.uint64(PLACE_SHIFT)
        has_words = places != 0
        numbers, places = numbers[has_words], places[has_words]
        prefixes = numbers >> np.uint64(PREFIX_SHIFT)
        for start, end in _runs(prefixes):
            low = (numbers[start:end] & np.uint64(LOW_MASK)).tolist()
            parts = self._parts(low, places[start:end].tolist())
            for part, (count, data) in enumerate(parts):
                digest = salted_digest(salt, data)
                yield AttributesFound(int(prefixes[start]), part, count, data, digest)

    def _parts(self, low: list[int], places: list[int]) -> Iterator[tuple[int, bytes]]:
        """Yield what rows of one prefix said as (rows, bytes), in as many parts as their size asks for."""
        page = _Page(self._notebook)
        for at, (number, place) in enumerate(zip(low, places, strict=True)):
            page.add(number, place)
            if page.size_bytes > attributes.PART_BYTES and at + 1 < len(low):
                yield page.finish()
                page = _Page(self._notebook)
        yield page.finish()


class _Page:
    """Rows of one prefix, each thing that was said of a number once."""

    def __init__(self, notebook: Notebook) -> None:
        self.size_bytes = 0
        self._notebook = notebook
        self._low: list[int] = []
        self._set: list[int] = []
        self._by_place: dict[int, int] = {}
        self._sets: dict[bytes, int] = {}
        self._said_of_last: set[int] = set()

    def add(self, low: int, place: int) -> None:
        said = self._by_place.get(place)
        if said is None:
            said = self._by_place[place] = self._turn_in(self._notebook.fragment(place))
        if self._low and self._low[-1] == low:
            if said in self._said_of_last:
                return
        else:
            self._said_of_last.clear()
        self._said_of_last.add(said)
        self._low.append(low)
        self._set.append(said)
        self.size_bytes += _ROW_BYTES

    def finish(self) -> tuple[int, bytes]:
        return len(self._low), attributes.encode(self._low, self._set, list(self._sets))

    def _turn_in(self, words: bytes) -> int:
        said = self._sets.setdefault(words, len(self._sets))
        if said == len(self._sets) - 1:
            self.size_bytes += len(words) + 1
        return said


def surviving(numbers: Numbers, notes: _Notes, *, keeps_last: bool) -> NDArray[np.bool_]:
    """Tell which rows count of those that name the same number.

    All do; of a list on which the latest replaces what was before, the last alone. Where rows delete: if the last of a
    number's rows does, that alone, else those after the last that does.

    Args:
        numbers: Sorted, those of one number in the order of the file.
        notes: The note of each.
        keeps_last: Whether only the last counts.
    """
    is_last = np.ones(numbers.size, dtype=np.bool_)
    is_last[:-1] = numbers[1:] != numbers[:-1]
    if keeps_last:
        return is_last
    ends = notes & np.uint64(ENDS_BIT) != 0
    if not ends.any():
        return np.ones(numbers.size, dtype=np.bool_)
    at = np.arange(numbers.size)
    group = np.concatenate(([0], np.cumsum(is_last)[:-1]))
    last_end = np.maximum.accumulate(np.where(ends, at, -1))[is_last][group]
    survives: NDArray[np.bool_] = np.where(ends[is_last][group], is_last, at > last_end)
    return survives


def _is_first(values: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Tell which of sorted values are not like the one before."""
    is_first = np.ones(values.size, dtype=np.bool_)
    is_first[1:] = values[1:] != values[:-1]
    return is_first


def _runs(values: NDArray[np.uint64]) -> list[tuple[int, int]]:
    """Return where each run of equal values begins and ends."""
    starts = np.flatnonzero(_is_first(values)).tolist()
    return list(zip(starts, [*starts, values.size][1:], strict=True))
