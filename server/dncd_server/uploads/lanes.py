"""Lanes: a batch of up to 10,000 rows never waits behind a larger one, nor anybody behind one who fell silent."""

import asyncio
from collections.abc import AsyncIterator
from typing import TypeVar

from dncd_server.errors import UnavailableError

SMALL_UPLOAD_BYTES = 1 << 20
"""About 10,000 rows of a hundred bytes."""
STALL_SECONDS = 30.0
"""How long an uploader may say nothing, or take nothing, before its upload is given up."""
WAIT_SECONDS = 5.0
"""How often an uploader that waits for its lane is told so."""
_T = TypeVar("_T")


async def unless_stalled(
    source: AsyncIterator[_T], seconds: float = STALL_SECONDS
) -> AsyncIterator[_T]:
    """Yield what a source yields, as long as it is not silent for too long while it is waited for.

    Raises:
        UnavailableError: It is (UPLOAD_STALLED).
    """
    while True:
        try:
            async with asyncio.timeout(seconds):
                item = await anext(source)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise stalled(seconds) from None
        yield item


def stalled(seconds: float) -> UnavailableError:
    """Return the error that tells an uploader that its upload was given up."""
    return UnavailableError(
        "UPLOAD_STALLED",
        f"the upload stood still for {seconds:g} s before its sending side was closed, and nothing was changed; "
        "send it again",
    )


class Lanes:
    """Bounds how many uploads are read at once, small and large apart."""

    def __init__(self, small: int = 2, large: int = 1) -> None:
        self._small = asyncio.Semaphore(small)
        self._large = asyncio.Semaphore(large)

    async def take(self, is_small: bool, seconds: float = WAIT_SECONDS) -> bool:
        """Take a place in the lane, waiting a while for it; tell whether there was one. ``leave`` gives it back."""
        try:
            async with asyncio.timeout(seconds):
                await self._lane(is_small).acquire()
        except TimeoutError:
            return False
        return True

    def leave(self, is_small: bool) -> None:
        """Give a place in the lane back."""
        self._lane(is_small).release()

    def _lane(self, is_small: bool) -> asyncio.Semaphore:
        return self._small if is_small else self._large


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
