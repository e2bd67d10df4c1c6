"""Staging: the numbers of an upload, written beside the ledger until its batch is committed."""

import secrets
from collections.abc import Sequence

from dncd.v1 import ledger_pb2
from dncd_engine.chain import SALT_BYTES
from dncd_server.changes.work import NAMED, NAMED_END
from dncd_server.ingest.messages import AttributesFound, SegmentFound
from dncd_server.ledger.follower import LedgerThread
from dncd_server.ledger.records import StoredAttributes, StoredSegment

SEGMENTS_A_PAGE = 512
BYTES_A_PAGE = 8 << 20
"""What is written as one: few enough to be quick, many enough not to wait for the disk a thousand times."""


class Staging:
    """One upload under way. What it wrote goes with ``remove``, unless it was committed before.

    Attributes:
        upload: The key of its segments.
        salt: The salt of their digests.
        named: What it names, as its effect will.
        attributes: What its rows say of their entries, as its effect will name it.
    """

    def __init__(self, ledger: LedgerThread, upload: int) -> None:
        self.upload = upload
        self.salt = secrets.token_bytes(SALT_BYTES)
        self.named: list[ledger_pb2.SegmentRef] = []
        self.attributes: list[ledger_pb2.AttributesRef] = []
        self._ledger = ledger
        self._page: list[StoredSegment] = []
        self._page_bytes = 0

    @classmethod
    async def open(cls, ledger: LedgerThread, batch_id: str) -> "Staging":
        """Open a staged upload."""
        return cls(ledger, await ledger.run(ledger.store.stage, batch_id))

    async def add(self, found: SegmentFound) -> None:
        """Take some of the batch's numbers; written with the next page."""
        role = NAMED_END if found.ends else NAMED
        self._page.append(
            StoredSegment(role, found.stratum, found.prefix, found.count, found.digest, found.data)
        )
        self.named.append(
            ledger_pb2.SegmentRef(
                role=role,
                stratum=found.stratum,
                prefix=found.prefix,
                count=found.count,
                digest=found.digest,
            )
        )
        self._page_bytes += len(found.data)
        if len(self._page) >= SEGMENTS_A_PAGE or self._page_bytes >= BYTES_A_PAGE:
            await self.flush()

    async def add_attributes(self, found: AttributesFound) -> None:
        """Take what rows say of their entries."""
        stored = StoredAttributes(found.prefix, found.part, found.count, found.digest, found.data)
        await self._ledger.run(self._ledger.store.stage_attributes, self.upload, [stored])
        self.attributes.append(
            ledger_pb2.AttributesRef(prefix=found.prefix, count=found.count, digest=found.digest)
        )

    async def flush(self) -> None:
        """Write what was taken and not written yet."""
        page, self._page, self._page_bytes = self._page, [], 0
        await self._write(page)

    async def remove(self) -> None:
        """Remove all of it, unless it was committed."""
        await self._ledger.run(self._ledger.store.unstage, self.upload)

    async def _write(self, segments: Sequence[StoredSegment]) -> None:
        await self._ledger.run(self._ledger.store.stage_segments, self.upload, segments)
