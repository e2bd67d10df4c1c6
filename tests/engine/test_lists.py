"""How fresh a list is for a number: what covers it, the publisher's date, and the instant."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dncd_engine.lists import Freshness, ListState
from dncd_engine.model import ListDefinition, ListKind
from dncd_engine.verdict import Decision
from engine.worlds import (
    DAY_US,
    NOON,
    READABLE,
    SAMPLES,
    Load,
    Sample,
    World,
    expected,
    instants,
    loads,
    samples,
)

REGISTRY = ListDefinition(ListKind.REGISTRY)
JAPANESE = SAMPLES[0]
OLD, NEW = NOON - 40 * DAY_US, NOON - DAY_US


def registry(*batches: Load) -> ListState:
    of_r = tuple(("r", load) for load in batches)
    return World(lists={"r": REGISTRY}, loads=of_r).state().lists["r"]


def load(published_us: int, *coverage: str) -> Load:
    return Load(frozenset(), coverage, published_us)


@settings(max_examples=400, deadline=None)
@given(batches=st.lists(loads, min_size=1, max_size=6), item=samples, at_us=instants)
def test_a_registry_is_as_fresh_as_the_newest_publication_that_covers_the_number(
    batches: list[Load], item: Sample, at_us: int
) -> None:
    world = World(lists={"r": REGISTRY}, loads=tuple(("r", batch) for batch in batches))
    wanted = expected(world, "", item, at_us)
    verdict = world.state().campaign("").decide(item.number, at_us, False)
    assert verdict.reasons == wanted.reasons


CASES = {
    "one_date": ([load(NEW)], Freshness.FRESH),
    "too_old": ([load(OLD)], Freshness.STALE),
    "no_date": ([load(0)], Freshness.UNDATED),
    "elsewhere": ([load(NEW, "1")], Freshness.NOT_COVERED),
    "wide_is_newer": ([load(OLD, "8145"), load(NEW, "81")], Freshness.FRESH),
    "all_is_newer": ([load(OLD, "8145"), load(NEW)], Freshness.FRESH),
    "narrow_is_newer": ([load(OLD, "81"), load(NEW, "8145")], Freshness.FRESH),
    "narrow_is_newer_elsewhere": ([load(OLD, "81"), load(NEW, "8146")], Freshness.STALE),
    "old_comes_after_new": ([load(NEW), load(OLD)], Freshness.FRESH),
    "undated_after_dated": ([load(NEW), load(0)], Freshness.FRESH),
    "undated_after_a_dated_part": ([load(NEW, "1"), load(0)], Freshness.NOT_COVERED),
    "undated_after_a_part_too_old": ([load(OLD, "81"), load(0)], Freshness.STALE),
    "undated_part_beside_a_dated_one": ([load(NEW, "1"), load(0, "81")], Freshness.UNDATED),
    "undated_twice": ([load(0), load(0)], Freshness.UNDATED),
    "undated_part_of_dated": ([load(NEW), load(0, "8145")], Freshness.FRESH),
    "dated_after_undated": ([load(0), load(NEW)], Freshness.FRESH),
    "digits_are_not_a_prefix": ([load(NEW, "45")], Freshness.NOT_COVERED),
}


@pytest.mark.parametrize(("batches", "wanted"), CASES.values(), ids=CASES)
def test_coverage_by_case(batches: list[Load], wanted: Freshness) -> None:
    assert registry(*batches).freshness(JAPANESE.number, "JP", NOON) is wanted


@pytest.mark.parametrize("dated", [load(NEW), load(OLD, "1202", "8145"), load(0, "81")])
def test_a_batch_that_says_nothing_of_dates_changes_none(dated: Load) -> None:
    before, after = registry(dated), registry(dated, load(0))

    assert after.coverage == before.coverage
    assert after.loaded


def test_a_wider_publication_takes_in_the_older_parts_so_no_part_stays_stale() -> None:
    parts = [load(OLD, "1202", "1604", "81"), load(NEW + 1, "8145")]
    assert registry(*parts).is_stale(NOON)
    whole = registry(*parts, load(NEW))
    assert dict(whole.coverage) == {"": NEW, "8145": NEW + 1}
    assert not whole.is_stale(NOON)
    assert whole.is_stale(NEW + 31 * DAY_US)


@settings(max_examples=200, deadline=None)
@given(
    batches=st.lists(loads, max_size=5),
    countries=st.sampled_from([(), ("JP",), ("US", "CA")]),
    prefixes=st.sampled_from([(), ("8145",), ("1202", "44")]),
    at_us=instants,
)
def test_a_column_is_as_fresh_as_each_number(
    batches: list[Load], countries: tuple[str, ...], prefixes: tuple[str, ...], at_us: int
) -> None:
    definition = ListDefinition(ListKind.REGISTRY, countries=countries, prefixes=prefixes)
    world = World(lists={"r": definition}, loads=tuple(("r", batch) for batch in batches))
    item = world.state().lists["r"]
    asked = [sample for sample in SAMPLES if sample.reject is None]
    column = item.freshness_many(
        np.array([sample.number for sample in asked], dtype=np.uint64),
        [sample.country for sample in asked],
        at_us,
    )
    each = [item.freshness(sample.number, sample.country, at_us) for sample in asked]
    assert column.tolist() == each


@pytest.mark.parametrize(
    ("seconds", "stale_at_us"), [(0, NOON + 31 * DAY_US), (86_400, NOON + DAY_US)]
)
def test_a_registry_is_stale_from_the_instant_that_it_says(seconds: int, stale_at_us: int) -> None:
    definition = ListDefinition(ListKind.REGISTRY, max_age_seconds=seconds)
    item = World(lists={"r": definition}, loads=(("r", load(NOON)),)).state().lists["r"]
    assert item.stale_at_us(NOON) == stale_at_us
    assert item.freshness(JAPANESE.number, "JP", stale_at_us - 1) is Freshness.FRESH
    assert item.freshness(JAPANESE.number, "JP", stale_at_us) is Freshness.STALE


@pytest.mark.parametrize("kind", [ListKind.DO_NOT_CONTACT, ListKind.SUSPENDED_USE])
def test_an_own_list_is_empty_until_loaded_unless_it_starts_empty(kind: ListKind) -> None:
    for starts_empty, wanted in ((False, Decision.BLOCK), (True, Decision.ALLOW)):
        bare = World(lists={"a": ListDefinition(kind, starts_empty=starts_empty)})
        verdict = bare.state().campaign("").decide(JAPANESE.number, NOON, False)
        assert verdict.decision is wanted
    filled = World(
        lists={"a": ListDefinition(kind)}, loads=(("a", Load(frozenset(READABLE[1:2]))),)
    )
    verdict = filled.state().campaign("").decide(JAPANESE.number, NOON, False)
    assert verdict.decision is Decision.ALLOW
