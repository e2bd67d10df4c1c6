"""What a policy change deletes or prunes, and what it must leave."""

import pytest

from dncd.v1 import policy_pb2
from dncd_server.codec import change_of_effect
from dncd_server.errors import ConflictError, NotFoundError
from dncd_server.policy.plan import plan
from server.building import a_campaign, a_list, policy_request
from server.policy_changes import BASE, CREATE, DELETE, Request, after, changes, hidden, problems


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
        (policy_request(delete_sources=["meibo", "gone"]), "SOURCE_NOT_FOUND", {"source": "gone"}),
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
        sources={"meibo": policy_pb2.SourceDefinition()},
        delete_lists=["house"],
        delete_campaigns=["acme/fall"],
        delete_sources=["meibo"],
    )

    assert problems(request) == [
        ("delete_lists", '"house" is both put and deleted; drop one of them'),
        ("delete_campaigns", '"acme/fall" is both put and deleted; drop one of them'),
        ("delete_sources", '"meibo" is both put and deleted; drop one of them'),
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


def test_a_source_goes_by_its_name_or_with_its_client() -> None:
    source = policy_pb2.SourceDefinition(provider="名簿")
    state = after(policy_request(sources={"acme/a": source, "acme/b": source}), base=BASE)

    by_name = plan(state, policy_request(delete_sources=["meibo"]))
    assert changes(by_name) == [(DELETE, "source", "meibo", [], False)]
    pruned = plan(state, policy_request(sources={"acme/b": source}, prune_prefix="acme/"))
    assert set(pruned.after.sources) == {"acme/b", "meibo"}
    assert change_of_effect(pruned.effect).deleted_sources == {"acme/a"}


IN_USE = after(
    policy_request(
        {
            "acme/ebr": a_list("exemption"),
            "acme/leads": a_list("origin"),
            "acme/claimers": hidden("acme/optout"),
        },
        {
            "acme/x": a_campaign(
                block=["ftc"],
                lift=[policy_pb2.Lift(list="acme/ebr", over="ftc")],
                require=["acme/leads"],
            )
        },
        delete_campaigns=["acme/fall", "acme/spring"],
    ),
    base=BASE,
)


@pytest.mark.parametrize("name", ["ftc", "acme/ebr", "acme/leads"])
def test_a_list_that_a_lift_or_a_requirement_names_is_not_deleted(name: str) -> None:
    with pytest.raises(ConflictError) as caught:
        plan(IN_USE, policy_request(delete_lists=[name]))

    assert caught.value.reason == "LIST_IN_USE"
    assert caught.value.metadata == {"list": name, "campaign": "acme/x"}


def test_what_a_confidential_list_is_shown_as_stays_without_a_word_of_that_list() -> None:
    with pytest.raises(ConflictError) as caught:
        plan(IN_USE, policy_request(delete_lists=["acme/optout"]))

    assert caught.value.reason == "LIST_IN_USE"
    assert caught.value.metadata == {"list": "acme/optout"}
    assert caught.value.message == 'the list "acme/optout" is in use and stays'


def test_who_prunes_does_not_take_a_confidential_list_along() -> None:
    optout = {"acme/optout": a_list()}
    planned = plan(IN_USE, policy_request(optout, prune_prefix="acme/"))
    assert {name for name in planned.after.lists if name.startswith("acme/")} == {
        "acme/optout",
        "acme/claimers",
    }

    by_name = plan(IN_USE, policy_request(delete_lists=["acme/claimers"]))
    assert changes(by_name) == [(DELETE, "list", "acme/claimers", [], True)]


@pytest.mark.parametrize("prefix", ["acme", "/", "acme/x/", "/acme/", "acme//", "Acme/", "ac me/"])
def test_a_prefix_to_prune_is_a_clients(prefix: str) -> None:
    told = [("prune_prefix", 'write CLIENT/, such as "acme/"')]

    assert problems(policy_request(prune_prefix=prefix)) == told
