"""Entries against a dictionary from number to strata; and none that somebody holds ever move."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from pyroaring import BitMap

from dncd_engine.entries import Entries, EntriesChange
from dncd_engine.segments import LOW_MASK, MAX_NUMBER, PREFIX_SHIFT, cut
from dncd_engine.strata import PLAIN, Stratum
from engine.worlds import entries_of, held_by

EDGE = (81_45000_0000 >> PREFIX_SHIFT) + 1 << PREFIX_SHIFT
"""A number at which a slice begins, close to the Japanese range of the tests."""
STRATA = (
    PLAIN,
    Stratum(effective_us=5),
    Stratum(expires_us=5),
    Stratum(effective_us=3, expires_us=9),
    Stratum(purposes=("sales",)),
    Stratum(purposes=("sales", "survey"), published_us=7),
)
Model = dict[int, set[Stratum]]
few = st.sets(
    st.one_of(
        st.integers(EDGE - 4, EDGE + 4),
        st.integers(81_45000_0000, 81_45000_0007),
        st.sampled_from([0, 1, LOW_MASK, MAX_NUMBER]),
    ),
    max_size=8,
)
runs = st.builds(
    lambda start, size, step: set(range(start, start + size, step)),
    st.sampled_from([EDGE - 300, EDGE]),
    st.integers(1, 900),
    st.sampled_from([1, 1, 2, 7]),
)
steps = st.lists(
    st.tuples(st.booleans(), st.sampled_from(STRATA), st.one_of(few, few, runs)), max_size=4
)
models = st.dictionaries(
    st.integers(EDGE - 4, EDGE + 4), st.sets(st.sampled_from(STRATA), min_size=1, max_size=3)
)
WANTED: tuple[Callable[[Stratum], bool], ...] = (
    lambda _: True,
    lambda stratum: stratum == PLAIN,
    lambda stratum: stratum.is_active(4),
    lambda stratum: stratum.effective_us > 0,
    lambda stratum: bool(stratum.purposes),
    lambda _: False,
)


def by_stratum(model: Model) -> dict[Stratum, set[int]]:
    return {
        stratum: {number for number, strata in model.items() if stratum in strata}
        for strata in model.values()
        for stratum in strata
    }


def apply(
    change: EntriesChange, model: Model, enters: bool, what: tuple[Stratum, set[int]]
) -> None:
    stratum, numbers = what
    for prefix, bitmap in cut(np.array(sorted(numbers), dtype=np.uint64)):
        (change.enter if enters else change.leave)(stratum, prefix, bitmap)
    for number in numbers:
        held = model.setdefault(number, set())
        (held.add if enters else held.discard)(stratum)
        if not held:
            del model[number]


class EntriesMachine(RuleBasedStateMachine):
    """Entries are changed in batches, some of which are given up."""

    def __init__(self) -> None:
        super().__init__()
        self.entries = Entries()
        self.model: Model = {}
        self.older: list[tuple[Entries, Model, int]] = []

    @rule(made=steps, is_finished=st.booleans())
    def change(self, made: list[tuple[bool, Stratum, set[int]]], is_finished: bool) -> None:
        """Enter and leave, then finish or give up."""
        change, model = EntriesChange(self.entries), {n: set(s) for n, s in self.model.items()}
        self.older.append((self.entries, held_by(self.entries), self.entries.size_bytes))
        for enters, stratum, numbers in made:
            apply(change, model, enters, (stratum, numbers))
        if is_finished:
            self.entries, self.model = change.finish(), model

    @rule(first=steps, second=steps)
    def go_on_after_finish(
        self,
        first: list[tuple[bool, Stratum, set[int]]],
        second: list[tuple[bool, Stratum, set[int]]],
    ) -> None:
        """What a change has given does not move when the change goes on."""
        change, model = EntriesChange(self.entries), {n: set(s) for n, s in self.model.items()}
        for enters, stratum, numbers in first:
            apply(change, model, enters, (stratum, numbers))
        given_before, wanted = change.finish(), {n: set(s) for n, s in model.items()}
        for enters, stratum, numbers in second:
            apply(change, model, enters, (stratum, numbers))
        assert held_by(change.finish()) == model
        assert held_by(given_before) == wanted
        assert given_before.count == len(wanted)

    @rule(asked=few, wanted=st.sampled_from(WANTED))
    def ask(self, asked: set[int], wanted: Callable[[Stratum], bool]) -> None:
        """Ask one by one and in a column, in an order that is not that of the numbers."""
        column = [*sorted(asked, reverse=True), *list(self.model)[:50], *sorted(asked)]
        told = [self.entries.holds(number, wanted) for number in column]
        assert told == [any(map(wanted, self.model.get(number, ()))) for number in column]
        numbers = np.array(column, dtype=np.uint64)
        assert self.entries.holds_many(numbers, wanted).tolist() == told
        for number in column:
            held = self.entries.strata_of(number)
            assert list(held) == sorted(self.model.get(number, ()))

    @rule(asked=few, order=st.permutations(STRATA))
    def weigh(self, asked: set[int], order: list[Stratum]) -> None:
        """The greatest weight of a number's strata, each weighed once."""
        met: list[Stratum] = []

        def weigh(stratum: Stratum) -> int:
            met.append(stratum)
            return order.index(stratum) + 1

        column = [*asked, *list(self.model)[:50]]
        wanted = [
            max((order.index(stratum) + 1 for stratum in self.model.get(number, ())), default=0)
            for number in column
        ]
        told = self.entries.weigh_many(np.array(column, dtype=np.uint64), weigh)
        assert told.tolist() == wanted
        assert len(met) == len(set(met))
        assert [self.entries.weigh(number, weigh) for number in column] == wanted

    @invariant()
    def they_hold_what_the_model_holds(self) -> None:
        """Strata, numbers, count and prefixes are the model's."""
        assert held_by(self.entries) == self.model
        assert self.entries.count == len(self.model)
        assert set(self.entries.strata) == set().union(*self.model.values())
        assert len(self.entries.strata) == len(set(self.entries.strata))
        assert self.entries.prefixes() == sorted({number >> PREFIX_SHIFT for number in self.model})

    @invariant()
    def their_size_is_that_of_what_they_hold(self) -> None:
        """However they came to hold it."""
        assert self.entries.size_bytes == entries_of(by_stratum(self.model)).size_bytes

    @invariant()
    def older_ones_have_not_moved(self) -> None:
        """Whoever holds older entries holds them whole."""
        for entries, model, size_bytes in self.older[-3:]:
            assert held_by(entries) == model
            assert (entries.count, entries.size_bytes) == (len(model), size_bytes)


EntriesMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=12, deadline=None)
TestEntries = EntriesMachine.TestCase


def test_a_number_that_is_plain_and_conditional_counts_for_either() -> None:
    """The commonest mixture: somebody refused for ever who had been suspended for a time."""
    entries = entries_of({PLAIN: {EDGE, EDGE + 1}, STRATA[2]: {EDGE, EDGE + 2}})
    asked = np.array([EDGE, EDGE + 1, EDGE + 2, EDGE + 3], dtype=np.uint64)
    for wanted, told in (
        (PLAIN, [True, True, False, False]),
        (STRATA[2], [True, False, True, False]),
    ):
        assert entries.holds_many(asked, wanted.__eq__).tolist() == told
        assert [entries.holds(number, wanted.__eq__) for number in asked.tolist()] == told
    assert entries.count == 3


@settings(max_examples=150, deadline=None)
@given(parts=st.lists(models, min_size=1, max_size=3), held=models)
def test_a_union_holds_what_its_parts_hold_and_nothing_that_was_there(
    parts: list[Model], held: Model
) -> None:
    base, of_parts = entries_of(by_stratum(held)), [entries_of(by_stratum(part)) for part in parts]
    change = EntriesChange(base)
    prefixes = {prefix for part in (base, *of_parts) for prefix in part.prefixes()}
    change.put_union(prefixes, of_parts)
    union = change.finish()
    wanted: Model = {}
    for part in parts:
        for number, strata in part.items():
            wanted.setdefault(number, set()).update(strata)
    assert held_by(union) == wanted
    assert (union.count, set(union.strata)) == (len(wanted), set().union(*wanted.values()))
    assert union.size_bytes == entries_of(by_stratum(wanted)).size_bytes
    assert [held_by(part) for part in of_parts] == parts
    assert held_by(base) == held


