"""Random ledgers, and the verdict rules once more in plain Python: lists as sets, coverage as what was loaded.

The model is written from the contract and shares nothing with the engine but its vocabulary.
"""

from dataclasses import dataclass, field

import numpy as np
from hypothesis import strategies as st

from dncd_engine.index import NumberSet, NumberSetChange
from dncd_engine.model import CampaignDefinition, ListDefinition, ListKind
from dncd_engine.numbers import Reject
from dncd_engine.segments import cut
from dncd_engine.state import ListChange, PolicyChange, State
from dncd_engine.verdict import Action, Code, Decision, Reason

DAY_US = 86_400_000_000
NOON = 20_000 * DAY_US
"""The instant around which random ledgers live."""


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


@dataclass(frozen=True)
class Load:
    """A file that was added to a list."""

    numbers: frozenset[int]
    coverage: tuple[str, ...] = ()
    published_us: int = 0


@dataclass(frozen=True)
class World:
    """A ledger's content as a person would write it down."""

    region: str = "JP"
    lists: dict[str, ListDefinition] = field(default_factory=dict)
    campaigns: dict[str, CampaignDefinition] = field(default_factory=dict)
    loads: tuple[tuple[str, Load], ...] = ()

    def state(self) -> State:
        """Return the engine's state of this ledger."""
        state = State(version=1).with_region(self.region)
        state = state.with_policy(PolicyChange(lists=self.lists, campaigns=self.campaigns))
        for name, load in self.loads:
            state = loaded(state, name, load.numbers, load.coverage, load.published_us)
        return state


def number_set(numbers: frozenset[int] | set[int], base: NumberSet | None = None) -> NumberSet:
    """Return a set of numbers, added to a base."""
    change = NumberSetChange(base or NumberSet())
    for prefix, bitmap in cut(np.array(sorted(numbers), dtype=np.uint64)):
        change.enter(prefix, bitmap)
    return change.finish()


def loaded(
    state: State,
    name: str,
    numbers: frozenset[int] | set[int],
    coverage: tuple[str, ...] = (),
    published_us: int = 0,
) -> State:
    """Return a state with numbers added to a list."""
    grown = number_set(numbers, state.lists[name].numbers)
    return state.with_list(ListChange(name, grown, coverage, published_us))


@dataclass(frozen=True)
class Expected:
    """What the model says."""

    decision: Decision
    action: Action
    reasons: tuple[Reason, ...]


def _client(name: str) -> str:
    return name.split("/")[0] if "/" in name else ""


def _lists_of(world: World, campaign: str) -> list[str]:
    """Contract 1: `block`, or every own list that the campaign may use less `except`."""
    if campaign not in world.campaigns:
        return sorted(name for name, item in world.lists.items() if item.kind in _BLOCKING)
    definition = world.campaigns[campaign]
    if definition.block:
        return list(definition.block)
    usable = [name for name in sorted(world.lists) if _client(name) in ("", _client(campaign))]
    return [n for n in usable if world.lists[n].kind in OWN and n not in definition.excluded]


_BLOCKING = (*OWN, ListKind.REGISTRY)
_ACTIONS = {
    Code.NODE_BEHIND: Action.RETRY,
    Code.NUMBER_INVALID: Action.MEND,
    Code.NEVER_DIAL: Action.DROP,
    Code.COUNTRY_NOT_DIALLED: Action.MEND,
    Code.NO_POLICY: Action.RETRY,
    Code.LISTED: Action.DROP,
    Code.LIST_EMPTY: Action.RETRY,
    Code.LIST_STALE: Action.RETRY,
    Code.OUT_OF_COVERAGE: Action.RETRY,
}


def _trust(world: World, name: str, sample: Sample, at_us: int) -> tuple[Code, str] | None:
    """Contract 2, rule 7: why a verdict about a number may not rest on a list."""
    item, digits = world.lists[name], str(sample.number)
    if item.prefixes:
        if not any(digits.startswith(prefix) for prefix in item.prefixes):
            return None
    elif item.countries and sample.country and sample.country not in item.countries:
        return None
    loads = [load for list_name, load in world.loads if list_name == name]
    if not loads:
        return None if item.starts_empty else (Code.LIST_EMPTY, "never_loaded")
    if item.kind is not ListKind.REGISTRY:
        return None
    # after the first, a load that says nothing of dates changes none
    saying = [load for at, load in enumerate(loads) if not at or load.coverage or load.published_us]
    dates = [
        load.published_us
        for load in saying
        if not load.coverage or any(digits.startswith(prefix) for prefix in load.coverage)
    ]
    if not dates:
        return Code.OUT_OF_COVERAGE, ""
    if not max(dates):
        return Code.LIST_STALE, "undated"
    max_age_us = item.max_age_seconds * 1_000_000 or 31 * DAY_US
    return (Code.LIST_STALE, "") if at_us - max(dates) >= max_age_us else None


