"""The HTTP address serves metrics and probes, and nobody who dawdles holds up another."""

import contextlib
import http.client
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from prometheus_client import CollectorRegistry, Counter

from dncd_server.addresses import Address
from dncd_server.http import HttpServer, application


@dataclass
class Served:
    """A server and what it thinks of itself."""

    server: HttpServer
    is_ready: bool = True

    def get(self, path: str) -> tuple[int, str]:
        """Return status and text."""
        address = self.server.address
        connection = http.client.HTTPConnection(address.host, address.port, timeout=5)
        with contextlib.closing(connection):
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """One on a port that the system chose."""
    registry = CollectorRegistry()
    Counter("things", "Things.", registry=registry).inc(3)
    found: list[Served] = []
    app = application(registry, lambda: found[0].is_ready)
    server = HttpServer(Address("127.0.0.1", 0), app)
    found.append(Served(server))
    yield found[0]
    server.close()


def test_metrics_are_shown(served: Served) -> None:
    status, text = served.get("/metrics")

    assert status == 200
    assert "things_total 3.0" in text


def test_a_node_that_runs_is_healthy_and_ready_only_when_it_is(served: Served) -> None:
    assert served.get("/healthz") == (200, "ok\n")
    assert served.get("/readyz") == (200, "ready\n")

    served.is_ready = False
    assert served.get("/readyz") == (503, "not ready\n")
    assert served.get("/healthz") == (200, "ok\n")
    served.is_ready = True


@pytest.mark.parametrize("path", ["/", "/metric", "/metrics/", "/readyz/x", "/../metrics"])
def test_anything_else_is_not_found(path: str, served: Served) -> None:
    told = "dncd serves /metrics, /healthz and /readyz here\n"

    assert served.get(path) == (404, told)


def test_one_answer_leaves_no_mark_on_the_next(served: Served) -> None:
    """Not found is the longest of them: its length must not be the next one's."""
    for _ in range(3):
        assert served.get("/nothing")[0] == 404
        assert served.get("/readyz") == (200, "ready\n")
        assert served.get("/healthz") == (200, "ok\n")


def test_whoever_dawdles_holds_up_nobody(served: Served) -> None:
    address = (served.server.address.host, served.server.address.port)
    with contextlib.ExitStack() as stack:
        for start in (b"", b"GET /met", b"GET /metrics HTTP/1.1\r\nHost: x\r\n"):
            for _ in range(10):
                slow = stack.enter_context(contextlib.closing(socket.create_connection(address)))
                slow.sendall(start)
        started = time.monotonic()
        assert served.get("/healthz") == (200, "ok\n")
        assert served.get("/metrics")[0] == 200
        assert time.monotonic() - started < 2.0


def test_whoever_dawdles_too_long_is_hung_up_on(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dncd_server.http._Handler.timeout", 0.2)
    address = (served.server.address.host, served.server.address.port)
    with contextlib.closing(socket.create_connection(address, timeout=5)) as slow:
        slow.sendall(b"GET /met")
        assert slow.recv(100) == b""


def test_garbage_is_answered_and_survived(served: Served) -> None:
    address = (served.server.address.host, served.server.address.port)
    for garbage in (b"\x00\xff\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"):
        with contextlib.closing(socket.create_connection(address, timeout=5)) as sender:
            sender.sendall(garbage)
            sender.recv(1000)
    assert served.get("/healthz") == (200, "ok\n")


def test_a_taken_address_is_an_error(served: Served) -> None:
    with pytest.raises(OSError, match="Address already in use"):
        HttpServer(served.server.address, application(CollectorRegistry(), lambda: True))


def test_ipv6_is_served() -> None:
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    try:
        server = HttpServer(Address("::1", 0), application(CollectorRegistry(), lambda: True))
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    assert Served(server).get("/healthz") == (200, "ok\n")
    server.close()


def test_a_closed_server_takes_no_more() -> None:
    server = HttpServer(Address("127.0.0.1", 0), application(CollectorRegistry(), lambda: True))
    server.close()

    with pytest.raises(OSError, match="refused"):
        socket.create_connection((server.address.host, server.address.port), timeout=1)
