"""The rules by themselves: texts that were not read, instants, and how equal questions share one verdict."""

import numpy as np
import pytest

from dncd_engine.entries import Entries
from dncd_engine.lists import ListState
from dncd_engine.model import CampaignDefinition, Lift, ListDefinition, ListKind
from dncd_engine.numbers import Reject
from dncd_engine.rules import MAX_REMEMBERED_VERDICTS, CompiledCampaign
from dncd_engine.strata import Stratum
from dncd_engine.verdict import Action, Code, Decision, Reason
from engine.worlds import DAY_US, NOON, Load, World, entries_of

PLAIN, NEVER = 81_45000_0000, 81_990_000123
DNC, REGISTRY = ListKind.DO_NOT_CONTACT, ListKind.REGISTRY
EVERYBODY = frozenset({PLAIN})


def spring(block: tuple[str, ...] = (), require: tuple[str, ...] = ()) -> CampaignDefinition:
    return CampaignDefinition(countries=("JP",), block=block, require=require)


def campaign_of(number: int | None = None) -> CompiledCampaign:
    """Return a campaign with a list of refusals, which may hold a number, and a registry on its last instant."""
    lists = {"dnc": ListDefinition(DNC), "registry": ListDefinition(REGISTRY)}
    held = frozenset({number} if number else ())
    loads = (("dnc", Load(held)), ("registry", Load(frozenset(), (), NOON - 31 * DAY_US + 1)))
    definition = spring(block=("dnc", "registry"))
    return World("JP", lists, {"spring": definition}, loads).state().campaign("spring")


def test_where_no_rule_holds_the_number_is_allowed_without_a_reason() -> None:
    verdict = campaign_of().decide(PLAIN, NOON, behind=False)
    assert (verdict.decision, verdict.action, verdict.reasons) == (
        Decision.ALLOW,
        Action.DIAL,
        (),
    )


@pytest.mark.parametrize("reject", Reject)
def test_a_text_that_was_not_read_is_blocked_with_its_reject_code(reject: Reject) -> None:
    verdict = campaign_of().decide_unread(reject, behind=False)
    wanted = (
        Reason(Code.NEVER_DIAL)
        if reject is Reject.SPECIAL_NUMBER
        else Reason(Code.NUMBER_INVALID, detail=reject.value)
    )
    assert verdict.decision is Decision.BLOCK
    assert verdict.action is (Action.DROP if reject is Reject.SPECIAL_NUMBER else Action.MEND)
    assert verdict.reasons == (wanted,)


