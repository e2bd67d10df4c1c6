"""Refusals that no command brings about by itself: a desk that takes too long, and what nobody thought of."""

import asyncio
import threading
from typing import Any

import grpc
import pytest

from dncd.v1 import optout_pb2, screening_pb2
from dncd_server.api.optout import OptOutServicer
from dncd_server.api.status import answers_errors, status_of
from e2e.numbering import e164
from e2e.planes import SECONDS, failure_of
from harness.daemon import Daemon


class _AbortedError(Exception):
    pass


class _Call:
    """What gRPC hands to a method, as far as it is used."""

    def __init__(self, seconds: float) -> None:
        self.code: grpc.StatusCode | None = None
        self.details = ""
        self._seconds = seconds

    def is_active(self) -> bool:
        return True

    def time_remaining(self) -> float:
        return self._seconds

    def invocation_metadata(self) -> tuple[()]:
        return ()

    def peer(self) -> str:
        return "ipv4:127.0.0.1:1"

    def set_trailing_metadata(self, metadata: object) -> None:
        pass

    def abort(self, code: grpc.StatusCode, details: str) -> None:
        self.code, self.details = code, details
        raise _AbortedError


class _SlowDesk:
    """A desk whose disk does not answer."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.goes_on = asyncio.Event()
        self.is_seen_through = threading.Event()

    async def take(self, request: object, actor: object) -> None:
        self.begun.set()
        await self.goes_on.wait()
        self.is_seen_through.set()


def test_an_opt_out_that_takes_long_is_not_called_lost() -> None:
    """Whoever waited too long is told OPT_OUT_UNDER_WAY and to ask again; what was begun is seen through."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    desk: Any = _SlowDesk()
    call: Any = _Call(0.05)
    try:
        with pytest.raises(_AbortedError):
            OptOutServicer(desk, loop).OptOut(optout_pb2.OptOutRequest(), call)
        assert call.code is grpc.StatusCode.UNAVAILABLE
        assert "same request_id" in call.details
        assert desk.begun.is_set()
        loop.call_soon_threadsafe(desk.goes_on.set)
        assert desk.is_seen_through.wait(SECONDS)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(SECONDS)
        loop.close()


def test_what_nobody_thought_of_is_told_without_its_text() -> None:
    """INTERNAL brings an id under which the log has the place, and nothing of what the error said."""
    error = RuntimeError("045-000-0001 is not what I thought")

    first, second = status_of(error), status_of(error)

    assert first.code == grpc.StatusCode.INTERNAL.value[0]
    assert "request id" in first.message
    said = first.message + str(first.details)
    assert "045" not in said
    assert "not what I thought" not in said
    assert str(first.details) != str(second.details)

    @answers_errors
    def method(self: object, request: object, context: Any) -> None:
        raise error

    call = _Call(SECONDS)
    with pytest.raises(_AbortedError):
        method(None, None, call)
    assert (call.code, call.details) == (grpc.StatusCode.INTERNAL, first.message)


def test_a_refusal_on_the_screening_plane_is_no_answer(daemon: Daemon) -> None:
    """A dialer that names an unknown campaign gets an error, never a verdict that it could take for one."""
    request = screening_pb2.CheckBatchRequest(e164=[e164(1)], campaign="who")
    with daemon.stubs() as stubs:
        failed = failure_of(lambda: stubs.screening.CheckBatch(request, timeout=SECONDS))
    assert (failed.code, failed.reason) == (grpc.StatusCode.NOT_FOUND, "CAMPAIGN_NOT_FOUND")
