"""OptOutService: what a person said. On both planes, before one desk.

On the screening plane each call holds a thread until it is in force, so it has a pool of its own and never one that
answers checks; how many calls may wait for those threads is bounded, too.
"""

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

import grpc

from dncd.v1 import optout_pb2, optout_pb2_grpc, verdict_pb2
from dncd_server.api.caller import actor_of
from dncd_server.api.messages import reading_message
from dncd_server.api.status import answers_errors
from dncd_server.errors import UnavailableError
from dncd_server.optouts.desk import MAX_UNDER_WAY, OptOutDesk, Taken, too_many

OPT_OUT_THREADS = 64
"""More than that are no faster: they are written in groups."""
REFUSING_THREADS = 2
MAX_WAIT_SECONDS = 30.0
"""How long a call without a deadline may hold its thread."""
_P = ParamSpec("_P")
_T = TypeVar("_T")


class BoundedPool(ThreadPoolExecutor):
    """A pool in which so many calls may run or wait; the others run at once on threads that only refuse.

    Attributes:
        role: Of the thread that asks, whether it only refuses.
    """

    def __init__(self, threads: int, bound: int, name: str) -> None:
        super().__init__(max_workers=threads, thread_name_prefix=name)
        self._room = threading.BoundedSemaphore(bound)
        self._role = threading.local()
        self._refusing = ThreadPoolExecutor(
            max_workers=REFUSING_THREADS,
            thread_name_prefix=f"{name}-refusing",
            initializer=lambda: setattr(self._role, "refuses", True),
        )

    @property
    def is_full(self) -> bool:
        """Whether the calling thread is one of those that only refuse."""
        return getattr(self._role, "refuses", False)

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> "Future[_T]":
        """Run a call on a thread of the pool, or on one that refuses."""
        if not self._room.acquire(blocking=False):
            return self._refusing.submit(fn, *args, **kwargs)
        try:
            future = super().submit(fn, *args, **kwargs)
        except BaseException:
            self._room.release()
            raise
        future.add_done_callback(lambda _: self._room.release())
        return future


POOL = BoundedPool(OPT_OUT_THREADS, MAX_UNDER_WAY, "opt-outs")


class OptOutServicer(optout_pb2_grpc.OptOutServiceServicer):
    """Takes opt-outs on the screening plane."""

    def __init__(self, desk: OptOutDesk, loop: asyncio.AbstractEventLoop) -> None:
        self._desk = desk
        self._loop = loop

    @answers_errors
    def OptOut(
        self, request: optout_pb2.OptOutRequest, context: grpc.ServicerContext
    ) -> optout_pb2.OptOutResponse:
        """Take one opt-out; it is in force when this returns."""
        if POOL.is_full:
            raise too_many()
        if not context.is_active():
            raise UnavailableError("ABANDONED", "the caller has gone")
        taking = self._desk.take(request, actor_of(context))
        waiting = asyncio.run_coroutine_threadsafe(taking, self._loop)
        try:
            taken = waiting.result(min(context.time_remaining(), MAX_WAIT_SECONDS))
        except concurrent.futures.TimeoutError:
            # not cancelled: what was begun is seen through
            raise UnavailableError(
                "OPT_OUT_UNDER_WAY",
                "it is not in force yet; send it again with the same request_id to learn when it is",
            ) from None
        except concurrent.futures.CancelledError:
            raise UnavailableError("DRAINING", "the node is stopping; send it to another") from None
        return _response(taken)


# gRPC reads this attribute off the method when it chooses the pool of a call
setattr(  # noqa: B010 - a function has no such attribute for a type checker
    OptOutServicer.OptOut, "experimental_thread_pool", POOL
)


class AsyncioOptOutServicer(optout_pb2_grpc.OptOutServiceServicer):
    """The same on the control plane."""

    def __init__(self, desk: OptOutDesk) -> None:
        self._desk = desk

    @answers_errors
    async def OptOut(
        self, request: optout_pb2.OptOutRequest, context: Any
    ) -> optout_pb2.OptOutResponse:
        """Take one opt-out; it is in force when this returns."""
        return _response(await self._desk.take(request, actor_of(context)))


def _response(taken: Taken) -> optout_pb2.OptOutResponse:
    report = taken.report
    return optout_pb2.OptOutResponse(
        batch_id=report.batch_id,
        list=report.list,
        basis=verdict_pb2.Basis(
            version=report.version,
            at_unix_us=report.at_unix_us,
            token=report.token,
            normaliser_version=report.normaliser_version,
        ),
        readings=map(reading_message, taken.readings),
        added=report.numbers.added,
    )
