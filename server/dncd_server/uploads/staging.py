"""Staging: the segments of an upload, written beside the ledger until its batch is committed."""

import secrets
from collections.abc import AsyncIterator, Iterable, Sequence

from dncd_engine.chain import SALT_BYTES
from dncd_server.ingest.messages import SegmentFound
from dncd_server.ledger.follower import LedgerThread
from dncd_server.ledger.records import StoredSegment
from dncd_server.uploads.difference import NAMED

SEGMENTS_A_PAGE = 64


class Staging:
    """One upload under way. What it wrote goes with ``remove``, unless it was committed before.

    Attributes:
        upload: The key of its segments.
        salt: The salt of their digests.
    """

    def __init__(self, ledger: LedgerThread, upload: int) -> None:
        self.upload = upload
        self.salt = secrets.token_bytes(SALT_BYTES)
        self._ledger = ledger
        self._page: list[StoredSegment] = []

    @classmethod
    async def open(cls, ledger: LedgerThread, batch_id: str) -> "Staging":
        """Open a staged upload."""
        return cls(ledger, await ledger.run(ledger.store.stage, batch_id))

    async def add(self, found: SegmentFound) -> None:
        """Take one of the batch's own segments; written with the next page."""
        self._page.append(
            StoredSegment(NAMED, 0, found.prefix, found.count, found.digest, found.data)
        )
        if len(self._page) >= SEGMENTS_A_PAGE:
            await self.flush()

    async def flush(self) -> None:
        """Write what was taken and not written yet."""
        page, self._page = self._page, []
        await self.write(page)

    async def write(self, segments: Sequence[StoredSegment]) -> None:
        """Write segments."""
        await self._ledger.run(self._ledger.store.stage_segments, self.upload, segments)

    async def named(self) -> AsyncIterator[Iterable[StoredSegment]]:
        """Yield the batch's own segments as they came back from the disk, a page at a time."""
        stored = self._ledger.store.segments(self.upload, [NAMED])
        async for page in self._ledger.steps(stored, SEGMENTS_A_PAGE):
            yield page

    async def forget_difference(self) -> None:
        """Remove what was written beside the batch's own segments."""
        await self._ledger.run(self._ledger.store.unstage_difference, self.upload)

    async def remove(self) -> None:
        """Remove all of it, unless it was committed."""
        await self._ledger.run(self._ledger.store.unstage, self.upload)
