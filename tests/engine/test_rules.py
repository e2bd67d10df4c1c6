"""Each rule against every other: the first that holds decides, and all that hold are said."""

import itertools
from dataclasses import dataclass

import numpy as np
import pytest

from dncd_engine.index import NumberSet
from dncd_engine.lists import ListState
from dncd_engine.model import CampaignDefinition, ListDefinition, ListKind
from dncd_engine.numbers import Reject
from dncd_engine.rules import MAX_REMEMBERED_VERDICTS, CompiledCampaign
from dncd_engine.verdict import Action, Code, Decision, Reason
from engine.worlds import DAY_US, NOON, Load, World, number_set

PLAIN, NEVER, INVALID = 81_45000_0000, 81_990_000123, 81_0_45000_0000
MAX_AGE_US = 31 * DAY_US


@dataclass(frozen=True)
class Rule:
    """A rule of contract 2, as a table of it would have it."""

    number: int
    reason: Reason
    action: Action


DNC, REGISTRY = ListKind.DO_NOT_CONTACT, ListKind.REGISTRY
BEHIND = Rule(0, Reason(Code.NODE_BEHIND), Action.RETRY)
UNREAD = Rule(1, Reason(Code.NUMBER_INVALID, detail="invalid_number"), Action.MEND)
SPECIAL = Rule(2, Reason(Code.NEVER_DIAL), Action.DROP)
ABROAD = Rule(3, Reason(Code.COUNTRY_NOT_DIALLED, detail="JP"), Action.MEND)
NO_LIST = Rule(4, Reason(Code.NO_POLICY), Action.RETRY)
LISTED = Rule(5, Reason(Code.LISTED, "dnc", DNC), Action.DROP)
EMPTY = Rule(7, Reason(Code.LIST_EMPTY, "registry", REGISTRY, "never_loaded"), Action.RETRY)
STALE = Rule(7, Reason(Code.LIST_STALE, "registry", REGISTRY), Action.RETRY)
UNDATED = Rule(7, Reason(Code.LIST_STALE, "registry", REGISTRY, "undated"), Action.RETRY)
UNCOVERED = Rule(7, Reason(Code.OUT_OF_COVERAGE, "registry", REGISTRY), Action.RETRY)
RULES = (
    BEHIND,
    UNREAD,
    SPECIAL,
    ABROAD,
    NO_LIST,
    LISTED,
    EMPTY,
    STALE,
    UNDATED,
    UNCOVERED,
)
_NOT_READ = (SPECIAL, ABROAD, LISTED, EMPTY, STALE, UNDATED, UNCOVERED)
"""What cannot be known of a text that is not a number."""
_AGES = (EMPTY, STALE, UNDATED, UNCOVERED)


def can_hold_together(rules: tuple[Rule, ...]) -> bool:
    held = set(rules)
    return not (
        (UNREAD in held and held & set(_NOT_READ))
        or (NO_LIST in held and held & {LISTED, *_AGES})
        or len(held & set(_AGES)) > 1
    )


def campaign_of(rules: tuple[Rule, ...]) -> CompiledCampaign:
    lists = {"dnc": ListDefinition(DNC), "registry": ListDefinition(REGISTRY)}
    number = NEVER if SPECIAL in rules else PLAIN
    loads = [("dnc", Load(frozenset({number} if LISTED in rules else ())))]
    if EMPTY not in rules:
        published = 0 if UNDATED in rules else NOON - MAX_AGE_US + (STALE not in rules)
        coverage = ("1", "8146") if UNCOVERED in rules else ("1", "81")
        loads.append(("registry", Load(frozenset(), coverage, published)))
    campaign = CampaignDefinition(
        countries=("US",) if ABROAD in rules else ("US", "JP"), block=("dnc", "registry")
    )
    world = World(lists=lists, campaigns={"spring": campaign}, loads=tuple(loads))
    if NO_LIST in rules:
        bare = CampaignDefinition(countries=campaign.countries)
        world = World(campaigns={"spring": bare})
    return world.state().campaign("spring")


COMBINATIONS = [
    rules
    for size in range(1, len(RULES) + 1)
    for rules in itertools.combinations(RULES, size)
    if can_hold_together(rules)
]


@pytest.mark.parametrize(
    "rules", COMBINATIONS, ids=lambda rules: "+".join(rule.reason.code.name for rule in rules)
)
def test_the_first_rule_that_holds_decides_and_all_that_hold_are_given(
    rules: tuple[Rule, ...],
) -> None:
    number = INVALID if UNREAD in rules else NEVER if SPECIAL in rules else PLAIN
    verdict = campaign_of(rules).decide(number, NOON, behind=BEHIND in rules)
    assert verdict.decision is Decision.BLOCK
    assert verdict.action is rules[0].action
    assert verdict.reasons == tuple(rule.reason for rule in rules)
    verdicts, verdict_of = campaign_of(rules).decide_many(
        np.array([number], dtype=np.uint64), NOON, BEHIND in rules
    )
    assert (verdicts, verdict_of.tolist()) == ([verdict], [0])


