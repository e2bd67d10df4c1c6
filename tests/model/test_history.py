"""The history of a list, slice by slice with bitmaps, against lists of entries."""

from collections.abc import Iterable

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from dncd_engine.difference import MAX_PAIRS, difference
from dncd_engine.history import (
    Accepted,
    Asked,
    Mode,
    Named,
    Strata,
    after_add,
    after_remove,
    coverage_of,
    covered,
    fold,
)
from dncd_engine.history import standing as standing_of
from dncd_engine.lists import Freshness, ListState
from dncd_engine.model import ListDefinition, ListKind
from dncd_engine.segments import LOW_MASK, PREFIX_SHIFT
from dncd_engine.strata import OVER_BEFORE_IT_CAME_US, PLAIN, Stratum
from model.entries import Batch, Pair, Row, counts, dates_of, entries_after, pairs, standing

DAY_US = 86_400_000_000
NOON = 20_000 * DAY_US
PREFIX = 81_45000_0000 >> PREFIX_SHIFT
NUMBERS = tuple(81_45000_0000 + line for line in (0, 1, 2, 10, 99, 1000, 9999))
"""All of one slice, which holds them and much more."""
PREFIXES = ("81", "8145", "81450000", "814500000", "81450000000", "8145000001", "81450009", "1")
DAYS = st.sampled_from(
    [0, NOON - 2 * DAY_US, NOON - DAY_US, NOON, NOON + DAY_US, NOON + 3 * DAY_US]
)

strata = st.one_of(
    st.just(PLAIN),
    st.just(Stratum(0, OVER_BEFORE_IT_CAME_US)),
    st.builds(
        Stratum,
        st.sampled_from([0, NOON - DAY_US, NOON + DAY_US]),
        st.sampled_from([0, NOON, NOON + 1, NOON + 2 * DAY_US]),
        st.sampled_from([(), ("a",), ("b",), ("a", "b")]),
        st.sampled_from([0, 0, NOON - DAY_US, NOON]),
    ),
)
kinds = st.sampled_from(list(ListKind))
ages = st.sampled_from([0, 1, 40])
coverages = st.just(()) | st.lists(st.sampled_from(PREFIXES), max_size=2, unique=True).map(tuple)
rows = st.lists(
    st.builds(Row, st.sampled_from(NUMBERS), strata, st.just(0) | DAYS), max_size=5
).map(tuple)


@st.composite
def histories(draw: st.DrawFn, max_size: int = 8) -> list[Batch]:
    """Draw the batches of a list; they came a day apart."""
    made: list[Batch] = []
    for place in range(draw(st.integers(0, max_size))):
        mode = draw(st.sampled_from([Mode.ADD, Mode.REPLACE, Mode.CHANGE, *Mode]))
        if mode is Mode.REVERT and not made:
            mode = Mode.ADD
        made.append(_batch(draw, f"b{place}", mode, NOON + place * DAY_US - 4 * DAY_US, made))
    return made


publications = st.lists(
    st.builds(
        Batch,
        st.just("b"),
        st.sampled_from([Mode.ADD, Mode.REPLACE, Mode.CHANGE]),
        published_us=st.sampled_from([0, NOON - 2 * DAY_US, NOON - DAY_US, NOON]),
        coverage=st.sampled_from([(), (), ("81",), ("8145",), ("81450000",), ("1", "44")]),
        could_be_whole=st.sampled_from([True, True, False]),
    ),
    max_size=6,
)


