# ruff: noqa: S105, S106 - these tokens stand for versions and open nothing
"""What a client makes of a person's word: taken only where the node says so."""

import asyncio
import socket
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import grpc
import pytest

from client.peers import NUMBER, basis, checked, fails, hangs, raw_bytes, screening, takes
from dncd.v1 import batch_pb2
from dncd_client import (
    AlreadyExists,
    AsyncClient,
    Client,
    FailedPrecondition,
    InvalidRequest,
    LimitExceeded,
    NotAcknowledged,
    NotFound,
    NotPermitted,
    OptOut,
    Reading,
    Unavailable,
)

Say = Callable[..., OptOut]
READ = batch_pb2.Reading(e164=NUMBER)
TOO_SHORT = batch_pb2.Reading(reject=batch_pb2.REJECT_CODE_TOO_SHORT)


def _sync(target: str, numbers: Any = NUMBER, timeout: float = 2.0, **options: Any) -> OptOut:
    with Client(target, campaign="acme/spring") as client:
        return client.opt_out(numbers, timeout_seconds=timeout, **options)


def _async(target: str, numbers: Any = NUMBER, timeout: float = 2.0, **options: Any) -> OptOut:
    async def say() -> OptOut:
        async with AsyncClient(target, campaign="acme/spring") as client:
            return await client.opt_out(numbers, timeout_seconds=timeout, **options)

    return asyncio.run(say())


both_ways = pytest.mark.parametrize("say", [_sync, _async])


@both_ways
def test_an_opt_out_that_is_in_force_is_told_whole(say: Say) -> None:
    """Each field arrives, and the numbers are read in order."""
    with screening(takes) as (target, peer):
        taken = say(target, ["090-1234-5678", "x"], request_id="R-1")

    assert (taken.batch_id, taken.list, taken.version) == ("R-1", "acme/optout", 9)
    assert (taken.token, taken.added, taken.complete) == ("token-9", 2, True)
    assert taken.at == datetime(2023, 11, 14, 22, 13, 20, 1, UTC)
    assert taken.readings == (Reading(NUMBER), Reading(NUMBER + 1))
    assert list(peer.requests[0].numbers) == ["090-1234-5678", "x"]


def test_the_next_check_rests_on_it() -> None:
    """The token is remembered, so that every node that answers has heard of it."""
    with screening(checked(version=3, token="old"), takes, checked()) as (target, peer):
        with Client(target) as client:
            client.check(NUMBER)
            client.opt_out(NUMBER)
            client.check(NUMBER)

        assert client.token == "token-9"
    assert [each.at_least for each in peer.requests[::2]] == ["", "token-9"]


def test_the_request_says_what_the_caller_said() -> None:
    """The client's own campaign and region stand in for what the call leaves out."""
    asked = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    said = {"ground": "voluntary", "reference": "R-7", "requester": "agent"}
    with (
        screening(takes) as (target, peer),
        Client(target, campaign="acme/spring", region="JP") as client,
    ):
        client.opt_out(NUMBER, asked=asked, review=date(2027, 3, 31), request_id="r", **said)  # type: ignore[arg-type]
        client.opt_out(["x"], client="acme", region="US")
        client.opt_out([NUMBER, NUMBER + 1], "acme/autumn")

    first, second, third = peer.requests
    assert (first.campaign, first.client, first.region) == ("acme/spring", "", "JP")
    assert (list(first.e164), list(first.numbers)) == ([NUMBER], [])
    given = first.attributes
    assert (given.ground, given.reference, given.requester) == ("voluntary", "R-7", "agent")
    assert given.asked_unix_us == 1_795_167_000_000_000
    assert first.dates.review == "2027-03-31"
    assert (second.campaign, second.client, second.region) == ("", "acme", "US")
    assert (third.campaign, list(third.e164)) == ("acme/autumn", [NUMBER, NUMBER + 1])
    assert len({first.request_id, second.request_id, third.request_id}) == 3


