"""Batch reports as people and programs see them."""

from collections.abc import Iterator
from typing import Any

from dncd.v1 import batch_pb2
from dncd_client.ctl import codes
from dncd_client.ctl.messages import Catalogue

MODES = {
    name.removeprefix("BATCH_MODE_").lower(): value
    for name, value in batch_pb2.BatchMode.items()
    if value != batch_pb2.BATCH_MODE_UNSPECIFIED
}


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
    return report.state in fine and "incomplete" not in report.flags


def report_json(report: batch_pb2.BatchReport, rejects_file: str | None) -> dict[str, Any]:
    """Return a report as `dncctl load --json` prints it."""
    rows, numbers = report.rows, report.numbers
    view: dict[str, Any] = {
        "batch_id": report.batch_id,
        "list": report.list,
        "mode": mode_name(report.mode),
        "state": state_name(report.state),
        "flags": list(report.flags),
        "version": report.version or None,
        "token": report.token or None,
        "rows": {
            "read": rows.read,
            "accepted": rows.accepted,
            "duplicate": rows.duplicate,
            "rejected": rows.rejected,
        },
        "numbers": {
            "added": numbers.added,
            "removed": numbers.removed,
            "unchanged": numbers.unchanged,
        },
        "rejects": {"by_code": dict(sorted(report.rejects_by_code.items())), "file": rejects_file},
        "file_sha256": report.file_sha256,
        "encoding": report.encoding,
        "layout": report.layout,
    }
    if report.HasField("refusal"):
        refusal = report.refusal
        view["refusal"] = {
            "reason": refusal.reason,
            "line": refusal.line or None,
            "message": refusal.message,
        }
    return view


def report_lines(
    report: batch_pb2.BatchReport, rejects_file: str | None, texts: Catalogue
) -> Iterator[str]:
    """Yield a report line by line for people."""
    view = report_json(report, rejects_file)
    meaning = texts.meaning(codes.STATES, view["state"])
    yield texts.line("load_state", list=report.list, state=view["state"], meaning=meaning)
    if report.HasField("refusal"):
        key = "load_refused_line" if report.refusal.line else "load_refused"
        yield "  " + texts.line(key, **view["refusal"])
    yield "  " + texts.line("load_rows", **view["rows"])
    for code, count in view["rejects"]["by_code"].items():
        yield f"    {code} {count}: {texts.meaning(codes.REJECTS, code)}"
    yield "  " + texts.line("load_numbers", **view["numbers"])
    if rejects_file:
        yield "  " + texts.line("load_rejects", file=rejects_file)
    for flag in report.flags:
        yield "  " + texts.flag(flag)
    if report.version:
        yield "  " + texts.line("load_version", version=report.version, token=report.token)
