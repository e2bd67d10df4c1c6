"""Batch reports as people and programs see them."""

import shlex
from collections.abc import Iterator
from typing import Any

from dncd.v1 import batch_pb2
from dncd_client.ctl import codes
from dncd_client.ctl.faults import REFUSALS
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


def region_of(report: batch_pb2.BatchReport) -> str | None:
    """Return the region that texts were read in; None where the server does not say."""
    return report.region or None


def report_lines(
    report: batch_pb2.BatchReport, rejects_file: str | None, texts: Catalogue, region: str = ""
) -> Iterator[str]:
    """Yield a report line by line for people.

    Args:
        report: The report.
        rejects_file: Where rejected rows were written; None where none came.
        texts: The language.
        region: The region that the batch was told to be read in, for the command that mends it.
    """
    view = report_json(report, rejects_file)
    meaning = texts.meaning(codes.STATES, view["state"])
    yield texts.line("load_state", list=report.list, state=view["state"], meaning=meaning)
    if report.HasField("refusal"):
        yield from (f"  {line}" for line in _refusal_lines(report.refusal, texts))
    yield "  " + texts.line("load_rows", **view["rows"])
    for code, count in view["rejects"]["by_code"].items():
        yield f"    {code} {count}: {texts.meaning(codes.REJECTS, code)}"
    yield "  " + texts.line("load_numbers", **view["numbers"])
    if view["region"]:
        yield "  " + texts.line("load_region", region=view["region"])
    if rejects_file:
        yield "  " + texts.line("load_rejects", file=rejects_file)
    for flag in report.flags:
        yield "  " + texts.flag(flag)
        if flag == "incomplete":
            yield from (f"    {line}" for line in _open_lines(report, rejects_file, texts, region))
    if report.version:
        yield "  " + texts.line("load_version", version=report.version, token=report.token)


def _refusal_lines(refusal: batch_pb2.Refusal, texts: Catalogue) -> Iterator[str]:
    fault = REFUSALS.get(refusal.reason) if texts.language == "ja" else None
    key = "load_refused_line" if refusal.line else "load_refused"
    message = fault.text if fault else refusal.message
    yield texts.line(key, reason=refusal.reason, line=refusal.line, message=message)
    if fault and not fault.is_whole:
        yield "  " + texts.line("server_said", text=refusal.message)


def _open_lines(
    report: batch_pb2.BatchReport, rejects_file: str | None, texts: Catalogue, region: str
) -> Iterator[str]:
    """Yield how rejected rows are mended, or how they are had where they did not come."""
    if not rejects_file:
        yield texts.line("load_rejects_again")
    elif report.state == batch_pb2.BATCH_STATE_ACTIVE:
        words = ["dncctl", "load", report.list, rejects_file, "--column", "raw"]
        words += ["--region", region] if region else []
        command = shlex.join([*words, "--mends", report.batch_id])
        yield texts.line("load_mend", command=command)
