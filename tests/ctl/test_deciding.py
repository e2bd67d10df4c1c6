"""`dncctl approve`, `reject`, `revert` and `waive`."""

import io
import json
import sys
from typing import Any

import grpc
import pytest

from client.peers import fails
from ctl.conftest import Dncctl
from ctl.control import control
from dncd.v1 import batch_pb2

HELD = batch_pb2.BatchReport(
    batch_id="B-1",
    list="acme/optout",
    mode=batch_pb2.BATCH_MODE_REMOVE,
    state=batch_pb2.BATCH_STATE_HELD,
    rows=batch_pb2.RowCounts(read=3, accepted=3),
    numbers=batch_pb2.NumberCounts(removed=3, released=2),
    actor="tanaka",
    actor_proof="certificate",
    at_unix_us=1_700_000_000_000_000,
    list_version=7,
    reason="numbers given back",
)
SEEN = batch_pb2.GetBatchResponse(report=HELD)


def _report(state: int, **more: Any) -> batch_pb2.BatchReport:
    report = batch_pb2.BatchReport(version=12, token="t12", **more)  # noqa: S106 - a version's
    merged = batch_pb2.BatchReport()
    merged.CopyFrom(HELD)
    merged.MergeFrom(report)
    merged.state = state  # type: ignore[assignment]
    return merged


APPROVED = batch_pb2.ApproveBatchResponse(
    report=_report(batch_pb2.BATCH_STATE_ACTIVE, approved_by="suzuki")
)


def test_approve_shows_the_difference_and_names_its_version(dncctl: Dncctl) -> None:
    """What is approved is what was seen."""
    with control(GetBatch=SEEN, ApproveBatch=APPROVED) as (target, requests):
        ended = dncctl("approve", "B-1", "--server", target)

    assert ended.code == 0
    seen, decided = ended.out.split("acme/optout: ACTIVE")
    assert "acme/optout: HELD (waits for another person)" in seen
    assert "remove, proposed by tanaka (certificate), 2023-11-14T22:13:20Z" in seen
    assert "reason: numbers given back" in seen
    assert "released: 2 (may be dialled where they could not before)" in seen
    assert "version 12, token t12" in decided
    (_, got, _), (_, approved, _) = requests
    assert got.batch_id == approved.batch_id == "B-1"
    assert approved.list_version == 7


def test_approve_as_json_is_one_object(dncctl: Dncctl) -> None:
    """The batch in force: the report's keys, then who and why."""
    with control(GetBatch=SEEN, ApproveBatch=APPROVED) as (target, _):
        view = dncctl("approve", "B-1", "--json", "--server", target).json

    assert (view["batch_id"], view["state"], view["version"]) == ("B-1", "ACTIVE", 12)
    assert view["numbers"] == {"added": 0, "removed": 3, "unchanged": 0, "released": 2}
    assert (view["actor"], view["approved_by"], view["actor_proof"]) == (
        "tanaka",
        "suzuki",
        "certificate",
    )
    assert (view["reason"], view["reverts"], view["changes"]) == ("numbers given back", None, [])


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("answer", "options", "code"),
    [("y\n", (), 0), ("n\n", (), 1), ("\n", (), 1), ("", ("--yes",), 0)],
)
def test_a_person_at_a_terminal_is_asked(
    dncctl: Dncctl,
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    options: tuple[str, ...],
    code: int,
) -> None:
    """Unless he says --yes; nothing but yes approves."""
    monkeypatch.setattr(io, "TextIOWrapper", lambda _: _Terminal(answer))
    with control(GetBatch=SEEN, ApproveBatch=APPROVED) as (target, requests):
        ended = dncctl("approve", "B-1", *options, "--server", target)
        assert isinstance(sys.stdin, _Terminal)

    assert ended.code == code
    assert ("ApproveBatch" in [method for method, _, _ in requests]) is (code == 0)
    assert ("[y/N]" in ended.err) is not bool(options)


@pytest.mark.parametrize("reason", ["LIST_MOVED", "POLICY_MOVED"])
def test_what_moved_is_shown_anew(dncctl: Dncctl, reason: str) -> None:
    """Nothing is approved, and the new difference stands there to be looked at."""
    again = batch_pb2.GetBatchResponse()
    again.CopyFrom(SEEN)
    again.report.numbers.released = 5
    answers = [SEEN, again] * 2
    moved = fails(grpc.StatusCode.FAILED_PRECONDITION, reason)
    with control(GetBatch=lambda *_: answers.pop(0), ApproveBatch=moved) as (target, _):
        shown = dncctl("approve", "B-1", "--server", target)
        printed = dncctl("approve", "B-1", "--json", "--server", target)

    assert (shown.code, printed.code) == (1, 1)
    assert shown.out.index("released: 2") < shown.out.index("released: 5")
    assert reason in shown.err
    assert printed.json["numbers"]["released"] == 5
    assert json.loads(printed.err.splitlines()[-1])["error"]["reason"] == reason


