"""Calls that are cut short from this side."""

import asyncio
import threading
from typing import Any

import grpc
import pytest

from client.peers import NUMBER, hangs, screening
from dncd_client import AsyncClient, Client, Code, Verdict


def assert_closed(verdict: Verdict) -> None:
    """Assert that there was no answer, and that it blocks."""
    assert not verdict.allowed
    assert verdict.reasons[0].code is Code.UNAVAILABLE


def test_closing_the_client_under_a_call_blocks() -> None:
    """A call whose channel is closed has no answer."""
    arrived = threading.Event()

    def wait(request: Any, context: grpc.ServicerContext) -> Any:
        arrived.set()
        return hangs(request, context)

    with screening(wait) as (target, _):
        client = Client(target, timeout_seconds=10)

        def close() -> None:
            arrived.wait(5)
            client.close()

        threading.Thread(target=close).start()

        assert_closed(client.check(NUMBER))


def test_closing_the_async_client_under_a_call_blocks() -> None:
    """So it is with asyncio, where gRPC raises CancelledError for it."""

    async def run(target: str) -> Verdict:
        client = AsyncClient(target, timeout_seconds=10)
        task = asyncio.create_task(client.check(NUMBER))
        await asyncio.sleep(0.2)
        await client.close()
        return await task

    with screening(hangs) as (target, _):
        assert_closed(asyncio.run(run(target)))


def test_a_cancelled_task_is_cancelled() -> None:
    """Cancelling the caller's own task is not swallowed."""

    async def run(target: str) -> None:
        async with AsyncClient(target, timeout_seconds=10) as client:
            task = asyncio.create_task(client.check(NUMBER))
            await asyncio.sleep(0.2)
            task.cancel()
            await task

    with screening(hangs) as (target, _), pytest.raises(asyncio.CancelledError):
        asyncio.run(run(target))
