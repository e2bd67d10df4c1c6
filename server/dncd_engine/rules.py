"""The verdict rules: what is known of a number, in the order of the rules, becomes one verdict.

A campaign is compiled to the lists to probe. ``decide`` takes one number and ``decide_many`` a column of them; both
reduce a number to the same key (what was read, which lists hold it, how fresh they are) and judge the key, so they
cannot differ, and equal keys share one verdict.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from dncd_engine.lists import US_PER_SECOND, Freshness, ListState
from dncd_engine.numbers import COUNTRIES, REJECT_BY_CODE, Reject, inspect, inspect_many
from dncd_engine.segments import Numbers
from dncd_engine.verdict import Code, Reason, Verdict, verdict_of

MAX_REMEMBERED_VERDICTS = 4096
MAX_DISTINCT_VERDICTS = 65_535
_FRESHNESS_CODE = {
    Freshness.NEVER_LOADED: (Code.LIST_EMPTY, "never_loaded"),
    Freshness.STALE: (Code.LIST_STALE, ""),
    Freshness.UNDATED: (Code.LIST_STALE, "undated"),
    Freshness.NOT_COVERED: (Code.OUT_OF_COVERAGE, ""),
}
_FRESH = int(Freshness.FRESH)
_TOO_OLD = (Freshness.STALE, Freshness.UNDATED)
_LAST_SECOND = int(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp())


@dataclass(frozen=True, slots=True)
class Key:
    """All that a verdict is a function of, once a campaign is given.

    Attributes:
        behind: Whether the node has lost touch with its ledger.
        reject: Why there is no number; then nothing of the lists is known.
        never_dial: Whether the number is one that nobody may auto-dial.
        country: The number's country, "" where none is known.
        hits: Of each list that blocks, in order, whether an active entry of it holds the number.
        lifted: Of each lift in order, whether it lifts a hit of its registry.
        cleared: Of each required list in order, whether the number is on it, or need not be.
        freshness: Of each list that blocks, then of each required one, whether the verdict may rest on it.
    """

    behind: bool
    reject: Reject | None
    never_dial: bool
    country: str
    hits: tuple[bool, ...] = ()
    lifted: tuple[bool, ...] = ()
    cleared: tuple[bool, ...] = ()
    freshness: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class CompiledLift:
    """An exemption as it stands at one version, and the name of the registry that it lifts."""

    exemption: ListState
    over: str


@dataclass(frozen=True, slots=True)
class CompiledCampaign:
    """A campaign with the lists that it probes, as they stand at one version.

    Attributes:
        name: The campaign's name; "" for the one that is every blocking list.
        countries: Those that it dials; None means that it names none and is not held to any.
        text_region: How its texts are read.
        block: The lists that block it; those in shadow are probed and block nothing.
        lifts: What lifts which of them.
        require: The lists that a number must be on.
        purpose: Why it calls; "" is held to every entry that blocks and let through by none that is narrowed.
        overrides: Until when a list is let through although it is too old, in microseconds since 1970, by name.
        rested_on: The lists whose freshness its verdicts rest on, in the order of a key.
    """

    name: str
    countries: frozenset[str] | None
    text_region: str
    block: tuple[ListState, ...]
    lifts: tuple[CompiledLift, ...] = ()
    require: tuple[ListState, ...] = ()
    purpose: str = ""
    overrides: Mapping[str, int] = field(default_factory=dict)
    rested_on: tuple[ListState, ...] = field(init=False, repr=False, compare=False)
    _lifted_places: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _remembered: dict[Key, Verdict] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Work out, once for all questions, what follows from the lists alone."""
        object.__setattr__(self, "rested_on", (*self.block, *self.require))
        # of each lift in order, where its registry stands among the lists that block
        names = [item.name for item in self.block]
        places = tuple(names.index(lift.over) for lift in self.lifts)
        object.__setattr__(self, "_lifted_places", places)

    @property
    def lists(self) -> tuple[ListState, ...]:
        """Every list that it probes, each once."""
        lifting = {lift.exemption.name: lift.exemption for lift in self.lifts}
        return (*self.block, *lifting.values(), *self.require)

    def probes(self, list_name: str) -> bool:
        """Tell whether the campaign rests on a list."""
        return any(item.name == list_name for item in self.lists)

    def decide(self, number: int, at_us: int, behind: bool) -> Verdict:
        """Return the verdict about an integer, which is held to the rules of a text."""
        standing = inspect(number)
        if standing.reject is not None:
            return self.decide_unread(standing.reject, behind)
        country, purpose = standing.country, self.purpose
        hits = tuple([item.holds(number, purpose, at_us) for item in self.block])
        lifted: tuple[bool, ...] = ()
        cleared: tuple[bool, ...] = ()
        if self.lifts:
            lifted = tuple(
                [
                    hits[place] and lift.exemption.holds(number, purpose, at_us)
                    for place, lift in zip(self._lifted_places, self.lifts, strict=True)
                ]
            )
        if self.require:
            cleared = tuple(
                [
                    item.holds(number, purpose, at_us) or not item.speaks_of(number, country)
                    for item in self.require
                ]
            )
        freshness = tuple(
            [self._freshness(item, number, country, at_us) for item in self.rested_on]
        )
        never_dial = standing.never_dial
        return self._judge(Key(behind, None, never_dial, country, hits, lifted, cleared, freshness))

    def decide_unread(self, reject: Reject, behind: bool) -> Verdict:
        """Return the verdict about a text that is not plainly one number."""
        return self._judge(Key(behind, reject, False, ""))

    def decide_many(
        self,
        numbers: Numbers,
        at_us: int,
        behind: bool,
        rejects: Sequence[Reject | None] | None = None,
    ) -> tuple[list[Verdict], NDArray[np.uint16]]:
        """Return the distinct verdicts about numbers, and of each number which one it has.

        Args:
            numbers: The numbers in the order asked; where a text was not read, anything.
            at_us: The instant.
            behind: Whether the node has lost touch with its ledger.
            rejects: Of each number why its text was not read, None where it was; None where there were no texts.

        Raises:
            ValueError: There are more distinct verdicts than two bytes tell apart.
        """
        columns = self._columns(numbers, at_us, rejects)
        _, first, inverse = np.unique(_row_keys(columns), return_index=True, return_inverse=True)
        place_of: dict[Verdict, int] = {}
        places = [
            place_of.setdefault(self._decide_row(columns, row, behind), len(place_of))
            for row in first.tolist()
        ]
        if len(place_of) > MAX_DISTINCT_VERDICTS:
            raise ValueError("more distinct verdicts than two bytes tell apart")
        return list(place_of), np.array(places, dtype=np.uint16)[inverse]

    def _columns(
        self, numbers: Numbers, at_us: int, rejects: Sequence[Reject | None] | None
    ) -> list[NDArray[np.int64]]:
        inspected = inspect_many(numbers)
        reject = inspected.reject.astype(np.int64)
        if rejects is not None:
            codes = map(REJECT_BY_CODE.index, rejects)
            declared = np.fromiter(codes, dtype=np.int64, count=numbers.size)
            reject = np.where(declared > 0, declared, reject)
        country = inspected.country.astype(np.int64)
        names = [COUNTRIES[index] for index in country.tolist()]
        return [
            reject,
            inspected.never_dial.astype(np.int64),
            country,
            *self._list_columns(numbers, names, at_us),
        ]

    def _list_columns(
        self, numbers: Numbers, countries: list[str], at_us: int
    ) -> Iterator[NDArray[np.int64]]:
        hits = [item.holds_many(numbers, self.purpose, at_us) for item in self.block]
        yield from (hit.astype(np.int64) for hit in hits)
        for place, lift in zip(self._lifted_places, self.lifts, strict=True):
            lifted = np.zeros(numbers.size, dtype=np.int64)
            asked = hits[place]
            lifted[asked] = lift.exemption.holds_many(numbers[asked], self.purpose, at_us)
            yield lifted
        for item in self.require:
            cleared = item.holds_many(numbers, self.purpose, at_us)
            yield (cleared | ~item.speaks_of_many(numbers, countries)).astype(np.int64)
        for item in self.rested_on:
            yield self._freshness_many(item, numbers, countries, at_us)

    def _freshness(self, item: ListState, number: int, country: str, at_us: int) -> int:
        found = item.freshness(number, country, self.purpose, at_us)
        if found is Freshness.FRESH or item.definition.shadow:
            return _FRESH
        if found in _TOO_OLD and at_us < self.overrides.get(item.name, 0):
            found = Freshness.LET_THROUGH
        return int(found)

    def _freshness_many(
        self, item: ListState, numbers: Numbers, countries: list[str], at_us: int
    ) -> NDArray[np.int64]:
        if item.definition.shadow:
            return np.full(numbers.size, _FRESH, dtype=np.int64)
        column = item.freshness_many(numbers, countries, self.purpose, at_us)
        if at_us < self.overrides.get(item.name, 0):
            column[np.isin(column, _TOO_OLD)] = int(Freshness.LET_THROUGH)
        return column

    def _decide_row(self, columns: list[NDArray[np.int64]], row: int, behind: bool) -> Verdict:
        reject, never_dial, country, *of_lists = (int(column[row]) for column in columns)
        unread = REJECT_BY_CODE[reject]
        if unread is not None:
            return self.decide_unread(unread, behind)
        rest = iter(of_lists)
        hits = tuple(bool(next(rest)) for _ in self.block)
        lifted = tuple(bool(next(rest)) for _ in self.lifts)
        cleared = tuple(bool(next(rest)) for _ in self.require)
        name = COUNTRIES[country]
        return self._judge(
            Key(behind, None, bool(never_dial), name, hits, lifted, cleared, tuple(rest))
        )

    def _judge(self, key: Key) -> Verdict:
        verdict = self._remembered.get(key)
        if verdict is None:
            if len(self._remembered) >= MAX_REMEMBERED_VERDICTS:
                self._remembered.clear()
            verdict = self._remembered[key] = judge(self, key)
        return verdict


