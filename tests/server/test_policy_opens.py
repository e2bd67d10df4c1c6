"""What opens, field by field and both ways; a field that nobody judged opens."""

import dataclasses
from typing import Any

import pytest

from dncd_engine.model import CampaignDefinition, Lift, ListDefinition, ListKind, Policy
from dncd_server.policy.opens import LIST_RULES, list_opens, opens

DAY = 86_400
OWN, REGISTRY, CLEARANCE = ListKind.DO_NOT_CONTACT, ListKind.REGISTRY, ListKind.CLEARANCE

LIST_CASES: dict[str, list[tuple[dict[str, Any], dict[str, Any], bool, bool]]] = {
    "kind": [({"kind": OWN}, {"kind": REGISTRY}, True, True)],
    "title": [({}, {"title": "a"}, False, False)],
    "layout": [({}, {"layout": "csv"}, False, False)],
    "countries": [
        ({}, {"countries": ("JP",)}, True, False),
        ({"countries": ("JP",)}, {"countries": ("US", "JP")}, False, True),
        ({"countries": ("JP",)}, {"countries": ("US",)}, True, True),
        ({"countries": ("JP", "US")}, {"countries": ("US", "JP")}, False, False),
        ({"countries": ("JP",)}, {"countries": (), "prefixes": ("81",)}, True, True),
        # beside prefixes, countries say nothing
        ({"prefixes": ("81",), "countries": ("JP",)}, {"countries": ("US",)}, False, False),
    ],
    "prefixes": [
        ({}, {"prefixes": ("81",)}, True, False),
        ({"prefixes": ("81",)}, {"prefixes": ("8", "1")}, False, True),
        ({"prefixes": ("81", "1202")}, {"prefixes": ("81",)}, True, False),
        ({"prefixes": ("81",)}, {"prefixes": ("82",)}, True, True),
    ],
    "max_age_seconds": [
        ({"kind": REGISTRY, "max_age_seconds": DAY}, {"max_age_seconds": 2 * DAY}, True, False),
        # of a registry, none given is 31 days
        ({"kind": REGISTRY}, {"max_age_seconds": 32 * DAY}, True, False),
        ({"kind": REGISTRY}, {"max_age_seconds": 31 * DAY}, False, False),
        # of a clearance, it is for ever
        ({"kind": CLEARANCE, "max_age_seconds": DAY}, {"max_age_seconds": 0}, True, False),
    ],
    "tz": [({"tz": "Asia/Tokyo"}, {"tz": "America/New_York"}, False, False)],
    "starts_empty": [({}, {"starts_empty": True}, True, False)],
    "contact": [({}, {"contact": "a"}, False, False)],
    "shadow": [({}, {"shadow": True}, True, False)],
    "confidential": [({}, {"confidential": True, "shown_as": "house"}, True, True)],
    "shown_as": [
        ({"confidential": True, "shown_as": "a"}, {"shown_as": "b"}, True, True),
    ],
    "confidential_ground": [({}, {"confidential_ground": "a"}, False, False)],
    "confidential_review": [({}, {"confidential_review": "2030-01-31"}, False, False)],
    "growth_limit": [({}, {"growth_limit": 10}, False, False)],
    "release_limit": [
        # of a list of one's own, none given is 0
        ({}, {"release_limit": 0}, False, False),
        ({}, {"release_limit": 1}, True, False),
        ({"release_limit": 1}, {"release_limit": 2}, True, False),
        # of another, it is 1,000 at least, and more where the list is long
        ({"kind": REGISTRY}, {"release_limit": 1_000}, False, True),
        ({"kind": REGISTRY}, {"release_limit": 1_001}, True, True),
    ],
}
"""By field: a definition, what it becomes, whether that opens and whether the way back does."""


@pytest.mark.parametrize(
    ("before", "change", "there", "back"),
    [pytest.param(*case, id=field) for field, cases in LIST_CASES.items() for case in cases],
)
def test_a_field_of_a_list_opens_as_it_should(
    before: dict[str, Any], change: dict[str, Any], there: bool, back: bool
) -> None:
    one = ListDefinition(**{"kind": OWN} | before)
    other = dataclasses.replace(one, **change)

    assert (list_opens(one, other), list_opens(other, one)) == (there, back)


def test_every_field_of_a_list_is_judged_and_tried() -> None:
    fields = [field.name for field in dataclasses.fields(ListDefinition)]

    assert list(LIST_RULES) == list(dict.fromkeys(LIST_RULES))
    assert set(LIST_RULES) == set(fields)
    assert set(LIST_CASES) == set(fields)


def test_a_field_that_nobody_judged_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = {field: rule for field, rule in LIST_RULES.items() if field != "title"}
    monkeypatch.setattr("dncd_server.policy.opens.LIST_RULES", rules)

    assert list_opens(ListDefinition(OWN), ListDefinition(OWN, title="a"))


