"""The past of a list, as its batches left it in the ledger: read slice by slice, so that others are served between."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from pyroaring import BitMap

from dncd.v1 import ledger_pb2
from dncd_engine.chain import digests_equal, salted_digest
from dncd_engine.history import Accepted, Asked, Named, Step, standing
from dncd_engine.lists import ListState
from dncd_engine.strata import Stratum
from dncd_server.changes.work import NAMED_END, Work, accepted
from dncd_server.errors import ConflictError, LedgerError
from dncd_server.ingest.attributes import AttributesDamagedError, decode
from dncd_server.ledger.apply import decoded
from dncd_server.ledger.follower import LedgerThread
from dncd_server.ledger.records import PastBatch, StoredAttributes, StoredSegment

BATCHES_A_PAGE = 512


@dataclass(frozen=True, slots=True)
class PastItem:
    """A batch that is or was in force, with what is needed to read its numbers."""

    batch: Accepted
    salt: bytes
    upload: int
    says_when_asked: bool


@dataclass(frozen=True, slots=True)
class Past:
    """The batches of a list, in order, and which of them count."""

    list_name: str
    created_version: int
    items: tuple[PastItem, ...]

    def standing(self, *coming: Accepted) -> list[Accepted]:
        """Return the batches that count, with others that come after them."""
        return standing([item.batch for item in self.items] + list(coming))


def newest_load(batches: Sequence[Accepted]) -> Accepted | None:
    """Return the newest of some batches that loads the list, None where none does."""
    return next((batch for batch in reversed(batches) if batch.is_load), None)


def check_base(list_name: str, batches: Sequence[Accepted], base: str) -> None:
    """Make sure that a change builds on the newest load of its list.

    Raises:
        ConflictError: It does not (BASE_OUT_OF_ORDER).
    """
    newest = newest_load(batches)
    if newest is not None and newest.batch_id == base:
        return
    found = f'its newest load is "{newest.batch_id}"' if newest else "it was never loaded"
    raise ConflictError(
        "BASE_OUT_OF_ORDER",
        f"the change does not build on what the list holds: {found}; load what comes between, or a full file",
        {"list": list_name, "newest_batch_id": newest.batch_id if newest else ""},
    )


async def read_past(ledger: LedgerThread, item: ListState) -> Past:
    """Return the past of a list.

    Raises:
        LedgerError: Some of it cannot be read.
    """
    found: list[PastItem] = []
    after = item.created_version
    while page := await ledger.run(ledger.store.past_batches, item.name, after, BATCHES_A_PAGE):
        found += map(_past_item, page)
        after = page[-1].version
        await asyncio.sleep(0)
    return Past(item.name, item.created_version, tuple(found))


def _past_item(row: PastBatch) -> PastItem:
    effect = ledger_pb2.BatchEffect.FromString(row.data)
    batch = accepted(row.batch_id, row.version, row.kind, row.at_us, effect)
    return PastItem(batch, row.salt, row.upload, bool(effect.attributes))


async def read_steps(
    ledger: LedgerThread, past: Past, counting: Sequence[Accepted], prefixes: Collection[int]
) -> dict[int, list[Step]]:
    """Return of each prefix what the batches that count said there, in order; those that said nothing come too.

    Args:
        ledger: Where it is read.
        past: The list's past.
        counting: The batches that count; one that is not in the ledger yet is passed over.
        prefixes: Which slices.

    Raises:
        LedgerError: Stored bytes are damaged.
    """
    of_version = {item.batch.version: item for item in past.items}
    rows = await ledger.run(ledger.store.past_under, past.list_name, past.created_version, prefixes)
    named: dict[int, dict[int, _Slice]] = {prefix: defaultdict(_Slice) for prefix in prefixes}
    for version, stored in rows:
        item = of_version[version]
        named[stored.prefix][version].take(stored, item.batch.strata, item.salt)
    for item in past.items:
        if item.says_when_asked:
            blocks = await ledger.run(ledger.store.attributes_of, item.upload, prefixes)
            for block in blocks:
                named[block.prefix][item.batch.version].asked.append(_asked(block, item.salt))
    known = [batch for batch in counting if batch.version in of_version]
    return {
        prefix: [(batch, of_slice[batch.version].named()) for batch in known]
        for prefix, of_slice in named.items()
    }


async def read_named(
    ledger: LedgerThread, work: Work, prefixes: Collection[int]
) -> dict[int, Named]:
    """Return what a batch that is staged says, by prefix.

    Raises:
        LedgerError: A staged segment came back damaged.
    """
    strata = work.strata
    found: dict[int, _Slice] = {prefix: _Slice() for prefix in prefixes}
    for stored in await ledger.run(ledger.store.named_under, work.upload, prefixes):
        found[stored.prefix].take(stored, strata, work.salt)
    return {prefix: item.named() for prefix, item in found.items()}


class _Slice:
    """What one batch says under one prefix, piece by piece."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._entries: dict[Stratum, BitMap] = {}
        self._ended = BitMap()

    def take(self, stored: StoredSegment, strata: Sequence[Stratum], salt: bytes) -> None:
        bitmap = decoded(0, salt, stored, stored.digest, stored.count)
        if stored.role == NAMED_END:
            self._ended |= bitmap
            return
        stratum = strata[stored.stratum]
        held = self._entries.get(stratum)
        self._entries[stratum] = bitmap if held is None else held | bitmap

    def named(self) -> Named:
        asked = None
        if self.asked:
            low = np.concatenate([item.low for item in self.asked])
            asked = Asked(low, np.concatenate([item.at_us for item in self.asked]))
        return Named(self._entries, self._ended, asked)


def _asked(stored: StoredAttributes, salt: bytes) -> Asked:
    if not digests_equal(salted_digest(salt, stored.data), stored.digest):
        raise LedgerError("a block of attributes is damaged")
    try:
        rows = decode(stored.data)
    except AttributesDamagedError as error:
        raise LedgerError(f"a block of attributes is damaged: {error}") from error
    at_us = [item.asked_us or 0 for item in rows.sets]
    said = [(low, at_us[place]) for low, place in zip(rows.low, rows.set, strict=True)]
    kept = [pair for pair in said if pair[1]]
    low = np.array([pair[0] for pair in kept], dtype=np.uint32)
    return Asked(low, np.array([pair[1] for pair in kept], dtype=np.int64))
