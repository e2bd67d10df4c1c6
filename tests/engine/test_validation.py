"""Policies with a defect: each is refused at its field, with a message that says how to mend it."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings

from dncd_engine.model import (
    CampaignDefinition,
    ListDefinition,
    ListKind,
    Policy,
    SourceDefinition,
)
from dncd_engine.validation import Problem, is_prefix, problems_of
from dncd_engine.verdict import Code
from engine.drawing import busy_worlds, worlds
from engine.worlds import PURPOSES, World

DNC = ListDefinition(ListKind.DO_NOT_CONTACT)
SUSPENDED = ListDefinition(ListKind.SUSPENDED_USE)
REGISTRY = ListDefinition(ListKind.REGISTRY, countries=("US",), max_age_seconds=86_400)
SOUND = Policy(
    purposes=("sales:fiber", "survey"),
    sources={"meibo": SourceDefinition("株式会社名簿", "応募はがき", "consent")},
    lists={
        "acme/optout": replace(DNC, title="アクメ 架電禁止", tz="Asia/Tokyo"),
        "acme/stop": replace(SUSPENDED, starts_empty=True),
        "beta/optout": DNC,
        "ftc": replace(REGISTRY, prefixes=("1202",)),
        "shared": DNC,
    },
    campaigns={
        "default": CampaignDefinition(block=("shared", "ftc")),
        "acme/spring": CampaignDefinition(
            purpose="survey",
            countries=("JP", "US"),
            block=("acme/optout", "shared", "ftc"),
            opt_out="acme/optout",
        ),
        "beta/autumn": CampaignDefinition(excluded=("shared",), opt_out="beta/optout"),
    },
)


def with_list(definition: ListDefinition, name: str = "a") -> Policy:
    return replace(SOUND, lists={**SOUND.lists, name: definition})


def with_campaign(definition: CampaignDefinition, name: str = "acme/c") -> Policy:
    return replace(SOUND, campaigns={**SOUND.campaigns, name: definition})


def with_purposes(*purposes: str) -> Policy:
    return replace(SOUND, purposes=(*SOUND.purposes, *purposes))


def with_answers(**answers: str) -> Policy:
    return replace(SOUND, answers=answers)


def with_sources(sources: Mapping[str, SourceDefinition]) -> Policy:
    return replace(SOUND, sources=sources)


NAME = "a name has 1 to 64 of a-z, 0-9, '.', '_', '-' and at most one slash between two parts"
ANSWER = "an answer stands under a reason code, such as LISTED"
PURPOSE = "a purpose is 1 to 256 bytes without blanks around it"
CONTROL = "a control character stands in it; take it out"
LONG = "at most 256 bytes of text"
COUNTRY = "a country is two capital letters of ISO 3166, such as JP or US"
PREFIX = "a prefix is 1 to 15 digits with the country code first, such as 8190"
ZONE = "no such time zone; write one such as Asia/Tokyo"
NO_AGE = "only a registry or a clearance has a publisher's date to be too old by; take it out"
AGE = "at most 36500 days; what is never too old needs no age"
STARTS = "only do_not_contact and suspended_use may begin empty: any other list is loaded"
CLIENT = "belongs to another client; a campaign uses its own client's and shared lists"
OPT_OUT_KIND = "opt-outs go to a do_not_contact or suspended_use list"
OPT_OUT_OPEN = "the campaign is not blocked by this list, so whoever opts out would be called again; block on it"
EXCEPT = "except takes lists from the default; with block there is none, so drop one"
UNDECLARED = "this purpose is not declared; add it to purposes or mend the spelling"

DEFECTS: dict[str, tuple[Policy, str, str]] = {
    "list_without_name": (with_list(DNC, ""), "lists", NAME),
    "list_with_two_slashes": (with_list(DNC, "a/b/c"), "lists", NAME),
    "list_with_capitals": (with_list(DNC, "FTC"), "lists", NAME),
    "campaign_with_blank": (with_campaign(CampaignDefinition(), "a b"), "campaigns", NAME),
    "list_named_as_a_number": (with_list(DNC, "0450000000"), "lists", NAME),
    "campaign_with_nine_digits": (
        with_campaign(CampaignDefinition(), "acme/c123456789"),
        "campaigns",
        NAME,
    ),
    "source_with_nine_digits": (with_sources({"123456789": SourceDefinition()}), "sources", NAME),
    "answer_under_no_code": (with_answers(q="a"), "answers", ANSWER),
    "answer_under_a_code_in_small_letters": (with_answers(listed="a"), "answers", ANSWER),
    "answer_under_nothing": (with_answers(**{"": "a"}), "answers", ANSWER),
    "answer_too_long": (with_answers(LISTED="答" * 86), "answers.LISTED", LONG),
    "answer_with_newline": (with_answers(NO_POLICY="a\nb"), "answers.NO_POLICY", CONTROL),
    "source_without_second_part": (
        with_sources({"a/": SourceDefinition()}),
        "sources",
        NAME,
    ),
    "drill_campaign_defined": (
        with_campaign(CampaignDefinition(), "dncd-test"),
        'campaigns["dncd-test"]',
        "this name is dncd's own; choose another",
    ),
    "purpose_empty": (with_purposes(""), "purposes", PURPOSE),
    "purpose_with_blank": (with_purposes(" sales"), "purposes", PURPOSE),
    "purpose_too_long": (with_purposes("売" * 86), "purposes", PURPOSE),
    "purpose_with_newline": (with_purposes("sales\nsurvey"), "purposes", CONTROL),
    "purpose_twice": (with_purposes("survey"), "purposes", "a purpose stands twice; take one out"),
    "source_too_long": (
        with_sources({"s": SourceDefinition(provider="名" * 86)}),
        'sources["s"].provider',
        LONG,
    ),
    "source_with_escape": (
        with_sources({"s": SourceDefinition(basis="\x1b[2J")}),
        'sources["s"].basis',
        CONTROL,
    ),
    "title_too_long": (with_list(replace(DNC, title="x" * 257)), 'lists["a"].title', LONG),
    "title_with_nul": (with_list(replace(DNC, title="\0")), 'lists["a"].title', CONTROL),
    "title_with_delete": (with_list(replace(DNC, title="\x7f")), 'lists["a"].title', CONTROL),
    "title_with_c1_escape": (with_list(replace(DNC, title="\x9b2J")), 'lists["a"].title', CONTROL),
    "contact_with_tab": (with_list(replace(DNC, contact="a\tb")), 'lists["a"].contact', CONTROL),
    "country_in_small_letters": (
        with_list(replace(DNC, countries=("jp",))),
        'lists["a"].countries',
        COUNTRY,
    ),
    "country_empty": (with_list(replace(DNC, countries=("",))), 'lists["a"].countries', COUNTRY),
    "country_twice": (
        with_list(replace(DNC, countries=("JP", "JP"))),
        'lists["a"].countries',
        "a country stands twice; take one out",
    ),
    "prefix_empty": (with_list(replace(DNC, prefixes=("",))), 'lists["a"].prefixes', PREFIX),
    "prefix_with_plus": (with_list(replace(DNC, prefixes=("+81",))), 'lists["a"].prefixes', PREFIX),
    "prefix_with_trunk": (with_list(replace(DNC, prefixes=("03",))), 'lists["a"].prefixes', PREFIX),
    "prefix_full_width": (
        with_list(replace(DNC, prefixes=("８１",))),
        'lists["a"].prefixes',
        PREFIX,
    ),
    "prefix_too_long": (
        with_list(replace(DNC, prefixes=("1" * 16,))),
        'lists["a"].prefixes',
        PREFIX,
    ),
    "zone_unknown": (with_list(replace(DNC, tz="Asia/Atlantis")), 'lists["a"].tz', ZONE),
    "zone_outside": (with_list(replace(DNC, tz="../etc/passwd")), 'lists["a"].tz', ZONE),
    "zone_is_a_folder": (with_list(replace(DNC, tz="Asia")), 'lists["a"].tz', ZONE),
    "zone_with_nul": (with_list(replace(DNC, tz="Asia/Tokyo\0")), 'lists["a"].tz', ZONE),
    "age_of_own_list": (
        with_list(replace(DNC, max_age_seconds=86_400)),
        'lists["a"].max_age',
        NO_AGE,
    ),
    "age_without_end": (
        with_list(replace(REGISTRY, max_age_seconds=2**64 - 1)),
        'lists["a"].max_age',
        AGE,
    ),
    "registry_starts_empty": (
        with_list(replace(REGISTRY, starts_empty=True)),
        'lists["a"].starts_empty',
        STARTS,
    ),
    "campaign_title_too_long": (
        with_campaign(CampaignDefinition(title="x" * 257)),
        'campaigns["acme/c"].title',
        LONG,
    ),
    "campaign_country_unknown": (
        with_campaign(CampaignDefinition(countries=("UK",))),
        'campaigns["acme/c"].countries',
        COUNTRY,
    ),
    "purpose_undeclared": (
        with_campaign(CampaignDefinition(purpose="sales")),
        'campaigns["acme/c"].purpose',
        UNDECLARED,
    ),
    "block_unknown": (
        with_campaign(CampaignDefinition(block=("acme/optuot",))),
        'campaigns["acme/c"].block',
        'there is no list "acme/optuot"; define it or mend the spelling',
    ),
    "block_twice": (
        with_campaign(CampaignDefinition(block=("shared", "shared"))),
        'campaigns["acme/c"].block',
        "a list stands twice; take one out",
    ),
    "block_of_another_client": (
        with_campaign(CampaignDefinition(block=("beta/optout",))),
        'campaigns["acme/c"].block',
        f'"beta/optout" {CLIENT}',
    ),
    "block_of_a_client_by_nobodys_campaign": (
        with_campaign(CampaignDefinition(block=("acme/optout",)), "c"),
        'campaigns["c"].block',
        f'"acme/optout" {CLIENT}',
    ),
    "except_unknown": (
        with_campaign(CampaignDefinition(excluded=("acme/optuot",))),
        'campaigns["acme/c"].except',
        'there is no list "acme/optuot"; define it or mend the spelling',
    ),
    "except_of_another_client": (
        with_campaign(CampaignDefinition(excluded=("beta/optout",))),
        'campaigns["acme/c"].except',
        f'"beta/optout" {CLIENT}',
    ),
    "except_with_block": (
        with_campaign(CampaignDefinition(block=("ftc",), excluded=("shared",))),
        'campaigns["acme/c"].except',
        EXCEPT,
    ),
    "opt_out_unknown": (
        with_campaign(CampaignDefinition(opt_out="acme/optuot")),
        'campaigns["acme/c"].opt_out',
        'there is no list "acme/optuot"; define it or mend the spelling',
    ),
    "opt_out_of_another_client": (
        with_campaign(CampaignDefinition(opt_out="beta/optout")),
        'campaigns["acme/c"].opt_out',
        f'"beta/optout" {CLIENT}',
    ),
    "opt_out_to_a_registry": (
        with_campaign(CampaignDefinition(block=("ftc",), opt_out="ftc")),
        'campaigns["acme/c"].opt_out',
        OPT_OUT_KIND,
    ),
    "opt_out_that_does_not_block": (
        with_campaign(CampaignDefinition(block=("ftc",), opt_out="acme/optout")),
        'campaigns["acme/c"].opt_out',
        OPT_OUT_OPEN,
    ),
    "opt_out_that_is_excepted": (
        with_campaign(CampaignDefinition(excluded=("acme/optout",), opt_out="acme/optout")),
        'campaigns["acme/c"].opt_out',
        OPT_OUT_OPEN,
    ),
}


def test_a_sound_policy_has_no_problems() -> None:
    assert problems_of(SOUND) == []
    assert problems_of(Policy()) == []


def test_an_answer_may_stand_under_every_reason_code() -> None:
    assert problems_of(with_answers(**{code.name: "答" * 85 for code in Code})) == []


def test_what_is_wrong_with_an_answer_does_not_repeat_it() -> None:
    """A number could stand in it, or be its key."""
    policy = with_answers(**{"81450000000": "a", "LISTED": "81450000000\n"})

    assert [problem.field for problem in problems_of(policy)] == ["answers", "answers.LISTED"]
    assert "81450000000" not in str(problems_of(policy))


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_is_named_at_its_field_and_alone(defect: str) -> None:
    policy, field, message = DEFECTS[defect]
    assert problems_of(policy) == [Problem(field, message)]


def test_all_that_is_wrong_is_said_at_once() -> None:
    policy = replace(
        with_list(replace(DNC, countries=("jp",), tz="Mars", prefixes=("0",))),
        purposes=("", "survey"),
    )
    fields = [problem.field for problem in problems_of(policy)]
    assert fields == [
        "purposes",
        'lists["a"].countries',
        'lists["a"].prefixes',
        'lists["a"].tz',
    ]


@pytest.mark.parametrize("text", ["8", "8190", "1202555", "9" * 15])
def test_what_is_a_prefix(text: str) -> None:
    assert is_prefix(text)


@settings(max_examples=100, deadline=None)
@given(world=worlds() | busy_worlds())
def test_the_ledgers_of_the_other_tests_are_sound(world: World) -> None:
    assert problems_of(Policy(PURPOSES, lists=world.lists, campaigns=world.campaigns)) == []


def test_lists_that_nobody_is_blocked_by_are_named() -> None:
    assert SOUND.unused_lists == ("acme/stop",)
    assert Policy(lists={"a": DNC, "r": REGISTRY}).unused_lists == ()
    of_clients = Policy(lists={"acme/a": DNC, "b": DNC})
    assert of_clients.unused_lists == ("acme/a", "b")
