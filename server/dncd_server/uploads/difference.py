"""The difference that a batch makes, worked out against a list at a stated version."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from dncd.v1 import ledger_pb2
from dncd_engine.chain import salted_digest
from dncd_engine.lists import ListState
from dncd_engine.numbers import COUNTRIES, inspect_many
from dncd_engine.segments import Numbers, encode, numbers_of
from dncd_server.ledger.apply import decoded
from dncd_server.ledger.records import StoredSegment

NAMED = ledger_pb2.SEGMENT_ROLE_NAMED
ENTER = ledger_pb2.SEGMENT_ROLE_ENTER
NAMED_AND_ENTER = ledger_pb2.SEGMENT_ROLE_NAMED_AND_ENTER


@dataclass(frozen=True, slots=True)
class Difference:
    """What an add does to a list.

    Attributes:
        segments: All that the effect names: the batch's own and those that enter.
        entering: Segments to store beside the batch's own, where only a part of a segment enters.
        named: How many numbers the batch names.
        added: How many of them were not on the list.
        foreign: How many of them belong to countries that the list does not speak of.
    """

    segments: tuple[ledger_pb2.SegmentRef, ...]
    entering: tuple[StoredSegment, ...]
    named: int
    added: int
    foreign: int

    @property
    def is_mostly_foreign(self) -> bool:
        """Whether the file was most likely read in the wrong region, or is for another list."""
        return self.foreign * 2 > self.named


async def difference_of_add(
    steps: AsyncIterator[Iterable[StoredSegment]], salt: bytes, item: ListState
) -> Difference:
    """Work out what enters a list, a few segments at a time so that others are served between.

    Args:
        steps: The batch's own segments, as they were staged.
        salt: The salt of their digests.
        item: The list as it stands.

    Raises:
        LedgerError: A staged segment came back damaged.
    """
    refs: list[ledger_pb2.SegmentRef] = []
    entering: list[StoredSegment] = []
    named = added = foreign = 0
    async for step in steps:
        for stored in step:
            bitmap = decoded(0, salt, stored, stored.digest, stored.count)
            new = bitmap - item.numbers.segment(stored.prefix)
            foreign += _foreign(numbers_of(stored.prefix, bitmap), item.definition.countries)
            named += stored.count
            added += len(new)
            if len(new) == stored.count:
                refs.append(_ref(stored, NAMED_AND_ENTER))
                continue
            refs.append(_ref(stored, NAMED))
            if new:
                cut = encode(stored.prefix, new)
                digest = salted_digest(salt, cut.data)
                part = StoredSegment(ENTER, 0, cut.prefix, cut.count, digest, cut.data)
                entering.append(part)
                refs.append(_ref(part, ENTER))
        await asyncio.sleep(0)
    return Difference(tuple(refs), tuple(entering), named, added, foreign)


def _foreign(numbers: Numbers, countries: Sequence[str]) -> int:
    """Count the numbers of countries other than these; one whose country is not known is not counted."""
    if not countries:
        return 0
    own = [COUNTRIES.index(country) for country in ("", *countries) if country in COUNTRIES]
    return int(np.isin(inspect_many(numbers).country, own, invert=True).sum())


def _ref(stored: StoredSegment, role: int) -> ledger_pb2.SegmentRef:
    return ledger_pb2.SegmentRef(
        role=ledger_pb2.SegmentRole.ValueType(role),
        stratum=stored.stratum,
        prefix=stored.prefix,
        count=stored.count,
        digest=stored.digest,
    )
