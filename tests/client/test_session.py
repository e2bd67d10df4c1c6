# ruff: noqa: S105, S106 - these tokens stand for versions and open nothing
"""What a client remembers between questions, and what it says in each."""

from typing import Any

import grpc
import pytest

from client.peers import NUMBER, batch, checked, fails, screening
from dncd_client import Client, Code, EpochMismatch


def test_a_token_of_another_epoch_that_the_caller_named_raises() -> None:
    """What the caller named is not forgotten for him; the present token is told."""
    mismatch = fails(grpc.StatusCode.FAILED_PRECONDITION, "EPOCH_MISMATCH", token="new")
    with (
        screening(mismatch) as (target, _),
        Client(target) as client,
        pytest.raises(EpochMismatch) as caught,
    ):
        client.check(NUMBER, at_least="old")

    assert caught.value.present_token == "new"


def _epoch(request: Any, context: grpc.ServicerContext) -> Any:
    """Answer in a new epoch: an old token is refused."""
    if request.at_least == "old":
        fails(grpc.StatusCode.FAILED_PRECONDITION, "EPOCH_MISMATCH", token="new")(request, context)
    return checked(version=3, token="new")


def test_a_remembered_token_of_another_epoch_is_forgotten_and_counted() -> None:
    """The client forgets what it remembered by itself, asks once more and goes on."""
    with (
        screening(checked(version=9, token="old"), _epoch) as (target, peer),
        Client(target) as client,
    ):
        assert client.check(NUMBER).allowed
        assert client.token == "old"
        assert client.check(NUMBER).allowed
        assert client.epoch_mismatches == 1
        assert client.check(NUMBER).allowed

    assert [each.at_least for each in peer.requests] == ["", "old", "", "new"]


def test_a_peer_that_always_says_epoch_mismatch_blocks() -> None:
    """The question is asked once more and not again."""
    mismatch = fails(grpc.StatusCode.FAILED_PRECONDITION, "EPOCH_MISMATCH")
    with screening(mismatch) as (target, peer), Client(target) as client:
        assert client.check(NUMBER).reasons[0].code is Code.UNAVAILABLE

    assert len(peer.requests) == 2


def test_an_older_answer_does_not_replace_a_newer_token() -> None:
    """Answers may overtake each other."""
    answers = (checked(version=9, token="nine"), checked(version=8, token="eight"))
    with screening(*answers) as (target, _), Client(target) as client:
        client.check(NUMBER)
        client.check(NUMBER)

        assert client.token == "nine"


def test_the_request_says_what_the_caller_said() -> None:
    """Options of the call win over those of the client."""
    with (
        screening(checked()) as (target, peer),
        Client(target, campaign="acme/spring", region="JP") as client,
    ):
        client.check("090", call_ref="call-1")
        client.check(NUMBER, campaign="", region="US", at_least="t")

    first, second = peer.requests
    assert (first.number, first.campaign, first.region) == ("090", "acme/spring", "JP")
    assert first.call_ref == "call-1"
    assert (second.e164, second.campaign, second.region) == (NUMBER, "", "US")
    assert second.at_least == "t"


def test_many_numbers_are_answered_in_order() -> None:
    """As many verdicts as numbers; nothing is asked about nothing."""
    with screening(batch(b"\1\0\2\0")) as (target, peer), Client(target) as client:
        assert client.check_many([5, 6]).allowed == [True, False]
        assert len(client.check_many([])) == 0

    assert len(peer.requests) == 1