def test_a_reject_outweighs_whatever_number_stands_beside_it() -> None:
    verdicts, verdict_of = campaign_of().decide_many(
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
    campaign = campaign_of()
    assert campaign.decide(PLAIN, NOON, False).decision is Decision.ALLOW
    assert campaign.decide(PLAIN, NOON + 1, False).reasons[0].code is Code.LIST_STALE


def test_equal_questions_share_one_verdict() -> None:
    campaign = campaign_of(PLAIN)
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
        entries_of({PLAIN + n for n in numbers if n >> (i % 13) & 1}) if i < 13 else Entries()
        for i in range(lists)
    ]
    states = tuple(
        ListState(f"list-{i:02}", ListDefinition(DNC), entries, loaded=i % 2 == 0)
        for i, entries in enumerate(held)
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


# entries that begin, end and are for something


def codes(campaign: CompiledCampaign, number: int, at_us: int) -> list[Code]:
    verdict = campaign.decide(number, at_us, False)
    verdicts, verdict_of = campaign.decide_many(np.array([number], np.uint64), at_us, False)
    assert [verdicts[place] for place in verdict_of.tolist()] == [verdict]
    return [reason.code for reason in verdict.reasons]


def test_an_entry_acts_from_its_first_instant_to_the_one_before_its_end() -> None:
    lists = {"dnc": ListDefinition(DNC)}
    load = Load(EVERYBODY, stratum=Stratum(NOON, NOON + DAY_US))
    campaign = World("JP", lists, {"c": spring(block=("dnc",))}, (("dnc", load),)).state()
    acting = {NOON: True, NOON - 1: False, NOON + DAY_US - 1: True, NOON + DAY_US: False}
    for at_us, acts in acting.items():
        assert codes(campaign.campaign("c"), PLAIN, at_us) == [Code.LISTED] * acts


@pytest.mark.parametrize(
    ("purpose", "blocks", "opens"),
    [("sales", True, True), ("survey", False, False), ("", True, False)],
)
def test_a_narrowed_entry_blocks_and_opens_for_its_purposes_and_no_purpose_is_the_strictest(
    purpose: str, blocks: bool, opens: bool
) -> None:
    lists = {"dnc": ListDefinition(DNC), "opt-in": ListDefinition(ListKind.CONSENT)}
    load = Load(EVERYBODY, stratum=Stratum(purposes=("sales",)))
    campaigns = {
        "blocked": CampaignDefinition(purpose, ("JP",), block=("dnc",)),
        "required": CampaignDefinition(purpose, ("JP",), require=("opt-in",), excluded=("dnc",)),
    }
    state = World("JP", lists, campaigns, (("dnc", load), ("opt-in", load))).state()
    assert codes(state.campaign("blocked"), PLAIN, NOON) == [Code.LISTED] * blocks
    assert codes(state.campaign("required"), PLAIN, NOON) == [Code.NOT_CLEARED] * (not opens)


def test_a_lift_lifts_its_own_registry_and_no_other_and_no_refusal() -> None:
    lists = {
        "dnc": ListDefinition(DNC),
        "ftc": ListDefinition(REGISTRY),
        "state": ListDefinition(REGISTRY),
        "ebr": ListDefinition(ListKind.EXEMPTION),
    }
    lift = (Lift("ebr", "ftc"),)
    campaigns = {"c": CampaignDefinition("", ("JP",), block=("dnc", "ftc", "state"), lift=lift)}
    loads = tuple((name, Load(EVERYBODY, (), NOON)) for name in lists)
    verdict = World("JP", lists, campaigns, loads).state().campaign("c").decide(PLAIN, NOON, False)
    assert [(reason.code, reason.list) for reason in verdict.reasons] == [
        (Code.LISTED, "dnc"),
        (Code.LISTED, "state"),
    ]


def test_an_exemption_that_is_not_loaded_or_over_lifts_nothing_and_is_rested_on_by_nothing() -> (
    None
):
    lists = {"ftc": ListDefinition(REGISTRY), "ebr": ListDefinition(ListKind.EXEMPTION)}
    campaigns = {"c": CampaignDefinition("", ("JP",), block=("ftc",), lift=(Lift("ebr", "ftc"),))}
    ftc = ("ftc", Load(EVERYBODY, (), NOON))
    bare = World("JP", lists, campaigns, (ftc,)).state().campaign("c")
    assert codes(bare, PLAIN, NOON) == [Code.LISTED]
    assert codes(bare, PLAIN + 1, NOON) == []
    ebr = ("ebr", Load(EVERYBODY, stratum=Stratum(expires_us=NOON + 1)))
    ending = World("JP", lists, campaigns, (ftc, ebr)).state().campaign("c")
    assert codes(ending, PLAIN, NOON) == [Code.LIFTED, Code.LIFTED]
    assert codes(ending, PLAIN, NOON + 1) == [Code.LISTED]


def test_a_campaign_that_only_requires_has_a_policy() -> None:
    lists = {"opt-in": ListDefinition(ListKind.CONSENT)}
    loads = (("opt-in", Load(EVERYBODY)),)
    state = World("JP", lists, {"c": spring(require=("opt-in",))}, loads).state()
    assert codes(state.campaign("c"), PLAIN, NOON) == []
    assert codes(state.campaign("c"), PLAIN + 1, NOON) == [Code.NOT_CLEARED]


def test_a_required_list_asks_for_the_numbers_that_it_speaks_of_and_no_others() -> None:
    lists = {"opt-in": ListDefinition(ListKind.CONSENT, countries=("JP",))}
    campaigns = {"c": CampaignDefinition("", ("JP", "US"), require=("opt-in",))}
    state = World("JP", lists, campaigns).state()
    assert codes(state.campaign("c"), PLAIN, NOON) == [Code.NOT_CLEARED, Code.LIST_EMPTY]
    assert codes(state.campaign("c"), 1_202_555_0100, NOON) == []


def test_an_override_lets_a_stale_list_through_until_its_end_and_nothing_else() -> None:
    lists = {name: ListDefinition(REGISTRY) for name in ("old", "silent", "empty")}
    campaigns = {name: spring(block=(name,)) for name in lists}
    loads = (("old", Load(frozenset(), (), 1)), ("silent", Load(frozenset(), ("1",), NOON)))
    state = World("JP", lists, campaigns, loads, dict.fromkeys(lists, NOON + 1)).state()
    told = state.campaign("old").decide(PLAIN, NOON, False)
    assert told.reasons == (Reason(Code.STALE_ALLOWED, "old", REGISTRY, "2024-10-04T00:00:00Z"),)
    assert codes(state.campaign("old"), PLAIN, NOON + 1) == [Code.LIST_STALE]
    assert codes(state.campaign("silent"), PLAIN, NOON) == [Code.OUT_OF_COVERAGE]
    assert codes(state.campaign("empty"), PLAIN, NOON) == [Code.LIST_EMPTY]
    ended = state.with_override("old", 0)
    assert codes(ended.campaign("old"), PLAIN, NOON) == [Code.LIST_STALE]
    assert state.overrides["old"] == NOON + 1


def test_an_end_beyond_all_calendars_does_not_stop_a_check() -> None:
    lists = {"old": ListDefinition(REGISTRY)}
    loads = (("old", Load(EVERYBODY, (), 1)),)
    world = World("JP", lists, {"c": spring(block=("old",))}, loads, {"old": 2**63 - 1})
    detail = world.state().campaign("c").decide(PLAIN + 1, NOON, False).reasons[0].detail
    assert detail == "9999-12-31T23:59:59Z"
