"""What each kind of list may be, and where a campaign may name it: every defect at its field, with its mend."""

from dataclasses import replace
from typing import Any

import pytest

from dncd_engine.model import CampaignDefinition, Lift, ListDefinition, ListKind, Policy
from dncd_engine.validation import Problem, problems_of
from engine.drawing import confidential

DNC = ListDefinition(ListKind.DO_NOT_CONTACT)
HIDDEN = confidential(ListKind.SUSPENDED_USE, "acme/optout")
SOUND = Policy(
    purposes=("survey",),
    lists={
        "acme/optout": DNC,
        "acme/hidden": HIDDEN,
        "acme/ebr": ListDefinition(ListKind.EXEMPTION),
        "acme/opt-in": ListDefinition(ListKind.CONSENT, countries=("JP",)),
        "acme/washed": ListDefinition(ListKind.CLEARANCE, max_age_seconds=86_400),
        "acme/origin": ListDefinition(ListKind.ORIGIN, growth_limit=5, release_limit=0),
        "acme/trial": replace(DNC, shadow=True),
        "beta/ebr": ListDefinition(ListKind.EXEMPTION),
        "beta/ftc": ListDefinition(ListKind.REGISTRY),
        "beta/opt-in": ListDefinition(ListKind.CONSENT),
        "beta/optout": DNC,
        "ftc": ListDefinition(ListKind.REGISTRY),
        "other": ListDefinition(ListKind.REGISTRY, shadow=True),
        "optout": DNC,
    },
)
CAMPAIGN = CampaignDefinition(
    purpose="survey",
    block=("acme/optout", "acme/trial", "ftc", "other"),
    lift=(Lift("acme/ebr", "ftc"), Lift("acme/ebr", "other")),
    require=("acme/opt-in", "acme/washed", "acme/origin"),
    opt_out="acme/optout",
)


def with_campaign(**fields: Any) -> Policy:
    return replace(SOUND, campaigns={"acme/c": replace(CAMPAIGN, **fields)})


def with_list(definition: ListDefinition, name: str = "acme/x") -> Policy:
    return replace(with_campaign(), lists={**SOUND.lists, name: definition})


def with_hidden(**fields: Any) -> Policy:
    return with_list(replace(HIDDEN, **fields))


def lifting(exemption: str, over: str) -> Policy:
    return with_campaign(lift=(Lift(exemption, over),))


CLIENT = "belongs to another client; a campaign uses its own client's and shared lists"
HIDES = '"acme/hidden" is confidential and acts as the list that it is shown as; name that one'
MISSING = 'there is no list "nowhere"; define it or mend the spelling'
OPENLY = "only a confidential list has this; take it out or set confidential"
ORDINARY = "is no ordinary list; name a do_not_contact list, not confidential, not in shadow"
DAY = "name the day, as YYYY-MM-DD, on which a person looks again whether it must stay so"
GROUND = "say why the list's existence may not be known"
C, X = 'campaigns["acme/c"]', 'lists["acme/x"]'

