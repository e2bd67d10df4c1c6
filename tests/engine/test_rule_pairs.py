"""Each rule against every later one: the first that holds decides, and all that hold are said.

A table of conditions, each of which makes one rule of the verdict hold (or, of an ALLOW, gives it something to say).
Every two that can hold at once are made to; those that cannot stand in ``IMPOSSIBLE`` with the cause.
"""

import itertools
from dataclasses import dataclass

import numpy as np
import pytest

from dncd_engine.model import CampaignDefinition, Lift, ListDefinition, ListKind
from dncd_engine.rules import CompiledCampaign
from dncd_engine.strata import Stratum
from dncd_engine.verdict import Action, Code, Decision, Reason, Verdict
from engine.oracle import OVERRIDE_TEXTS
from engine.worlds import DAY_US, NOON, Load, World

PLAIN_NUMBER, NEVER, INVALID = 81_45000_0000, 81_990_000123, 81_0_45000_0000
MAX_AGE_US = 31 * DAY_US
FRESH_US = NOON - MAX_AGE_US + 1
UNTIL_US = 20_002 * DAY_US + 999_999
DNC, REGISTRY = ListKind.DO_NOT_CONTACT, ListKind.REGISTRY
CONSENT, CLEARANCE, EXEMPTION = ListKind.CONSENT, ListKind.CLEARANCE, ListKind.EXEMPTION


@dataclass(frozen=True)
class Condition:
    """What is so of a number, the rule of contract 2 that it makes hold, and what is then said."""

    name: str
    rule: int
    reasons: tuple[Reason, ...] = ()
    action: Action = Action.DIAL


BEHIND = Condition("behind", 0, (Reason(Code.NODE_BEHIND),), Action.RETRY)
UNREAD = Condition(
    "unread", 1, (Reason(Code.NUMBER_INVALID, detail="invalid_number"),), Action.MEND
)
SPECIAL = Condition("special", 2, (Reason(Code.NEVER_DIAL),), Action.DROP)
ABROAD = Condition("abroad", 3, (Reason(Code.COUNTRY_NOT_DIALLED, detail="JP"),), Action.MEND)
NO_LIST = Condition("no_list", 4, (Reason(Code.NO_POLICY),), Action.RETRY)
LISTED = Condition("listed", 5, (Reason(Code.LISTED, "dnc", DNC),), Action.DROP)
REGISTERED = Condition("registered", 5, (Reason(Code.LISTED, "aged", REGISTRY),), Action.DROP)
NO_CONSENT = Condition(
    "no_consent", 6, (Reason(Code.NOT_CLEARED, "opt-in", CONSENT),), Action.RETRY
)
NOT_WASHED = Condition(
    "not_washed", 6, (Reason(Code.NOT_CLEARED, "washed", CLEARANCE),), Action.RETRY
)
EMPTY = Condition(
    "empty", 7, (Reason(Code.LIST_EMPTY, "aged", REGISTRY, "never_loaded"),), Action.RETRY
)
STALE = Condition("stale", 7, (Reason(Code.LIST_STALE, "aged", REGISTRY),), Action.RETRY)
UNDATED = Condition(
    "undated", 7, (Reason(Code.LIST_STALE, "aged", REGISTRY, "undated"),), Action.RETRY
)
UNCOVERED = Condition(
    "uncovered", 7, (Reason(Code.OUT_OF_COVERAGE, "aged", REGISTRY),), Action.RETRY
)
WASHED_LONG_AGO = Condition(
    "washed_long_ago", 7, (Reason(Code.LIST_STALE, "washed", CLEARANCE),), Action.RETRY
)
WASHED_UNDATED = Condition(
    "washed_undated", 7, (Reason(Code.LIST_STALE, "washed", CLEARANCE, "undated"),), Action.RETRY
)
LIFTED = Condition(
    "lifted", 8, (Reason(Code.LIFTED, "ftc", REGISTRY), Reason(Code.LIFTED, "ebr", EXEMPTION))
)
LET_THROUGH = Condition(
    "let_through", 8, (Reason(Code.STALE_ALLOWED, "old", REGISTRY, OVERRIDE_TEXTS[UNTIL_US]),)
)
IN_SHADOW = Condition("in_shadow", 9)
"""Not a rule: a list that is tried out holds the number."""
CONDITIONS = (
    BEHIND,
    UNREAD,
    SPECIAL,
    ABROAD,
    NO_LIST,
    LISTED,
    REGISTERED,
    NO_CONSENT,
    NOT_WASHED,
    EMPTY,
    STALE,
    UNDATED,
    UNCOVERED,
    WASHED_LONG_AGO,
    WASHED_UNDATED,
    LIFTED,
    LET_THROUGH,
    IN_SHADOW,
)
"""In the order in which what they say must stand."""

