"""Sends uploads through a real ingest child."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from dncd_engine.chain import salted_digest
from dncd_engine.segments import Segment, decode, numbers_of
from dncd_server.ingest.messages import (
    Done,
    IngestJob,
    Progress,
    Refused,
    RejectedRow,
    RejectedRows,
    SegmentFound,
)
from dncd_server.ingest.runner import IngestChild

SALT = bytes(range(32))


@dataclass
class Outcome:
    """What a child said."""

    progress: list[Progress] = field(default_factory=list)
    rejected: list[RejectedRow] = field(default_factory=list)
    segments: list[SegmentFound] = field(default_factory=list)
    end: Done | Refused | None = None

    @property
    def done(self) -> Done:
        """The good end."""
        assert isinstance(self.end, Done)
        return self.end

    @property
    def refused(self) -> Refused:
        """The bad end."""
        assert isinstance(self.end, Refused)
        return self.end

    def numbers(self) -> list[int]:
        """Return the numbers of all segments, whose digests must be right."""
        parts = [np.empty(0, dtype=np.uint64)]
        for found in self.segments:
            assert found.digest == salted_digest(SALT, found.data)
            segment = Segment(found.prefix, found.count, found.data)
            parts.append(numbers_of(found.prefix, decode(segment, SALT, found.digest)))
        return [int(number) for number in np.concatenate(parts)]


def job(spool_dir: Path, **values: object) -> IngestJob:
    """Return a job as most tests want it."""
    return IngestJob(**({"region": "JP", "salt": SALT, "spool_dir": spool_dir} | values))  # type: ignore[arg-type]


async def listen(child: IngestChild) -> Outcome:
    """Take all that a child says."""
    outcome = Outcome()
    async for message in child:
        match message:
            case Progress():
                outcome.progress.append(message)
            case RejectedRows():
                outcome.rejected.extend(message.rows)
            case SegmentFound():
                outcome.segments.append(message)
            case Done() | Refused():
                assert outcome.end is None
                outcome.end = message
    return outcome


async def upload(upload_job: IngestJob, pieces: Iterable[bytes]) -> Outcome:
    """Feed and listen at the same time, as the server does."""

    async def feed(child: IngestChild) -> None:
        for piece in pieces:
            await child.feed(piece)
        await child.end_input()

    async with IngestChild(upload_job) as child, asyncio.TaskGroup() as group:
        group.create_task(feed(child))
        return await listen(child)
