"""A list as the index knows it: its numbers, and how fresh it is for a number."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from dncd_engine.index import NumberSet
from dncd_engine.model import ListDefinition, ListKind
from dncd_engine.segments import Numbers

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


@dataclass(frozen=True, slots=True)
class ListState:
    """A list at a version.

    Attributes:
        name: The list's name.
        definition: What it means.
        numbers: What is on it.
        coverage: Publisher's date by covered prefix, microseconds since 1970, 0 where none was given.
        loaded: Whether any batch is in force.
        version: The ledger's version of its newest change.
        created_version: The version that defined it: what an earlier list of the same name held is not its own.
    """

    name: str
    definition: ListDefinition
    numbers: NumberSet = field(default_factory=NumberSet)
    coverage: Mapping[str, int] = field(default_factory=dict)
    loaded: bool = False
    version: int = 0
    created_version: int = 0

    def stale_at_us(self, published_us: int) -> int:
        """Return the instant from which a publication is too old; 0 where it never is."""
        max_age = self.definition.effective_max_age_seconds
        return published_us + max_age * US_PER_SECOND if max_age else 0

    def speaks_of(self, number: int, country: str) -> bool:
        """Tell whether the freshness of this list matters for a number; one of no known country may be of any."""
        definition = self.definition
        if definition.prefixes:
            return str(number).startswith(definition.prefixes)
        return not definition.countries or not country or country in definition.countries

    def freshness(self, number: int, country: str, at_us: int) -> Freshness:
        """Tell whether a verdict about a number may rest on this list at an instant."""
        if not self.speaks_of(number, country):
            return Freshness.FRESH
        if not self.loaded:
            return Freshness.FRESH if self.definition.starts_empty else Freshness.NEVER_LOADED
        if self.definition.kind is not ListKind.REGISTRY:
            return Freshness.FRESH
        published_us = self._published_us(number)
        if published_us is None:
            return Freshness.NOT_COVERED
        return self._age(published_us, at_us)

    def freshness_many(
        self, numbers: Numbers, countries: list[str], at_us: int
    ) -> NDArray[np.int64]:
        """Tell of each number what ``freshness`` tells, in the order given."""
        definition = self.definition
        alike = not (definition.prefixes or definition.countries)
        if alike and (
            definition.kind is not ListKind.REGISTRY or set(self.coverage) <= {EVERYWHERE}
        ):
            return np.full(numbers.size, self.freshness(0, "", at_us), dtype=np.int64)
        each = zip(numbers.tolist(), countries, strict=True)
        told = (self.freshness(number, country, at_us) for number, country in each)
        return np.fromiter(told, dtype=np.int64, count=numbers.size)

    def is_stale(self, at_us: int) -> bool:
        """Tell whether any part of the list is too old, or undated, at an instant."""
        if self.definition.kind is not ListKind.REGISTRY:
            return False
        return any(
            self._age(published, at_us) is not Freshness.FRESH
            for published in self.coverage.values()
        )

    def _published_us(self, number: int) -> int | None:
        digits = str(number)
        for length in range(len(digits), -1, -1):
            published_us = self.coverage.get(digits[:length])
            if published_us is not None:
                return published_us
        return None

    def _age(self, published_us: int, at_us: int) -> Freshness:
        if not published_us:
            return Freshness.UNDATED
        stale_at_us = self.stale_at_us(published_us)
        return Freshness.STALE if stale_at_us and at_us >= stale_at_us else Freshness.FRESH


def coverage_after(
    coverage: Mapping[str, int], prefixes: Iterable[str], published_us: int
) -> dict[str, int]:
    """Return a coverage with one more publication.

    A part that something wider covers at least as newly is not kept, so the longest prefix of a number is the newest.

    Args:
        coverage: Publisher's date by covered prefix.
        prefixes: What the publication covers.
        published_us: Its date, 0 where none was given.
    """
    dates = dict(coverage)
    for prefix in prefixes:
        dates[prefix] = max(published_us, dates.get(prefix, 0))
    return {
        prefix: date
        for prefix, date in dates.items()
        if all(dates.get(prefix[:length], -1) < date for length in range(len(prefix)))
    }
