# ruff: noqa: S107 - these tokens stand for versions and open nothing
"""Servers that misbehave, real gRPC ones and bare sockets, for one test each."""

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeAlias

import grpc
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from dncd.v1 import (
    batch_pb2,
    optout_pb2,
    optout_pb2_grpc,
    screening_pb2,
    screening_pb2_grpc,
    verdict_pb2,
)

Answer: TypeAlias = Callable[[Any, grpc.ServicerContext], Any]

ALLOW = verdict_pb2.Verdict(decision=verdict_pb2.DECISION_ALLOW, action=verdict_pb2.ACTION_DIAL)
LISTED = verdict_pb2.Verdict(
    decision=verdict_pb2.DECISION_BLOCK,
    action=verdict_pb2.ACTION_DROP,
    reasons=[
        verdict_pb2.Reason(
            code=verdict_pb2.REASON_CODE_LISTED,
            list="optout",
            kind=verdict_pb2.LIST_KIND_DO_NOT_CONTACT,
        )
    ],
)
NUMBER = 819012345678


def basis(version: int = 7, token: str = "token-7") -> verdict_pb2.Basis:
    """Make a basis."""
    return verdict_pb2.Basis(
        version=version, token=token, at_unix_us=1_700_000_000_000_001, normaliser_version=1
    )


def checked(
    verdict: verdict_pb2.Verdict = ALLOW, e164: int = NUMBER, **where: Any
) -> screening_pb2.CheckResponse:
    """Make the answer about one number."""
    return screening_pb2.CheckResponse(verdict=verdict, e164=e164, basis=basis(**where))


def batch(
    verdict_of: bytes,
    e164: Sequence[int] = (),
    verdicts: Sequence[verdict_pb2.Verdict] = (verdict_pb2.Verdict(), ALLOW, LISTED),
) -> screening_pb2.CheckBatchResponse:
    """Make the answer about many numbers."""
    return screening_pb2.CheckBatchResponse(
        verdicts=verdicts, verdict_of=verdict_of, e164=e164, basis=basis()
    )


def takes(
    request: optout_pb2.OptOutRequest, _context: object = None, **changed: Any
) -> optout_pb2.OptOutResponse:
    """Make the answer that every number of an opt-out is in force."""
    count = len(request.e164 or request.numbers)
    read = request.e164 or [NUMBER + index for index in range(count)]
    said = {
        "batch_id": request.request_id,
        "list": "acme/optout",
        "basis": basis(9, "token-9"),
        "readings": [batch_pb2.Reading(e164=each) for each in read],
        "added": count,
    }
    return optout_pb2.OptOutResponse(**{**said, **changed})


def fails(
    code: grpc.StatusCode, reason: str = "", field: str = "campaign", **metadata: str
) -> Answer:
    """Make an answer that ends the call with a status, with details where a reason is given."""

    def answer(_request: object, context: grpc.ServicerContext) -> Any:
        if not reason:
            context.abort(code, "as the test wants it")
        info = any_pb2.Any()
        info.Pack(error_details_pb2.ErrorInfo(reason=reason, domain="dncd", metadata=metadata))
        bad = any_pb2.Any()
        violation = error_details_pb2.BadRequest.FieldViolation(field=field, description="mend it")
        bad.Pack(error_details_pb2.BadRequest(field_violations=[violation]))
        status = status_pb2.Status(
            code=code.value[0],
            message="as the test wants it",
            details=[info, bad],
        )
        context.abort_with_status(rpc_status.to_status(status))

    return answer


def hangs(_request: object, context: grpc.ServicerContext) -> Any:
    """Answer only once nobody waits any more."""
    gone = threading.Event()
    if context.add_callback(gone.set):
        gone.wait(10)
    return screening_pb2.CheckResponse()


class ScriptedPeer(
    screening_pb2_grpc.ScreeningServiceServicer, optout_pb2_grpc.OptOutServiceServicer
):
    """Answers from a script, one entry a call; the last one again and again.

    Attributes:
        requests: What came, in order.
    """

    def __init__(self, *script: Any) -> None:
        self.requests: list[Any] = []
        self._script = list(script)

    def Check(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC's name
        """Answer the next entry."""
        self.requests.append(request)
        entry = self._script[min(len(self.requests), len(self._script)) - 1]
        return entry(request, context) if callable(entry) else entry

    CheckBatch = Check
    OptOut = Check


@contextmanager
def serving(*add: Callable[[grpc.Server], None]) -> Iterator[str]:
    """Serve on a free port and yield the address."""
    server = grpc.server(ThreadPoolExecutor(4), options=[("grpc.so_reuseport", 0)])
    for each in add:
        each(server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(0).wait()


@contextmanager
def screening(*script: Any) -> Iterator[tuple[str, ScriptedPeer]]:
    """Serve a scripted peer; yield its address and itself."""
    peer = ScriptedPeer(*script)
    with serving(
        lambda server: screening_pb2_grpc.add_ScreeningServiceServicer_to_server(peer, server),
        lambda server: optout_pb2_grpc.add_OptOutServiceServicer_to_server(peer, server),
    ) as target:
        yield target, peer


@contextmanager
def raw_bytes(answer: bytes) -> Iterator[str]:
    """Serve Check, CheckBatch and OptOut with bytes that are no message."""
    handler: grpc.RpcMethodHandler[Any, Any] = grpc.unary_unary_rpc_method_handler(
        lambda _request, _context: answer
    )
    handlers = tuple(
        grpc.method_handlers_generic_handler(f"dncd.v1.{service}", dict.fromkeys(methods, handler))
        for service, methods in (
            ("ScreeningService", ("Check", "CheckBatch")),
            ("OptOutService", ("OptOut",)),
        )
    )
    with serving(lambda server: server.add_generic_rpc_handlers(handlers)) as target:
        yield target


@contextmanager
def bare_socket(behave: Callable[[socket.socket], None]) -> Iterator[str]:
    """Listen without speaking gRPC: each connection is handed to `behave`, then closed."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.1)
    over = threading.Event()

    def accept() -> None:
        while not over.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(0.5)
                try:
                    behave(connection)
                except OSError:
                    continue

    thread = threading.Thread(target=accept)
    thread.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        over.set()
        thread.join()
        listener.close()
