"""A policy change is planned whole, says what it opens, and is refused whole."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dncd.v1 import policy_pb2
from dncd_engine.state import State
from dncd_server.codec import change_of_effect, has_unknown_fields
from dncd_server.errors import (
    AlreadyExistsError,
    ConflictError,
    DncdError,
    InvalidRequestError,
    NotFoundError,
)
from dncd_server.policies import PlannedChange, plan
from server.building import (
    ACTOR,
    a_campaign,
    a_list,
    numbers_from,
    office,
    plain,
    policy_request,
    run,
)

Request = policy_pb2.ApplyPolicyRequest
CREATE, UPDATE, DELETE = (
    policy_pb2.PolicyChange.VERB_CREATE,
    policy_pb2.PolicyChange.VERB_UPDATE,
    policy_pb2.PolicyChange.VERB_DELETE,
)
LATER = "this version does not act upon it; take it out"


def after(*requests: Request, base: State | None = None) -> State:
    """Return the state that requests make of an empty ledger."""
    state = base or State()
    for request in requests:
        state = state.with_policy(plan(state, request).change)
    return state


BASE = after(
    policy_request(
        {
            "acme/optout": a_list(),
            "beta/optout": a_list(),
            "house": a_list("suspended_use"),
            "ftc": a_list("registry", countries=["US"], max_age_seconds=86_400),
        },
        {
            "acme/spring": a_campaign(block=["acme/optout", "ftc"], countries=["JP", "US"]),
            "acme/fall": a_campaign(opt_out="acme/optout"),
        },
        purposes=["sales:fiber"],
        sources={"meibo": policy_pb2.SourceDefinition(provider="名簿")},
        answers={"LISTED": "a"},
    )
)
PLAIN = after(policy_request({"house": a_list(), "ftc": a_list("registry")}))
"""Without clients: a call need not name a campaign."""


def changes(planned: PlannedChange) -> list[tuple[int, str, str, list[str], bool]]:
    return [
        (item.verb, item.object, item.name, list(item.fields), item.opens)
        for item in planned.differences
    ]


def problems(request: Request, state: State = BASE) -> list[tuple[str, str]]:
    before = plain(state)
    with pytest.raises(InvalidRequestError) as caught:
        plan(state, request)
    assert caught.value.reason == "POLICY_INVALID"
    assert plain(state) == before
    found = [(item.field, item.message) for item in caught.value.fields]
    assert caught.value.message.startswith(f"{found[0][0]}: {found[0][1]}")
    return found


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


def ftc(**fields: object) -> policy_pb2.ListDefinition:
    base: dict[str, object] = {"countries": ["US"], "max_age_seconds": 86_400}
    return a_list("registry", **base | fields)


@pytest.mark.parametrize(
    ("definition", "fields", "opens"),
    [
        (ftc(title="FTC", contact="x@example.org"), ["title", "contact"], False),
        (ftc(layout="csv", tz="UTC"), ["layout", "tz"], False),
        (ftc(max_age_seconds=86_399), ["max_age_seconds"], False),
        (ftc(max_age_seconds=86_401), ["max_age_seconds"], True),
        (ftc(max_age_seconds=0), ["max_age_seconds"], True),
        (ftc(countries=["US", "CA"]), ["countries"], True),
        (ftc(countries=[]), ["countries"], True),
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
        (a_campaign(block=["acme/optout", "ftc"]), ["countries"], 1),
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


def test_deleting_a_list_opens_and_deleting_a_campaign_does_not() -> None:
    request = policy_request(delete_lists=["beta/optout"], delete_campaigns=["acme/spring"])

    assert changes(plan(BASE, request)) == [
        (DELETE, "list", "beta/optout", [], True),
        (DELETE, "campaign", "acme/spring", [], False),
    ]


@pytest.mark.parametrize(
    "campaign",
    [
        a_campaign(block=["spare"]),
        a_campaign(excluded=["spare"]),
        a_campaign(opt_out="spare"),
    ],
)
def test_a_list_that_a_campaign_names_is_not_deleted(
    campaign: policy_pb2.CampaignDefinition,
) -> None:
    state = after(policy_request({"spare": a_list()}, {"acme/x": campaign}), base=BASE)
    with pytest.raises(ConflictError) as caught:
        plan(state, policy_request(delete_lists=["spare"]))

    assert caught.value.reason == "LIST_IN_USE"
    assert caught.value.metadata == {"list": "spare", "campaign": "acme/x"}
    told = 'the campaign "acme/x" names the list "spare"; change the campaign first'
    assert caught.value.message == told

    with_it = policy_request(delete_lists=["spare"], delete_campaigns=["acme/x"])
    assert len(plan(state, with_it).differences) == 2


@pytest.mark.parametrize(
    ("request_", "reason", "metadata"),
    [
        (policy_request(delete_lists=["ftc", "gone"]), "LIST_NOT_FOUND", {"list": "gone"}),
        (
            policy_request(delete_campaigns=["gone"]),
            "CAMPAIGN_NOT_FOUND",
            {"campaign": "gone"},
        ),
    ],
)
def test_what_does_not_exist_is_not_deleted(
    request_: Request, reason: str, metadata: dict[str, str]
) -> None:
    with pytest.raises(NotFoundError) as caught:
        plan(BASE, request_)

    assert (caught.value.reason, caught.value.metadata) == (reason, metadata)
    (what,) = metadata
    assert caught.value.message == f'there is no {what} "gone"'


def test_a_name_is_not_put_and_deleted_at_once() -> None:
    request = policy_request(
        {"house": a_list("suspended_use")},
        {"acme/fall": a_campaign()},
        delete_lists=["house"],
        delete_campaigns=["acme/fall"],
    )

    assert problems(request) == [
        ("delete_lists", '"house" is both put and deleted; drop one of them'),
        ("delete_campaigns", '"acme/fall" is both put and deleted; drop one of them'),
    ]


def test_pruning_deletes_what_the_client_has_and_the_file_does_not_name() -> None:
    request = policy_request(
        {"acme/optout": a_list()}, {"acme/new": a_campaign()}, prune_prefix="acme/"
    )

    assert changes(plan(BASE, request)) == [
        (DELETE, "campaign", "acme/fall", [], False),
        (CREATE, "campaign", "acme/new", [], False),
        (DELETE, "campaign", "acme/spring", [], False),
    ]
    assert changes(plan(BASE, policy_request(prune_prefix="nobody/"))) == []


def test_pruning_does_not_take_a_list_from_under_anothers_campaign() -> None:
    state = after(policy_request(campaigns={"beta/x": a_campaign(block=["house"])}), base=BASE)
    planned = plan(state, policy_request(prune_prefix="acme/"))

    assert "beta/x" in planned.after.campaigns
    assert set(planned.after.lists) == {"beta/optout", "house", "ftc"}


@pytest.mark.parametrize("prefix", ["acme", "/", "acme/x/", "/acme/", "acme//", "Acme/", "ac me/"])
def test_a_prefix_to_prune_is_a_clients(prefix: str) -> None:
    told = [("prune_prefix", 'write CLIENT/, such as "acme/"')]

    assert problems(policy_request(prune_prefix=prefix)) == told


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


def test_a_policy_that_has_moved_is_not_overwritten(tmp_path: Path) -> None:
    async def scene() -> None:
        async with office(tmp_path / "ledger") as it:
            first = await it.apply(policy_request({"house": a_list()}))
            await it.add("house", numbers_from(0, 2), "b1")
            version = first.state.policy_version
            request = policy_request({"house": a_list(title="a")}, base_version=version)
            second = await it.apply(request)
            assert (version, second.state.policy_version) == (2, 4)

            with pytest.raises(ConflictError) as caught:
                await it.apply(policy_request({"house": a_list()}, base_version=version))
            told = "the policy is at version 4, not 2; look again and repeat"
            assert caught.value.message == told
            assert caught.value.reason == "POLICY_MOVED"
            assert caught.value.metadata == {"policy_version": "4"}
            assert it.replica.state.policy.lists["house"].title == "a"

    run(scene())


def test_purposes_only_ever_grow() -> None:
    planned = plan(BASE, policy_request(purposes=["survey", "sales:fiber"]))

    assert changes(planned) == [(CREATE, "purpose", "survey", [], False)]
    assert planned.after.purposes == ("sales:fiber", "survey")


def test_a_purpose_may_be_declared_and_used_at_once() -> None:
    campaign = a_campaign(purpose="survey")
    request = policy_request(campaigns={"acme/fall": campaign}, purposes=["survey"])

    assert plan(BASE, request).after.campaigns["acme/fall"].purpose == "survey"
    assert problems(policy_request(campaigns={"acme/fall": campaign})) == [
        (
            'campaigns["acme/fall"].purpose',
            "this purpose is not declared; add it to purposes or mend the spelling",
        )
    ]


@pytest.mark.parametrize("kind", ["do_not_contact", "registry"])
def test_a_kind_is_for_good(kind: str) -> None:
    told = "the list is of kind suspended_use for good; make another list"

    assert problems(policy_request({"house": a_list(kind)})) == [('lists["house"].kind', told)]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("shadow", True),
        ("confidential", True),
        ("shown_as", "house"),
        ("growth_limit", 1),
        ("release_limit", 1),
    ],
)
def test_a_list_that_asks_for_what_comes_later_is_refused(field: str, value: object) -> None:
    definition = a_list()
    setattr(definition, field, value)
    request = policy_request({"new": definition})

    assert problems(request) == [(f'lists["new"].{field}', LATER)]


@pytest.mark.parametrize(
    ("field", "value"),
    [("lift", [policy_pb2.Lift(list="house", over="ftc")]), ("require", ["house"])],
)
def test_a_campaign_that_asks_for_what_comes_later_is_refused(field: str, value: object) -> None:
    request = policy_request(campaigns={"acme/x": a_campaign(**{field: value})})

    assert problems(request) == [(f'campaigns["acme/x"].{field}', LATER)]


@pytest.mark.parametrize("kind", ["exemption", "consent", "clearance", "origin"])
def test_a_kind_that_opens_is_refused(kind: str) -> None:
    told = "this version knows the kinds do_not_contact, suspended_use and registry"

    assert problems(policy_request({"new": a_list(kind)})) == [('lists["new"].kind', told)]


def test_a_list_without_a_kind_is_refused() -> None:
    told = [('lists["new"].kind', "a list needs its kind, such as do_not_contact")]

    assert problems(policy_request({"new": policy_pb2.ListDefinition()})) == told


def test_a_layout_that_is_not_known_is_refused() -> None:
    ((field, message),) = problems(policy_request({"new": a_list(layout="punched-cards")}))

    assert field == 'lists["new"].layout'
    assert message.startswith("one of auto, ")


def test_all_that_is_wrong_is_named() -> None:
    request = policy_request(
        {"Bad Name": a_list(tz="Nowhere/At_all"), "ftc": ftc(countries=["us", "US", "US"])},
        {"beta/x": a_campaign(block=["acme/optout", "gone"])},
    )
    found = problems(request)

    assert [field for field, _ in found] == [
        "lists",
        'lists["Bad Name"].tz',
        'lists["ftc"].countries',
        'lists["ftc"].countries',
        'campaigns["beta/x"].block',
        'campaigns["beta/x"].block',
    ]
    with pytest.raises(InvalidRequestError, match=r"\(and 5 more\)$"):
        plan(BASE, request)


def with_field(message: policy_pb2.ListDefinition | policy_pb2.Policy) -> bytes:
    """Return a message's bytes with one field more than this version knows."""
    return message.SerializeToString() + b"\xf8\x3f\x01"


