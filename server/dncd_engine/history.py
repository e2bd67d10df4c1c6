"""What a list holds, told from its batches alone, slice by slice: the one definition that every index must agree with.

A slice is the numbers that share a prefix (``number >> 22``), as bitmaps of their low bits. ``fold`` goes through the
batches of a list in the order in which they came and keeps entries as the kinds of lists demand it: on one that blocks
they accumulate, on one that opens the latest batch that names a number takes the place of what was there.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from dncd_engine.entries import Entries
from dncd_engine.lists import EVERYWHERE, coverage_after, date_of
from dncd_engine.model import ListKind
from dncd_engine.segments import LOW_MASK, PREFIX_SHIFT
from dncd_engine.strata import PLAIN, Stratum

MAX_DIGITS = 15
Strata = dict[Stratum, BitMap]
"""Low bits by stratum; none of them empty."""


class Mode(IntEnum):
    """What a batch does to its list; the values are the protocol's."""

    ADD = 1
    REMOVE = 2
    REPLACE = 3
    CHANGE = 4
    REVERT = 5


@dataclass(frozen=True, slots=True)
class Accepted:
    """A batch as the history of its list knows it.

    Attributes:
        version: The ledger's version that brought it.
        batch_id: The client's id.
        mode: What it does.
        strata: The strata of its entries, by index.
        at_us: Instant of its event.
        published_us: The publisher's date, 0 where none was given.
        asked_us: When all of its persons asked, 0 where it does not say so for all of them.
        coverage: E.164 prefixes that it speaks about; none means all.
        everything: Whether a replace touches entries that came by add or opt-out, too.
        reverts: The batch that it undoes.
        is_opt_out: Whether it is what persons said, and not a load.
        freshens: Whether an add could be the whole publication, so that its date counts for all that it covers.
    """

    version: int
    batch_id: str
    mode: Mode
    strata: tuple[Stratum, ...] = (PLAIN,)
    at_us: int = 0
    published_us: int = 0
    asked_us: int = 0
    coverage: tuple[str, ...] = ()
    everything: bool = False
    reverts: str = ""
    is_opt_out: bool = False
    freshens: bool = True

    @property
    def file_date_us(self) -> int:
        """As of when the file speaks: the publisher's date, else the instant at which it came."""
        return self.published_us or self.at_us

    @property
    def is_load(self) -> bool:
        """Whether it loads the list: a removal, a revert and a person's own word do not."""
        return self.mode in (Mode.ADD, Mode.REPLACE, Mode.CHANGE) and not self.is_opt_out


@dataclass(frozen=True, slots=True)
class Asked:
    """When persons asked, of the rows of a slice that say so: two columns, sorted by low bits."""

    low: NDArray[np.uint32]
    at_us: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Named:
    """What a batch names under one prefix.

    Attributes:
        entries: Low bits by stratum; of a removal, under the plain one.
        ended: Low bits that a change of a published series deletes.
        asked: When its persons asked, where rows say so.
    """

    entries: Mapping[Stratum, BitMap] = field(default_factory=dict)
    ended: BitMap = field(default_factory=BitMap)
    asked: Asked | None = None

    @property
    def numbers(self) -> BitMap:
        """The low bits that have entries."""
        return BitMap.union(BitMap(), *self.entries.values())


Step = tuple[Accepted, Named]


def standing(batches: Sequence[Accepted]) -> list[Accepted]:
    """Return the batches that count, in their order: those that no later one that counts has reverted."""
    reverted: set[str] = set()
    kept = []
    for batch in reversed(batches):
        if batch.batch_id in reverted:
            continue
        kept.append(batch)
        if batch.mode is Mode.REVERT:
            reverted.add(batch.reverts)
    return kept[::-1]


def coverage_of(batches: Iterable[Accepted]) -> tuple[dict[str, int], bool]:
    """Return how fresh a list is by prefix, and whether it is loaded, from the batches that count."""
    parts: dict[str, int] = {}
    loaded = False
    for batch in batches:
        if batch.is_load:
            loaded = True
            parts = coverage_with(parts, batch)
    return parts, loaded


def coverage_with(parts: Mapping[str, int], batch: Accepted) -> dict[str, int]:
    """Return how fresh a list is by prefix after one more load.

    A replace brings its date, or that it has none, to all that it covers. What else says nothing of dates, such as a
    batch that mends another, makes nothing fresher; nor does an add that cannot be the whole publication, which speaks
    only of what nothing covered before.
    """
    prefixes = batch.coverage or (EVERYWHERE,)
    if batch.mode is Mode.REPLACE:
        return _replaced(parts, prefixes, batch.published_us)
    if parts and not batch.coverage and not batch.published_us:
        return dict(parts)
    if batch.mode is Mode.ADD and parts and not batch.freshens:
        fresh = batch.coverage and {
            prefix: batch.published_us
            for prefix in batch.coverage
            if date_of(prefix, parts) is None
        }
        return {**parts, **(fresh or {})}
    return coverage_after(parts, prefixes, batch.published_us)


def _replaced(parts: Mapping[str, int], prefixes: Sequence[str], date: int) -> dict[str, int]:
    inside = frozenset(prefixes)
    kept = {
        part: old
        for part, old in parts.items()
        if inside.isdisjoint(part[:length] for length in range(len(part) + 1))
    }
    return kept | {
        prefix: date
        for prefix in prefixes
        # a part that something wider covers as newly says nothing of its own
        if inside.isdisjoint(prefix[:length] for length in range(len(prefix)))
        and date_of(prefix, kept) != date
    }


