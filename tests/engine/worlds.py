"""Ledgers' content as a person would write it down, and the engine's state of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from dncd_engine.entries import Entries, EntriesChange
from dncd_engine.index import NumberSet
from dncd_engine.lists import EVERYWHERE, coverage_after
from dncd_engine.model import CampaignDefinition, ListDefinition, ListKind
from dncd_engine.numbers import Reject
from dncd_engine.segments import cut
from dncd_engine.state import ListChange, PolicyChange, State
from dncd_engine.strata import PLAIN, Stratum

DAY_US = 86_400_000_000
NOON = 20_000 * DAY_US
"""The instant around which random ledgers live."""
PURPOSES = ("sales", "survey")


@dataclass(frozen=True)
class Sample:
    """A number that nobody has, with what the numbering plans say of it."""

    number: int
    country: str = ""
    never_dial: bool = False
    reject: Reject | None = None


SAMPLES = (
    *(Sample(81_45000_0000 + line, "JP") for line in (0, 1, 10, 9999)),
    Sample(81_990_000123, "JP", never_dial=True),
    *(Sample(1_202_555_0100 + line, "US") for line in (0, 1, 99)),
    Sample(1_604_555_0100, "CA"),
    Sample(1_900_555_0100, "US", never_dial=True),
    Sample(44_20_7946_0018, "GB"),
    Sample(44_7700_900123),  # a range for fiction, which the metadata gives no country
    Sample(81_0_45000_0000, reject=Reject.INVALID_NUMBER),
    Sample(1_202_555_010, reject=Reject.TOO_SHORT),
    Sample(2**64 - 1, reject=Reject.TOO_LONG),
    Sample(110, reject=Reject.SPECIAL_NUMBER),
)
READABLE = tuple(sample.number for sample in SAMPLES if sample.reject is None)
OWN = (ListKind.DO_NOT_CONTACT, ListKind.SUSPENDED_USE)
BLOCKING = (*OWN, ListKind.REGISTRY)


@dataclass(frozen=True)
class Load:
    """A file that was added to a list, all of its numbers in one stratum."""

    numbers: frozenset[int]
    coverage: tuple[str, ...] = ()
    published_us: int = 0
    stratum: Stratum = PLAIN


@dataclass(frozen=True)
class World:
    """A ledger's content as a person would write it down."""

    region: str = "JP"
    lists: dict[str, ListDefinition] = field(default_factory=dict)
    campaigns: dict[str, CampaignDefinition] = field(default_factory=dict)
    loads: tuple[tuple[str, Load], ...] = ()
    overrides: dict[str, int] = field(default_factory=dict)

    def state(self) -> State:
        """Return the engine's state of this ledger, a version for each load and each override."""
        state = State(version=1).with_region(self.region)
        state = state.with_policy(
            PolicyChange(purposes=PURPOSES, lists=self.lists, campaigns=self.campaigns)
        )
        for name, load in self.loads:
            state = taken(replace(state, version=state.version + 1), name, load)
        for name, until_us in self.overrides.items():
            state = replace(state, version=state.version + 1).with_override(name, until_us)
        return state


def entries_of(
    held: Mapping[Stratum, Iterable[int]] | Iterable[int], base: Entries | None = None
) -> Entries:
    """Return entries by stratum, or plain ones, added to a base."""
    change = EntriesChange(base or Entries())
    strata = held if isinstance(held, Mapping) else {PLAIN: held}
    for stratum, numbers in strata.items():
        for prefix, bitmap in cut(np.array(sorted(numbers), dtype=np.uint64)):
            change.enter(stratum, prefix, bitmap)
    return change.finish()


def without(entries: Entries, numbers: Iterable[int]) -> Entries:
    """Return entries less all of some numbers."""
    change = EntriesChange(entries)
    for prefix, bitmap in cut(np.array(sorted(numbers), dtype=np.uint64)):
        for stratum in entries.strata:
            change.leave(stratum, prefix, bitmap)
    return change.finish()


def number_set(numbers: Iterable[int]) -> NumberSet:
    """Return a set of numbers."""
    return entries_of(numbers).plain


def held_by(entries: Entries) -> dict[int, set[Stratum]]:
    """Return the strata of each number, found slice by slice."""
    held: dict[int, set[Stratum]] = {}
    for prefix in entries.prefixes():
        for stratum, bitmap in entries.strata_at(prefix).items():
            for low in bitmap:
                held.setdefault(prefix << 22 | low, set()).add(stratum)
    return held


def taken(state: State, name: str, load: Load) -> State:
    """Return a state with a load added; on a list that opens it takes the place of what it names."""
    old = state.lists[name]
    base = without(old.entries, load.numbers) if old.definition.kind.opens else old.entries
    coverage = dict(old.coverage)
    # a batch that says nothing of dates makes nothing fresher
    if load.coverage or load.published_us or not coverage:
        coverage = coverage_after(coverage, load.coverage or (EVERYWHERE,), load.published_us)
    grown = entries_of({load.stratum: load.numbers}, base)
    return state.with_list(ListChange(name, grown, coverage, True))


def loaded(
    state: State,
    name: str,
    numbers: Iterable[int],
    coverage: tuple[str, ...] = (),
    published_us: int = 0,
) -> State:
    """Return a state with plain numbers added to a list."""
    return taken(state, name, Load(frozenset(numbers), coverage, published_us))