def test_a_field_of_a_newer_version_is_refused_and_not_dropped() -> None:
    """A newer dncctl sends what this version has no name for: half of a policy is no policy."""
    told = "it holds a field that this version does not know; take it out or upgrade dncd"
    within = policy_request({"new": policy_pb2.ListDefinition.FromString(with_field(a_list()))})
    outside = Request(policy=policy_pb2.Policy.FromString(with_field(policy_pb2.Policy())))
    for request in (within, outside, Request.FromString(b"\xf8\x3f\x01")):
        sent = Request.FromString(request.SerializeToString())
        assert problems(sent) == [("policy", told)]

    assert not has_unknown_fields(
        policy_request(
            {"a": a_list(countries=["JP"])},
            {"c": a_campaign(lift=[policy_pb2.Lift(list="a")])},
            answers={"LISTED": "a"},
            purposes=["p"],
        )
    )


def test_an_effect_carries_the_whole_change() -> None:
    request = policy_request(
        {"new": a_list(title="t", layout="lines", tz="UTC", contact="c", starts_empty=True)},
        {"acme/x": a_campaign(block=["new"], countries=["JP"], opt_out="new", title="t")},
        purposes=["survey"],
        sources={"s": policy_pb2.SourceDefinition(provider="p", route="r", basis="b")},
        answers={"LISTED": "b"},
        delete_lists=["beta/optout"],
        delete_campaigns=["acme/fall"],
    )
    planned = plan(BASE, request)

    assert change_of_effect(planned.effect) == planned.change


