"""A list that hides another: no change of the one lets through whom only the other still stopped."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from dncd.v1 import batch_pb2
from dncd_engine.history import Mode
from dncd_engine.state import State
from dncd_engine.verdict import Decision
from dncd_server.changes.desk import ChangeDesk
from dncd_server.changes.work import Difference, Proposal
from model import drawing as draw
from model.clerk import Clerk
from model.files import Line, Upload, text_of
from model.policies import Definitions
from model.sending import header_of

PERSON, OTHER = draw.NUMBERS[:2]
HELD, ACTIVE = batch_pb2.BATCH_STATE_HELD, batch_pb2.BATCH_STATE_ACTIVE
FIELDS: dict[str, object] = {
    "shadow": False,
    "countries": (),
    "prefixes": (),
    "max_age_seconds": 0,
    "tz": "",
    "starts_empty": True,
    "release_limit": None,
}


@pytest.fixture
def clerk(tmp_path: Path) -> Iterator[Clerk]:
    """A ledger where whatever opens waits; a person stands on ``refusals`` and on ``quiet``, which it hides."""
    with capture_logs():
        clerk = Clerk(tmp_path, "", always_two_persons=True)
        lists = {stem: draw.definition(stem, FIELDS, "") for stem in ("refusals", "quiet")}
        clerk.change_policy(Definitions(lists), draw.ANN)
        for held_id in list(clerk.book.held):
            clerk.approve(held_id, draw.BEN, has_looked=True)
        clerk.upload(Upload("refusals", Mode.REPLACE, (Line(PERSON), Line(OTHER))), draw.ANN)
        clerk.upload(Upload("quiet", Mode.ADD, (Line(PERSON),)), draw.ANN)
        yield clerk
        clerk.check()
        clerk.close()


def is_blocked(clerk: Clerk) -> bool:
    campaign = clerk.office.replica.state.campaign("")
    verdict = campaign.decide(PERSON, time.time_ns() // 1000, False)
    return verdict.decision is Decision.BLOCK


def test_a_replace_waits_where_what_its_list_hides_let_go_of_a_number_while_it_was_worked_out(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk.upload(Upload("quiet", Mode.REMOVE, (Line(PERSON),)), draw.ANN)
    (removal,) = clerk.book.held
    prepare, seen_version = ChangeDesk._prepare, clerk.book.held[removal].seen_version
    rest = [removal]

    async def prepare_and_let_others_in(
        desk: ChangeDesk, proposal: Proposal
    ) -> tuple[State, Difference, float]:
        prepared = await prepare(desk, proposal)
        while rest:
            report = await clerk.office.approvals.approve(rest.pop(), draw.BEN, seen_version)
            settled = clerk.book.settle(removal, report.version)
            assert settled.batch is not None
            clerk.book.accept(settled.batch, report.version, report.at_unix_us)
        return prepared

    monkeypatch.setattr(ChangeDesk, "_prepare", prepare_and_let_others_in)
    upload = Upload("refusals", Mode.REPLACE, (Line(OTHER),))
    header = header_of(upload, "b-replace", clerk.book.clock)
    data = text_of(upload, clerk.book.clock)
    told = clerk.run(clerk.office.upload(header, data, draw.ANN))
    assert not rest
    assert (told.state, told.numbers.released) == (HELD, 1)
    assert is_blocked(clerk)
    monkeypatch.undo()
    foreseen = clerk.book.foresee(upload, "b-replace", must_hold=True)
    clerk.settle(foreseen, told, "b-replace", draw.ANN)


def test_whoever_approves_lets_no_more_numbers_through_than_he_was_shown(clerk: Clerk) -> None:
    clerk.upload(Upload("refusals", Mode.REMOVE, (Line(PERSON), Line(OTHER))), draw.ANN)
    clerk.upload(Upload("quiet", Mode.REMOVE, (Line(PERSON),)), draw.ANN)
    both, hidden = clerk.book.held
    assert clerk.reports[both].numbers.released == 1
    clerk.approve(hidden, draw.BEN, has_looked=True)
    clerk.approve(both, draw.BEN, has_looked=True)
    assert both in clerk.book.held
    assert is_blocked(clerk)
    clerk.approve(both, draw.BEN, has_looked=True)
    assert not clerk.book.held
    assert not is_blocked(clerk)
