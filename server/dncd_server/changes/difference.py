"""The difference that a batch makes, worked out against a list at a stated version, a few slices at a time."""

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from pyroaring import BitMap

from dncd.v1 import ledger_pb2
from dncd_engine.chain import salted_digest
from dncd_engine.difference import SliceDifference, difference
from dncd_engine.entries import Entries
from dncd_engine.history import (
    Accepted,
    Mode,
    Named,
    Strata,
    after_add,
    after_remove,
    coverage_of,
    coverage_with,
    covered,
    covered_count,
    fold,
)
from dncd_engine.lists import ListState
from dncd_engine.model import ListKind
from dncd_engine.numbers import COUNTRIES, inspect_many
from dncd_engine.segments import encode, numbers_of
from dncd_engine.strata import Stratum
from dncd_server.changes.past import check_base, read_named, read_past, read_steps
from dncd_server.changes.work import (
    ENTER,
    LEAVE,
    NAMED,
    NAMED_AND_ENTER,
    Difference,
    Work,
)
from dncd_server.codec import stratum_to_message
from dncd_server.ledger.follower import LedgerThread
from dncd_server.ledger.records import StoredSegment

PREFIXES_A_STEP = 32


async def difference_of(
    ledger: LedgerThread,
    work: Work,
    item: ListState,
    at_us: int,
    hidden: Sequence[Entries] = (),
) -> Difference:
    """Work out what a batch makes of its list.

    Args:
        ledger: Where the batch's own segments, and the list's past, are read.
        work: What the batch asks.
        item: The list as it stands.
        at_us: The instant, microseconds since 1970: what is over by then releases nobody.
        hidden: The entries of confidential lists that are shown as this one: numbers are counted as if they were its
            own, so that no count tells of them.

    Raises:
        LedgerError: Stored bytes came back damaged.
        ConflictError: A change does not build on the newest load of its list.
    """
    coming = work.accepted(at_us)
    if work.mode in (Mode.ADD, Mode.REMOVE):
        return await _without_past(ledger, work, _Sums(work, item, at_us, hidden), coming)
    past = await read_past(ledger, item)
    before, after = past.standing(), past.standing(coming)
    if work.mode is Mode.CHANGE:
        check_base(item.name, before, work.effect.base_batch_id)
    prefixes = sorted(
        {ref.prefix for ref in work.effect.segments}
        | set(await ledger.run(ledger.store.prefixes_of, item.name, item.created_version))
    )
    sums = _Sums(work, item, at_us, hidden)
    for step in in_steps(prefixes):
        named = await read_named(ledger, work, step)
        told = await read_steps(ledger, past, after, step)
        for prefix in step:
            steps = told[prefix]
            if work.mode is not Mode.REVERT:
                steps = [*steps, (coming, named[prefix])]
            sums.add(prefix, named[prefix], fold(item.definition.kind, steps, prefix))
        await asyncio.sleep(0)
    coverage, loaded = coverage_of(after)
    return sums.finish(coverage, loaded, _no_longer(before, after), _no_longer(after, before))


async def _without_past(
    ledger: LedgerThread, work: Work, sums: "_Sums", coming: Accepted
) -> Difference:
    item = sums.list
    for step in in_steps(sorted({ref.prefix for ref in work.effect.segments})):
        named = await read_named(ledger, work, step)
        for prefix in step:
            sums.add(prefix, named[prefix], after_batch(item, prefix, coming, named[prefix]))
        await asyncio.sleep(0)
    freshens = coming.is_load and sums.could_be_whole(coming.coverage)
    coverage, loaded = standing_after(item, replace(coming, freshens=freshens))
    return replace(sums.finish(coverage, loaded), freshens=freshens)


def after_batch(item: ListState, prefix: int, coming: Accepted, named: Named) -> Strata:
    """Return a slice of a list after an add or a removal."""
    before = item.entries.strata_at(prefix)
    if coming.mode is Mode.REMOVE:
        return after_remove(before, named)
    return after_add(item.definition.kind, before, named)


def standing_after(item: ListState, coming: Accepted) -> tuple[Mapping[str, int], bool]:
    """Return how fresh a list is by prefix, and whether it is loaded, after an add or a removal."""
    if not coming.is_load:
        return item.coverage, item.loaded
    return coverage_with(item.coverage, coming), True


def in_steps(prefixes: Sequence[int]) -> Iterator[Sequence[int]]:
    """Yield prefixes some at a time: few enough that others are served between."""
    for start in range(0, len(prefixes), PREFIXES_A_STEP):
        yield prefixes[start : start + PREFIXES_A_STEP]


def _no_longer(before: Sequence[Accepted], after: Sequence[Accepted]) -> tuple[str, ...]:
    left = {batch.batch_id for batch in after}
    return tuple(batch.batch_id for batch in before if batch.batch_id not in left)


