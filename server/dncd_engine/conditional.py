"""Conditional entries: numbers that act only from, until or for something, kept by what decides about them.

Nearly every entry is plain, so these are few, and a check must not pay for how many different terms a list has. They
are rows (number, stratum) in one sorted array for each prefix: a check looks its number up in a set of all numbers
that have any, then bisects one array and evaluates the few strata found there, at its own instant. Nothing is applied
when an instant comes, so nothing can come late.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from dncd_engine.index import NumberSet, NumberSetChange
from dncd_engine.segments import LOW_MASK, PREFIX_SHIFT, Numbers
from dncd_engine.strata import Stratum

Rows = NDArray[np.uint64]
"""Sorted: low bits of the number times 2 ** 32, plus the stratum's id; each pair once."""
Weigh = Callable[[Stratum], int]

_ID_BITS = np.uint64(32)
_ID_MASK = np.uint64(0xFFFF_FFFF)
_NEXT_LOW = 1 << 32
_SHIFT = np.uint64(PREFIX_SHIFT)
_MASK = np.uint64(LOW_MASK)
_NO_ROWS: Rows = np.zeros(0, dtype=np.uint64)
_EMPTY = BitMap()
_ROW_BYTES = 8
_ARRAY_BYTES = 200
"""About what an array costs beside its bytes: the table's slot, the integer key and the object."""
_STRATUM_BYTES = 500
"""About what a stratum costs: itself and its slots in three tables."""


class _Strata:
    """The strata in use, each with an id that is never given to another, and with how many rows it has."""

    __slots__ = ("_rows_of", "_touched", "id_of", "next_id", "of_id")

    def __init__(self) -> None:
        self.id_of: dict[Stratum, int] = {}
        self.of_id: dict[int, Stratum] = {}
        self.next_id = 0
        self._rows_of: dict[int, int] = {}
        self._touched: set[int] = set()

    def copy(self) -> "_Strata":
        """Return a table to change; the cost does not depend on what the strata hold."""
        made = _Strata()
        made.id_of, made.of_id = self.id_of.copy(), self.of_id.copy()
        made._rows_of, made.next_id = self._rows_of.copy(), self.next_id
        return made

    def give_id(self, stratum: Stratum) -> int:
        """Return a stratum's id, a new one where it has none."""
        known = self.id_of.get(stratum)
        if known is None:
            known = self.id_of[stratum] = self.next_id
            self.of_id[known] = stratum
            self._rows_of[known] = 0
            self._touched.add(known)
            self.next_id += 1
        return known

    def count(self, rows: Rows, sign: int) -> None:
        """Count rows that came (1) or went (-1)."""
        ids, counts = np.unique(rows & _ID_MASK, return_counts=True)
        for stratum_id, count in zip(ids.tolist(), counts.tolist(), strict=True):
            self._rows_of[stratum_id] += sign * count
            self._touched.add(stratum_id)

    def forget(self) -> None:
        """Drop those that have lost their last row."""
        for stratum_id in self._touched:
            if not self._rows_of[stratum_id]:
                del self._rows_of[stratum_id]
                del self.id_of[self.of_id.pop(stratum_id)]
        self._touched = set()


