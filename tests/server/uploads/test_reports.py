"""What a report tells of an upload, and what its event keeps of it."""

from pathlib import Path

import pytest

from dncd.v1 import batch_pb2
from dncd_engine.token import Token
from dncd_server.changes import reporting
from dncd_server.changes.events import applied
from dncd_server.ingest.messages import Refused, RowCounts
from dncd_server.ledger.records import BatchRow, Head
from dncd_server.uploads import reports
from dncd_server.uploads.plan import planned
from dncd_server.uploads.proposing import proposal_of
from server.building import (
    ACTOR,
    a_difference,
    a_list,
    done,
    numbers_from,
    office,
    policy_request,
    run,
)
from server.uploads.headers import STATE, header

DIFFERENCE = a_difference(STATE.lists["ftc"])


def test_a_report_counts_rows_and_numbers() -> None:
    plan = planned(header(published_unix_us=5), STATE)
    report = reporting.told(reports.read(plan, ACTOR, done(rows=12, rejected=2)), DIFFERENCE, [])

    assert (report.batch_id, report.list, report.mode) == ("b1", "ftc", 1)
    assert (report.rows.read, report.rows.accepted, report.rows.rejected) == (12, 10, 2)
    assert (report.numbers.added, report.numbers.removed, report.numbers.unchanged) == (4, 0, 5)
    assert dict(report.rejects_by_code) == {"letters": 2}
    assert report.open_rejects == 2
    assert (report.actor, report.actor_proof) == ("tester", "declared")
    assert (report.published_unix_us, report.normaliser_version) == (5, 1)
    assert report.file_sha256 == done().sha256.hex()
    assert (report.version, report.token) == (0, "")


@pytest.mark.parametrize(
    ("list_name", "published", "rejected", "unused", "flags"),
    [
        ("acme/optout", 0, 0, False, []),
        ("acme/optout", 0, 1, False, ["incomplete"]),
        ("acme/optout", 0, 0, True, ["unused_list"]),
        ("ftc", 0, 0, False, ["undated"]),
        ("ftc", 5, 0, False, []),
        ("ftc", 0, 3, True, ["incomplete", "undated", "unused_list"]),
    ],
)
def test_a_report_marks_what_a_person_should_know(
    list_name: str, published: int, rejected: int, unused: bool, flags: list[str]
) -> None:
    plan = planned(header(list=list_name, published_unix_us=published), STATE)
    difference = a_difference(STATE.lists[list_name])

    assert reports.flags_of(plan, rejected, difference, unused) == flags


def test_a_refused_report_tells_why_and_changes_nothing() -> None:
    found = Refused("EMPTY", 3, "the file is empty", RowCounts(read=1), {}, "", "", b"", 1)
    report = reports.refused(planned(header(), STATE), ACTOR, found)

    assert report.state == batch_pb2.BATCH_STATE_REFUSED
    told = (report.refusal.reason, report.refusal.line, report.refusal.message)
    assert told == ("EMPTY", 3, "the file is empty")
    assert (report.numbers.added, report.open_rejects, report.version) == (0, 0, 0)


def test_a_report_in_force_names_its_place() -> None:
    report = reports.read(planned(header(), STATE), ACTOR, done())
    placed = reporting.placed_at_head(report, Head(7, 3, bytes(range(32)), 99))

    assert (placed.version, placed.at_unix_us) == (3, 99)
    assert placed.token == Token(3, 7, bytes(range(8))).text()
    assert (report.version, report.token) == (0, "")


def test_a_stored_report_tells_what_has_become_of_it() -> None:
    """Rejects that were mended since, and the state, are the row's and not the report's."""
    report = reports.read(planned(header(), STATE), ACTOR, done(5, 3))
    held = batch_pb2.BATCH_STATE_HELD
    data = report.SerializeToString()
    row = BatchRow("b1", "ftc", held, 3, 7, bytes(32), 1, 0, data, None, 1, 3, 0, "", 0)
    told = reporting.stored(row)

    assert (report.open_rejects, told.open_rejects, told.state) == (3, 1, held)
    assert told.rows == report.rows


def test_an_event_holds_what_was_declared_and_no_reject(tmp_path: Path) -> None:
    async def scene() -> None:
        async with office(tmp_path / "ledger") as it:
            await it.apply(policy_request({"ftc": a_list("registry")}))
            staging = await it.staged("b1", numbers_from(0, 2))
            sent = header(list="ftc", reason="asked", coverage=["8145"], published_unix_us=5)
            plan = planned(sent, await it.catch_up())
            proposal = proposal_of(plan, "", ACTOR, staging, done(5, 3), False)
            made = await it.difference("ftc", numbers_from(0, 2))
            new = applied(proposal, made, proposal.report)

            assert new.event.effect_salt == staging.salt
            assert b"asked" in new.event.evidence
            assert b"asked" not in new.event.effect
            assert new.batch is not None
            assert (new.batch.upload, new.batch.list_version) == (staging.upload, 2)

    run(scene())
