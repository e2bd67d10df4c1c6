"""Peers that fail in every way: nothing is allowed, and only the caller's mistakes raise."""

import asyncio
import socket
import time
from collections.abc import Callable
from typing import Any

import grpc
import pytest

from client.peers import (
    ALLOW,
    LISTED,
    NUMBER,
    bare_socket,
    checked,
    fails,
    hangs,
    raw_bytes,
    screening,
)
from dncd.v1 import verdict_pb2
from dncd_client import (
    Action,
    AsyncClient,
    Client,
    Code,
    InvalidRequest,
    LimitExceeded,
    NotFound,
    NotPermitted,
    Verdict,
)

Ask = Callable[..., Verdict]

UNAVAILABLE = grpc.StatusCode.UNAVAILABLE


def _sync(target: str, number: Any = NUMBER, timeout: float = 2.0, **options: Any) -> Verdict:
    with Client(target, timeout_seconds=timeout) as client:
        return client.check(number, **options)


def _async(target: str, number: Any = NUMBER, timeout: float = 2.0, **options: Any) -> Verdict:
    async def ask() -> Verdict:
        async with AsyncClient(target, timeout_seconds=timeout) as client:
            return await client.check(number, **options)

    return asyncio.run(ask())


def _sync_many(target: str, timeout: float = 2.0, **options: Any) -> Verdict:
    with Client(target, timeout_seconds=timeout) as client:
        return client.check_many([NUMBER], **options)[0]


def _async_many(target: str, timeout: float = 2.0, **options: Any) -> Verdict:
    async def ask() -> Verdict:
        async with AsyncClient(target, timeout_seconds=timeout) as client:
            return (await client.check_many([NUMBER], **options))[0]

    return asyncio.run(ask())


every_way = pytest.mark.parametrize("ask", [_sync, _async, _sync_many, _async_many])
both_ways = pytest.mark.parametrize("ask", [_sync, _async])


def assert_closed(verdict: Verdict) -> None:
    """Assert that there was no answer, and that it blocks."""
    assert not verdict.allowed
    assert verdict.action is Action.RETRY
    assert verdict.reasons[0].code is Code.UNAVAILABLE


@both_ways
def test_an_answer_is_passed_on(ask: Ask) -> None:
    """What the node allows is allowed, what it blocks is blocked."""
    with screening(checked(), checked(LISTED)) as (target, _):
        assert ask(target).allowed
        assert ask(target).reasons[0].code is Code.LISTED


@every_way
def test_nobody_listens(ask: Ask) -> None:
    """A refused connection is no answer."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    assert_closed(ask(f"127.0.0.1:{port}"))


@every_way
def test_a_peer_that_hangs_is_cut_off_by_the_deadline(ask: Ask) -> None:
    """No call waits for longer than its deadline."""
    with screening(hangs) as (target, peer):
        begun = time.monotonic()
        verdict = ask(target, timeout=0.3)

    assert_closed(verdict)
    assert verdict.reasons[0].detail == "DEADLINE_EXCEEDED"
    assert time.monotonic() - begun < 5
    assert len(peer.requests) == 1


@every_way
@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\0" * 100])
def test_a_peer_that_speaks_no_grpc(ask: Ask, answer: bytes) -> None:
    """Silence, another protocol and a connection that dies are no answers."""

    def behave(connection: socket.socket) -> None:
        connection.recv(100)
        connection.sendall(answer)

    with bare_socket(behave) as target:
        assert_closed(ask(target, timeout=0.5))


@every_way
@pytest.mark.parametrize("garbage", [b"\xff\xff\xff", b"\x0a\xff", b""])
def test_a_peer_that_answers_garbage(ask: Ask, garbage: bytes) -> None:
    """Bytes that are no message, and a message with nothing in it, are no answers."""
    with raw_bytes(garbage) as target:
        assert_closed(ask(target))


@every_way
@pytest.mark.parametrize(
    "code",
    [
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNKNOWN,
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.UNIMPLEMENTED,
        grpc.StatusCode.FAILED_PRECONDITION,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.DATA_LOSS,
        grpc.StatusCode.ABORTED,
    ],
)
def test_a_failed_node_is_no_answer_and_is_not_asked_again(ask: Ask, code: grpc.StatusCode) -> None:
    """Whatever is not the caller's mistake blocks; only UNAVAILABLE is asked again."""
    with screening(fails(code)) as (target, peer):
        verdict = ask(target)

    assert_closed(verdict)
    assert verdict.reasons[0].detail == code.name
    assert len(peer.requests) == 1


@both_ways
def test_an_unavailable_node_is_asked_once_more(ask: Ask) -> None:
    """A node that drains and comes back is allowed to answer."""
    with screening(fails(UNAVAILABLE), checked()) as (target, peer):
        assert ask(target).allowed
    assert len(peer.requests) == 2


@every_way
def test_an_unavailable_node_is_not_asked_for_ever(ask: Ask) -> None:
    """Two attempts, then BLOCK."""
    with screening(fails(UNAVAILABLE, "DRAINING")) as (target, peer):
        verdict = ask(target)

    assert_closed(verdict)
    assert verdict.reasons[0].detail == "DRAINING"
    assert len(peer.requests) == 2


@every_way
@pytest.mark.parametrize(
    ("code", "reason", "error"),
    [
        (grpc.StatusCode.INVALID_ARGUMENT, "NAME_INVALID", InvalidRequest),
        (grpc.StatusCode.INVALID_ARGUMENT, "", InvalidRequest),
        (grpc.StatusCode.NOT_FOUND, "CAMPAIGN_NOT_FOUND", NotFound),
        (grpc.StatusCode.UNAUTHENTICATED, "", NotPermitted),
        (grpc.StatusCode.PERMISSION_DENIED, "", NotPermitted),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_NUMBERS", LimitExceeded),
    ],
)
def test_the_callers_own_mistakes_raise(
    ask: Ask, code: grpc.StatusCode, reason: str, error: type[Any]
) -> None:
    """They carry the reason to switch on and the fields that are wrong."""
    with screening(fails(code, reason)) as (target, peer), pytest.raises(error) as caught:
        ask(target)

    assert caught.value.reason == reason
    assert [each.field for each in caught.value.fields] == (["campaign"] if reason else [])
    assert caught.value.status is code
    assert len(peer.requests) == 1


@both_ways
def test_an_answer_about_another_number_allows_nothing(ask: Ask) -> None:
    """The number that was read is the number that was asked."""
    with screening(checked(e164=NUMBER + 1)) as (target, _):
        assert_closed(ask(target))


@pytest.mark.parametrize("timeout", [0, -1, float("inf"), float("nan")])
def test_every_call_has_a_deadline(timeout: float) -> None:
    """A client without a deadline cannot be made."""
    with pytest.raises(ValueError, match="deadline"):
        Client(timeout_seconds=timeout)


def test_a_contradiction_is_not_dialled() -> None:
    """An ALLOW that names a listed reason is not taken at its word."""
    verdict = verdict_pb2.Verdict()
    verdict.CopyFrom(ALLOW)
    verdict.reasons.extend(LISTED.reasons)
    with screening(checked(verdict)) as (target, _):
        assert_closed(_sync(target))
