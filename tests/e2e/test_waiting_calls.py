"""Calls that wait, with nothing to say or for a token, starve no check."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from dncd.v1 import screening_pb2
from dncd_engine.token import Token, parse_token
from e2e.numbering import e164
from e2e.planes import check, failure, health_of
from e2e.two_campaigns import put_in_force
from harness.daemon import Daemon

IDLE_STREAMS = 20


@pytest.fixture(scope="module", autouse=True)
def _policy(shared: Daemon) -> None:
    put_in_force(shared)


class _Idle:
    """Streams that are opened and then say nothing."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._over = threading.Event()
        reflection: Any = reflection_pb2_grpc.ServerReflectionStub(channel)
        health: Any = health_pb2_grpc.HealthStub(channel)
        self.streams = [
            reflection.ServerReflectionInfo(self._nothing()) for _ in range(IDLE_STREAMS)
        ]
        self.streams += [health.Watch(health_pb2.HealthCheckRequest()) for _ in range(IDLE_STREAMS)]

    def _nothing(self) -> Iterator[reflection_pb2.ServerReflectionRequest]:
        yield reflection_pb2.ServerReflectionRequest(list_services="")
        self._over.wait(60)

    def end(self) -> None:
        """Let go of them."""
        self._over.set()
        for stream in self.streams:
            stream.cancel()


@pytest.mark.parametrize("plane", ["listen", "control"])
def test_idle_streams_starve_no_check(shared: Daemon, plane: str) -> None:
    with grpc.insecure_channel(getattr(shared, plane)) as channel, shared.stubs() as stubs:
        idle = _Idle(channel)
        try:
            time.sleep(0.5)
            stub = stubs.screening if plane == "listen" else stubs.screening_on_control
            started = time.monotonic()
            for at in range(200):
                check(stub, e164(at), timeout=2)
            assert time.monotonic() - started < 10
            assert health_of(channel) == "SERVING"
        finally:
            idle.end()
    with shared.stubs() as stubs:
        check(stubs.screening, e164(1), timeout=2)


def test_waiting_for_a_token_starves_no_check(shared: Daemon) -> None:
    with shared.stubs() as stubs:
        token = parse_token(check(stubs.screening, e164(1)).basis.token)
        future = Token(token.version + 9, token.epoch, bytes(8)).text()
        request = screening_pb2.CheckRequest(e164=e164(1), at_least=future)
        for plane in (stubs.screening, stubs.screening_on_control):
            waiting = [plane.Check.future(request, timeout=1) for _ in range(20)]
            for at in range(100):
                check(plane, e164(at), timeout=2)
            for call in waiting:
                with pytest.raises(grpc.RpcError) as caught:
                    call.result()
                assert failure(caught.value).code in (
                    grpc.StatusCode.UNAVAILABLE,
                    grpc.StatusCode.DEADLINE_EXCEEDED,
                )
