"""A policy change is planned whole, and says what it changes and what it opens."""

import pytest

from dncd.v1 import policy_pb2
from dncd_engine.state import State
from dncd_server.codec import change_of_effect
from dncd_server.errors import AlreadyExistsError
from dncd_server.policy.plan import plan
from server.building import a_campaign, a_list, policy_request
from server.policy_changes import BASE, CREATE, PLAIN, UPDATE, after, changes, ftc, hidden


def test_a_new_policy_creates_and_opens_nothing() -> None:
    request = policy_request(
        {"b": a_list(), "a": a_list("registry")},
        {"spring": a_campaign(block=["a"])},
        purposes=["survey"],
        sources={"s": policy_pb2.SourceDefinition()},
        answers={"LISTED": "a"},
    )
    planned = plan(State(), request)

    assert changes(planned) == [
        (CREATE, "list", "a", [], False),
        (CREATE, "list", "b", [], False),
        (CREATE, "campaign", "spring", [], False),
        (CREATE, "source", "s", [], False),
        (CREATE, "purpose", "survey", [], False),
        (CREATE, "answer", "LISTED", [], False),
    ]
    assert not planned.opens


def test_the_same_again_is_no_change() -> None:
    request = policy_request(
        {"acme/optout": a_list()},
        {"acme/fall": a_campaign(opt_out="acme/optout")},
        purposes=["sales:fiber"],
        answers={"LISTED": "a"},
    )

    assert changes(plan(BASE, request)) == []
    assert changes(plan(BASE, policy_request())) == []


def test_what_is_not_named_is_left_alone() -> None:
    planned = plan(BASE, policy_request({"house": a_list("suspended_use", title="ours")}))

    assert changes(planned) == [(UPDATE, "list", "house", ["title"], False)]
    assert planned.after.lists.keys() == BASE.lists.keys()
    assert planned.after.campaigns == BASE.policy.campaigns
    assert planned.after.purposes == ("sales:fiber",)


@pytest.mark.parametrize(
    ("definition", "fields", "opens"),
    [
        (ftc(title="FTC", contact="x@example.org"), ["title", "contact"], False),
        (ftc(layout="csv", tz="UTC"), ["layout", "tz"], False),
        (ftc(max_age_seconds=86_399), ["max_age_seconds"], False),
        (ftc(max_age_seconds=86_401), ["max_age_seconds"], True),
        (ftc(max_age_seconds=0), ["max_age_seconds"], True),
        (ftc(countries=["US", "CA"]), ["countries"], False),
        (ftc(countries=[]), ["countries"], False),
        (ftc(countries=["CA"]), ["countries"], True),
        (ftc(prefixes=["1202"]), ["prefixes"], True),
    ],
)
def test_a_changed_list_says_whether_it_opens(
    definition: policy_pb2.ListDefinition, fields: list[str], opens: bool
) -> None:
    planned = plan(BASE, policy_request({"ftc": definition}))

    assert changes(planned) == [(UPDATE, "list", "ftc", fields, opens)]
    assert planned.opens is opens


@pytest.mark.parametrize("starts_empty", [True, False])
def test_a_list_that_may_begin_empty_opens(starts_empty: bool) -> None:
    was = a_list("suspended_use", starts_empty=not starts_empty)
    now = a_list("suspended_use", starts_empty=starts_empty)
    state = after(policy_request({"house": was}), base=BASE)

    assert plan(state, policy_request({"house": now})).opens is starts_empty


