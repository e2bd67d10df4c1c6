"""The entries of a list: its numbers, each in one or more strata, read by many while one writer makes the next version.

Nearly all are plain and stand in one set of numbers; the others are conditional. Nothing here is ever changed: a change
copies what it touches, so whoever holds the old version keeps a whole and unmoving one.
"""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from dncd_engine.conditional import Conditional, ConditionalChange, Weigh
from dncd_engine.index import NumberSet, NumberSetChange
from dncd_engine.segments import Numbers
from dncd_engine.strata import PLAIN, Stratum

_NO_NUMBERS = NumberSet()
_NONE_CONDITIONAL = Conditional()


class Entries:
    """An immutable set of pairs of a number and a stratum.

    Attributes:
        plain: The numbers in the stratum ``PLAIN``.
        conditional: Those in any other.
    """

    __slots__ = ("_in_both", "conditional", "plain")

    def __init__(
        self,
        plain: NumberSet = _NO_NUMBERS,
        conditional: Conditional = _NONE_CONDITIONAL,
        in_both: int = 0,
    ) -> None:
        self.plain = plain
        self.conditional = conditional
        self._in_both = in_both

    @property
    def count(self) -> int:
        """How many distinct numbers there are, in whatever stratum."""
        return self.plain.count + self.conditional.numbers.count - self._in_both

    @property
    def size_bytes(self) -> int:
        """About what they take in memory."""
        return self.plain.size_bytes + self.conditional.size_bytes

    @property
    def strata(self) -> tuple[Stratum, ...]:
        """The strata in use, ``PLAIN`` first."""
        return (PLAIN, *self.conditional.strata) if self.plain.count else self.conditional.strata

    def strata_of(self, number: int) -> tuple[Stratum, ...]:
        """Return the strata that hold a number, in order, so ``PLAIN`` first."""
        others = sorted(self.conditional.strata_of(number))
        return (PLAIN, *others) if self.plain.contains(number) else tuple(others)

    def holds(self, number: int, wanted: Callable[[Stratum], bool]) -> bool:
        """Tell whether any stratum that is wanted holds a number."""
        if self.plain.contains(number) and wanted(PLAIN):
            return True
        return any(wanted(stratum) for stratum in self.conditional.strata_of(number))

    def holds_many(self, numbers: Numbers, wanted: Callable[[Stratum], bool]) -> NDArray[np.bool_]:
        """Tell of each number what ``holds`` tells, in the order given."""
        return self.weigh_many(numbers, wanted) > 0

    def weigh(self, number: int, weigh: Weigh) -> int:
        """Return the greatest weight of the strata that hold a number; 0 where none does, or none weighs more."""
        return max((weigh(stratum) for stratum in self.strata_of(number)), default=0)

    def weigh_many(self, numbers: Numbers, weigh: Weigh) -> NDArray[np.int64]:
        """Return of each number what ``weigh`` returns, in the order given; each stratum is weighed once at most."""
        weights = self.plain.contains_many(numbers).astype(np.int64) * max(0, int(weigh(PLAIN)))
        self.conditional.raise_weights(weights, numbers, weigh)
        return weights

    def strata_at(self, prefix: int) -> dict[Stratum, BitMap]:
        """Return the low bits of the numbers under a prefix, by stratum; not to be changed."""
        plain = self.plain.segment(prefix)
        return {**({PLAIN: plain} if plain else {}), **self.conditional.strata_at(prefix)}

    def prefixes(self) -> list[int]:
        """Return every prefix that has a number, in order."""
        return sorted(self.plain.prefixes | self.conditional.numbers.prefixes)

    def changed_prefixes(self, other: "Entries") -> set[int]:
        """Return the prefixes at which these may differ from those that they were made from, or that were made of them.

        Prefixes that neither change touched share their objects; of unrelated entries, all prefixes are returned.
        """
        of_plain = self.plain.changed_prefixes(other.plain)
        return of_plain | self.conditional.changed_prefixes(other.conditional)


class EntriesChange:
    """The next version of a list's entries; those that it began from stay as they are."""

    def __init__(self, base: Entries) -> None:
        self._base = base
        self._plain = NumberSetChange(base.plain)
        self._conditional: ConditionalChange | None = None
        self._touched: set[int] = set()

    def enter(self, stratum: Stratum, prefix: int, bitmap: BitMap) -> None:
        """Put numbers into a stratum; those that are there already change nothing."""
        self._touched.add(prefix)
        if stratum == PLAIN:
            self._plain.enter(prefix, bitmap)
        else:
            self._of_conditional().enter(stratum, prefix, bitmap)

    def leave(self, stratum: Stratum, prefix: int, bitmap: BitMap) -> None:
        """Take numbers out of a stratum; those that are not there change nothing."""
        self._touched.add(prefix)
        if stratum == PLAIN:
            self._plain.leave(prefix, bitmap)
        else:
            self._of_conditional().leave(stratum, prefix, bitmap)

    def enter_rows(
        self,
        prefix: int,
        low: NDArray[np.uint32],
        places: NDArray[np.uint32],
        strata: Sequence[Stratum],
    ) -> None:
        """Put conditional entries in, given as columns: low bits of the number, place of the stratum in ``strata``."""
        self._touched.add(prefix)
        self._of_conditional().put_rows(prefix, low, places, strata)

    def put_union(self, prefixes: Iterable[int], parts: Sequence[Entries]) -> None:
        """Make some prefixes hold just what some lists hold there together, whatever they held."""
        for prefix in prefixes:
            self._touched.add(prefix)
            held = [bitmap for part in parts if (bitmap := part.plain.segment(prefix))]
            self._plain.put_union(prefix, held)
            self._of_conditional().put_union(prefix, [part.conditional for part in parts])

    def finish(self) -> Entries:
        """Return the next version."""
        plain, old = self._plain.finish(), self._base
        conditional = self._conditional.finish() if self._conditional else old.conditional
        in_both = old._in_both + sum(
            _in_both(plain, conditional, prefix) - _in_both(old.plain, old.conditional, prefix)
            for prefix in self._touched
        )
        return Entries(plain, conditional, in_both)

    def _of_conditional(self) -> ConditionalChange:
        if self._conditional is None:
            self._conditional = ConditionalChange(self._base.conditional)
        return self._conditional


def _in_both(plain: NumberSet, conditional: Conditional, prefix: int) -> int:
    return plain.segment(prefix).intersection_cardinality(conditional.numbers.segment(prefix))
