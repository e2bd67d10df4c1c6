"""A policy that cannot be understood whole is refused, and every fault is named."""

import pytest

from dncd.v1 import policy_pb2
from dncd_server.codec import has_unknown_fields
from dncd_server.errors import InvalidRequestError
from dncd_server.policy.plan import plan
from server.building import a_campaign, a_list, policy_request
from server.policy_changes import BASE, Request, after, ftc, hidden, problems


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


def test_what_the_engine_cannot_keep_is_refused() -> None:
    request = policy_request(
        {"new": a_list("exemption", shadow=True)}, {"acme/x": a_campaign(require=["house"])}
    )

    assert [field for field, _ in problems(request)] == [
        'lists["new"].shadow',
        'campaigns["acme/x"].require',
    ]


@pytest.mark.parametrize("reason", ["a\nb", "a" * 257, "\x07"])
def test_a_reason_is_one_line(reason: str) -> None:
    told = [("reason", "at most 256 bytes without control characters")]

    assert problems(policy_request({"new": a_list()}, reason=reason)) == told
    assert plan(BASE, policy_request({"new": a_list()}, reason="委託の終了")).differences


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


def test_whoever_does_not_put_a_confidential_list_is_told_nothing_of_it() -> None:
    state = after(policy_request({"acme/claimers": hidden("acme/optout")}), base=BASE)
    uses = policy_request(campaigns={"acme/x": a_campaign(block=["acme/claimers"])})
    assert problems(uses, state) == problems(uses)

    for change in (a_list(shadow=True), hidden("house")):
        told = problems(
            policy_request({"acme/optout": change, "house": a_list("suspended_use")}), state
        )
        assert "acme/claimers" not in str(told)

    told = problems(
        policy_request({"acme/optout": a_list(shadow=True)}, {"acme/fall": a_campaign()}), state
    )
    text = "the list is in use as it is, neither confidential nor in shadow; leave it so"
    assert told == [('lists["acme/optout"]', text)]

    # who does put it is told what is wrong with it
    itself = policy_request(
        {"acme/claimers": hidden("house")}, {"acme/x": a_campaign(block=["acme/claimers"])}
    )
    assert {field for field, _ in problems(itself, state)} == {
        'lists["acme/claimers"].shown_as',
        'campaigns["acme/x"].block',
    }