def _batch(draw: st.DrawFn, batch_id: str, mode: Mode, at_us: int, made: list[Batch]) -> Batch:
    if mode is Mode.REVERT:
        return Batch(batch_id, mode, at_us=at_us, reverts=draw(st.sampled_from(made)).batch_id)
    if mode is Mode.REMOVE:
        named = draw(st.sets(st.sampled_from(NUMBERS), max_size=4))
        return Batch(batch_id, mode, tuple(map(Row, sorted(named))), at_us=at_us)
    is_series = mode in (Mode.REPLACE, Mode.CHANGE)
    return Batch(
        batch_id,
        mode,
        draw(rows),
        ended=draw(st.frozensets(st.sampled_from(NUMBERS))) if mode is Mode.CHANGE else frozenset(),
        at_us=at_us,
        published_us=draw(DAYS),
        asked_us=draw(DAYS),
        coverage=draw(coverages),
        everything=mode is Mode.REPLACE and draw(st.booleans()),
        is_opt_out=not is_series and draw(st.booleans()),
        could_be_whole=draw(st.booleans()),
    )


def named(batch: Batch, numbers: Iterable[int] = NUMBERS) -> Named:
    """Return what a batch says, as the engine reads it from the ledger."""
    inside = set(numbers)
    entries: Strata = {}
    for row in batch.rows:
        if row.number in inside:
            entries.setdefault(row.stratum, BitMap()).add(row.number & LOW_MASK)
    said = sorted((row.number & LOW_MASK, row.asked_us) for row in batch.rows if row.asked_us)
    asked = None
    if said:
        low, at_us = zip(*said, strict=True)
        asked = Asked(np.array(low, dtype=np.uint32), np.array(at_us, dtype=np.int64))
    return Named(entries, BitMap(number & LOW_MASK for number in batch.ended), asked)


def accepted(batch: Batch, version: int) -> Accepted:
    """Return a batch as the engine knows it."""
    return Accepted(
        version,
        batch.batch_id,
        batch.mode,
        at_us=batch.at_us,
        published_us=batch.published_us,
        asked_us=batch.asked_us,
        coverage=batch.coverage,
        everything=batch.everything,
        reverts=batch.reverts,
        is_opt_out=batch.is_opt_out,
        freshens=batch.could_be_whole,
    )


def folded(kind: ListKind, batches: list[Batch]) -> Strata:
    """Return what the engine makes of batches."""
    by_id = {batch.batch_id: batch for batch in batches}
    counting = standing_of([accepted(batch, place) for place, batch in enumerate(batches, 1)])
    return fold(kind, [(item, named(by_id[item.batch_id])) for item in counting], PREFIX)


def as_pairs(held: Strata) -> set[Pair]:
    base = PREFIX << PREFIX_SHIFT
    assert all(held.values())
    return {(base + low, stratum) for stratum, bitmap in held.items() for low in bitmap}


@settings(max_examples=800)
@given(kind=kinds, batches=histories())
def test_a_history_makes_of_a_list_what_its_entries_are(
    kind: ListKind, batches: list[Batch]
) -> None:
    assert as_pairs(folded(kind, batches)) == pairs(entries_after(kind, batches))


@settings(max_examples=200)
@given(batches=histories(12))
def test_the_batches_that_count_are_those_that_nothing_that_counts_reverts(
    batches: list[Batch],
) -> None:
    told = standing_of([accepted(batch, place) for place, batch in enumerate(batches, 1)])
    assert [item.batch_id for item in told] == [batch.batch_id for batch in standing(batches)]


@settings(max_examples=400)
@given(batches=publications, at_us=DAYS, max_age_days=ages)
def test_a_list_is_as_fresh_of_a_number_as_its_loads_say(
    batches: list[Batch], at_us: int, max_age_days: int
) -> None:
    _assert_fresh(batches, at_us, max_age_days)


@settings(max_examples=200)
@given(batches=histories(), at_us=DAYS, max_age_days=ages)
def test_what_is_reverted_makes_no_list_fresher(
    batches: list[Batch], at_us: int, max_age_days: int
) -> None:
    _assert_fresh(batches, at_us, max_age_days)