@pytest.mark.parametrize(
    ("campaign", "fields", "opens"),
    [
        (a_campaign(block=["acme/optout", "ftc"], countries=["JP", "US"], title="t"), ["title"], 0),
        (a_campaign(block=["ftc", "acme/optout"], countries=["JP", "US"]), ["block"], 0),
        (a_campaign(block=["ftc", "acme/optout", "house"], countries=["JP", "US"]), ["block"], 0),
        (a_campaign(block=["acme/optout"], countries=["JP", "US"]), ["block"], 1),
        (a_campaign(block=["ftc", "house"], countries=["JP", "US"]), ["block"], 1),
        (a_campaign(countries=["JP", "US"]), ["block"], 1),
        (a_campaign(block=["acme/optout", "ftc"], countries=["JP", "US", "KR"]), ["countries"], 1),
        (a_campaign(block=["acme/optout", "ftc"], countries=["US", "JP"]), ["countries"], 1),
        (a_campaign(block=["acme/optout", "ftc"]), ["countries"], 0),
    ],
)
def test_a_changed_campaign_says_whether_it_opens(
    campaign: policy_pb2.CampaignDefinition, fields: list[str], opens: int
) -> None:
    """The order of countries counts too: the first is how texts are read."""
    planned = plan(BASE, policy_request(campaigns={"acme/spring": campaign}))

    assert changes(planned) == [(UPDATE, "campaign", "acme/spring", fields, bool(opens))]


def test_leaving_a_list_out_of_the_default_opens() -> None:
    campaign = a_campaign(excluded=["house"], opt_out="acme/optout")
    planned = plan(BASE, policy_request(campaigns={"acme/fall": campaign}))

    assert changes(planned) == [(UPDATE, "campaign", "acme/fall", ["except"], True)]


def test_a_default_campaign_opens_what_every_list_blocked() -> None:
    """Without one, a call that names no campaign is blocked by every list."""
    narrow = policy_request(campaigns={"default": a_campaign()})
    whole = policy_request(campaigns={"default": a_campaign(block=["house", "ftc"])})

    assert plan(PLAIN, narrow).opens
    assert not plan(PLAIN, whole).opens
    assert plan(after(whole, base=PLAIN), policy_request(delete_campaigns=["default"])).opens


def test_a_default_campaign_among_clients_opens_nothing_that_was_answered() -> None:
    assert not plan(BASE, policy_request(campaigns={"default": a_campaign()})).opens


def test_only_creating_refuses_what_is_there() -> None:
    same = policy_request({"house": a_list("suspended_use")}, create_only=True)
    campaign = policy_request(campaigns={"acme/fall": a_campaign()}, create_only=True)
    for request, name in ((same, "house"), (campaign, "acme/fall")):
        with pytest.raises(AlreadyExistsError) as caught:
            plan(BASE, request)
        assert (caught.value.reason, caught.value.metadata) == ("NAME_TAKEN", {"name": name})
        assert caught.value.message == f'"{name}" exists already'

    new = policy_request({"other": a_list()}, create_only=True)
    assert changes(plan(BASE, new)) == [(CREATE, "list", "other", [], False)]


def test_purposes_only_ever_grow() -> None:
    planned = plan(BASE, policy_request(purposes=["survey", "sales:fiber"]))

    assert changes(planned) == [(CREATE, "purpose", "survey", [], False)]
    assert planned.after.purposes == ("sales:fiber", "survey")


def test_an_effect_carries_the_whole_change() -> None:
    request = policy_request(
        {
            "new": a_list(title="t", layout="lines", tz="UTC", contact="c", starts_empty=True),
            "tried": a_list("registry", shadow=True, growth_limit=7, release_limit=0),
            "ebr": a_list("exemption", release_limit=9),
            "washed": a_list("clearance", prefixes=["81"], countries=["JP"], max_age_seconds=60),
            "claimers": hidden("new"),
        },
        {
            "acme/x": a_campaign(
                block=["new", "tried"],
                countries=["JP"],
                opt_out="new",
                title="t",
                purpose="survey",
                lift=[policy_pb2.Lift(list="ebr", over="tried")],
                require=["washed"],
            )
        },
        purposes=["survey"],
        sources={"s": policy_pb2.SourceDefinition(provider="p", route="r", basis="b")},
        answers={"LISTED": "b"},
        delete_lists=["beta/optout"],
        delete_campaigns=["acme/fall"],
        delete_sources=["meibo"],
    )
    planned = plan(BASE, request)

    assert change_of_effect(planned.effect) == planned.change
