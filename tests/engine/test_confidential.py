"""A confidential list is, to whoever sees a state, more entries of the list that it is shown as."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dncd_engine.entries import Entries, EntriesChange
from dncd_engine.lists import ListState
from dncd_engine.model import CampaignDefinition, ListDefinition, ListKind
from dncd_engine.segments import PREFIX_SHIFT, cut
from dncd_engine.state import ListChange, PolicyChange, State
from dncd_engine.strata import PLAIN, Stratum
from dncd_engine.verdict import Verdict
from engine.drawing import busy_worlds, confidential, contents, hidden_lists, strata, worlds
from engine.oracle import shown
from engine.worlds import DAY_US, NOON, PURPOSES, SAMPLES, World, entries_of, held_by, loaded

INSTANTS = (NOON - 1, NOON, NOON + 1, NOON + 4 * DAY_US)
ASKED = np.array([sample.number for sample in SAMPLES], dtype=np.uint64)
Model = dict[int, set[Stratum]]


def seen(item: ListState) -> dict[str, object]:
    """Return all that can be seen of a list."""
    return {
        "definition": item.definition,
        "held": held_by(item.entries),
        "count": item.entries.count,
        "size_bytes": item.entries.size_bytes,
        "strata": set(item.entries.strata),
        "coverage": dict(item.coverage),
        "loaded": item.loaded,
        "version": item.version,
        "created_version": item.created_version,
    }


def verdicts(state: State) -> list[list[Verdict]]:
    """Return what every campaign says of every number, one by one and in a column, at several instants."""
    told = []
    campaigns = [*state.campaigns.values(), *([state.unnamed] if state.unnamed else [])]
    for campaign in campaigns:
        for at_us in INSTANTS:
            each = [campaign.decide(sample.number, at_us, False) for sample in SAMPLES]
            distinct, verdict_of = campaign.decide_many(ASKED, at_us, False)
            assert [distinct[place] for place in verdict_of.tolist()] == each
            told.append(each)
    return told


def check_alike(state: State, plain: State) -> None:
    """See that a state with confidential lists looks as one without, and names none of them."""
    assert {n: seen(item) for n, item in state.shown.items()} == {
        n: seen(item) for n, item in plain.shown.items()
    }
    assert verdicts(state) == verdicts(plain)
    assert state.policy.unused_lists == plain.policy.unused_lists
    for campaign in state.campaigns.values():
        assert all(not item.definition.confidential for item in campaign.lists)


@st.composite
def hiding_worlds(draw: st.DrawFn) -> World:
    """Draw a ledger that has a confidential list wherever it can have one, with something on it."""
    world = draw(worlds(("a", "b", "acme/a", "acme/r")) | busy_worlds())
    open_lists = {name: item for name, item in world.lists.items() if not item.confidential}
    hidden = draw(hidden_lists(open_lists, 3))
    kept = tuple(load for load in world.loads if load[0] in open_lists)
    # only a registry has coverage: on other lists a load speaks of all
    of_open = (
        (name, load if world.lists[name].kind.has_age else replace(load, coverage=()))
        for name, load in kept
    )
    more = ((name, replace(load, coverage=())) for name, load in draw(contents(hidden, 6)))
    loads = (*of_open, *more)
    return replace(world, lists=open_lists | hidden, loads=tuple(draw(st.permutations(loads))))


@settings(max_examples=150, deadline=None)
@given(world=hiding_worlds())
def test_a_ledger_with_confidential_lists_answers_as_one_that_holds_the_entries_openly(
    world: World,
) -> None:
    check_alike(world.state(), shown(world).state())


LISTS = {
    "acme/y": ListDefinition(ListKind.DO_NOT_CONTACT),
    "acme/x1": confidential(ListKind.DO_NOT_CONTACT, "acme/y"),
    "acme/x2": confidential(ListKind.SUSPENDED_USE, "acme/y"),
    "z": ListDefinition(ListKind.DO_NOT_CONTACT, starts_empty=True),
}
CAMPAIGNS = {
    "acme/all": CampaignDefinition(countries=("JP", "US")),
    "acme/sales": CampaignDefinition("sales", ("JP",), block=("acme/y",)),
    "shared": CampaignDefinition(countries=("JP",)),
}
PARTS = ("acme/y", "acme/x1", "acme/x2")
numbers = st.frozensets(st.sampled_from([s.number for s in SAMPLES[:8]]), min_size=1)


def policy(lists: dict[str, ListDefinition]) -> PolicyChange:
    return PolicyChange(PURPOSES, lists=lists, campaigns=CAMPAIGNS)


def stepped(state: State, name: str, enters: bool, what: tuple[Stratum, frozenset[int]]) -> State:
    """Return a state, a version on, in which numbers entered a stratum of a list or left it."""
    change = EntriesChange(state.lists[name].entries)
    for prefix, bitmap in cut(np.array(sorted(what[1]), dtype=np.uint64)):
        (change.enter if enters else change.leave)(what[0], prefix, bitmap)
    moved = replace(state, version=state.version + 1)
    return moved.with_list(ListChange(name, change.finish(), {"": 0}, True))


def together(models: dict[str, Model]) -> dict[Stratum, set[int]]:
    union: dict[Stratum, set[int]] = {}
    for model in models.values():
        for number, held in model.items():
            for stratum in held:
                union.setdefault(stratum, set()).add(number)
    return union


@settings(max_examples=150, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(PARTS), st.booleans(), st.tuples(strata, numbers)), max_size=10
    ),
    gone=st.sampled_from(["", "acme/x1", "acme/x2"]),
)
def test_entering_and_leaving_look_as_if_all_were_on_the_list_that_is_shown(
    steps: list[tuple[str, bool, tuple[Stratum, frozenset[int]]]], gone: str
) -> None:
    state = State(version=1).with_policy(policy(LISTS))
    openly = State(version=1).with_policy(policy({n: LISTS[n] for n in ("acme/y", "z")}))
    models: dict[str, Model] = {name: {} for name in PARTS}
    for name, enters, what in steps:
        state = stepped(state, name, enters, what)
        for number in what[1]:
            held = models[name].setdefault(number, set())
            (held.add if enters else held.discard)(what[0])
        entries = entries_of(together(models))
        openly = replace(openly, version=openly.version + 1)
        openly = openly.with_list(ListChange("acme/y", entries, {"": 0}, True))
    check_alike(state, openly)
    check_restored(state)
    if gone:
        less = state.with_policy(PolicyChange(deleted_lists=frozenset({gone})))
        models.pop(gone)
        assert held_by(less.shown["acme/y"].entries) == held_by(entries_of(together(models)))


def check_restored(state: State) -> None:
    """A restart gives the same picture, whatever way it came about."""
    bare = State(state.version, state.epoch, state.head, state.at_us, state.region)
    whole = policy(dict(state.policy.lists))
    again = bare.restored(whole, state.lists, state.policy_version, state.overrides)
    assert {n: seen(item) for n, item in again.shown.items()} == {
        n: seen(item) for n, item in state.shown.items()
    }
    assert verdicts(again) == verdicts(state)


def test_what_is_confidential_stays_in_its_own_list_for_those_who_may_see_it() -> None:
    state = loaded(State(version=1).with_policy(policy(LISTS)), "acme/x1", {SAMPLES[0].number})
    assert (state.lists["acme/x1"].entries.count, state.lists["acme/y"].entries.count) == (1, 0)
    assert state.shown["acme/y"].entries.count == 1
    assert state.shown.keys() == {"acme/y", "z"}
    assert [state.shown_name(name) for name in (*LISTS, "nowhere", "")] == [
        *("acme/y", "acme/y", "acme/y", "z"),
        *("nowhere", ""),
    ]


def test_a_list_that_hides_nothing_is_shown_as_it_is() -> None:
    state = loaded(State(version=1).with_policy(policy(LISTS)), "z", {SAMPLES[0].number})
    assert state.shown["z"] is state.lists["z"]


@pytest.mark.parametrize("changed", PARTS)
def test_a_change_makes_only_the_slices_anew_that_it_touches(changed: str) -> None:
    first, second = SAMPLES[0].number, SAMPLES[5].number
    state = State(version=1).with_policy(policy(LISTS))
    for name in PARTS:
        for stratum in (PLAIN, Stratum(expires_us=9)):
            state = stepped(state, name, True, (stratum, frozenset({first, second})))
    before: Entries = state.shown["acme/y"].entries
    after = stepped(state, changed, True, (Stratum(expires_us=9), frozenset({first + 5})))
    assert after.shown["acme/y"].entries.changed_prefixes(before) == {first >> PREFIX_SHIFT}


def test_that_a_confidential_list_is_defined_does_not_show() -> None:
    openly = {name: LISTS[name] for name in ("acme/y", "z")}
    state = loaded(State(version=1).with_policy(policy(openly)), "acme/y", {SAMPLES[0].number})
    after = replace(state, version=9).with_policy(PolicyChange(lists=LISTS))
    assert seen(after.shown["acme/y"]) == seen(state.shown["acme/y"])
    assert after.shown["acme/y"].version < 9