def _assert_fresh(batches: list[Batch], at_us: int, max_age_days: int) -> None:
    coverage, loaded = coverage_of(
        standing_of([accepted(batch, place) for place, batch in enumerate(batches, 1)])
    )
    dates = dates_of(batches)
    assert loaded is dates.is_loaded
    definition = ListDefinition(ListKind.REGISTRY, max_age_seconds=max_age_days * 86_400)
    item = ListState("r", definition, coverage=coverage, loaded=loaded)
    max_age_us = (max_age_days or 31) * DAY_US
    for number in (*NUMBERS, 1_202_555_0100, 44_20_7946_0018):
        published_us = dates.published_us(number)
        if not loaded:
            wanted = Freshness.NEVER_LOADED
        elif published_us is None:
            wanted = Freshness.NOT_COVERED
        elif not published_us:
            wanted = Freshness.UNDATED
        else:
            is_stale = at_us - published_us >= max_age_us
            wanted = Freshness.STALE if is_stale else Freshness.FRESH
        assert item.freshness(number, "JP", "", at_us) is wanted


@settings(max_examples=300)
@given(kind=kinds, batches=histories(), coming=histories(1), removed=st.booleans())
def test_an_add_and_a_removal_need_no_look_at_the_history(
    kind: ListKind, batches: list[Batch], coming: list[Batch], removed: bool
) -> None:
    rows = coming[0].rows if coming else ()
    if removed:
        batch = Batch("last", Mode.REMOVE, tuple({Row(row.number) for row in rows}))
        after = after_remove(folded(kind, batches), named(batch))
    else:
        batch = Batch("last", Mode.ADD, rows)
        after = after_add(kind, folded(kind, batches), named(batch))
    assert after == folded(kind, [*batches, batch])


@settings(max_examples=300)
@given(kind=kinds, batches=histories(10), cut=st.integers(0, 10), at_us=DAYS, data=st.data())
def test_a_difference_is_what_the_entries_differ_by(
    kind: ListKind, batches: list[Batch], cut: int, at_us: int, data: st.DataObject
) -> None:
    before, after = folded(kind, batches[:cut]), folded(kind, batches)
    if data.draw(st.booleans(), "swapped"):
        before, after = after, before
    if data.draw(st.booleans(), "with many strata"):
        before, after = before | _crowd(NOON), after | _crowd(NOON + 3 * DAY_US)
        assert len(before) * len(after) > MAX_PAIRS
    old, new = as_pairs(before), as_pairs(after)
    told = difference(kind, before, after, at_us)
    assert as_pairs(told.enter) == new - old
    assert as_pairs(told.leave) == old - new
    wanted = counts(kind, old, new, at_us)
    assert (told.added, told.removed, told.released) == (
        wanted.added,
        wanted.removed,
        wanted.released,
    )


def _crowd(since_us: int) -> Strata:
    """Return more strata than are compared pair by pair, of numbers that nothing else names."""
    first = NUMBERS[0] & LOW_MASK
    return {Stratum(0, since_us + place): BitMap([first + 200 + place]) for place in range(40)}


@settings(max_examples=300)
@given(
    prefix=st.sampled_from([0, 1, 2, 24, PREFIX]),
    coverage=st.lists(st.integers(1, 10**9), min_size=1, max_size=4),
    low=st.lists(st.integers(0, LOW_MASK), min_size=1, max_size=40),
)
def test_what_a_coverage_covers_of_a_slice_begins_with_its_digits(
    prefix: int, coverage: list[int], low: list[int]
) -> None:
    parts = tuple(map(str, coverage))
    base = prefix << PREFIX_SHIFT
    # beside numbers drawn at random, which few prefixes begin, those at the prefixes' own edges
    edges = [part * 10**zeros + step for part in coverage for zeros in range(7) for step in (-1, 0)]
    inside = [number - base for number in edges if 0 <= number - base <= LOW_MASK]
    found = covered(prefix, parts)
    assert found is not None
    for value in (*low, *inside):
        assert (value in found) is str(base + value).startswith(parts)
    assert covered(prefix, ()) is None