Pair = frozenset[Condition]


def pairs_with(one: Condition, *others: Condition) -> list[Pair]:
    return [frozenset((one, other)) for other in others]


_OF_LISTS = CONDITIONS[CONDITIONS.index(LISTED) : CONDITIONS.index(IN_SHADOW)]
_AGES = (EMPTY, STALE, UNDATED, UNCOVERED)
IMPOSSIBLE: dict[Pair, str] = {
    **dict.fromkeys(
        pairs_with(UNREAD, SPECIAL, ABROAD, *_OF_LISTS, IN_SHADOW),
        "what was not read is no number: it has no country and is on no list",
    ),
    **dict.fromkeys(
        pairs_with(NO_LIST, *_OF_LISTS), "a campaign without a list in force rests on none"
    ),
    **dict.fromkeys(
        map(frozenset, itertools.combinations(_AGES, 2)),
        "one list is, for one number, either empty or stale or undated or silent",
    ),
    **dict.fromkeys(pairs_with(EMPTY, REGISTERED), "a list that was never loaded holds no number"),
    **dict.fromkeys(
        map(frozenset, itertools.combinations((NOT_WASHED, WASHED_LONG_AGO, WASHED_UNDATED), 2)),
        "a number is on the clearance once, with one date, or not at all",
    ),
}
POSSIBLE = [
    pair for pair in itertools.combinations(CONDITIONS, 2) if frozenset(pair) not in IMPOSSIBLE
]


def number_of(held: tuple[Condition, ...]) -> int:
    return INVALID if UNREAD in held else NEVER if SPECIAL in held else PLAIN_NUMBER


def world_of(held: tuple[Condition, ...]) -> World:
    """Return the ledger in which just these conditions are so."""
    it = frozenset({number_of(held)} if UNREAD not in held else ())
    nobody: frozenset[int] = frozenset()
    countries = ("US",) if ABROAD in held else ("US", "JP")
    lists = {
        "dnc": ListDefinition(DNC),
        "aged": ListDefinition(REGISTRY),
        "ftc": ListDefinition(REGISTRY),
        "old": ListDefinition(REGISTRY),
        "trial": ListDefinition(DNC, shadow=True),
        "ebr": ListDefinition(EXEMPTION),
        "opt-in": ListDefinition(CONSENT),
        "washed": ListDefinition(CLEARANCE, max_age_seconds=31 * 86_400),
    }
    loads = [
        ("dnc", Load(it if LISTED in held else nobody)),
        ("ftc", Load(it if LIFTED in held else nobody, (), FRESH_US)),
        ("ebr", Load(it)),
        ("old", Load(nobody, (), FRESH_US - (LET_THROUGH in held))),
        ("trial", Load(it if IN_SHADOW in held else nobody)),
        ("opt-in", Load(nobody if NO_CONSENT in held else it)),
        ("washed", Load(nobody if NOT_WASHED in held else it, stratum=washed_of(held))),
    ]
    if EMPTY not in held:
        published = 0 if UNDATED in held else FRESH_US - (STALE in held)
        coverage = ("1", "8146") if UNCOVERED in held else ("1", "81")
        loads.append(("aged", Load(it if REGISTERED in held else nobody, coverage, published)))
    campaign = CampaignDefinition(
        countries=countries,
        block=("dnc", "aged", "ftc", "old", "trial"),
        lift=(Lift("ebr", "ftc"),),
        require=("opt-in", "washed"),
    )
    if NO_LIST in held:
        campaign = CampaignDefinition(countries=countries, block=("trial",))
    # the end of an override that a list does not need says nothing
    return World("JP", lists, {"spring": campaign}, tuple(loads), {"old": UNTIL_US})


