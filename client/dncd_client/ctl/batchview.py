"""Batch reports as people and programs see them."""

import shlex
from collections.abc import Iterator, Sequence
from typing import Any

from dncd.v1 import batch_pb2
from dncd_client.ctl import codes
from dncd_client.ctl.faults import REFUSALS
from dncd_client.ctl.messages import Catalogue
from dncd_client.ctl.output import instant

MODES = {
    name.removeprefix("BATCH_MODE_").lower(): value
    for name, value in batch_pb2.BatchMode.items()
    if value != batch_pb2.BATCH_MODE_UNSPECIFIED
}
_NOT_UPLOADED = (batch_pb2.BATCH_MODE_REVERT, batch_pb2.BATCH_MODE_POLICY)
# What is wrong is not the number, so the rejects file does not hold the number.
_OF_THE_ROW = frozenset(("invalid_date", "invalid_attribute"))
UPLOAD_MODES = {name: value for name, value in MODES.items() if value not in _NOT_UPLOADED}


def mode_name(value: int) -> str:
    """Return a mode in lower case."""
    return next((name for name, each in MODES.items() if each == value), f"mode_{value}")


def state_name(value: int) -> str:
    """Return a state in capitals."""
    for name, each in batch_pb2.BatchState.items():
        if each == value:
            return name.removeprefix("BATCH_STATE_")
    return f"STATE_{value}"


def is_in_order(report: batch_pb2.BatchReport) -> bool:
    """Say whether a batch needs nobody: in force, or previewed, with no rejected row open."""
    fine = (batch_pb2.BATCH_STATE_ACTIVE, batch_pb2.BATCH_STATE_PREVIEW)
    return report.state in fine and "incomplete" not in marks_of(report)


def marks_of(report: batch_pb2.BatchReport) -> list[str]:
    """Return a batch's flags; one whose rejected rows were given up is incomplete no more."""
    return [each for each in report.flags if not (each == "incomplete" and report.waived)]


def report_json(report: batch_pb2.BatchReport, rejects_file: str | None) -> dict[str, Any]:
    """Return a report as `dncctl load --json` prints it."""
    rows = report.rows
    view: dict[str, Any] = {
        "batch_id": report.batch_id,
        "list": report.list,
        "mode": mode_name(report.mode),
        "state": state_name(report.state),
        "flags": marks_of(report),
        "version": report.version or None,
        "token": report.token or None,
        "rows": {
            "read": rows.read,
            "accepted": rows.accepted,
            "duplicate": rows.duplicate,
            "rejected": rows.rejected,
        },
        "numbers": _numbers(report.numbers),
        "rejects": {"by_code": dict(sorted(report.rejects_by_code.items())), "file": rejects_file},
        "file_sha256": report.file_sha256,
        "encoding": report.encoding,
        "layout": report.layout,
        "region": region_of(report),
    }
    if report.HasField("refusal"):
        refusal = report.refusal
        view["refusal"] = {
            "reason": refusal.reason,
            "line": refusal.line or None,
            "message": refusal.message,
        }
    return view


def decided_json(report: batch_pb2.BatchReport) -> dict[str, Any]:
    """Return a report as the commands print it that decide about a batch: also who and why."""
    return {
        **report_json(report, None),
        "list_version": report.list_version or None,
        "at": instant(report.at_unix_us),
        "actor": report.actor or None,
        "actor_proof": report.actor_proof or None,
        "approved_by": report.approved_by or None,
        "reason": report.reason or None,
        "reverts": report.reverts or None,
        "waived": report.waived,
        "changes": list(report.changes),
    }


def _numbers(numbers: batch_pb2.NumberCounts) -> dict[str, int]:
    """Return counts of numbers; releases only where there are some."""
    view = {
        "added": numbers.added,
        "removed": numbers.removed,
        "unchanged": numbers.unchanged,
    }
    return {**view, "released": numbers.released} if numbers.released else view


def region_of(report: batch_pb2.BatchReport) -> str | None:
    """Return the region that texts were read in; None where the server does not say."""
    return report.region or None


