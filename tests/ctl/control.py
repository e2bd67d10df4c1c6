"""A control plane that answers as a test wants it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import grpc

from client.peers import Answer, serving
from dncd.v1 import batch_pb2_grpc, optout_pb2_grpc, policy_pb2_grpc, screening_pb2_grpc

Requests = list[tuple[str, Any, dict[str, str | bytes]]]


class _Control:
    """Answers each method from the script, and keeps what came."""

    def __init__(self, script: dict[str, Any]) -> None:
        self.requests: Requests = []
        self._script = script

    def __getattr__(self, method: str) -> Answer:
        def answer(request: Any, context: grpc.ServicerContext) -> Any:
            self.requests.append((method, request, dict(context.invocation_metadata())))
            entry = self._script.get(method)
            if entry is None:
                context.abort(grpc.StatusCode.UNIMPLEMENTED, method)
            return entry(request, context) if callable(entry) else entry

        return answer


@contextmanager
def control(**script: Any) -> Iterator[tuple[str, Requests]]:
    """Serve all of the control plane's services; yield the address and the requests that come."""
    peer: Any = _Control(script)
    with serving(
        lambda server: policy_pb2_grpc.add_PolicyServiceServicer_to_server(peer, server),
        lambda server: batch_pb2_grpc.add_BatchServiceServicer_to_server(peer, server),
        lambda server: optout_pb2_grpc.add_OptOutServiceServicer_to_server(peer, server),
        lambda server: screening_pb2_grpc.add_ScreeningServiceServicer_to_server(peer, server),
    ) as target:
        yield target, peer.requests