def test_the_table_holds_every_pair_of_rules_that_can_meet() -> None:
    pairs = {tuple(rule.number for rule in rules) for rules in COMBINATIONS if len(rules) == 2}
    assert pairs == {
        *((0, later) for later in (1, 2, 3, 4, 5, 7)),
        (1, 4),
        *((2, later) for later in (3, 4, 5, 7)),
        *((3, later) for later in (4, 5, 7)),
        (5, 7),
    }


def test_where_no_rule_holds_the_number_is_allowed_without_a_reason() -> None:
    verdict = campaign_of(()).decide(PLAIN, NOON, behind=False)
    assert (verdict.decision, verdict.action, verdict.reasons) == (
        Decision.ALLOW,
        Action.DIAL,
        (),
    )


@pytest.mark.parametrize("reject", Reject)
def test_a_text_that_was_not_read_is_blocked_with_its_reject_code(reject: Reject) -> None:
    verdict = campaign_of(()).decide_unread(reject, behind=False)
    wanted = (
        Reason(Code.NEVER_DIAL)
        if reject is Reject.SPECIAL_NUMBER
        else Reason(Code.NUMBER_INVALID, detail=reject.value)
    )
    assert verdict.decision is Decision.BLOCK
    assert verdict.action is (Action.DROP if reject is Reject.SPECIAL_NUMBER else Action.MEND)
    assert verdict.reasons == (wanted,)


def test_a_reject_outweighs_whatever_number_stands_beside_it() -> None:
    verdicts, verdict_of = campaign_of(()).decide_many(
        np.array([PLAIN, PLAIN, NEVER], dtype=np.uint64),
        NOON,
        False,
        [Reject.LETTERS, None, Reject.LETTERS],
    )
    told = [verdicts[place] for place in verdict_of.tolist()]
    assert [item.decision for item in told] == [Decision.BLOCK, Decision.ALLOW, Decision.BLOCK]
    assert told[0] is told[2]


def test_a_number_of_no_known_country_may_be_of_any_so_every_list_speaks_of_it() -> None:
    lists = {"gb": ListDefinition(REGISTRY, countries=("GB",))}
    campaign = World(lists=lists).state().campaign("")
    assert campaign.decide(81_45000_0000, NOON, False).decision is Decision.ALLOW
    verdict = campaign.decide(44_7700_900123, NOON, False)
    assert verdict.reasons == (Reason(Code.LIST_EMPTY, "gb", REGISTRY, "never_loaded"),)


def test_an_instant_ends_a_registry_by_itself() -> None:
    campaign = campaign_of(())
    assert campaign.decide(PLAIN, NOON, False).decision is Decision.ALLOW
    assert campaign.decide(PLAIN, NOON + 1, False).reasons[0].code is Code.LIST_STALE


def test_equal_questions_share_one_verdict() -> None:
    campaign = campaign_of((LISTED,))
    first = campaign.decide(PLAIN, NOON, False)
    assert campaign.decide(PLAIN, NOON, False) is first
    verdicts, _ = campaign.decide_many(np.array([PLAIN] * 3, dtype=np.uint64), NOON, False)
    assert len(verdicts) == 1
    assert verdicts[0] is first
    assert campaign.decide(PLAIN + 1, NOON, False) is not first


def _crowd(lists: int) -> CompiledCampaign:
    """Return a campaign in which list i holds the numbers whose bit i is set."""
    numbers = range(8192)
    held = [
        number_set({PLAIN + n for n in numbers if n >> (i % 13) & 1}) if i < 13 else NumberSet()
        for i in range(lists)
    ]
    states = tuple(
        ListState(f"list-{i:02}", ListDefinition(DNC), numbers, loaded=i % 2 == 0)
        for i, numbers in enumerate(held)
    )
    return CompiledCampaign("crowd", frozenset({"JP"}), "JP", states)


def test_more_distinct_keys_than_are_remembered_are_all_told_apart() -> None:
    campaign = _crowd(13)
    numbers = np.arange(PLAIN, PLAIN + 8192, dtype=np.uint64)
    assert numbers.size > MAX_REMEMBERED_VERDICTS
    verdicts, verdict_of = campaign.decide_many(numbers, NOON, False)
    assert len(verdicts) == numbers.size
    for place in range(0, numbers.size, 7):
        told = verdicts[int(verdict_of[place])]
        assert told == campaign.decide(PLAIN + place, NOON, False)
        listed = {reason.list for reason in told.reasons if reason.code is Code.LISTED}
        assert listed == {f"list-{i:02}" for i in range(13) if place >> i & 1}


def test_seventy_lists_do_not_run_into_one_another() -> None:
    campaign = _crowd(70)
    numbers = np.arange(PLAIN, PLAIN + 512, dtype=np.uint64)
    verdicts, verdict_of = campaign.decide_many(numbers, NOON, False)
    told = [verdicts[place] for place in verdict_of.tolist()]
    assert told == [campaign.decide(number, NOON, False) for number in numbers.tolist()]
    assert len(told[-1].reasons) == 9 + 35