class Conditional:
    """An immutable set of pairs of a number and a stratum, none of which is ``PLAIN``.

    Attributes:
        numbers: Every number that has a pair.
        count: How many pairs there are.
        size_bytes: About what it takes in memory.
    """

    __slots__ = ("_rows", "_strata", "count", "numbers", "size_bytes")

    def __init__(
        self,
        rows: Mapping[int, Rows] | None = None,
        strata: _Strata | None = None,
        numbers: NumberSet | None = None,
        count: int = 0,
    ) -> None:
        self._rows = rows or {}
        self._strata = strata or _Strata()
        self.numbers = numbers or NumberSet()
        self.count = count
        of_rows = _ROW_BYTES * count + _ARRAY_BYTES * len(self._rows)
        of_strata = _STRATUM_BYTES * len(self._strata.of_id)
        self.size_bytes = self.numbers.size_bytes + of_rows + of_strata

    @property
    def strata(self) -> tuple[Stratum, ...]:
        """The strata in use, the oldest first."""
        return tuple(self._strata.id_of)

    def strata_of(self, number: int) -> tuple[Stratum, ...]:
        """Return the strata that hold a number."""
        if not self._rows or not self.numbers.contains(number):
            return ()
        rows = self._rows[number >> PREFIX_SHIFT]
        first = (number & LOW_MASK) * _NEXT_LOW
        start, end = rows.searchsorted(np.array((first, first + _NEXT_LOW), dtype=np.uint64))
        ids = (rows[start:end] & _ID_MASK).tolist()
        return tuple([self._strata.of_id[stratum_id] for stratum_id in ids])

    def raise_weights(self, weights: NDArray[np.int64], numbers: Numbers, weigh: Weigh) -> None:
        """Raise each number's weight to the greatest of the strata that hold it, each stratum weighed once at most."""
        if not self._rows:
            return
        places = np.flatnonzero(self.numbers.contains_many(numbers))
        if not places.size:
            return
        places = places[np.argsort(numbers[places], kind="stable")]
        ids, lengths = self._ids_of(numbers[places])
        met, inverse = np.unique(ids, return_inverse=True)
        of_id = self._strata.of_id
        told = np.array([weigh(of_id[stratum_id]) for stratum_id in met.tolist()], dtype=np.int64)
        starts = np.concatenate(([0], np.cumsum(lengths[:-1])))
        greatest = np.maximum.reduceat(told[inverse], starts)
        weights[places] = np.maximum(weights[places], greatest)

    def _ids_of(self, numbers: Numbers) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """Return the ids that hold numbers, one number's after the other's, and of each number how many.

        Args:
            numbers: Sorted; each has one at least.
        """
        prefixes = numbers >> _SHIFT
        firsts = (numbers & _MASK) << _ID_BITS
        edges = np.flatnonzero(prefixes[1:] != prefixes[:-1]) + 1
        ids, lengths = [], []
        for start, end in zip((0, *edges.tolist()), (*edges.tolist(), numbers.size), strict=True):
            rows = self._rows[int(prefixes[start])]
            begins = rows.searchsorted(firsts[start:end])
            many = rows.searchsorted(firsts[start:end] + np.uint64(_NEXT_LOW)) - begins
            # the rows of a number stand together; of number after number, each run begins where its own does
            shift = np.repeat(begins - np.cumsum(many) + many, many)
            ids.append(rows[shift + np.arange(shift.size)] & _ID_MASK)
            lengths.append(many)
        return np.concatenate(ids), np.concatenate(lengths)

    def strata_at(self, prefix: int) -> dict[Stratum, BitMap]:
        """Return the low bits of the numbers under a prefix, by stratum."""
        rows = self._rows.get(prefix)
        if rows is None:
            return {}
        ids = rows & _ID_MASK
        order = np.argsort(ids, kind="stable")
        met, starts = np.unique(ids[order], return_index=True)
        low = (rows >> _ID_BITS).astype(np.uint32)[order]
        parts = np.split(low, starts[1:])
        of_id = self._strata.of_id
        return {
            of_id[stratum_id]: BitMap(part)
            for stratum_id, part in zip(met.tolist(), parts, strict=True)
        }

    def rows(self) -> Iterator[tuple[int, NDArray[np.uint32], NDArray[np.uint32]]]:
        """Yield (prefix, low bits, place in ``strata``) in order of prefix."""
        place_of = {self._strata.id_of[stratum]: at for at, stratum in enumerate(self.strata)}
        for prefix in sorted(self._rows):
            rows = self._rows[prefix]
            met, inverse = np.unique(rows & _ID_MASK, return_inverse=True)
            places = np.array([place_of[known] for known in met.tolist()], dtype=np.uint32)
            yield prefix, (rows >> _ID_BITS).astype(np.uint32), places[inverse]

    def changed_prefixes(self, other: "Conditional") -> set[int]:
        """Return the prefixes at which this set and one that it was made from are not the same object."""
        prefixes = self._rows.keys() | other._rows.keys()
        return {at for at in prefixes if self._rows.get(at) is not other._rows.get(at)}