DEFECTS: dict[str, tuple[Policy, str, str]] = {
    "shadow_of_a_list_that_opens": (
        with_list(ListDefinition(ListKind.CONSENT, shadow=True)),
        f"{X}.shadow",
        "only a list that blocks can be in shadow; take it out",
    ),
    "shadow_of_a_confidential_list": (
        with_hidden(shadow=True),
        f"{X}.shadow",
        "a confidential list blocks as the one that it is shown as; take shadow out",
    ),
    "confidential_registry": (
        with_hidden(kind=ListKind.REGISTRY),
        f"{X}.confidential",
        "only a do_not_contact or suspended_use list can be confidential; take it out",
    ),
    "confidential_consent": (
        with_hidden(kind=ListKind.CONSENT),
        f"{X}.confidential",
        "only a do_not_contact or suspended_use list can be confidential; take it out",
    ),
    "shown_as_nothing": (
        with_hidden(shown_as=""),
        f"{X}.shown_as",
        "name the do_not_contact list that its hits are shown as",
    ),
    "shown_as_unknown": (with_hidden(shown_as="nowhere"), f"{X}.shown_as", MISSING),
    "shown_as_another_clients": (
        with_hidden(shown_as="beta/optout"),
        f"{X}.shown_as",
        '"beta/optout" is not of the same client; name one that is',
    ),
    "shown_as_a_shared_list": (
        with_hidden(shown_as="optout"),
        f"{X}.shown_as",
        '"optout" is not of the same client; name one that is',
    ),
    "shown_as_a_confidential_list": (
        with_hidden(shown_as="acme/hidden"),
        f"{X}.shown_as",
        f'"acme/hidden" {ORDINARY}',
    ),
    "shown_as_a_list_in_shadow": (
        with_hidden(shown_as="acme/trial"),
        f"{X}.shown_as",
        f'"acme/trial" {ORDINARY}',
    ),
    "shown_as_a_suspension": (
        replace(
            with_hidden(shown_as="acme/stop"),
            lists={
                **with_hidden(shown_as="acme/stop").lists,
                "acme/stop": ListDefinition(ListKind.SUSPENDED_USE),
            },
        ),
        f"{X}.shown_as",
        f'"acme/stop" {ORDINARY}',
    ),
    "confidential_without_ground": (
        with_hidden(confidential_ground=""),
        f"{X}.confidential_ground",
        GROUND,
    ),
    "confidential_with_a_blank_ground": (
        with_hidden(confidential_ground=" \u3000"),
        f"{X}.confidential_ground",
        GROUND,
    ),
    "confidential_with_a_long_ground": (
        with_hidden(confidential_ground="x" * 257),
        f"{X}.confidential_ground",
        "at most 256 bytes of text",
    ),
    "confidential_without_review": (
        with_hidden(confidential_review=""),
        f"{X}.confidential_review",
        DAY,
    ),
    "confidential_with_review_on_no_day": (
        with_hidden(confidential_review="2027-02-29"),
        f"{X}.confidential_review",
        DAY,
    ),
    "confidential_with_review_without_dashes": (
        with_hidden(confidential_review="20270228"),
        f"{X}.confidential_review",
        DAY,
    ),
    "confidential_with_review_in_full_width": (
        with_hidden(confidential_review="２０２７-02-28"),
        f"{X}.confidential_review",
        DAY,
    ),
    "shown_as_without_confidential": (
        with_list(replace(DNC, shown_as="acme/optout")),
        f"{X}.shown_as",
        OPENLY,
    ),
    "ground_without_confidential": (
        with_list(replace(DNC, confidential_ground="x")),
        f"{X}.confidential_ground",
        OPENLY,
    ),
    "review_without_confidential": (
        with_list(replace(DNC, confidential_review="2030-01-31")),
        f"{X}.confidential_review",
        OPENLY,
    ),
    **{
        f"age_of_{kind.word}": (
            with_list(ListDefinition(kind, max_age_seconds=86_400)),
            f"{X}.max_age",
            "only a registry or a clearance has a publisher's date to be too old by; take it out",
        )
        for kind in ListKind
        if kind not in (ListKind.REGISTRY, ListKind.CLEARANCE)
    },
    **{
        f"{kind.word}_starts_empty": (
            with_list(ListDefinition(kind, starts_empty=True)),
            f"{X}.starts_empty",
            "only do_not_contact and suspended_use may begin empty: any other list is loaded",
        )
        for kind in ListKind
        if not kind.is_own
    },
    "block_on_a_confidential_list": (
        with_campaign(block=(*CAMPAIGN.block, "acme/hidden")),
        f"{C}.block",
        HIDES,
    ),
    "block_on_consent": (
        with_campaign(block=(*CAMPAIGN.block, "acme/opt-in")),
        f"{C}.block",
        '"acme/opt-in" is not of a kind that blocks',
    ),
    "except_a_confidential_list": (
        with_campaign(block=(), lift=(), excluded=("acme/hidden",)),
        f"{C}.except",
        HIDES,
    ),
    "opt_out_to_a_confidential_list": (
        with_campaign(opt_out="acme/hidden"),
        f"{C}.opt_out",
        HIDES,
    ),
    "opt_out_to_a_list_in_shadow": (
        with_campaign(opt_out="acme/trial"),
        f"{C}.opt_out",
        "a list in shadow blocks nothing, so whoever opts out would be called again; end its shadow",
    ),
    "require_unknown": (with_campaign(require=("nowhere",)), f"{C}.require", MISSING),
    "require_twice": (
        with_campaign(require=("acme/opt-in", "acme/opt-in")),
        f"{C}.require",
        "a list stands twice; take one out",
    ),
    "require_of_another_client": (
        with_campaign(require=("beta/opt-in",)),
        f"{C}.require",
        f'"beta/opt-in" {CLIENT}',
    ),
    "require_a_confidential_list": (
        with_campaign(require=("acme/hidden",)),
        f"{C}.require",
        HIDES,
    ),
    **{
        f"require_{name}": (
            with_campaign(require=(name,)),
            f"{C}.require",
            f'"{name}" cannot be required; a consent, clearance or origin list can',
        )
        for name in ("acme/optout", "ftc", "acme/ebr")
    },
    "lift_by_nothing": (lifting("nowhere", "ftc"), f"{C}.lift", MISSING),
    "lift_over_nothing": (lifting("acme/ebr", "nowhere"), f"{C}.lift", MISSING),
    "lift_by_another_client": (lifting("beta/ebr", "ftc"), f"{C}.lift", f'"beta/ebr" {CLIENT}'),
    "lift_over_another_client": (
        lifting("acme/ebr", "beta/ftc"),
        f"{C}.lift",
        f'"beta/ftc" {CLIENT}',
    ),
    "lift_by_consent": (
        lifting("acme/opt-in", "ftc"),
        f"{C}.lift",
        '"acme/opt-in" lifts nothing; only an exemption does',
    ),
    "lift_over_a_refusal": (
        lifting("acme/ebr", "acme/optout"),
        f"{C}.lift",
        '"acme/optout" is no registry; a person\'s own refusal ends by remove, never by a lift',
    ),
    "lift_over_a_registry_that_does_not_block": (
        with_campaign(block=("acme/optout", "other"), lift=(Lift("acme/ebr", "ftc"),)),
        f"{C}.lift",
        'the campaign is not blocked by "ftc"; block on it or drop the lift',
    ),
    "lift_over_the_default": (
        with_campaign(block=(), lift=(Lift("acme/ebr", "ftc"),)),
        f"{C}.lift",
        'the campaign is not blocked by "ftc"; block on it or drop the lift',
    ),
    "lift_twice": (
        with_campaign(lift=CAMPAIGN.lift + CAMPAIGN.lift[:1]),
        f"{C}.lift",
        "a lift stands twice; take one out",
    ),
}


def test_a_policy_with_every_kind_has_no_problems() -> None:
    assert problems_of(with_campaign()) == []
    assert problems_of(with_campaign(block=(), lift=())) == []


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_is_named_at_its_field_and_alone(defect: str) -> None:
    policy, field, message = DEFECTS[defect]
    assert problems_of(policy) == [Problem(field, message)]


def test_a_confidential_list_is_in_no_default_and_never_called_unused() -> None:
    policy = with_campaign(block=(), lift=(), opt_out="")
    assert policy.blocking_lists_of("acme/c") == ("acme/optout", "acme/trial", "optout")
    assert "acme/hidden" not in policy.unused_lists
    assert policy.unused_lists == ("beta/ftc", "beta/optout", "ftc", "other")