@both_ways
def test_a_number_that_could_not_be_read_is_not_taken(say: Say) -> None:
    """The others are; whoever asks whether all were, is told."""
    with screening(lambda request, _: takes(request, readings=[READ, TOO_SHORT])) as (target, _):
        taken = say(target, ["090-1234-5678", "090"])

    assert not taken.complete
    assert taken.readings[1] == Reading(None, "too_short")


def test_a_result_has_no_truth_value_and_shows_no_number() -> None:
    """`if client.opt_out(n):` must not pass over a number that was not read; a log takes it."""
    with screening(takes) as (target, _):
        taken = _sync(target)

    with pytest.raises(TypeError, match="complete"):
        bool(taken)
    assert str(NUMBER) not in repr(taken)


@both_ways
@pytest.mark.parametrize(
    "away",
    [
        fails(grpc.StatusCode.UNAVAILABLE),
        fails(grpc.StatusCode.UNAVAILABLE, "DRAINING"),
        fails(grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_OPT_OUTS"),
    ],
    ids=["silent", "draining", "full"],
)
def test_it_is_sent_again_under_the_same_id(say: Say, away: Any) -> None:
    """Until somebody takes it: the same bytes, which are never taken twice."""
    with screening(away, away, takes) as (target, peer):
        assert say(target).complete

    assert len(peer.requests) == 3
    assert len({each.SerializeToString(deterministic=True) for each in peer.requests}) == 1


@both_ways
def test_where_nobody_answers_it_is_not_taken(say: Say) -> None:
    """The error names the id under which it may be sent again."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(NotAcknowledged, match="may have been taken") as caught:
        say(f"127.0.0.1:{port}", timeout=0.3, request_id="R-1")

    assert isinstance(caught.value, Unavailable)
    assert caught.value.request_id == caught.value.metadata["request_id"] == "R-1"
    assert caught.value.status is grpc.StatusCode.UNAVAILABLE


@both_ways
@pytest.mark.parametrize(
    ("answer", "tries"),
    [
        (hangs, 1),
        (fails(grpc.StatusCode.INTERNAL, "INTERNAL"), 1),
        (fails(grpc.StatusCode.RESOURCE_EXHAUSTED), 1),
        (fails(grpc.StatusCode.UNIMPLEMENTED), 1),
    ],
    ids=["hangs", "fails", "limit_of_the_network", "no_such_service"],
)
def test_a_failure_is_no_acknowledgement(say: Say, answer: Any, tries: int) -> None:
    """Nor is it sent again where that would not help in time."""
    with screening(answer) as (target, peer), pytest.raises(NotAcknowledged):
        say(target, timeout=0.3)

    assert len(peer.requests) == tries


@both_ways
def test_bytes_that_are_no_message_are_no_acknowledgement(say: Say) -> None:
    """Whatever they were meant for."""
    with raw_bytes(b"\xff\xff\xff") as target, pytest.raises(NotAcknowledged):
        say(target)


GARBLED: dict[str, dict[str, Any]] = {
    "empty": {"batch_id": "", "list": "", "basis": None, "readings": []},
    "no_basis": {"basis": None},
    "no_version": {"basis": basis(0, "t")},
    "no_token": {"basis": basis(9, "")},
    "no_list": {"list": ""},
    "another_request": {"batch_id": "R-2"},
    "no_reading": {"readings": []},
    "too_many_readings": {"readings": [READ, READ]},
    "an_empty_reading": {"readings": [batch_pb2.Reading()]},
    "another_number": {"readings": [batch_pb2.Reading(e164=NUMBER + 1)]},
    "nothing_read": {"readings": [TOO_SHORT]},
}


@pytest.mark.parametrize("changed", GARBLED.values(), ids=GARBLED)
def test_an_answer_that_is_not_about_this_is_no_acknowledgement(changed: dict[str, Any]) -> None:
    """OK alone says nothing: the id, the list, the version and each number have to be there."""
    with (
        screening(lambda request, _: takes(request, **changed)) as (target, _),
        Client(target) as client,
        pytest.raises(NotAcknowledged),
    ):
        client.opt_out(NUMBER, request_id="R-1")

    assert client.token == ""


@both_ways
@pytest.mark.parametrize(
    ("status", "reason", "error"),
    [
        (grpc.StatusCode.INVALID_ARGUMENT, "NUMBERS_UNREADABLE", InvalidRequest),
        (grpc.StatusCode.NOT_FOUND, "CAMPAIGN_NOT_FOUND", NotFound),
        (grpc.StatusCode.FAILED_PRECONDITION, "NO_OPT_OUT_LIST", FailedPrecondition),
        (grpc.StatusCode.ALREADY_EXISTS, "BATCH_ID_TAKEN", AlreadyExists),
        (grpc.StatusCode.PERMISSION_DENIED, "NOT_PERMITTED", NotPermitted),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "QUOTA", LimitExceeded),
    ],
)
def test_a_refusal_raises_and_is_not_sent_again(
    say: Say, status: grpc.StatusCode, reason: str, error: type[Exception]
) -> None:
    """It was not taken, and the reason says what to mend."""
    with screening(fails(status, reason)) as (target, peer), pytest.raises(error) as caught:
        say(target)

    assert not isinstance(caught.value, NotAcknowledged)
    assert caught.value.reason == reason  # type: ignore[attr-defined]
    assert len(peer.requests) == 1


WRONG: dict[str, tuple[Any, dict[str, Any], type[Exception]]] = {
    "none": ([], {}, InvalidRequest),
    "too_many": ([NUMBER] * 101, {}, InvalidRequest),
    "mixed": (["x", NUMBER], {}, TypeError),
    "bytes": (b"090", {}, TypeError),
    "no_number": (None, {}, TypeError),
    "both": (NUMBER, {"campaign": "acme/spring", "client": "acme"}, InvalidRequest),
    "no_offset": (NUMBER, {"asked": datetime(2026, 11, 20)}, InvalidRequest),
    "id": (NUMBER, {"request_id": "a b"}, InvalidRequest),
    "long_id": (NUMBER, {"request_id": "x" * 65}, InvalidRequest),
    "deadline": (NUMBER, {"timeout": 0}, ValueError),
    "no_deadline": (NUMBER, {"timeout": float("inf")}, ValueError),
}


@both_ways
@pytest.mark.parametrize(("numbers", "options", "error"), WRONG.values(), ids=WRONG)
def test_the_callers_own_mistakes_are_not_sent(
    say: Say, numbers: Any, options: dict[str, Any], error: type[Exception]
) -> None:
    """Nothing goes out, and the message says what to mend."""
    with screening(takes) as (target, peer), pytest.raises(error):
        say(target, numbers, **options)

    assert peer.requests == []


def test_closing_the_async_client_under_an_opt_out_is_no_acknowledgement() -> None:
    """Nor does it pass for the caller's own cancelling."""

    async def run(target: str) -> None:
        client = AsyncClient(target)
        task = asyncio.create_task(client.opt_out(NUMBER, timeout_seconds=10))
        await asyncio.sleep(0.2)
        await client.close()
        await task

    with screening(hangs) as (target, _), pytest.raises(NotAcknowledged):
        asyncio.run(run(target))


def test_a_cancelled_opt_out_is_cancelled() -> None:
    """Cancelling the caller's own task is not swallowed."""

    async def run(target: str) -> None:
        async with AsyncClient(target) as client:
            task = asyncio.create_task(client.opt_out(NUMBER, timeout_seconds=10))
            await asyncio.sleep(0.2)
            task.cancel()
            await task

    with screening(hangs) as (target, _), pytest.raises(asyncio.CancelledError):
        asyncio.run(run(target))