def washed_of(held: tuple[Condition, ...]) -> Stratum:
    published_us = 0 if WASHED_UNDATED in held else FRESH_US - (WASHED_LONG_AGO in held)
    return Stratum(published_us=published_us)


def verdict_where(held: tuple[Condition, ...]) -> Verdict:
    """Return the verdict, which a column must give as well."""
    campaign: CompiledCampaign = world_of(held).state().campaign("spring")
    number, behind = number_of(held), BEHIND in held
    verdict = campaign.decide(number, NOON, behind)
    asked = np.array([number], dtype=np.uint64)
    verdicts, verdict_of = campaign.decide_many(asked, NOON, behind)
    assert (verdicts, verdict_of.tolist()) == ([verdict], [0])
    return verdict


def check(held: tuple[Condition, ...]) -> None:
    verdict = verdict_where(held)
    blocking = [condition for condition in held if condition.rule < 8]
    said = blocking or [condition for condition in held if condition.rule == 8]
    wanted = tuple(reason for condition in said for reason in condition.reasons)
    assert verdict.reasons == wanted
    assert verdict.decision is (Decision.BLOCK if blocking else Decision.ALLOW)
    assert verdict.action is (blocking[0].action if blocking else Action.DIAL)
    assert verdict.shadow_hits == (("trial",) if IN_SHADOW in held else ())


@pytest.mark.parametrize(
    "pair", POSSIBLE, ids=lambda pair: "+".join(condition.name for condition in pair)
)
def test_of_two_rules_that_hold_the_earlier_decides_and_both_are_given(
    pair: tuple[Condition, Condition],
) -> None:
    check(pair)


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda condition: condition.name)
def test_a_rule_that_holds_alone_says_what_it_says_and_no_more(condition: Condition) -> None:
    check((condition,))


def test_whatever_number_of_rules_hold_the_first_decides_and_all_are_given() -> None:
    """None, three, and as many as can: what lies between differs in nothing that these do not try."""
    for size in (0, 3, *range(9, len(CONDITIONS))):
        for held in itertools.combinations(CONDITIONS, size):
            pairs = map(frozenset, itertools.combinations(held, 2))
            if not any(pair in IMPOSSIBLE for pair in pairs):
                check(held)


def test_every_pair_of_rules_is_tried_or_ruled_out_with_a_cause() -> None:
    tried = {(one.rule, other.rule) for one, other in POSSIBLE}
    rules = {*itertools.combinations(range(9), 2), (5, 5), (6, 6), (7, 7), (8, 8)}
    not_tried = {(1, later) for later in (2, 3, 5, 6, 7, 8)} | {
        (4, later) for later in (5, 6, 7, 8)
    }
    assert rules - tried == not_tried
    assert all(IMPOSSIBLE.values())
    assert len(POSSIBLE) + len(IMPOSSIBLE) == len(CONDITIONS) * (len(CONDITIONS) - 1) // 2


def test_a_clearance_that_was_never_loaded_clears_nobody() -> None:
    """Rules 6 and 7 of one list hold together, and only so."""
    world = world_of(())
    loads = tuple(load for load in world.loads if load[0] != "washed")
    bare = World("JP", world.lists, world.campaigns, loads, world.overrides)
    assert bare.state().campaign("spring").decide(PLAIN_NUMBER, NOON, False).reasons == (
        Reason(Code.NOT_CLEARED, "washed", CLEARANCE),
        Reason(Code.LIST_EMPTY, "washed", CLEARANCE, "never_loaded"),
    )