@pytest.mark.parametrize(
    ("status", "reason", "code"),
    [
        (grpc.StatusCode.FAILED_PRECONDITION, "NOT_HELD", 1),
        (grpc.StatusCode.PERMISSION_DENIED, "SAME_PERSON", 4),
        (grpc.StatusCode.NOT_FOUND, "BATCH_NOT_FOUND", 2),
    ],
)
def test_what_cannot_be_approved_is_told(
    dncctl: Dncctl, status: grpc.StatusCode, reason: str, code: int
) -> None:
    """With the exit code of the contract."""
    with control(GetBatch=SEEN, ApproveBatch=fails(status, reason)) as (target, _):
        ended = dncctl("approve", "B-1", "--lang", "ja", "--server", target)

    assert ended.code == code
    assert reason in ended.err


def test_what_does_not_wait_is_not_asked_about(
    dncctl: Dncctl, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server says so."""
    active = batch_pb2.GetBatchResponse(report=_report(batch_pb2.BATCH_STATE_ACTIVE))
    monkeypatch.setattr(io, "TextIOWrapper", lambda _: _Terminal(""))
    refuse = fails(grpc.StatusCode.FAILED_PRECONDITION, "NOT_HELD")
    with control(GetBatch=active, ApproveBatch=refuse) as (target, _):
        ended = dncctl("approve", "B-1", "--server", target)

    assert ended.code == 1
    assert "[y/N]" not in ended.err


def test_a_policy_change_that_waits_shows_its_changes(dncctl: Dncctl) -> None:
    """No rows, no numbers; what opens is said by the server."""
    report = batch_pb2.BatchReport(
        batch_id="policy-1",
        mode=batch_pb2.BATCH_MODE_POLICY,
        state=batch_pb2.BATCH_STATE_HELD,
        changes=["update campaign acme/spring: block (opens)"],
        actor="tanaka",
        actor_proof="token",
    )
    with control(GetBatch=batch_pb2.GetBatchResponse(report=report), ApproveBatch=APPROVED) as (
        target,
        _,
    ):
        out = dncctl("approve", "policy-1", "--server", target).out

    assert "policy: HELD" in out
    assert "- update campaign acme/spring: block (opens)" in out
    assert "rows:" not in out.split("ACTIVE")[0]


def test_reject_says_why(dncctl: Dncctl) -> None:
    """It is done, so it ends with 0."""
    rejected = batch_pb2.RejectBatchResponse(report=_report(batch_pb2.BATCH_STATE_REJECTED))
    with control(RejectBatch=rejected) as (target, requests):
        ended = dncctl("reject", "B-1", "--reason", "wrong list", "--server", target)
        view = dncctl("reject", "B-1", "--reason", "x", "--json", "--server", target).json

    assert ended.code == 0
    assert "REJECTED" in ended.out
    assert (requests[0][1].batch_id, requests[0][1].reason) == ("B-1", "wrong list")
    assert view["state"] == "REJECTED"


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (batch_pb2.BATCH_STATE_ACTIVE, 0),
        (batch_pb2.BATCH_STATE_PREVIEW, 0),
        (batch_pb2.BATCH_STATE_HELD, 1),
    ],
)
def test_revert_undoes_or_waits(dncctl: Dncctl, state: int, code: int) -> None:
    """What waits says who must do what."""
    report = _report(state, reverts="B-0")
    report.mode = batch_pb2.BATCH_MODE_REVERT
    report.batch_id = "revert-1"
    with control(RevertBatch=batch_pb2.RevertBatchResponse(report=report)) as (target, requests):
        ended = dncctl(
            "revert", "B-0", "--reason", "wrong file", "--id", "revert-1", "--dry-run",
            "--server", target,
        )  # fmt: skip

    request = requests[0][1]
    assert ended.code == code
    assert (request.batch_id, request.reason) == ("B-0", "wrong file")
    assert (request.revert_id, request.dry_run) == ("revert-1", True)
    assert "undoes batch B-0" in ended.out
    assert "rows:" not in ended.out
    assert ("dncctl approve revert-1" in ended.out) is (code == 1)


def test_waive_gives_up_what_was_not_read(dncctl: Dncctl) -> None:
    """By name, with a reason; the batch is incomplete no more, whatever was marked when it came."""
    report = _report(batch_pb2.BATCH_STATE_ACTIVE, waived=True, flags=["incomplete", "unusual"])
    with control(WaiveRejects=batch_pb2.WaiveRejectsResponse(report=report)) as (target, requests):
        ended = dncctl("waive", "B-1", "--reason", "extensions", "--server", target)
        view = dncctl("waive", "B-1", "--reason", "x", "--json", "--server", target).json

    assert ended.code == 0
    assert "are given up" in ended.out
    assert "incomplete" not in ended.out
    assert (view["waived"], view["flags"]) == (True, ["unusual"])
    assert (requests[0][1].batch_id, requests[0][1].reason) == ("B-1", "extensions")


@pytest.mark.parametrize("command", ["reject", "revert", "waive"])
def test_a_decision_needs_a_reason(dncctl: Dncctl, command: str) -> None:
    """Nothing is asked of the server without one."""
    ended = dncctl(command, "B-1", "--server", "127.0.0.1:1")

    assert ended.code == 2
    assert "--reason" in ended.err
