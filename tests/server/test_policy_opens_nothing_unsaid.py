"""A change that is said not to open lets no number through that was blocked: on drawn ledgers, at several instants."""

import dataclasses
from random import Random

import pytest

from dncd_engine.state import CampaignNeededError, State, UnknownCampaignError
from dncd_engine.verdict import Decision
from dncd_server.errors import DncdError
from dncd_server.policy.opens import LIST_RULES, footing_of
from dncd_server.policy.plan import PlannedChange, plan
from engine.worlds import SAMPLES
from server.policy_edits import CALLS, INSTANTS, drawn_request, drawn_world

SEEDS = range(3_000)


def test_a_change_that_is_said_not_to_open_opens_nothing() -> None:
    tried = sum(map(opens_only_what_it_says, SEEDS))

    assert tried > len(SEEDS) / 4  # so many were sound and are said not to open


def test_the_search_finds_what_is_wrongly_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = dict.fromkeys(LIST_RULES, lambda before, after: False)
    monkeypatch.setattr("dncd_server.policy.opens.LIST_RULES", rules)

    with pytest.raises(AssertionError):
        sum(map(opens_only_what_it_says, SEEDS))


def opens_only_what_it_says(seed: int) -> bool:
    """Try a drawn change; return whether it was one that is said not to open."""
    random = Random(seed)  # noqa: S311 # a fixed seed, so that a find can be looked at again
    before = drawn_world(random).state()
    planned = planned_of(random, before)
    if planned is None or planned.opens:
        return False
    after = dataclasses.replace(before, version=before.version + 1).with_policy(planned.change)
    assert let_through(before, after) == [], (seed, planned.differences)
    return True


def planned_of(random: Random, state: State) -> PlannedChange | None:
    """Return a drawn change, None where it is unsound or changes nothing."""
    try:
        planned = plan(state, drawn_request(random, state.policy))
    except DncdError:
        return None
    return planned if planned.differences else None


def let_through(before: State, after: State) -> list[tuple[str, int, int]]:
    """Return (call, number, instant) of all that was blocked before and is allowed after."""
    calls = [call for call in CALLS if is_answered(before, call) and is_answered(after, call)]
    for call in calls:
        # a text that is read otherwise is another number
        assert before.campaign(call).text_region == after.campaign(call).text_region
    return [
        (call, sample.number, at_us)
        for call in calls
        for sample in SAMPLES
        for at_us in INSTANTS
        if decision(before, call, sample.number, at_us) is Decision.BLOCK
        if decision(after, call, sample.number, at_us) is Decision.ALLOW
    ]


def is_answered(state: State, call: str) -> bool:
    """Tell whether a call is answered; one without a campaign begins with the first list that blocks."""
    if not call and "default" not in state.campaigns:
        return footing_of(state.policy, "default", state.region) is not None
    try:
        state.campaign(call)
    except (UnknownCampaignError, CampaignNeededError):
        return False
    return True


def decision(state: State, call: str, number: int, at_us: int) -> Decision:
    return state.campaign(call).decide(number, at_us, False).decision
