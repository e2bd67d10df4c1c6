"""The compiled rules against the model of them, on random ledgers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dncd_engine.numbers import Reject
from dncd_engine.rules import CompiledCampaign
from dncd_engine.state import CampaignNeededError, UnknownCampaignError
from dncd_engine.verdict import Decision, Verdict
from engine.drawing import busy_worlds, instants, samples, worlds
from engine.oracle import Expected, expected
from engine.worlds import Sample, World

campaign_names = st.sampled_from(["", "default", "spring", "acme/spring", "beta/autumn"])


def campaign_or_none(world: World, name: str) -> CompiledCampaign | None:
    """Return a campaign; where there is none, see that the refusal is the right one."""
    state = world.state()
    if name in world.campaigns or (not name and "default" in world.campaigns):
        return state.campaign(name)
    if name:
        with pytest.raises(UnknownCampaignError):
            state.campaign(name)
        return None
    if any("/" in known for known in (*world.lists, *world.campaigns)):
        with pytest.raises(CampaignNeededError):
            state.campaign(name)
        return None
    return state.campaign(name)


def effective(world: World, name: str) -> str:
    return name or ("default" if "default" in world.campaigns else "")


def as_expected(verdict: Verdict) -> Expected:
    return Expected(verdict.decision, verdict.action, verdict.reasons, verdict.shadow_hits)


@settings(max_examples=500, deadline=None)
@given(
    world=worlds() | worlds(("a", "b", "e", "q", "r"), ("default",)) | worlds(("a", "b", "r"), ()),
    name=campaign_names,
    asked=st.lists(samples, min_size=1, max_size=12),
    at_us=instants,
    behind=st.booleans(),
)
def test_the_engine_decides_as_the_rules_say(
    world: World, name: str, asked: list[Sample], at_us: int, behind: bool
) -> None:
    campaign = campaign_or_none(world, name)
    if campaign is not None:
        check_against_model(campaign, world, effective(world, name), asked, at_us, behind)


@settings(max_examples=500, deadline=None)
@given(world=busy_worlds(), asked=st.lists(samples, min_size=1, max_size=12), at_us=instants)
def test_the_engine_decides_as_the_rules_say_where_every_kind_of_list_is_used(
    world: World, asked: list[Sample], at_us: int
) -> None:
    campaign = world.state().campaign("spring")
    check_against_model(campaign, world, "spring", asked, at_us, False)


def check_against_model(
    campaign: CompiledCampaign,
    world: World,
    name: str,
    asked: list[Sample],
    at_us: int,
    behind: bool,
) -> None:
    wanted = [expected(world, name, item, at_us, behind) for item in asked]
    each = [campaign.decide(item.number, at_us, behind) for item in asked]
    assert [as_expected(verdict) for verdict in each] == wanted
    verdicts, verdict_of = campaign.decide_many(
        np.array([item.number for item in asked], dtype=np.uint64), at_us, behind
    )
    assert [verdicts[place] for place in verdict_of.tolist()] == each
    assert len(verdicts) == len(set(verdicts)) == len(set(verdict_of.tolist()))


@settings(max_examples=200, deadline=None)
@given(
    world=worlds(("a", "e", "r", "acme/q", "acme/r"), ("acme/spring",)),
    asked=st.lists(st.tuples(samples, st.none() | st.sampled_from(list(Reject))), max_size=12),
    at_us=instants,
    behind=st.booleans(),
)
def test_a_column_with_texts_that_were_not_read_is_decided_as_each_is(
    world: World, asked: list[tuple[Sample, Reject | None]], at_us: int, behind: bool
) -> None:
    campaign = campaign_or_none(world, "acme/spring")
    if campaign is None:
        return
    each = [
        campaign.decide(item.number, at_us, behind)
        if reject is None
        else campaign.decide_unread(reject, behind)
        for item, reject in asked
    ]
    verdicts, verdict_of = campaign.decide_many(
        np.array([item.number for item, _ in asked], dtype=np.uint64),
        at_us,
        behind,
        [reject for _, reject in asked],
    )
    assert [verdicts[place] for place in verdict_of.tolist()] == each
    assert len(verdicts) == len(set(verdicts))
    assert verdict_of.dtype == np.uint16


@settings(max_examples=100, deadline=None)
@given(world=worlds() | busy_worlds(), name=campaign_names, item=samples, at_us=instants)
def test_a_node_that_is_behind_allows_nothing(
    world: World, name: str, item: Sample, at_us: int
) -> None:
    campaign = campaign_or_none(world, name)
    if campaign is not None:
        assert campaign.decide(item.number, at_us, True).decision is Decision.BLOCK
