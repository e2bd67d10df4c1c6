"""Sends uploads through a real ingest child, or reads them in this process."""

import asyncio
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dncd_engine.chain import salted_digest
from dncd_engine.segments import Segment, decode, numbers_of
from dncd_engine.strata import Stratum
from dncd_files.statements import Statement
from dncd_server.ingest.attributes import decode as decode_attributes
from dncd_server.ingest.frames import HEAD, pack_message, unpack_head, unpack_message
from dncd_server.ingest.messages import (
    AttributesFound,
    Done,
    IngestJob,
    Message,
    Progress,
    Refused,
    RejectedRow,
    RejectedRows,
    SegmentFound,
)
from dncd_server.ingest.pipes import Pipes
from dncd_server.ingest.runner import IngestChild
from dncd_server.ingest.work import Work

SALT = bytes(range(32))


@dataclass
class Outcome:
    """What a child said."""

    progress: list[Progress] = field(default_factory=list)
    rejected: list[RejectedRow] = field(default_factory=list)
    segments: list[SegmentFound] = field(default_factory=list)
    attributes: list[AttributesFound] = field(default_factory=list)
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
        """Return the numbers of all segments that do not end, sorted."""
        return sorted(number for numbers in self.by_stratum().values() for number in numbers)

    def by_stratum(self) -> dict[Stratum, list[int]]:
        """Return the numbers of each stratum."""
        found: dict[Stratum, list[int]] = {}
        for each in self.segments:
            if not each.ends:
                found.setdefault(self.done.strata[each.stratum], []).extend(_numbers(each))
        return found

    def ended(self) -> list[int]:
        """Return the numbers of the segments that end."""
        return [number for each in self.segments if each.ends for number in _numbers(each)]

    def said(self) -> dict[int, list[Statement]]:
        """Return what rows said of each number."""
        said: dict[int, list[Statement]] = {}
        for each in self.attributes:
            assert each.digest == salted_digest(SALT, each.data)
            rows = decode_attributes(each.data)
            assert each.count == len(rows.low)
            for low, place in zip(rows.low, rows.set, strict=True):
                said.setdefault(each.prefix << 22 | low, []).append(rows.sets[place])
        return said

    def take(self, message: Message) -> None:
        """Take a message."""
        match message:
            case Progress():
                self.progress.append(message)
            case RejectedRows():
                self.rejected.extend(message.rows)
            case SegmentFound():
                self.segments.append(message)
            case AttributesFound():
                self.attributes.append(message)
            case Done() | Refused():
                assert self.end is None
                self.end = message


class Told(Pipes):
    """Pipes without a process at their ends: bytes are at hand, and messages are taken here."""

    def __init__(self, content: bytes) -> None:
        super().__init__(io.BytesIO(), io.BytesIO())
        self.content = content
        self.outcome = Outcome()

    def data(self) -> Iterator[bytes]:
        """Yield all bytes."""
        yield self.content

    def send(self, message: Message) -> None:
        """Take a message as the parent would unpack it."""
        frame = pack_message(message)
        _, kind = unpack_head(frame[: HEAD.size])
        self.outcome.take(unpack_message(kind, frame[HEAD.size :]))


def work(upload_job: IngestJob, content: bytes) -> Outcome:
    """Read an upload in this process."""
    told = Told(content)
    Work(upload_job, told).run()
    return told.outcome


def _numbers(found: SegmentFound) -> list[int]:
    """Return the numbers of a segment, whose digest must be right."""
    assert found.digest == salted_digest(SALT, found.data)
    segment = Segment(found.prefix, found.count, found.data)
    numbers = numbers_of(found.prefix, decode(segment, SALT, found.digest))
    return [int(number) for number in numbers]


def job(spool_dir: Path, **values: object) -> IngestJob:
    """Return a job as most tests want it."""
    return IngestJob(**({"region": "JP", "salt": SALT, "spool_dir": spool_dir} | values))  # type: ignore[arg-type]


async def listen(child: IngestChild) -> Outcome:
    """Take all that a child says."""
    outcome = Outcome()
    async for message in child:
        outcome.take(message)
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
