"""Comparisons: a state of the daemon with another, and with the book."""

from collections.abc import Iterator

import numpy as np
import pytest

from dncd.v1 import batch_pb2
from dncd_engine.rules import CompiledCampaign
from dncd_engine.state import CampaignNeededError, State, UnknownCampaignError
from dncd_engine.strata import Stratum
from dncd_engine.verdict import Decision
from model import drawing as draw
from model.book import Book
from model.files import DAY_US, HOUR_US
from model.office import Office
from model.verdicts import Expected, verdict

SHIFTS_US = (
    0,
    HOUR_US - 1,
    HOUR_US,
    2 * HOUR_US,
    31 * HOUR_US,
    60 * HOUR_US - 1,
    60 * HOUR_US,
    12 * DAY_US,
    22 * DAY_US,
)
"""Instants at which something begins, ends or grows too old, counted from that at which the machine began."""
ASKED = (*draw.NUMBERS, draw.NO_NUMBER)


def instants(book: Book, now_us: int) -> tuple[int, ...]:
    """Return the instants at which verdicts are asked for at a version: now, and some to come."""
    turn = book.version % len(SHIFTS_US)
    later = (SHIFTS_US[turn], SHIFTS_US[(turn * 2 + 5) % len(SHIFTS_US)])
    return (now_us, *(book.clock.base_us + shift for shift in later))


def campaigns(owner: str) -> tuple[str, ...]:
    """Return the names that callers give; "" for none."""
    return ("", *(draw.campaign_name(stem, owner) for stem in draw.CAMPAIGNS))


def assert_same(state: State, other: State) -> None:
    """Make sure that two states imply the same in every part."""
    assert _about(state) == _about(other)
    for mine, theirs in ((state.lists, other.lists), (state.shown, other.shown)):
        assert mine.keys() == theirs.keys()
        for name, item in mine.items():
            assert _content(item.entries) == _content(theirs[name].entries), name
            facts = ("definition", "coverage", "loaded", "version", "created_version")
            for fact in facts:
                assert getattr(item, fact) == getattr(theirs[name], fact), (name, fact)
            assert item.entries.count == theirs[name].entries.count


def _about(state: State) -> dict[str, object]:
    fields = ("version", "epoch", "head", "at_us", "region", "policy", "policy_version")
    about = {field: getattr(state, field) for field in fields}
    return about | {"overrides": dict(state.overrides), "campaigns": set(state.campaigns)}


def _content(entries: object) -> dict[int, dict[Stratum, list[int]]]:
    return {
        prefix: {stratum: list(bitmap) for stratum, bitmap in entries.strata_at(prefix).items()}  # type: ignore[attr-defined]
        for prefix in entries.prefixes()  # type: ignore[attr-defined]
    }


def assert_kept(book: Book, state: State) -> None:
    """Make sure that a state holds what the book does."""
    assert state.version == book.version
    assert state.policy_version == book.policy_version
    assert dict(state.policy.lists) == book.lists
    assert dict(state.policy.campaigns) == book.campaigns
    assert dict(state.overrides) == book.overrides
    for name, place in book.places.items():
        item = state.lists[name]
        assert item.version == place.version, name
        assert item.created_version == place.created_version, name
        assert item.loaded is place.content.dates.is_loaded, name
        held = {(n, s) for n in draw.NUMBERS for s in item.entries.strata_of(n)}
        assert held == place.content.pairs, name
        assert item.entries.count == len(place.content.numbers), name
    for name, shown in state.shown.items():
        parts = book.view.parts(name)
        assert shown.entries.count == len({n for p in parts for n in p.content.numbers}), name


def assert_decides(book: Book, states: tuple[State, ...], owner: str, now_us: int) -> None:
    """Make sure that states answer every call as the book does."""
    view = book.view
    for asked in campaigns(owner):
        name = view.answered(asked)
        compiled = [_campaign(state, asked, is_there=name is not None) for state in states]
        if name is None:
            continue
        for at_us in instants(book, now_us):
            wanted = [verdict(view, name, number, at_us) for number in ASKED]
            for one in compiled:
                assert list(_decided(one, at_us)) == wanted, (asked, at_us - book.clock.base_us)


def _campaign(state: State, asked: str, *, is_there: bool) -> CompiledCampaign:
    if is_there:
        return state.campaign(asked)
    with pytest.raises((UnknownCampaignError, CampaignNeededError)):
        state.campaign(asked)
    return CompiledCampaign("", None, "", ())


def _decided(campaign: CompiledCampaign, at_us: int) -> Iterator[Expected]:
    verdicts, places = campaign.decide_many(np.array(ASKED, dtype=np.uint64), at_us, False)
    for number, place in zip(ASKED, places.tolist(), strict=True):
        told = campaign.decide(number, at_us, False)
        assert told == verdicts[place]
        yield Expected(told.decision, told.action, told.reasons, told.shadow_hits)


def let_through(book: Book, owner: str, now_us: int) -> dict[str, set[tuple[int, int]]]:
    """Return by the name that a caller gives, where it is answered, which numbers may be dialled when."""
    view = book.view
    found = {}
    for asked in campaigns(owner):
        name = view.answered(asked)
        if name is None or not (name or view.block("")):
            continue
        found[asked] = {
            (number, at_us)
            for number in draw.NUMBERS
            for at_us in (now_us, *(book.clock.base_us + shift for shift in SHIFTS_US[2:]))
            if verdict(view, name, number, at_us).decision is Decision.ALLOW
        }
    return found


def assert_rows(book: Book, office: Office) -> None:
    """Make sure that the ledger says of each batch what the book does, and the node which of them wait for a person."""
    rows = {row.batch_id: row for row in office.store.batches("", 0, 10_000)}
    waiting = set()
    for batch_id in (*book.notes, *book.held, *book.rejected):
        row = rows[batch_id]
        assert is_in_state(row.state, book.state_of(batch_id)), batch_id
        if batch_id in book.notes:
            assert row.open_rejects == book.open_rows(batch_id), batch_id
        place = book.places.get(row.list)
        is_there = place is not None and place.created_version < (
            row.version or row.held_version or 0
        )
        is_held = row.state == batch_pb2.BATCH_STATE_HELD
        is_open = row.state == batch_pb2.BATCH_STATE_ACTIVE and row.open_rejects > 0
        if (is_held or is_open) and (is_there or not row.list):
            waiting.add(batch_id)
    assert {row.batch_id for row in office.batches.rows} == waiting


def is_in_state(state: int, word: str) -> bool:
    """Tell whether a state of the protocol is the one that the book calls so."""
    return state == batch_pb2.BatchState.Value(f"BATCH_STATE_{word}")


def assert_counts(report: batch_pb2.BatchReport, wanted: object) -> None:
    """Make sure that a report tells the counts that the book does."""
    fields = ("added", "removed", "unchanged", "released")
    told = {field: int(getattr(report.numbers, field)) for field in fields}
    assert told == {field: getattr(wanted, field) for field in fields}