def test_asking_changes_nothing(tmp_path: Path) -> None:
    async def scene() -> None:
        async with office(tmp_path / "ledger") as it:
            request = policy_request({"house": a_list()}, validate_only=True)
            asked = await it.apply(request)
            assert (asked.is_in_force, asked.state.version) == (False, 1)
            assert changes(asked.plan) == [(CREATE, "list", "house", [], False)]

            request.validate_only = False
            applied = await it.apply(request)
            assert (applied.is_in_force, applied.state.version) == (True, 2)

            again = await it.apply(request)
            assert (again.is_in_force, again.state.version) == (False, 2)

    run(scene())


@pytest.mark.parametrize(
    "spoil",
    [
        lambda request: request.policy.lists["bad name"].CopyFrom(a_list()),
        lambda request: request.policy.campaigns["x"].block.append("gone"),
        lambda request: request.policy.lists["y"].CopyFrom(a_list(shadow=True)),
        lambda request: request.delete_lists.append("gone"),
    ],
)
def test_one_fault_keeps_all_of_a_request_out(
    spoil: Callable[[Request], object], tmp_path: Path
) -> None:
    async def scene() -> None:
        async with office(tmp_path / "ledger") as it:
            await it.apply(policy_request({"house": a_list()}))
            before = plain(it.replica.state)
            request = policy_request({"good": a_list()}, purposes=["survey"])
            spoil(request)
            with pytest.raises(DncdError):
                await it.apply(request)

            assert plain(await it.catch_up()) == before

    run(scene())


def test_an_event_names_its_actor(tmp_path: Path) -> None:
    async def scene() -> None:
        async with office(tmp_path / "ledger") as it:
            await it.apply(policy_request({"house": a_list()}))
            found = it.store.evidence(2)
            assert found is not None
            assert ACTOR.name.encode() in found[1]
            assert b"declared" in found[1]

    run(scene())