def _row_keys(columns: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Fold columns of small integers into one, so that rows are equal just when their keys are."""
    keys = np.zeros(columns[0].size, dtype=np.int64)
    for column in columns:
        width = int(column.max(initial=0)) + 1
        if int(keys.max(initial=0)) >= (1 << 62) // width:
            keys = np.unique(keys, return_inverse=True)[1]
        keys = keys * width + column
    return keys


def judge(campaign: CompiledCampaign, key: Key) -> Verdict:
    """Return the verdict that the rules make of a key: every reason that holds, in the rules' order."""
    reasons = [*_reasons_of_number(campaign, key)]
    if not campaign.require and all(item.definition.shadow for item in campaign.block):
        reasons.append(Reason(Code.NO_POLICY))
    shadow_hits: tuple[str, ...] = ()
    if key.reject is None:
        lifts = [lift for lift, lifted in zip(campaign.lifts, key.lifted, strict=True) if lifted]
        blocking = [
            item
            for item, hit in zip(campaign.block, key.hits, strict=True)
            if hit and all(lift.over != item.name for lift in lifts)
        ]
        shadow_hits = tuple([item.name for item in blocking if item.definition.shadow])
        reasons += [_reason(Code.LISTED, item) for item in blocking if not item.definition.shadow]
        reasons += [
            _reason(Code.NOT_CLEARED, item)
            for item, cleared in zip(campaign.require, key.cleared, strict=True)
            if not cleared
        ]
        reasons += _reasons_of_freshness(campaign, key)
        # what follows holds of a number that is let through, and of no other
        if not reasons:
            reasons += [*_lifted(campaign, lifts), *_let_through(campaign, key)]
    return verdict_of(tuple(reasons), shadow_hits)


def _reasons_of_number(campaign: CompiledCampaign, key: Key) -> Iterator[Reason]:
    if key.behind:
        yield Reason(Code.NODE_BEHIND)
    if key.reject is not None and key.reject is not Reject.SPECIAL_NUMBER:
        yield Reason(Code.NUMBER_INVALID, detail=key.reject.value)
    if key.never_dial or key.reject is Reject.SPECIAL_NUMBER:
        yield Reason(Code.NEVER_DIAL)
    is_number = key.reject is None
    if is_number and campaign.countries is not None and key.country not in campaign.countries:
        yield Reason(Code.COUNTRY_NOT_DIALLED, detail=key.country)


def _reasons_of_freshness(campaign: CompiledCampaign, key: Key) -> Iterator[Reason]:
    for item, freshness in zip(campaign.rested_on, key.freshness, strict=True):
        if freshness in _FRESHNESS_CODE:
            code, detail = _FRESHNESS_CODE[Freshness(freshness)]
            yield _reason(code, item, detail)


def _lifted(campaign: CompiledCampaign, lifts: list[CompiledLift]) -> Iterator[Reason]:
    """Yield each registry that was lifted and what lifted it, each list once; one in shadow has no say."""
    said: set[str] = set()
    for item in campaign.block:
        exemptions = [lift.exemption for lift in lifts if lift.over == item.name]
        if exemptions and not item.definition.shadow:
            yield _reason(Code.LIFTED, item)
            yield from (
                _reason(Code.LIFTED, exemption)
                for exemption in exemptions
                if exemption.name not in said
            )
            said.update(exemption.name for exemption in exemptions)


def _let_through(campaign: CompiledCampaign, key: Key) -> Iterator[Reason]:
    for item, freshness in zip(campaign.rested_on, key.freshness, strict=True):
        if freshness == Freshness.LET_THROUGH:
            yield _reason(Code.STALE_ALLOWED, item, _as_text(campaign.overrides[item.name]))


def _reason(code: Code, item: ListState, detail: str = "") -> Reason:
    return Reason(code, item.name, item.definition.kind, detail)


def _as_text(instant_us: int) -> str:
    """Return an instant in whole seconds of UTC, such as 2026-11-24T05:00:00Z."""
    seconds = min(instant_us // US_PER_SECOND, _LAST_SECOND)
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