def report_lines(
    report: batch_pb2.BatchReport,
    texts: Catalogue,
    rejects_file: str | None = None,
    mending: Sequence[str] = (),
) -> Iterator[str]:
    """Yield a report line by line for people.

    Args:
        report: The report.
        texts: The language.
        rejects_file: Where rejected rows were written; None where none came.
        mending: The command that brings the mended rows; empty where nobody can know it.
    """
    yield head_line(report, texts)
    for line in _body(report, texts):
        yield f"  {line}"
    if rejects_file:
        yield "  " + texts.line("load_rejects", file=rejects_file)
    for flag in marks_of(report):
        yield "  " + texts.flag(flag)
        if flag == "incomplete":
            yield from (f"    {line}" for line in _open_lines(report, texts, rejects_file, mending))
        if flag == "mostly_releases" and report.state == batch_pb2.BATCH_STATE_PREVIEW:
            yield "    " + texts.line("load_releases", released=report.numbers.released)
    if report.version:
        yield "  " + texts.line("load_version", version=report.version, token=report.token)
    if report.state == batch_pb2.BATCH_STATE_HELD:
        yield from (f"  {line}" for line in held_lines(report.batch_id, texts))


def head_line(report: batch_pb2.BatchReport, texts: Catalogue) -> str:
    """Return what is changed, and where the change stands."""
    state = state_name(report.state)
    meaning = texts.meaning(codes.STATES, state)
    name = report.list or texts.line("the_policy")
    return texts.line("load_state", list=name, state=state, meaning=meaning)


def proposal_lines(report: batch_pb2.BatchReport, texts: Catalogue) -> Iterator[str]:
    """Yield what an approver looks at: who wants what and why, and the difference that it makes."""
    yield head_line(report, texts)
    mode, at = mode_name(report.mode), instant(report.at_unix_us)
    who = texts.line("batch_by", mode=mode, actor=report.actor, proof=report.actor_proof)
    yield f"  {who}, {at}" if at else f"  {who}"
    if report.reason:
        yield "  " + texts.line("batch_reason", reason=report.reason)
    if report.approved_by:
        yield "  " + texts.line("batch_approved", actor=report.approved_by)
    for line in _body(report, texts):
        yield f"  {line}"
    for flag in marks_of(report):
        yield "  " + texts.flag(flag)


def held_lines(batch_id: str, texts: Catalogue) -> Iterator[str]:
    """Yield who must do what about a change that waits."""
    yield texts.line("held_for")
    yield "  " + texts.line("held_approve", batch_id=batch_id)
    yield "  " + texts.line("held_reject", batch_id=batch_id)


def _body(report: batch_pb2.BatchReport, texts: Catalogue) -> Iterator[str]:
    """Yield what the file held and what it does to the numbers, or what the policy change does."""
    if report.HasField("refusal"):
        yield from _refusal_lines(report, texts)
    if report.mode == batch_pb2.BATCH_MODE_POLICY:
        yield from (f"- {change}" for change in report.changes)
        return
    view = report_json(report, None)
    if report.reverts:
        yield texts.line("batch_reverts", batch_id=report.batch_id, reverts=report.reverts)
    else:
        yield texts.line("load_rows", **view["rows"])
    for code, count in view["rejects"]["by_code"].items():
        yield f"  {code} {count}: {texts.meaning(codes.REJECTS, code)}"
    yield texts.line("load_numbers", **view["numbers"])
    if report.numbers.released:
        yield texts.line("load_released", released=report.numbers.released)
    if view["region"]:
        yield texts.line("load_region", region=view["region"])


def _refusal_lines(report: batch_pb2.BatchReport, texts: Catalogue) -> Iterator[str]:
    refusal = report.refusal
    fault = REFUSALS.get(refusal.reason) if texts.language == "ja" else None
    key = "load_refused_line" if refusal.line else "load_refused"
    message = fault.text if fault else refusal.message
    yield texts.line(key, reason=refusal.reason, line=refusal.line, message=message)
    if fault and not fault.is_whole:
        yield "  " + texts.line("server_said", text=refusal.message)
    if refusal.reason == "MOSTLY_RELEASES" and report.numbers.released:
        yield "  " + texts.line("load_releases", released=report.numbers.released)


def _open_lines(
    report: batch_pb2.BatchReport,
    texts: Catalogue,
    rejects_file: str | None,
    mending: Sequence[str],
) -> Iterator[str]:
    """Yield how rejected rows are mended, or how they are had where they did not come."""
    if not rejects_file:
        yield texts.line("load_rejects_again")
    if report.state != batch_pb2.BATCH_STATE_ACTIVE:
        return
    wrong = report.rejects_by_code.keys()
    if rejects_file and mending and not (wrong and wrong <= _OF_THE_ROW):
        yield texts.line("load_mend", command=shlex.join(mending))
    if wrong & _OF_THE_ROW:
        yield texts.line("load_mend_rows", batch_id=report.batch_id)
    is_added = report.mode == batch_pb2.BATCH_MODE_ADD
    yield texts.line("load_waive" if is_added else "load_waive_then", batch_id=report.batch_id)