def covered_count(entries: Entries, coverage: Sequence[str]) -> int:
    """Return how many numbers of a list begin with one of these digits; none means all of them."""
    if not coverage:
        return entries.count
    total = 0
    for prefix in entries.prefixes():
        inside = covered(prefix, coverage)
        held = BitMap.union(BitMap(), *entries.strata_at(prefix).values())
        total += len(held if inside is None else held & inside)
    return total


def covered(prefix: int, coverage: Sequence[str]) -> BitMap | None:
    """Return the low bits under a prefix whose numbers begin with one of these digits; None means all of them."""
    if not coverage:
        return None
    base = prefix << PREFIX_SHIFT
    found = BitMap()
    for part in coverage:
        for zeros in range(MAX_DIGITS - len(part) + 1):
            start = int(part) * 10**zeros - base
            end = start + 10**zeros
            if start <= LOW_MASK and end > 0:
                found.add_range(max(start, 0), min(end, LOW_MASK + 1))
    return found


def fold(kind: ListKind, steps: Iterable[Step], prefix: int) -> Strata:
    """Return what a slice of a list holds after the batches that count, in their order."""
    held = _Held(kind, prefix)
    for batch, named in steps:
        held.take(batch, named)
    return held.strata()


def after_add(kind: ListKind, before: Mapping[Stratum, BitMap], named: Named) -> Strata:
    """Return a slice after an add, without a look at the history: just what ``fold`` returns."""
    numbers = named.numbers if kind.opens else BitMap()
    after = {stratum: bitmap - numbers for stratum, bitmap in before.items()}
    for stratum, bitmap in named.entries.items():
        after[stratum] = after.get(stratum, BitMap()) | bitmap
    return _filled(after)


def after_remove(before: Mapping[Stratum, BitMap], named: Named) -> Strata:
    """Return a slice after a removal, without a look at the history: just what ``fold`` returns."""
    numbers = named.numbers
    return _filled({stratum: bitmap - numbers for stratum, bitmap in before.items()})


@dataclass(slots=True)
class _Series:
    """The entries that a replace or a change put there and nothing has ended since."""

    batch: Accepted
    asked: Asked | None
    entries: Strata

    def asked_after(self, instant_us: int) -> BitMap | None:
        """Return the low bits of those who asked after an instant; None means all of them."""
        unsaid = (self.batch.asked_us or self.batch.file_date_us) > instant_us
        if self.asked is None:
            return None if unsaid else BitMap()
        late = BitMap(self.asked.low[self.asked.at_us > instant_us])
        if not unsaid:
            return late
        said = BitMap(self.asked.low)
        return BitMap.union(BitMap(), *self.entries.values()) - said | late


class _Held:
    """The entries of a slice while its history goes by."""

    def __init__(self, kind: ListKind, prefix: int) -> None:
        self._kind = kind
        self._prefix = prefix
        self._added: Strata = {}
        self._series: list[_Series] = []

    def take(self, batch: Accepted, named: Named) -> None:
        match batch.mode:
            case Mode.ADD:
                self._make_way(named)
                for stratum, bitmap in named.entries.items():
                    self._added[stratum] = self._added.get(stratum, BitMap()) | bitmap
            case Mode.REMOVE:
                self._drop(named.numbers)
            case Mode.REPLACE:
                self._end_series(batch)
                self._put_series(batch, named)
            case Mode.CHANGE:
                for item in self._series:
                    _take_out(item.entries, named.ended)
                self._put_series(batch, named)
            case Mode.REVERT:
                pass

    def strata(self) -> Strata:
        whole = dict(self._added)
        for item in self._series:
            for stratum, bitmap in item.entries.items():
                whole[stratum] = whole.get(stratum, BitMap()) | bitmap
        return _filled(whole)

    def _put_series(self, batch: Accepted, named: Named) -> None:
        self._make_way(named)
        if named.entries:
            self._series.append(_Series(batch, named.asked, dict(named.entries)))

    def _make_way(self, named: Named) -> None:
        if self._kind.opens:
            self._drop(named.numbers)

    def _drop(self, numbers: BitMap) -> None:
        _take_out(self._added, numbers)
        for item in self._series:
            _take_out(item.entries, numbers)

    def _end_series(self, batch: Accepted) -> None:
        inside = covered(self._prefix, batch.coverage)
        spares_late = self._kind.is_own and not batch.everything
        for item in self._series:
            late = item.asked_after(batch.file_date_us) if spares_late else BitMap()
            if late is None:
                continue
            for stratum, bitmap in item.entries.items():
                ending = bitmap if inside is None else bitmap & inside
                item.entries[stratum] = bitmap - (ending - late)
        self._series = [item for item in self._series if any(item.entries.values())]
        if batch.everything:
            for stratum, bitmap in self._added.items():
                self._added[stratum] = BitMap() if inside is None else bitmap - inside


def _take_out(strata: Strata, numbers: BitMap) -> None:
    if numbers:
        for stratum, bitmap in strata.items():
            strata[stratum] = bitmap - numbers


def _filled(strata: Mapping[Stratum, BitMap]) -> Strata:
    return {stratum: bitmap for stratum, bitmap in strata.items() if bitmap}
