"""Lanes: a batch of up to 10,000 rows never waits behind a larger one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

SMALL_UPLOAD_BYTES = 1 << 20
"""About 10,000 rows of a hundred bytes."""


class Lanes:
    """Bounds how many uploads are read at once, small and large apart."""

    def __init__(self, small: int = 2, large: int = 1) -> None:
        self._small = asyncio.Semaphore(small)
        self._large = asyncio.Semaphore(large)

    @asynccontextmanager
    async def enter(self, is_small: bool) -> AsyncIterator[None]:
        """Wait for a place in the lane and hold it."""
        async with self._small if is_small else self._large:
            yield


class Parts:
    """The bytes of an upload as they come, with the first of them held until the lane is known."""

    def __init__(self, source: AsyncIterator[bytes]) -> None:
        self._source = source
        self._held: list[bytes] = []

    async def is_small(self) -> bool:
        """Read until the upload has ended or is known to be large."""
        held = 0
        async for part in self._source:
            self._held.append(part)
            held += len(part)
            if held > SMALL_UPLOAD_BYTES:
                return False
        return True

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield every part once, the held ones first."""
        while self._held:
            yield self._held.pop(0)
        async for part in self._source:
            yield part
