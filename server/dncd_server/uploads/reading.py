"""Read one upload in a child process: feed it, and pass on what it says."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from dncd_server.errors import UnavailableError
from dncd_server.ingest.messages import IngestJob, Message
from dncd_server.ingest.runner import IngestChild, IngestFailed
from dncd_server.uploads.lanes import Parts


async def read_upload(job: IngestJob, parts: Parts) -> AsyncIterator[Message]:
    """Yield what the child says of an upload, ``Done`` or ``Refused`` last.

    Raises:
        DncdError: The parts could not be had, or the child failed; nothing that was said may be used.
    """
    async with IngestChild(job) as child:
        feeding = asyncio.ensure_future(_feed(child, parts))
        messages = aiter(child)
        try:
            while (message := await _next(messages, feeding)) is not None:
                yield message
        except IngestFailed as error:
            raise UnavailableError(
                "INGEST_FAILED",
                "the upload could not be read to its end and nothing was changed; send it again",
                {"cause": error.reason},
            ) from error
        finally:
            feeding.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await feeding


async def _next(
    messages: AsyncIterator[Message], feeding: "asyncio.Future[None]"
) -> Message | None:
    """Return the next message, None after the last; what went wrong with feeding is raised at once."""
    coming: asyncio.Future[Message | None] = asyncio.ensure_future(anext(messages, None))
    try:
        if not feeding.done():
            either: set[asyncio.Future[Any]] = {coming, feeding}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if feeding.done():
            feeding.result()
        return await coming
    finally:
        coming.cancel()


async def _feed(child: IngestChild, parts: Parts) -> None:
    async for part in parts:
        await child.feed(part)
    await child.end_input()
