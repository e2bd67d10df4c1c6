"""The state: policy and lists as they change, and which campaign answers a call."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dncd_engine.entries import Entries
from dncd_engine.model import (
    CampaignDefinition,
    Lift,
    ListDefinition,
    ListKind,
    Policy,
    SourceDefinition,
)
from dncd_engine.names import client_of
from dncd_engine.rules import CompiledCampaign
from dncd_engine.state import (
    CampaignNeededError,
    ChainBrokenError,
    ListChange,
    PolicyChange,
    State,
    UnknownCampaignError,
    changed_policy,
)
from dncd_engine.verdict import Code, Decision
from engine.drawing import confidential
from engine.worlds import NOON, READABLE, World, loaded

DNC = ListDefinition(ListKind.DO_NOT_CONTACT)
SUSPENDED = ListDefinition(ListKind.SUSPENDED_USE)
REGISTRY = ListDefinition(ListKind.REGISTRY)
JAPANESE, AMERICAN, BRITISH = 81_45000_0000, 1_202_555_0100, 44_20_7946_0018
BASE = State(version=1)


def lists_of(campaign: CompiledCampaign) -> list[str]:
    return [item.name for item in campaign.block]


def codes(campaign: CompiledCampaign, number: int = JAPANESE) -> list[Code]:
    return [reason.code for reason in campaign.decide(number, NOON, False).reasons]


def put(state: State, **objects: ListDefinition | CampaignDefinition) -> State:
    """Put lists and campaigns; ``__`` in a name is a slash."""
    named = {name.replace("__", "/"): item for name, item in objects.items()}
    return state.with_policy(
        PolicyChange(
            lists={n: item for n, item in named.items() if isinstance(item, ListDefinition)},
            campaigns={
                n: item for n, item in named.items() if isinstance(item, CampaignDefinition)
            },
        )
    )


# which campaign answers


def test_a_ledger_without_policy_allows_nothing() -> None:
    for number in READABLE:
        assert Code.NO_POLICY in codes(State().campaign(""), number)
    with pytest.raises(UnknownCampaignError):
        State().campaign("default")


def test_default_answers_a_call_that_names_no_campaign_even_among_clients() -> None:
    state = put(BASE, a=DNC, acme__a=DNC, default=CampaignDefinition(block=("a",)))
    assert state.campaign("") is state.campaign("default")
    assert lists_of(state.campaign("")) == ["a"]


def test_without_default_every_blocking_list_answers_and_no_country_is_refused() -> None:
    state = put(BASE, r=REGISTRY, s=SUSPENDED, a=DNC, spring=CampaignDefinition(block=("a",)))
    campaign = state.campaign("")
    assert lists_of(campaign) == ["a", "r", "s"]
    for number in (JAPANESE, AMERICAN, BRITISH):
        assert Code.COUNTRY_NOT_DIALLED not in codes(campaign, number)
    assert lists_of(put(state, b=DNC).campaign("")) == ["a", "b", "r", "s"]


@pytest.mark.parametrize("name", ["acme__a", "acme__spring"])
def test_where_a_name_belongs_to_a_client_a_call_must_name_its_campaign(name: str) -> None:
    thing = DNC if name == "acme__a" else CampaignDefinition()
    state = put(BASE, a=DNC, **{name: thing})
    with pytest.raises(CampaignNeededError):
        state.campaign("")
    gone = PolicyChange(
        deleted_lists=frozenset({"acme/a"}), deleted_campaigns=frozenset({"acme/spring"})
    )
    assert lists_of(state.with_policy(gone).campaign("")) == ["a"]


@pytest.mark.parametrize("name", ["spring", "Default", "dncd-test", "acme/spring", " ", "a"])
def test_an_unknown_campaign_is_never_taken_for_another(name: str) -> None:
    state = put(BASE, a=DNC, default=CampaignDefinition())
    with pytest.raises(UnknownCampaignError, match=name):
        state.campaign(name)


# what a campaign is blocked by


def test_a_campaign_without_block_is_blocked_by_every_own_list_that_it_may_use() -> None:
    state = put(
        BASE, a=DNC, s=SUSPENDED, r=REGISTRY, acme__a=DNC, beta__a=DNC, acme__c=CampaignDefinition()
    )
    assert lists_of(state.campaign("acme/c")) == ["a", "acme/a", "s"]


def test_lists_added_later_block_a_campaign_without_block_at_once() -> None:
    state = put(BASE, acme__a=DNC, acme__c=CampaignDefinition())
    later = put(state, acme__b=SUSPENDED, beta__b=DNC, acme__r=REGISTRY)
    assert lists_of(later.campaign("acme/c")) == ["acme/a", "acme/b"]
    assert codes(loaded(later, "acme/b", {JAPANESE}).campaign("acme/c")) == [
        Code.LISTED,
        Code.LIST_EMPTY,
    ]


def test_except_leaves_out_what_it_names_and_nothing_else() -> None:
    state = put(BASE, a=DNC, b=DNC, acme__a=DNC, acme__c=CampaignDefinition(excluded=("a",)))
    assert lists_of(state.campaign("acme/c")) == ["acme/a", "b"]
    everything = put(state, acme__c=CampaignDefinition(excluded=("a", "b", "acme/a")))
    assert codes(everything.campaign("acme/c")) == [Code.NO_POLICY]


def test_a_campaign_with_block_keeps_its_order_and_gets_nothing_more() -> None:
    state = put(BASE, b=DNC, a=DNC, r=REGISTRY, c=CampaignDefinition(block=("r", "b")))
    assert lists_of(put(state, d=DNC).campaign("c")) == ["r", "b"]


@pytest.mark.parametrize(("region", "dialled"), [("JP", JAPANESE), ("US", AMERICAN)])
def test_a_campaign_without_countries_dials_the_ledgers_region_only(
    region: str, dialled: int
) -> None:
    bare = ListDefinition(ListKind.DO_NOT_CONTACT, starts_empty=True)
    state = put(BASE.with_region(region), a=bare, c=CampaignDefinition())
    for number in (JAPANESE, AMERICAN, BRITISH):
        wanted = [] if number == dialled else [Code.COUNTRY_NOT_DIALLED]
        assert codes(state.campaign("c"), number) == wanted
    assert state.campaign("c").text_region == state.campaign("").text_region == region


def test_the_first_country_is_how_texts_are_read() -> None:
    state = put(BASE, c=CampaignDefinition(countries=("US", "JP")))
    assert state.campaign("c").text_region == "US"


parts = st.sampled_from(["a", "b", "acme", "beta"])
names = parts | st.builds("{}/{}".format, parts, parts)


@settings(max_examples=200)
@given(
    lists=st.sets(names, max_size=8),
    campaigns=st.sets(names, max_size=5),
    excluded=st.sets(names, max_size=2),
)
def test_no_campaign_without_block_probes_a_list_of_another_client(
    lists: set[str], campaigns: set[str], excluded: set[str]
) -> None:
    definition = CampaignDefinition(excluded=tuple(sorted(excluded)))
    state = BASE.with_policy(
        PolicyChange(
            lists=dict.fromkeys(lists, DNC), campaigns=dict.fromkeys(campaigns, definition)
        )
    )
    for name in campaigns:
        owners = {client_of(item) for item in lists_of(state.campaign(name))}
        assert owners <= {"", client_of(name)}
        usable = {item for item in lists if client_of(item) in ("", client_of(name))}
        assert set(lists_of(state.campaign(name))) == usable - excluded


# changes


def test_a_list_that_was_deleted_and_made_again_is_empty_and_never_loaded() -> None:
    state = loaded(put(BASE, a=DNC, c=CampaignDefinition(block=("a",))), "a", set(READABLE))
    assert codes(state.campaign("c")) == [Code.LISTED]
    without = state.with_policy(
        PolicyChange(deleted_lists=frozenset({"a"}), deleted_campaigns=frozenset({"c"}))
    )
    assert (without.lists, without.campaigns, without.policy.lists) == ({}, {}, {})
    again = put(replace(without, version=9), a=DNC, c=CampaignDefinition(block=("a",)))
    assert codes(again.campaign("c")) == [Code.LIST_EMPTY]
    assert again.lists["a"].entries.count == 0
    assert (again.lists["a"].version, again.lists["a"].coverage) == (9, {})
    assert again.lists["a"].created_version == 9


def test_a_new_definition_keeps_what_the_list_holds() -> None:
    state = loaded(put(BASE, a=DNC, c=CampaignDefinition(block=("a",))), "a", {JAPANESE})
    renamed = put(state, a=replace(DNC, title="架電禁止"))
    assert codes(renamed.campaign("c")) == [Code.LISTED]
    assert renamed.lists["a"].definition.title == "架電禁止"
    assert renamed.lists["a"].created_version == 1
    assert renamed.campaign("c").block[0] is renamed.lists["a"]
    assert codes(state.campaign("c")) == [Code.LISTED]


def test_a_list_keeps_the_version_that_defined_it() -> None:
    state = put(replace(BASE, version=3), a=DNC)
    redefined = put(replace(state, version=4), a=replace(DNC, title="x"), b=DNC)
    after = loaded(replace(redefined, version=5), "a", {JAPANESE})

    assert {name: item.created_version for name, item in after.lists.items()} == {"a": 3, "b": 4}
    assert after.lists["a"].version == 5
    whole = PolicyChange(lists=after.policy.lists)
    assert State(5).restored(whole, after.lists, 4, {}).lists["a"].created_version == 3


def test_a_policy_change_touches_only_what_it_names() -> None:
    old = Policy(
        ("survey",),
        {"s": SourceDefinition("x"), "t": SourceDefinition("y")},
        {"a": DNC, "b": DNC},
        {"c": CampaignDefinition(), "d": CampaignDefinition()},
        {"LISTED": "no"},
    )
    assert changed_policy(old, PolicyChange()) == old
    new = changed_policy(
        old,
        PolicyChange(
            purposes=(),
            sources={"t": SourceDefinition("z")},
            lists={"b": REGISTRY},
            campaigns={"e": CampaignDefinition()},
            answers={"NO_POLICY": "later"},
            deleted_sources=frozenset({"s"}),
            deleted_lists=frozenset({"a"}),
            deleted_campaigns=frozenset({"c", "unknown"}),
        ),
    )
    assert new == Policy(
        (),
        {"t": SourceDefinition("z")},
        {"b": REGISTRY},
        {"d": CampaignDefinition(), "e": CampaignDefinition()},
        {"LISTED": "no", "NO_POLICY": "later"},
    )
    assert old.lists == {"a": DNC, "b": DNC}


def test_a_change_to_a_list_that_is_not_there_breaks_the_chain() -> None:
    with pytest.raises(ChainBrokenError, match="changes a list that does not exist"):
        put(BASE, a=DNC).with_list(ListChange("b", Entries(), {}, True))


def test_a_policy_whose_campaign_rests_on_no_list_breaks_the_chain() -> None:
    state = put(BASE, a=DNC, c=CampaignDefinition(block=("a",)))
    with pytest.raises(ChainBrokenError, match="rests on a list that does not exist"):
        state.with_policy(PolicyChange(deleted_lists=frozenset({"a"})))
    with pytest.raises(ChainBrokenError, match="rests on a list that does not exist"):
        put(BASE, c=CampaignDefinition(block=("a",)))


def test_a_policy_that_rests_on_a_list_that_cannot_be_seen_breaks_the_chain() -> None:
    hidden = confidential(ListKind.DO_NOT_CONTACT, "a")
    lists = {"a": DNC, "r": REGISTRY, "x": hidden}
    for campaign in (
        CampaignDefinition(block=("x",)),
        CampaignDefinition(require=("q",)),
        CampaignDefinition(block=("r",), lift=(Lift("e", "r"),)),
    ):
        with pytest.raises(ChainBrokenError, match="rests on a list that does not exist"):
            BASE.with_policy(PolicyChange(lists=lists, campaigns={"c": campaign}))
    with pytest.raises(ChainBrokenError, match="rests on a list that does not exist"):
        BASE.with_policy(PolicyChange(lists={"x": hidden}))


def test_an_override_ends_with_its_list_and_knows_no_other() -> None:
    state = put(BASE, r=REGISTRY).with_override("r", NOON)
    with pytest.raises(ChainBrokenError, match="changes a list that does not exist"):
        state.with_override("s", NOON)
    assert dict(put(state, r=replace(REGISTRY, title="x")).overrides) == {"r": NOON}
    gone = state.with_policy(PolicyChange(deleted_lists=frozenset({"r"})))
    assert dict(put(gone, r=REGISTRY).overrides) == {}


def test_only_campaigns_that_probe_a_changed_list_are_compiled_again() -> None:
    state = put(
        BASE,
        a=DNC,
        b=DNC,
        r=REGISTRY,
        of_a=CampaignDefinition(block=("a",)),
        of_b=CampaignDefinition(block=("b", "r")),
        of_own=CampaignDefinition(),
    )
    after = loaded(state, "a", {JAPANESE})
    assert after.campaign("of_b") is state.campaign("of_b")
    for name in ("of_a", "of_own", ""):
        assert after.campaign(name) is not state.campaign(name)
        assert codes(after.campaign(name))[0] is Code.LISTED
        assert Code.LISTED not in codes(state.campaign(name))
    for name in ("of_a", "of_b", "of_own", ""):
        for item in after.campaign(name).block:
            assert item is after.lists[item.name]


def test_a_batch_in_force_makes_a_list_loaded_even_if_it_brings_nothing_new() -> None:
    state = put(BASE, a=DNC, c=CampaignDefinition(block=("a",)))
    after = replace(state, version=5).with_list(ListChange("a", Entries(), {}, True))
    assert codes(state.campaign("c")) == [Code.LIST_EMPTY]
    assert after.campaign("c").decide(JAPANESE, NOON, False).decision is Decision.ALLOW
    assert (after.lists["a"].version, state.lists["a"].version) == (5, 1)


def test_a_change_of_region_is_seen_by_every_campaign() -> None:
    state = put(BASE, a=DNC, c=CampaignDefinition()).with_region("US")
    assert state.campaign("c").countries == frozenset({"US"})
    assert state.campaign("").text_region == "US"


def test_a_restored_state_answers_as_the_one_that_was_kept() -> None:
    world = World(
        lists={"a": DNC, "r": REGISTRY},
        campaigns={"c": CampaignDefinition(countries=("JP", "US"), block=("a", "r"))},
    )
    state = loaded(loaded(world.state(), "a", {JAPANESE}), "r", {AMERICAN}, ("1",), 1)
    state = state.with_override("r", NOON + 1)
    assert Code.STALE_ALLOWED in codes(state.campaign("c"), AMERICAN + 1)
    whole = PolicyChange(lists=state.policy.lists, campaigns=state.policy.campaigns)
    bare = State(state.version, state.epoch, state.head, state.at_us, state.region)
    restored = bare.restored(whole, state.lists, state.policy_version, state.overrides)
    assert restored.overrides == state.overrides
    for number in (*READABLE, AMERICAN + 1):
        for name in ("", "c"):
            assert restored.campaign(name).decide(number, NOON, False) == state.campaign(
                name
            ).decide(number, NOON, False)