def expected(
    world: World, campaign: str, sample: Sample, at_us: int, behind: bool = False
) -> Expected:
    """Return what the contract says of a number."""
    names = _lists_of(world, campaign)
    reasons = [Reason(Code.NODE_BEHIND)] if behind else []
    if sample.reject is Reject.SPECIAL_NUMBER or sample.never_dial:
        reasons.append(Reason(Code.NEVER_DIAL))
    elif sample.reject is not None:
        reasons.append(Reason(Code.NUMBER_INVALID, detail=sample.reject.value))
    if sample.reject is None and campaign in world.campaigns:
        dialled = world.campaigns[campaign].countries or (world.region,)
        if sample.country not in dialled:
            reasons.append(Reason(Code.COUNTRY_NOT_DIALLED, detail=sample.country))
    if not names:
        reasons.append(Reason(Code.NO_POLICY))
    if sample.reject is None:
        held = [
            name
            for name in names
            if any(sample.number in load.numbers for of, load in world.loads if of == name)
        ]
        reasons += [Reason(Code.LISTED, name, world.lists[name].kind) for name in held]
        for name in names:
            doubt = _trust(world, name, sample, at_us)
            if doubt is not None:
                reasons.append(Reason(doubt[0], name, world.lists[name].kind, doubt[1]))
    if not reasons:
        return Expected(Decision.ALLOW, Action.DIAL, ())
    return Expected(Decision.BLOCK, _ACTIONS[reasons[0].code], tuple(reasons))


_LIST_NAMES = ("a", "b", "r", "acme/a", "acme/r", "beta/a")
_COUNTRIES = ("JP", "US", "GB", "CA")
_PREFIXES = ("81", "8145", "81450000000", "1", "1202", "1202555", "44", "9")


def _countries() -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(_COUNTRIES), unique=True, max_size=3).map(tuple)


def _prefixes() -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(_PREFIXES), unique=True, max_size=3).map(tuple)


@st.composite
def _definitions(draw: st.DrawFn) -> ListDefinition:
    kind = draw(st.sampled_from((*_BLOCKING, ListKind.REGISTRY)))
    is_registry = kind is ListKind.REGISTRY
    return ListDefinition(
        kind,
        countries=draw(_countries()),
        prefixes=draw(st.just(()) | _prefixes()),
        max_age_seconds=draw(st.sampled_from([0, 0, 86_400, 40 * 86_400])) if is_registry else 0,
        starts_empty=not is_registry and draw(st.booleans()),
    )


@st.composite
def _campaigns(draw: st.DrawFn, name: str, lists: dict[str, ListDefinition]) -> CampaignDefinition:
    usable = sorted(n for n in lists if _client(n) in ("", _client(name)))
    some = st.lists(st.sampled_from(usable), unique=True).map(tuple) if usable else st.just(())
    block = draw(st.just(()) | some)
    return CampaignDefinition(
        countries=draw(_countries()), block=block, excluded=() if block else draw(some)
    )


loads = st.builds(
    Load,
    st.frozensets(st.sampled_from(READABLE)),
    _prefixes(),
    st.sampled_from([0, NOON - 40 * DAY_US, NOON - 31 * DAY_US, NOON - 10 * DAY_US, NOON]),
)
instants = st.sampled_from([NOON, NOON + 1, NOON - 1, NOON + DAY_US, NOON + 31 * DAY_US]) | (
    st.integers(NOON - 50 * DAY_US, NOON + 50 * DAY_US)
)
samples = st.sampled_from(SAMPLES)


@st.composite
def worlds(
    draw: st.DrawFn,
    list_names: tuple[str, ...] = _LIST_NAMES,
    campaign_names: tuple[str, ...] = ("default", "spring", "acme/spring", "beta/autumn"),
) -> World:
    """Draw a ledger whose policy is sound."""
    lists = draw(st.dictionaries(st.sampled_from(list_names), _definitions()))
    named = draw(st.sets(st.sampled_from(campaign_names))) if campaign_names else set()
    campaigns = {name: draw(_campaigns(name, lists)) for name in sorted(named)}
    batches = (
        draw(st.lists(st.tuples(st.sampled_from(sorted(lists)), loads), max_size=8))
        if lists
        else []
    )
    return World(draw(st.sampled_from(["JP", "US"])), lists, campaigns, tuple(batches))
