"""The two planes: which services answer where, and how their servers are set up.

The screening plane answers from a small pool of threads, which in Python is about twice as fast as asyncio; the control
plane is asyncio, because an upload or a watcher must not hold a thread.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection, reflection_pb2_grpc

from dncd.v1 import (
    batch_pb2,
    batch_pb2_grpc,
    optout_pb2,
    optout_pb2_grpc,
    policy_pb2,
    policy_pb2_grpc,
    screening_pb2,
    screening_pb2_grpc,
)
from dncd_server.addresses import Address
from dncd_server.api.batch import BatchServicer
from dncd_server.api.optout import AsyncioOptOutServicer, OptOutServicer
from dncd_server.api.policy import PolicyServicer
from dncd_server.api.screening import AsyncioScreeningServicer, ScreeningServicer
from dncd_server.api.status import marking

MAX_MESSAGE_BYTES = 4 << 20
REFLECTION_THREADS = 2
_OPTIONS = [
    # without this a second daemon would share the port in silence
    ("grpc.so_reuseport", 0),
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.http2.min_ping_interval_without_data_ms", 500),
    ("grpc.http2.max_ping_strikes", 0),
    ("grpc.keepalive_permit_without_calls", 1),
]
_SCREENING = [
    screening_pb2.DESCRIPTOR.services_by_name["ScreeningService"].full_name,
    optout_pb2.DESCRIPTOR.services_by_name["OptOutService"].full_name,
]
_CONTROL = [
    *_SCREENING,
    policy_pb2.DESCRIPTOR.services_by_name["PolicyService"].full_name,
    batch_pb2.DESCRIPTOR.services_by_name["BatchService"].full_name,
]


class BindError(Exception):
    """An address cannot be bound."""


class Health:
    """The health service of both planes: serving only when the node is caught up."""

    def __init__(self) -> None:
        self.threaded = health.HealthServicer(experimental_non_blocking=True)
        self.asynchronous = health.aio.HealthServicer()

    async def set(self, is_serving: bool) -> None:
        """Say on both planes whether the node serves."""
        status = health_pb2.HealthCheckResponse
        word = status.SERVING if is_serving else status.NOT_SERVING
        for name in ("", *_CONTROL):
            self.threaded.set(name, word)
            await self.asynchronous.set(name, word)


def screening_plane(
    address: Address,
    threads: int,
    screening: ScreeningServicer,
    opt_outs: OptOutServicer,
    healthy: Health,
) -> tuple[grpc.Server, Address]:
    """Return the screening plane's server, bound and not started.

    Raises:
        BindError: The address is taken or not this machine's.
    """
    pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="screening")
    server = grpc.server(pool, options=_OPTIONS)
    screening_pb2_grpc.add_ScreeningServiceServicer_to_server(screening, _door(server))
    optout_pb2_grpc.add_OptOutServiceServicer_to_server(opt_outs, _door(server))
    health_pb2_grpc.add_HealthServicer_to_server(healthy.threaded, server)
    _add_reflection(server, [*_SCREENING, health.SERVICE_NAME])
    return server, _bound(server, address, "--listen")


def control_plane(
    address: Address,
    screening: ScreeningServicer,
    opt_outs: AsyncioOptOutServicer,
    policy: PolicyServicer,
    batch: BatchServicer,
    healthy: Health,
) -> tuple[grpc.aio.Server, Address]:
    """Return the control plane's server, bound and not started.

    Raises:
        BindError: The address is taken or not this machine's.
    """
    pool = ThreadPoolExecutor(max_workers=4, thread_name_prefix="control")
    server = grpc.aio.server(migration_thread_pool=pool, options=_OPTIONS)
    on_asyncio = AsyncioScreeningServicer(screening)
    screening_pb2_grpc.add_ScreeningServiceServicer_to_server(on_asyncio, _door(server))
    optout_pb2_grpc.add_OptOutServiceServicer_to_server(opt_outs, _door(server))
    policy_pb2_grpc.add_PolicyServiceServicer_to_server(policy, _door(server))
    batch_pb2_grpc.add_BatchServiceServicer_to_server(batch, _door(server))
    health_pb2_grpc.add_HealthServicer_to_server(healthy.asynchronous, server)
    reflection.enable_server_reflection(
        [*_CONTROL, health.SERVICE_NAME, reflection.SERVICE_NAME], server
    )
    return server, _bound(server, address, "--control")


class _Door:
    """Where a service of ours is registered, so that a message that cannot be read gets an answer like any other."""

    def __init__(self, server: Any) -> None:
        self._server = server

    def add_generic_rpc_handlers(self, handlers: Any) -> None:
        """Leave these out: they are the same methods, unmended."""

    def add_registered_method_handlers(self, service: str, handlers: dict[str, Any]) -> None:
        """Register a service's methods."""
        mended = {
            name: handler._replace(request_deserializer=marking(handler.request_deserializer))
            for name, handler in handlers.items()
        }
        generic = grpc.method_handlers_generic_handler(service, mended)
        self._server.add_generic_rpc_handlers((generic,))
        self._server.add_registered_method_handlers(service, mended)


def _door(server: Any) -> Any:
    return _Door(server)


class _Reflection(reflection.ReflectionServicer):
    """Reflection on threads of its own: an idle stream of it must not hold one that answers checks."""

    def ServerReflectionInfo(self, request_iterator: Any, context: Any) -> Any:
        return super().ServerReflectionInfo(request_iterator, context)


# gRPC reads this attribute off the method when it chooses the pool of a call
setattr(  # noqa: B010 - a function has no such attribute for a type checker
    _Reflection.ServerReflectionInfo,
    "experimental_thread_pool",
    ThreadPoolExecutor(max_workers=REFLECTION_THREADS, thread_name_prefix="reflection"),
)


def _add_reflection(server: grpc.Server, services: list[str]) -> None:
    servicer = _Reflection([*services, reflection.SERVICE_NAME])
    add: Any = reflection_pb2_grpc.add_ServerReflectionServicer_to_server
    add(servicer, server)


def _bound(server: Any, address: Address, flag: str) -> Address:
    try:
        port = server.add_insecure_port(str(address))
    except RuntimeError:
        port = 0
    if not port:
        raise BindError(
            f"cannot bind {address}: it is taken by another process, or not this machine's; "
            f"choose another with {flag}, or stop what holds it"
        )
    return Address(address.host, port)
