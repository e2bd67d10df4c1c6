"""A list as the index knows it: its entries, and how fresh it is for a number."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from dncd_engine.entries import Entries
from dncd_engine.model import ListDefinition, ListKind
from dncd_engine.segments import Numbers
from dncd_engine.strata import Stratum

US_PER_SECOND = 1_000_000
EVERYWHERE = ""
"""The prefix that covers every number."""


class Freshness(IntEnum):
    """Whether a verdict about a number may rest on a list."""

    FRESH = 0
    NEVER_LOADED = 1
    STALE = 2
    UNDATED = 3
    NOT_COVERED = 4
    LET_THROUGH = 5
    """Too old or undated, and a person let the list through for a time."""


@dataclass(frozen=True, slots=True)
class ListState:
    """A list at a version.

    Attributes:
        name: The list's name.
        definition: What it means.
        entries: What is on it.
        coverage: Publisher's date by covered prefix, microseconds since 1970, 0 where none was given.
        loaded: Whether any batch is in force.
        version: The ledger's version of its newest change.
        created_version: The version that defined it: what an earlier list of the same name held is not its own.
    """

    name: str
    definition: ListDefinition
    entries: Entries = field(default_factory=Entries)
    coverage: Mapping[str, int] = field(default_factory=dict)
    loaded: bool = False
    version: int = 0
    created_version: int = 0
    _alike: Freshness | None = field(init=False, repr=False, compare=False)
    """What holds of every number that the list speaks of; None where it is of each by itself."""

    def __post_init__(self) -> None:
        """Work out, once for all questions, what follows from the list as a whole."""
        object.__setattr__(self, "_alike", self._freshness_alike())

    def holds(self, number: int, purpose: str, at_us: int) -> bool:
        """Tell whether an entry that is active at an instant counts for a campaign of a purpose."""
        entries = self.entries
        # a plain entry counts at every instant and for every purpose: nearly every question ends here
        if entries.plain.contains(number):
            return True
        return bool(entries.conditional.count) and entries.holds(
            number, self._counts(purpose, at_us)
        )

    def holds_many(self, numbers: Numbers, purpose: str, at_us: int) -> NDArray[np.bool_]:
        """Tell of each number what ``holds`` tells, in the order given."""
        return self.entries.holds_many(numbers, self._counts(purpose, at_us))

    def stale_at_us(self, published_us: int) -> int:
        """Return the instant from which a publication is too old; 0 where it never is."""
        max_age = self.definition.effective_max_age_seconds
        return published_us + max_age * US_PER_SECOND if max_age else 0

    def speaks_of(self, number: int, country: str) -> bool:
        """Tell whether absence from this list, or its age, matters; a number of no known country may be of any."""
        definition = self.definition
        if definition.prefixes:
            return str(number).startswith(definition.prefixes)
        return not definition.countries or not country or country in definition.countries

    def speaks_of_many(self, numbers: Numbers, countries: list[str]) -> NDArray[np.bool_]:
        """Tell of each number what ``speaks_of`` tells, in the order given."""
        if not (self.definition.prefixes or self.definition.countries):
            return np.ones(numbers.size, dtype=np.bool_)
        each = map(self.speaks_of, numbers.tolist(), countries)
        return np.fromiter(each, dtype=np.bool_, count=numbers.size)

    def freshness(self, number: int, country: str, purpose: str, at_us: int) -> Freshness:
        """Tell whether a verdict about a number may rest on this list, for a purpose, at an instant.

        A registry has an age by covered prefix; a clearance has one by number, that of the entry that counts. An
        exemption only lifts, so nothing rests on it.
        """
        known = self._alike
        if known is Freshness.FRESH or not self.speaks_of(number, country):
            return Freshness.FRESH
        if known is not None:
            return known
        if self.definition.kind is ListKind.CLEARANCE:
            return self._weight_freshness(
                self.entries.weigh(number, self._dates(purpose, at_us)), at_us
            )
        return self._registry_freshness(number, at_us)

    def freshness_many(
        self, numbers: Numbers, countries: list[str], purpose: str, at_us: int
    ) -> NDArray[np.int64]:
        """Tell of each number what ``freshness`` tells, in the order given."""
        known = self._alike
        if known is None and self.definition.kind is ListKind.CLEARANCE:
            weights = self.entries.weigh_many(numbers, self._dates(purpose, at_us))
            dates, inverse = np.unique(weights, return_inverse=True)
            told = [int(self._weight_freshness(weight, at_us)) for weight in dates.tolist()]
            column = np.array(told, dtype=np.int64)[inverse]
        elif known is None and not self.coverage.keys() <= {EVERYWHERE}:
            each = map(self._registry_freshness, numbers.tolist(), repeat(at_us))
            column = np.fromiter(each, dtype=np.int64, count=numbers.size)
        else:
            alike = self._registry_freshness(0, at_us) if known is None else known
            column = np.full(numbers.size, alike, dtype=np.int64)
        return np.where(self.speaks_of_many(numbers, countries), column, int(Freshness.FRESH))

    def is_stale(self, at_us: int) -> bool:
        """Tell whether any part of the list is too old, or undated, at an instant."""
        if self.definition.kind is ListKind.CLEARANCE:
            active = (item for item in self.entries.strata if item.is_active(at_us))
            dates: Iterable[int] = (item.published_us for item in active)
        elif self.definition.kind is ListKind.REGISTRY:
            dates = self.coverage.values()
        else:
            return False
        return any(self._age(published, at_us) is not Freshness.FRESH for published in dates)

    def _counts(self, purpose: str, at_us: int) -> Callable[[Stratum], bool]:
        if self.definition.kind.blocks:
            return lambda stratum: stratum.is_active(at_us) and stratum.blocks_for(purpose)
        return lambda stratum: stratum.is_active(at_us) and stratum.opens_for(purpose)

    def _dates(self, purpose: str, at_us: int) -> Callable[[Stratum], int]:
        """Return what weighs an entry that counts by its publisher's date, so that 0 is left for none."""
        counts = self._counts(purpose, at_us)
        return lambda stratum: stratum.published_us + 1 if counts(stratum) else 0

    def _freshness_alike(self) -> Freshness | None:
        definition = self.definition
        if definition.kind is ListKind.EXEMPTION:
            return Freshness.FRESH
        if not self.loaded:
            return Freshness.FRESH if definition.starts_empty else Freshness.NEVER_LOADED
        return None if definition.kind.has_age else Freshness.FRESH

    def _registry_freshness(self, number: int, at_us: int) -> Freshness:
        published_us = date_of(str(number), self.coverage)
        if published_us is None:
            return Freshness.NOT_COVERED
        return self._age(published_us, at_us)

    def _weight_freshness(self, weight: int, at_us: int) -> Freshness:
        return self._age(weight - 1, at_us) if weight else Freshness.FRESH

    def _age(self, published_us: int, at_us: int) -> Freshness:
        if not self.definition.effective_max_age_seconds:
            return Freshness.FRESH
        if not published_us:
            return Freshness.UNDATED
        return Freshness.STALE if at_us >= self.stale_at_us(published_us) else Freshness.FRESH


def coverage_after(
    coverage: Mapping[str, int], prefixes: Iterable[str], published_us: int
) -> dict[str, int]:
    """Return a coverage with one more publication, which makes nothing older.

    A part that what is wider says the same of is not kept; the longest prefix of a number is the one that counts.

    Args:
        coverage: Publisher's date by covered prefix.
        prefixes: What the publication covers.
        published_us: Its date, 0 where none was given.
    """
    covered = frozenset(prefixes)
    dates: dict[str, int] = {}
    # the wider first: what a part says is told from what is wider, before and after
    for part in sorted({*coverage, *covered}, key=len):
        date = date_of(part, coverage) or 0
        if not covered.isdisjoint(part[:length] for length in range(len(part) + 1)):
            date = max(date, published_us)
        if date_of(part, dates) != date:
            dates[part] = date
    return dates


def date_of(prefix: str, coverage: Mapping[str, int]) -> int | None:
    """Return the date of what covers the whole of a prefix, None where nothing does."""
    for length in range(len(prefix), -1, -1):
        date = coverage.get(prefix[:length])
        if date is not None:
            return date
    return None
