"""The index: sets of numbers that are read by many while one writer makes the next version of them.

A set is never changed. A change copies the table of segments and only the segments that it touches, so whoever holds
the old set keeps a whole and unmoving one. Nothing outside this room knows how numbers are kept.
"""

from collections.abc import Iterator, Mapping, Sequence, Set

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from dncd_engine.segments import LOW_MASK, PREFIX_SHIFT, Numbers, numbers_of

_EMPTY = BitMap()
_SHIFT = np.uint64(PREFIX_SHIFT)
_MASK = np.uint64(LOW_MASK)
_TABLE_ENTRY_BYTES = 200
"""About what a segment costs beside its bytes: the table's slot, the integer key and two objects."""


class NumberSet:
    """An immutable set of E.164 integers."""

    __slots__ = ("_segments", "count", "size_bytes")

    def __init__(
        self, segments: Mapping[int, BitMap] | None = None, count: int = 0, size_bytes: int = 0
    ) -> None:
        self._segments = dict(segments or {})
        self.count = count
        self.size_bytes = size_bytes

    def contains(self, number: int) -> bool:
        """Tell whether the set holds a number."""
        return (number & LOW_MASK) in self._segments.get(number >> PREFIX_SHIFT, _EMPTY)

    def contains_many(self, numbers: Numbers) -> NDArray[np.bool_]:
        """Tell of each number whether the set holds it, in the order given."""
        segment_of = self._segments.get
        prefixes = (numbers >> _SHIFT).tolist()
        low = (numbers & _MASK).tolist()
        held = (
            value in segment_of(prefix, _EMPTY) for prefix, value in zip(prefixes, low, strict=True)
        )
        return np.fromiter(held, dtype=bool, count=numbers.size)

    @property
    def prefixes(self) -> Set[int]:
        """The prefixes that have a number."""
        return self._segments.keys()

    def segment(self, prefix: int) -> BitMap:
        """Return the low bits of the numbers under a prefix; not to be changed."""
        return self._segments.get(prefix, _EMPTY)

    def segments(self) -> Iterator[tuple[int, BitMap]]:
        """Yield (prefix, low bits) in order of prefix; not to be changed."""
        for prefix in sorted(self._segments):
            yield prefix, self._segments[prefix]

    def changed_prefixes(self, other: "NumberSet") -> set[int]:
        """Return the prefixes at which this set and one that it was made from are not the same object."""
        mine, theirs = self._segments, other._segments
        return {at for at in mine.keys() | theirs.keys() if mine.get(at) is not theirs.get(at)}

    def numbers(self) -> Iterator[Numbers]:
        """Yield all numbers in order, a segment at a time."""
        for prefix, bitmap in self.segments():
            yield numbers_of(prefix, bitmap)


class NumberSetChange:
    """The next version of a set, made segment by segment; the set it began from stays as it is."""

    def __init__(self, base: NumberSet) -> None:
        self._segments = dict(base.segments())
        self._count = base.count
        self._size_bytes = base.size_bytes

    def enter(self, prefix: int, bitmap: BitMap) -> None:
        """Put numbers in; those that are there already change nothing."""
        if bitmap:
            self._put(prefix, self._segments.get(prefix, _EMPTY) | bitmap)

    def leave(self, prefix: int, bitmap: BitMap) -> None:
        """Take numbers out; those that are not there change nothing."""
        held = self._segments.get(prefix)
        if held is not None:
            self._put(prefix, held - bitmap)

    def put(self, prefix: int, bitmap: BitMap) -> None:
        """Make a prefix hold just these numbers. The bitmap is kept: do not change it."""
        before = self._segments.pop(prefix, None)
        if before is not None:
            self._count -= len(before)
            self._size_bytes -= _size_bytes(before)
        if bitmap:
            self._segments[prefix] = bitmap
            self._count += len(bitmap)
            self._size_bytes += _size_bytes(bitmap)

    def put_union(self, prefix: int, parts: Sequence[BitMap]) -> None:
        """Make a prefix hold just what some bitmaps hold together; a single one is kept: do not change it."""
        if len(parts) == 1:
            self.put(prefix, parts[0])
        else:
            self._put(prefix, BitMap.union(*parts) if parts else BitMap())

    def finish(self) -> NumberSet:
        """Return the next version."""
        return NumberSet(self._segments, self._count, self._size_bytes)

    def _put(self, prefix: int, made: BitMap) -> None:
        # so that a set's size depends on what it holds, never on how it came to hold it
        made.run_optimize()
        self.put(prefix, made)


def _size_bytes(bitmap: BitMap) -> int:
    statistics = bitmap.get_statistics()
    return (
        _TABLE_ENTRY_BYTES
        + statistics["n_bytes_array_containers"]
        + statistics["n_bytes_bitset_containers"]
        + statistics["n_bytes_run_containers"]
    )
