"""/metrics, /healthz and /readyz: a small WSGI application on a thread of its own."""

import io
import socket
import sys
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from threading import Thread
from typing import Any, cast
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import structlog
from prometheus_client import CollectorRegistry, make_wsgi_app

from dncd_server.addresses import Address

REQUEST_TIMEOUT_SECONDS = 5.0
_PLAIN = ("Content-Type", "text/plain; charset=utf-8")
StartResponse = Callable[..., Any]
_log = structlog.get_logger(__name__)


def application(registry: CollectorRegistry, is_ready: Callable[[], bool]) -> Callable[..., Any]:
    """Return the WSGI application.

    Args:
        registry: What ``/metrics`` shows.
        is_ready: Whether ``/readyz`` says yes.
    """
    metrics = make_wsgi_app(registry, disable_compression=False)

    def answer(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        try:
            return route(environ, start_response)
        except Exception as error:
            _log.error("http_failed", path=environ.get("PATH_INFO", ""), exc_info=error)
            raise

    # wsgiref writes the answer's length into the list of headers: each answer gets a list of its own
    def route(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == "/metrics":
            return cast(Iterable[bytes], metrics(environ, start_response))
        if path == "/healthz":
            start_response("200 OK", [_PLAIN])
            return [b"ok\n"]
        if path == "/readyz":
            ready = is_ready()
            start_response("200 OK" if ready else "503 Service Unavailable", [_PLAIN])
            return [b"ready\n" if ready else b"not ready\n"]
        start_response("404 Not Found", [_PLAIN])
        return [b"dncd serves /metrics, /healthz and /readyz here\n"]

    return answer


class _Handler(WSGIRequestHandler):
    timeout = REQUEST_TIMEOUT_SECONDS

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: a scrape every few seconds is no news."""

    def get_stderr(self) -> io.StringIO:
        """Return where wsgiref tells of a client that went away: nowhere. A fault of ours is logged before."""
        return io.StringIO()


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """Note a client that broke off or said nothing in time: that is its own affair."""
        _log.debug("http_client_lost", error=type(sys.exception()).__name__)


class _Server6(_Server):
    address_family = socket.AF_INET6


class HttpServer:
    """Serves an application until it is closed."""

    def __init__(self, address: Address, app: Callable[..., Any]) -> None:
        """Bind.

        Raises:
            OSError: The address is taken or not this machine's.
        """
        kind = _Server6 if ":" in address.host else _Server
        try:
            self._server = make_server(
                address.host, address.port, app, server_class=kind, handler_class=_Handler
            )
        except OSError as error:
            raise OSError(
                f"cannot bind {address}: {error.strerror}; choose another with --http, or stop what holds it"
            ) from error
        self.address = Address(address.host, self._server.server_port)
        self._thread = Thread(target=self._server.serve_forever, name="http", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
