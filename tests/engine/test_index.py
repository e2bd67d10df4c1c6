"""The index against Python's own sets; and no set that someone holds ever moves."""

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from pyroaring import BitMap

from dncd_engine.index import NumberSet, NumberSetChange
from dncd_engine.segments import LOW_MASK, MAX_NUMBER, PREFIX_SHIFT, cut

EDGE = (81_45000_0000 >> PREFIX_SHIFT) + 1 << PREFIX_SHIFT
"""A number at which a segment begins, close to the Japanese range of the tests."""
few = st.sets(
    st.one_of(
        st.integers(EDGE - 4, EDGE + 4),
        st.integers(81_45000_0000, 81_45000_0031),
        st.integers(1_202_555_0100, 1_202_555_0199),
        st.sampled_from([0, 1, LOW_MASK, MAX_NUMBER]),
    ),
    max_size=12,
)
runs = st.builds(
    lambda start, size, step: set(range(start, start + size, step)),
    st.sampled_from([EDGE - 3000, EDGE, 81_45000_0000]),
    st.integers(1, 9000),
    st.sampled_from([1, 1, 2, 7]),
)
batches = few | runs


def slices(numbers: set[int]) -> list[tuple[int, BitMap]]:
    return list(cut(np.array(sorted(numbers), dtype=np.uint64)))


def picture(held: NumberSet) -> tuple[object, ...]:
    """Return all that can be seen of a set, the bytes of its segments included."""
    segments = [(prefix, bitmap.serialize()) for prefix, bitmap in held.segments()]
    return (segments, held.count, held.size_bytes)


class NumberSetMachine(RuleBasedStateMachine):
    """A set is changed in batches of entering and leaving, some of which are given up."""

    def __init__(self) -> None:
        super().__init__()
        self.set = NumberSet()
        self.model: set[int] = set()
        self.older: list[tuple[NumberSet, tuple[object, ...], frozenset[int]]] = []

    @rule(steps=st.lists(st.tuples(st.booleans(), batches), max_size=3), is_finished=st.booleans())
    def change(self, steps: list[tuple[bool, set[int]]], is_finished: bool) -> None:
        """Enter and leave, then finish or give up."""
        self.older.append((self.set, picture(self.set), frozenset(self.model)))
        next_set, model = NumberSetChange(self.set), set(self.model)
        for enters, numbers in steps:
            for prefix, bitmap in slices(numbers):
                (next_set.enter if enters else next_set.leave)(prefix, bitmap)
            model = model | numbers if enters else model - numbers
        if is_finished:
            self.set, self.model = next_set.finish(), model

    @rule(numbers=batches)
    def go_on_after_finish(self, numbers: set[int]) -> None:
        """What a change has given does not move when the change goes on."""
        base = NumberSetChange(self.set)
        first = base.finish()
        before = picture(first)
        for prefix, bitmap in slices(numbers):
            base.enter(prefix, bitmap)
        second = base.finish()
        assert picture(first) == before == picture(self.set)
        assert second.count == len(self.model | numbers)

    @precondition(lambda self: self.model)
    @rule()
    def empty(self) -> None:
        """Take out all; nothing stays and nothing is owed."""
        change = NumberSetChange(self.set)
        for prefix, bitmap in slices(self.model):
            change.leave(prefix, bitmap)
        emptied = change.finish()
        assert (emptied.count, emptied.size_bytes, list(emptied.segments())) == (0, 0, [])
        self.older.append((self.set, picture(self.set), frozenset(self.model)))
        self.set, self.model = emptied, set()

    @rule(asked=batches)
    def ask(self, asked: set[int]) -> None:
        """Ask one by one and in a column."""
        column = [*sorted(asked, reverse=True), *list(self.model)[:50]]
        wanted = [number in self.model for number in column]
        assert [self.set.contains(number) for number in column] == wanted
        told = self.set.contains_many(np.array(column, dtype=np.uint64))
        assert told.dtype == np.bool_
        assert told.tolist() == wanted

    @invariant()
    def it_holds_what_the_model_holds(self) -> None:
        """Numbers, count and prefixes are the model's."""
        held = [number for part in self.set.numbers() for number in part.tolist()]
        assert held == sorted(self.model)
        assert self.set.count == len(self.model)
        prefixes = [prefix for prefix, _ in self.set.segments()]
        assert prefixes == sorted({number >> PREFIX_SHIFT for number in self.model})

    @invariant()
    def its_size_is_sane(self) -> None:
        """The size is never negative, nought when empty, and bounded."""
        assert (self.set.size_bytes > 0) == bool(self.model)
        assert self.set.size_bytes <= 300 * len(list(self.set.segments())) + 9 * len(self.model)

    @invariant()
    def older_sets_have_not_moved(self) -> None:
        """Whoever holds an older set holds it whole."""
        for held, seen, model in self.older[-4:]:
            assert picture(held) == seen
            assert held.count == len(model)


NumberSetMachine.TestCase.settings = settings(
    max_examples=120, stateful_step_count=15, deadline=None
)
TestNumberSet = NumberSetMachine.TestCase


def test_numbers_beyond_e164_are_held_by_no_set() -> None:
    change = NumberSetChange(NumberSet())
    for prefix, bitmap in slices({0, LOW_MASK, MAX_NUMBER}):
        change.enter(prefix, bitmap)
    held = change.finish()
    beyond = [2**50, 2**63, 2**64 - 1, (1 << 64) - LOW_MASK - 1]
    assert not held.contains_many(np.array(beyond, dtype=np.uint64)).any()
    assert not any(held.contains(number) for number in (*beyond, -1, -(2**64)))


def test_taking_out_of_a_segment_that_is_not_there_changes_nothing() -> None:
    change = NumberSetChange(NumberSet())
    change.leave(7, BitMap([1, 2]))
    change.enter(8, BitMap())
    assert picture(change.finish()) == ([], 0, 0)


def test_the_segment_of_an_unknown_prefix_is_empty() -> None:
    assert len(NumberSet().segment(7)) == 0