class _Sums:
    """A difference while its slices come in."""

    def __init__(self, work: Work, item: ListState, at_us: int, hidden: Sequence[Entries]) -> None:
        self.list = item
        self._work = work
        self._hidden = hidden
        self._at_us = at_us
        self._refs = work.refs()
        self._own_strata = work.strata
        self._own = {stratum: index for index, stratum in reversed(list(enumerate(work.strata)))}
        self._place = dict(self._own)
        self._strata = list(work.effect.strata)
        self._segments: list[ledger_pb2.SegmentRef] = []
        self._writing: list[StoredSegment] = []
        self._outside = 0
        self._named = self._added = self._removed = self._released = self._foreign = 0

    def add(self, prefix: int, named: Named, after: Strata) -> None:
        """Take one slice: what the batch names there, and what the list holds there afterwards."""
        kind = self.list.definition.kind
        before = self.list.entries.strata_at(prefix)
        slice_ = difference(kind, before, after, self._at_us)
        seen = self._seen(kind, prefix, before, after) if self._hidden else slice_
        numbers = named.numbers
        self._named += len(numbers)
        self._outside += self._outside_of(prefix, numbers)
        self._added += seen.added
        self._removed += seen.removed
        self._released += seen.released
        self._foreign += _foreign(prefix, named, self.list.definition.countries)
        whole = self._whole(prefix, slice_)
        for ref in self._refs.get(prefix, ()):
            role = NAMED_AND_ENTER if (ref.role, ref.stratum) in whole else ref.role
            self._segments.append(_ref(ref.stratum, role, prefix, ref.count, ref.digest))
        for stratum, bitmap in slice_.enter.items():
            if (NAMED, self._own.get(stratum)) not in whole:
                self._write(ENTER, prefix, stratum, bitmap)
        for stratum, bitmap in slice_.leave.items():
            self._write(LEAVE, prefix, stratum, bitmap)

    def could_be_whole(self, coverage: Sequence[str]) -> bool:
        """Tell whether a file names enough to be the whole publication of what it covers, and no mere part of it."""
        return self._named * 2 >= covered_count(self.list.entries, coverage)

    def _outside_of(self, prefix: int, numbers: BitMap) -> int:
        inside = covered(prefix, self._work.effect.coverage)
        return 0 if inside is None else len(numbers - inside)

    def _seen(self, kind: ListKind, prefix: int, before: Strata, after: Strata) -> SliceDifference:
        others = [entries.strata_at(prefix) for entries in self._hidden]
        return difference(kind, _joined(before, others), _joined(after, others), self._at_us)

    def finish(
        self,
        coverage: Mapping[str, int],
        loaded: bool,
        now_reverted: tuple[str, ...] = (),
        now_standing: tuple[str, ...] = (),
    ) -> Difference:
        """Return the whole."""
        return Difference(
            list=self.list,
            strata=self._strata,
            segments=self._segments,
            writing=self._writing,
            named=self._named,
            added=self._added,
            removed=self._removed,
            released=self._released,
            foreign=self._foreign,
            outside=self._outside,
            coverage=coverage,
            loaded=loaded,
            now_reverted=now_reverted,
            now_standing=now_standing,
        )

    def _whole(self, prefix: int, slice_: SliceDifference) -> set[tuple[int, int | None]]:
        """Return the named segments of which every number comes in, so that they need no other beside them."""
        if self._work.mode in (Mode.REMOVE, Mode.REVERT):
            return set()
        # what comes in is always among what the batch names, so equal counts are equal sets
        return {
            (int(ref.role), ref.stratum)
            for ref in self._refs.get(prefix, ())
            if ref.role == NAMED
            and (stratum := self._own_strata[ref.stratum]) in slice_.enter
            and self._own[stratum] == ref.stratum
            and len(slice_.enter[stratum]) == ref.count
        }

    def _write(self, role: int, prefix: int, stratum: Stratum, bitmap: BitMap) -> None:
        if stratum not in self._place:
            self._place[stratum] = len(self._strata)
            self._strata.append(stratum_to_message(stratum))
        # a copy: the bitmap may be the index's own, which others read, and encoding packs it in place
        cut = encode(prefix, bitmap.copy())
        digest = salted_digest(self._work.salt, cut.data)
        place = self._place[stratum]
        self._writing.append(StoredSegment(role, place, prefix, cut.count, digest, cut.data))
        self._segments.append(_ref(place, role, prefix, cut.count, digest))


def _joined(own: Strata, others: Sequence[Strata]) -> Strata:
    whole = dict(own)
    for strata in others:
        for stratum, bitmap in strata.items():
            whole[stratum] = whole[stratum] | bitmap if stratum in whole else bitmap
    return whole


def _foreign(prefix: int, named: Named, countries: Collection[str]) -> int:
    """Count the numbers of countries other than these; one whose country is not known is not counted."""
    if not countries:
        return 0
    own = [COUNTRIES.index(country) for country in ("", *countries) if country in COUNTRIES]
    numbers = numbers_of(prefix, named.numbers)
    return int(np.isin(inspect_many(numbers).country, own, invert=True).sum())


def _ref(stratum: int, role: int, prefix: int, count: int, digest: bytes) -> ledger_pb2.SegmentRef:
    return ledger_pb2.SegmentRef(
        role=ledger_pb2.SegmentRole.ValueType(role),
        stratum=stratum,
        prefix=prefix,
        count=count,
        digest=digest,
    )
