"""How fresh a list is for a number: what covers it, the publisher's date, and the instant."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dncd_engine.lists import Freshness, ListState
from dncd_engine.model import ListDefinition, ListKind
from dncd_engine.strata import Stratum
from dncd_engine.verdict import Decision
from engine.drawing import instants, loads, samples
from engine.oracle import expected
from engine.worlds import DAY_US, NOON, READABLE, SAMPLES, Load, Sample, World

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
    assert registry(*batches).freshness(JAPANESE.number, "JP", "", NOON) is wanted


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
        "",
        at_us,
    )
    each = [item.freshness(sample.number, sample.country, "", at_us) for sample in asked]
    assert column.tolist() == each


@pytest.mark.parametrize(
    ("seconds", "stale_at_us"), [(0, NOON + 31 * DAY_US), (86_400, NOON + DAY_US)]
)
def test_a_registry_is_stale_from_the_instant_that_it_says(seconds: int, stale_at_us: int) -> None:
    definition = ListDefinition(ListKind.REGISTRY, max_age_seconds=seconds)
    item = World(lists={"r": definition}, loads=(("r", load(NOON)),)).state().lists["r"]
    assert item.stale_at_us(NOON) == stale_at_us
    assert item.freshness(JAPANESE.number, "JP", "", stale_at_us - 1) is Freshness.FRESH
    assert item.freshness(JAPANESE.number, "JP", "", stale_at_us) is Freshness.STALE


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


WASHED = JAPANESE.number
CLEARANCES: dict[str, tuple[int, Stratum | None, str, Freshness]] = {
    "no_age": (0, Stratum(published_us=1), "", Freshness.FRESH),
    "no_age_no_date": (0, Stratum(), "", Freshness.FRESH),
    "young": (2, Stratum(published_us=NEW), "", Freshness.FRESH),
    "old": (2, Stratum(published_us=OLD), "", Freshness.STALE),
    "old_to_the_instant": (1, Stratum(published_us=NEW), "", Freshness.STALE),
    "no_date": (2, Stratum(), "", Freshness.UNDATED),
    "not_on_it": (2, None, "", Freshness.FRESH),
    "old_and_over": (2, Stratum(0, NOON, (), OLD), "", Freshness.FRESH),
    "old_and_to_begin": (2, Stratum(NOON + 1, 0, (), OLD), "", Freshness.FRESH),
    "old_for_the_purpose": (2, Stratum(0, 0, ("sales",), OLD), "sales", Freshness.STALE),
    "old_for_another_purpose": (2, Stratum(0, 0, ("sales",), OLD), "survey", Freshness.FRESH),
    "old_for_some_purpose": (2, Stratum(0, 0, ("sales",), OLD), "", Freshness.FRESH),
}
"""Days of age, the number's entry, the purpose, and what follows; where no entry counts, it is just not cleared."""


@pytest.mark.parametrize(
    ("days", "entry", "purpose", "wanted"), CLEARANCES.values(), ids=CLEARANCES
)
def test_a_clearance_is_as_fresh_as_the_entry_that_counts(
    days: int, entry: Stratum | None, purpose: str, wanted: Freshness
) -> None:
    definition = ListDefinition(ListKind.CLEARANCE, max_age_seconds=days * 86_400)
    held = Load(frozenset({WASHED} if entry else ()), stratum=entry or Stratum())
    # the publisher's date of a file is the stratum's here: coverage by prefix decides nothing
    item = World(lists={"w": definition}, loads=(("w", held),)).state().lists["w"]
    assert item.freshness(WASHED, "JP", purpose, NOON) is wanted
    column = item.freshness_many(np.array([WASHED], np.uint64), ["JP"], purpose, NOON)
    assert column.tolist() == [wanted]


def test_a_clearance_is_stale_while_something_active_on_it_is() -> None:
    definition = ListDefinition(ListKind.CLEARANCE, max_age_seconds=86_400)
    loads = (
        ("w", Load(frozenset({WASHED}), stratum=Stratum(0, NOON + 5, (), NEW + 1))),
        ("w", Load(frozenset({WASHED + 1}), stratum=Stratum(published_us=NOON))),
    )
    item = World(lists={"w": definition}, loads=loads).state().lists["w"]
    assert [item.is_stale(NOON + step) for step in (0, 1, 4, 5)] == [False, True, True, False]


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [(kind, Freshness.NEVER_LOADED) for kind in ListKind if kind is not ListKind.EXEMPTION]
    + [(ListKind.EXEMPTION, Freshness.FRESH)],
)
def test_a_list_that_was_never_loaded_is_doubted_unless_nothing_rests_on_it(
    kind: ListKind, wanted: Freshness
) -> None:
    item = World(lists={"x": ListDefinition(kind, countries=("JP",))}).state().lists["x"]
    assert item.freshness(WASHED, "JP", "", NOON) is wanted
    assert item.freshness(WASHED, "US", "", NOON) is Freshness.FRESH
    asked = np.array([WASHED, WASHED], np.uint64)
    assert item.freshness_many(asked, ["JP", "US"], "", NOON).tolist() == [wanted, 0]
