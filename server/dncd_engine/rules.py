"""The verdict rules: what is known of a number, in the order of the rules, becomes one verdict.

A campaign is compiled to the lists to probe. ``decide`` takes one number and ``decide_many`` a column of them; both
reduce a number to the same key (what was read, which lists hold it, how fresh they are) and judge the key, so they
cannot differ, and equal keys share one verdict.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dncd_engine.lists import Freshness, ListState
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


@dataclass(frozen=True, slots=True)
class Key:
    """All that a verdict is a function of, once a campaign is given.

    Attributes:
        behind: Whether the node has lost touch with its ledger.
        reject: Why there is no number; then nothing of the lists is known.
        never_dial: Whether the number is one that nobody may auto-dial.
        country: The number's country, "" where none is known.
        hits: Of each list in order, whether it holds the number.
        freshness: Of each list in order, whether the verdict may rest on it.
    """

    behind: bool
    reject: Reject | None
    never_dial: bool
    country: str
    hits: tuple[bool, ...]
    freshness: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CompiledCampaign:
    """A campaign with the lists that it probes, as they stand at one version.

    Attributes:
        name: The campaign's name; "" for the one that is every blocking list.
        countries: Those that it dials; None means that it names none and is not held to any.
        text_region: How its texts are read.
        lists: The lists that block it.
    """

    name: str
    countries: frozenset[str] | None
    text_region: str
    lists: tuple[ListState, ...]
    _remembered: dict[Key, Verdict] = field(default_factory=dict, repr=False, compare=False)

    def probes(self, list_name: str) -> bool:
        """Tell whether the campaign rests on a list."""
        return any(item.name == list_name for item in self.lists)

    def decide(self, number: int, at_us: int, behind: bool) -> Verdict:
        """Return the verdict about an integer, which is held to the rules of a text."""
        standing = inspect(number)
        if standing.reject is not None:
            return self.decide_unread(standing.reject, behind)
        country = standing.country
        hits = tuple([item.numbers.contains(number) for item in self.lists])
        freshness = tuple([int(item.freshness(number, country, at_us)) for item in self.lists])
        return self._judge(Key(behind, None, standing.never_dial, country, hits, freshness))

    def decide_unread(self, reject: Reject, behind: bool) -> Verdict:
        """Return the verdict about a text that is not plainly one number."""
        return self._judge(Key(behind, reject, False, "", (), ()))

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
        columns = [reject, inspected.never_dial.astype(np.int64), country]
        columns += [item.numbers.contains_many(numbers).astype(np.int64) for item in self.lists]
        columns += [item.freshness_many(numbers, names, at_us) for item in self.lists]
        return columns

    def _decide_row(self, columns: list[NDArray[np.int64]], row: int, behind: bool) -> Verdict:
        reject, never_dial, country, *of_lists = (int(column[row]) for column in columns)
        unread = REJECT_BY_CODE[reject]
        if unread is not None:
            return self.decide_unread(unread, behind)
        hits = tuple(map(bool, of_lists[: len(self.lists)]))
        freshness = tuple(of_lists[len(self.lists) :])
        return self._judge(Key(behind, None, bool(never_dial), COUNTRIES[country], hits, freshness))

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
    reasons = []
    if key.behind:
        reasons.append(Reason(Code.NODE_BEHIND))
    if key.reject is not None and key.reject is not Reject.SPECIAL_NUMBER:
        reasons.append(Reason(Code.NUMBER_INVALID, detail=key.reject.value))
    if key.never_dial or key.reject is Reject.SPECIAL_NUMBER:
        reasons.append(Reason(Code.NEVER_DIAL))
    is_number = key.reject is None
    if is_number and campaign.countries is not None and key.country not in campaign.countries:
        reasons.append(Reason(Code.COUNTRY_NOT_DIALLED, detail=key.country))
    if not campaign.lists:
        reasons.append(Reason(Code.NO_POLICY))
    for item, hit in zip(campaign.lists, key.hits, strict=is_number):
        if hit:
            reasons.append(Reason(Code.LISTED, item.name, item.definition.kind))
    for item, freshness in zip(campaign.lists, key.freshness, strict=is_number):
        if freshness != Freshness.FRESH:
            code, detail = _FRESHNESS_CODE[Freshness(freshness)]
            reasons.append(Reason(code, item.name, item.definition.kind, detail))
    return verdict_of(tuple(reasons))