LISTS = {
    "house": ListDefinition(OWN),
    "other": ListDefinition(OWN),
    "tried": ListDefinition(OWN, shadow=True),
    "ftc": ListDefinition(REGISTRY),
    "ebr": ListDefinition(ListKind.EXEMPTION),
    "leads": ListDefinition(ListKind.ORIGIN),
}
BLOCKED = {"block": ("house", "ftc")}
CAMPAIGN_CASES: dict[str, list[tuple[dict[str, Any], dict[str, Any], bool, bool]]] = {
    "purpose": [
        # without one it is held to every entry, and let through by none that is narrowed
        ({}, {"purpose": "sales"}, True, False),
        ({"purpose": "survey"}, {"purpose": "sales"}, True, True),
    ],
    "countries": [
        ({}, {"countries": ("JP",)}, False, False),
        ({}, {"countries": ("JP", "US")}, True, False),
        ({"countries": ("JP", "US")}, {"countries": ("JP",)}, False, True),
        # the first is how its texts are read
        ({"countries": ("JP", "US")}, {"countries": ("US", "JP")}, True, True),
        ({"countries": ("JP", "US", "GB")}, {"countries": ("JP", "GB", "US")}, False, False),
        ({"countries": ("US",)}, {"countries": ()}, True, True),
    ],
    "block": [
        ({"block": ("house",)}, {"block": ("house", "ftc")}, False, True),
        ({"block": ("house",)}, {"block": ("ftc",)}, True, True),
        ({"block": ("house", "ftc")}, {"block": ("ftc", "house")}, False, False),
        # none is every list of one's own
        ({}, {"block": ("house", "other")}, False, False),
        ({}, {"block": ("house",)}, True, False),
        # one in shadow blocks nothing, whether it is there or not
        ({"block": ("house",)}, {"block": ("house", "tried")}, False, False),
        # what rests on no list lets nothing through
        ({"block": ("tried",)}, {"block": ("house",)}, True, True),
    ],
    "excluded": [
        ({}, {"excluded": ("house",)}, True, False),
        ({}, {"excluded": ("tried",)}, False, False),
    ],
    "lift": [
        (BLOCKED, {"lift": (Lift("ebr", "ftc"),)}, True, False),
    ],
    "require": [
        ({}, {"require": ("leads",)}, False, True),
        ({"block": ("tried",)}, {"require": ("leads",)}, True, True),
    ],
    "opt_out": [({}, {"opt_out": "house"}, False, False)],
    "title": [({}, {"title": "a"}, False, False)],
}
"""As for lists, of a campaign on a ledger of the region JP."""


def campaign_opens(before: CampaignDefinition, after: CampaignDefinition) -> bool:
    old, new = (Policy(lists=LISTS, campaigns={"spring": item}) for item in (before, after))
    return opens("campaign", "spring", old, new, "JP")


@pytest.mark.parametrize(
    ("before", "change", "there", "back"),
    [pytest.param(*case, id=field) for field, cases in CAMPAIGN_CASES.items() for case in cases],
)
def test_a_field_of_a_campaign_opens_as_it_should(
    before: dict[str, Any], change: dict[str, Any], there: bool, back: bool
) -> None:
    one = CampaignDefinition(**before)
    other = dataclasses.replace(one, **change)

    assert (campaign_opens(one, other), campaign_opens(other, one)) == (there, back)


def test_every_field_of_a_campaign_is_tried() -> None:
    assert set(CAMPAIGN_CASES) == {field.name for field in dataclasses.fields(CampaignDefinition)}


@pytest.mark.parametrize("what", ["source", "purpose", "answer"])
def test_what_decides_about_no_number_opens_nothing(what: str) -> None:
    assert not opens(what, "a", Policy(), Policy(), "JP")


def test_a_list_that_comes_opens_only_for_a_campaign_that_rested_on_none() -> None:
    spring = {"spring": CampaignDefinition()}
    nothing, tried = (
        Policy(campaigns=spring),
        Policy(lists={"tried": LISTS["tried"]}, campaigns=spring),
    )
    house = {"house": LISTS["house"]}
    for old in (nothing, tried):
        new = dataclasses.replace(old, lists={**old.lists, **house})
        assert opens("list", "house", old, new, "JP")
        more = dataclasses.replace(new, lists={**new.lists, "other": LISTS["other"]})
        assert not opens("list", "other", new, more, "JP")

    # one in shadow, and one that opens, are nothing to rest on
    assert not opens("list", "tried", nothing, tried, "JP")
    assert not opens(
        "list", "ebr", nothing, dataclasses.replace(nothing, lists={"ebr": LISTS["ebr"]}), "JP"
    )


def test_a_list_that_may_not_be_known_is_for_two_persons_to_make() -> None:
    old = Policy(lists=LISTS)
    claimers = ListDefinition(OWN, confidential=True, shown_as="house")
    new = dataclasses.replace(old, lists={**LISTS, "claimers": claimers})

    assert opens("list", "claimers", old, new, "JP")
    assert opens("list", "claimers", new, old, "JP")


def test_the_end_of_a_shadow_opens_for_a_campaign_that_rested_on_nothing_else() -> None:
    for block, is_all in ((("tried",), True), (("tried", "house"), False)):
        old = Policy(lists=LISTS, campaigns={"spring": CampaignDefinition(block=block)})
        new = dataclasses.replace(old, lists={**LISTS, "tried": LISTS["other"]})

        assert opens("list", "tried", old, new, "JP") is is_all


def test_a_call_without_a_campaign_is_judged_as_one() -> None:
    old = Policy(lists={"tried": LISTS["tried"], "house": LISTS["house"]})
    new = dataclasses.replace(old, campaigns={"default": CampaignDefinition(block=("house",))})

    assert not opens("campaign", "default", old, new, "JP")
    # any number was dialled before, so the way back is wider
    assert opens("campaign", "default", new, old, "JP")
    # and a text that was read as Japanese is read otherwise
    elsewhere = CampaignDefinition(block=("house",), countries=("US",))
    new = dataclasses.replace(old, campaigns={"default": elsewhere})
    assert opens("campaign", "default", old, new, "JP")
    assert not opens("campaign", "default", old, new, "US")


def test_the_first_policy_of_a_ledger_opens_nothing() -> None:
    new = Policy(lists=LISTS, campaigns={"spring": CampaignDefinition()})

    assert not any(opens("list", name, Policy(), new, "JP") for name in LISTS)
    assert not opens("campaign", "spring", Policy(), new, "JP")
    # nor does a campaign that goes, once no call can name it
    assert not opens("campaign", "spring", new, Policy(lists=LISTS), "JP")