class ConditionalChange:
    """The next version of a set; what enters and leaves is collected by prefix and merged once.

    The cost is that of the prefixes that are touched and of a copy of the tables, whatever number of strata there are.
    """

    def __init__(self, base: Conditional) -> None:
        self._rows = dict(base._rows)
        self._count = base.count
        self._strata = base._strata.copy()
        self._numbers = NumberSetChange(base.numbers)
        self._pending: dict[int, dict[int, tuple[BitMap, BitMap]]] = {}

    def enter(self, stratum: Stratum, prefix: int, bitmap: BitMap) -> None:
        """Put numbers into a stratum; those that are there already change nothing."""
        if bitmap:
            of_prefix = self._pending.setdefault(prefix, {})
            stratum_id = self._strata.give_id(stratum)
            come, gone = of_prefix.get(stratum_id, (_EMPTY, _EMPTY))
            of_prefix[stratum_id] = (come | bitmap, gone - bitmap)

    def leave(self, stratum: Stratum, prefix: int, bitmap: BitMap) -> None:
        """Take numbers out of a stratum; those that are not there change nothing."""
        stratum_id = self._strata.id_of.get(stratum)
        if stratum_id is not None and bitmap:
            of_prefix = self._pending.setdefault(prefix, {})
            come, gone = of_prefix.get(stratum_id, (_EMPTY, _EMPTY))
            of_prefix[stratum_id] = (come - bitmap, gone | bitmap)

    def put_rows(
        self,
        prefix: int,
        low: NDArray[np.uint32],
        places: NDArray[np.uint32],
        strata: Sequence[Stratum],
    ) -> None:
        """Put rows in, given as columns; ``places`` are places in ``strata``."""
        self._merge(prefix)
        met, inverse = np.unique(places, return_inverse=True)
        known = [self._strata.give_id(strata[place]) for place in met.tolist()]
        ids = np.array(known, dtype=np.uint64)[inverse]
        self._put(prefix, come=np.unique(low.astype(np.uint64) << _ID_BITS | ids))

    def put_union(self, prefix: int, parts: Sequence[Conditional]) -> None:
        """Make a prefix hold just what some sets hold there together, whatever it held."""
        self._merge(prefix)
        mine = [
            self._as_own(part, rows)
            for part in parts
            if (rows := part._rows.get(prefix)) is not None
        ]
        rows = np.unique(np.concatenate(mine)) if mine else _NO_ROWS
        self._put(prefix, come=rows, gone=self._rows.get(prefix, _NO_ROWS))

    def finish(self) -> Conditional:
        """Return the next version."""
        for prefix in list(self._pending):
            self._merge(prefix)
        self._strata.forget()
        return Conditional(
            dict(self._rows), self._strata.copy(), self._numbers.finish(), self._count
        )

    def _merge(self, prefix: int) -> None:
        """Put what was collected for a prefix into its rows."""
        of_prefix = self._pending.pop(prefix, None)
        if of_prefix:
            come = _rows_of((known, entering) for known, (entering, _) in of_prefix.items())
            gone = _rows_of((known, leaving) for known, (_, leaving) in of_prefix.items())
            self._put(prefix, come, gone)

    def _as_own(self, part: Conditional, rows: Rows) -> Rows:
        """Return another set's rows with the ids that their strata have here."""
        met, inverse = np.unique(rows & _ID_MASK, return_inverse=True)
        known = [self._strata.give_id(part._strata.of_id[of_part]) for of_part in met.tolist()]
        return rows & ~_ID_MASK | np.array(known, dtype=np.uint64)[inverse]

    def _put(self, prefix: int, come: Rows, gone: Rows = _NO_ROWS) -> None:
        before = self._rows.get(prefix, _NO_ROWS)
        left, went = _without(before, gone)
        after, came = _with(left, come)
        self._strata.count(went, -1)
        self._strata.count(came, 1)
        self._count += after.size - before.size
        if after.size:
            self._rows[prefix] = after
        else:
            self._rows.pop(prefix, None)
        self._numbers.put(prefix, BitMap((after >> _ID_BITS).astype(np.uint32)))


def _rows_of(bitmaps: Iterable[tuple[int, BitMap]]) -> Rows:
    parts = [
        np.frombuffer(bitmap.to_array(), dtype=np.uint32).astype(np.uint64) << _ID_BITS
        | np.uint64(stratum_id)
        for stratum_id, bitmap in bitmaps
        if bitmap
    ]
    return np.sort(np.concatenate(parts)) if parts else _NO_ROWS


def _places_in(rows: Rows, wanted: Rows) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return where wanted rows stand or would stand, and which of them are there."""
    places = rows.searchsorted(wanted)
    is_there = np.zeros(wanted.size, dtype=np.bool_)
    inside = places < rows.size
    is_there[inside] = rows[places[inside]] == wanted[inside]
    return places, is_there


def _without(rows: Rows, gone: Rows) -> tuple[Rows, Rows]:
    """Return rows less some, and those of them that were there."""
    places, is_there = _places_in(rows, gone)
    return np.delete(rows, places[is_there]), gone[is_there]


def _with(rows: Rows, come: Rows) -> tuple[Rows, Rows]:
    """Return rows with some more, and those of them that were not there."""
    places, is_there = _places_in(rows, come)
    new = come[~is_there]
    return np.insert(rows, places[~is_there], new), new