def test_a_union_takes_the_place_of_what_entered_before_it() -> None:
    change = EntriesChange(Entries())
    prefix, low = EDGE >> PREFIX_SHIFT, BitMap([1])
    change.enter(STRATA[1], prefix, low)
    change.enter(PLAIN, prefix, low)
    change.put_union([prefix], [entries_of({STRATA[2]: {EDGE + 2}})])
    change.enter(STRATA[3], prefix, low)
    assert held_by(change.finish()) == {EDGE + 2: {STRATA[2]}, EDGE + 1: {STRATA[3]}}


@settings(max_examples=100, deadline=None)
@given(model=models)
def test_rows_taken_out_and_put_in_again_are_the_same_entries(model: Model) -> None:
    kept = {number: strata - {PLAIN} for number, strata in model.items() if strata != {PLAIN}}
    conditional = entries_of(by_stratum(kept)).conditional
    change = EntriesChange(Entries())
    for prefix, low, places in conditional.rows():
        change.enter_rows(prefix, low, places, conditional.strata)
    again = change.finish()
    assert held_by(again) == kept
    assert again.size_bytes == entries_of(by_stratum(kept)).size_bytes
    assert again.conditional.count == conditional.count == sum(map(len, kept.values()))


def test_only_what_a_change_touches_is_told_as_changed() -> None:
    far = EDGE + (9 << PREFIX_SHIFT)
    old = entries_of({PLAIN: {EDGE, far}, STRATA[1]: {EDGE, far}})
    for stratum in (PLAIN, STRATA[1], STRATA[2]):
        new = entries_of({stratum: {EDGE + 1}}, old)
        assert new.changed_prefixes(old) == old.changed_prefixes(new) == {EDGE >> PREFIX_SHIFT}
    assert old.changed_prefixes(EntriesChange(old).finish()) == set()
    assert Entries().changed_prefixes(old) == set(old.prefixes())


def test_a_change_to_one_slice_leaves_ten_thousand_strata_of_another_alone() -> None:
    """Prefixes that are not told as changed share their objects: nothing of them was copied."""
    strata = [Stratum(expires_us=at) for at in range(1, 10_001)]
    change = EntriesChange(Entries())
    low = np.arange(10_000, dtype=np.uint32)
    change.enter_rows(EDGE >> PREFIX_SHIFT, low, low, strata)
    old = change.finish()
    new = entries_of({Stratum(expires_us=77): {81_45000_0000}}, old)
    assert (old.count, new.count, len(new.strata)) == (10_000, 10_001, 10_000)
    assert new.changed_prefixes(old) == {81_45000_0000 >> PREFIX_SHIFT}
    less = EntriesChange(new)
    less.leave(strata[5], EDGE >> PREFIX_SHIFT, BitMap([5]))
    assert len(less.finish().strata) == 9_999


def test_numbers_beyond_e164_are_in_no_entries() -> None:
    entries = entries_of({STRATA[1]: {0, LOW_MASK, MAX_NUMBER}, PLAIN: {0, LOW_MASK, MAX_NUMBER}})
    beyond = [2**50, 2**63, 2**64 - 1, (1 << 64) - LOW_MASK - 1]
    assert not entries.holds_many(np.array(beyond, dtype=np.uint64), lambda _: True).any()
    for number in (*beyond, -1, -(2**64)):
        assert not entries.holds(number, lambda _: True)


@pytest.mark.parametrize("stratum", STRATA)
def test_nothing_entering_or_leaving_changes_nothing(stratum: Stratum) -> None:
    change = EntriesChange(Entries())
    change.enter(stratum, 7, BitMap())
    change.leave(stratum, 8, BitMap([1]))
    made = change.finish()
    assert (made.count, made.size_bytes, made.strata, made.prefixes()) == (0, 0, (), [])
