"""Reports: what is told of a batch, new or long ago."""

from collections.abc import Sequence

from dncd.v1 import batch_pb2
from dncd_engine.token import HASH_PREFIX_BYTES, Token
from dncd_server.changes.work import Difference
from dncd_server.ledger.records import BatchRow, Head


def told(
    report: batch_pb2.BatchReport, made: Difference, flags: Sequence[str]
) -> batch_pb2.BatchReport:
    """Return a report with what the batch makes of its list."""
    known = batch_pb2.BatchReport()
    known.CopyFrom(report)
    del known.flags[:]
    known.flags.extend(flags)
    changed = made.removed if report.mode == batch_pb2.BATCH_MODE_REMOVE else made.added
    known.numbers.CopyFrom(
        batch_pb2.NumberCounts(
            added=made.added,
            removed=made.removed,
            unchanged=max(0, made.named - changed),
            released=made.released,
        )
    )
    known.list_version = made.list.version
    return known


def placed(
    report: batch_pb2.BatchReport, version: int, epoch: int, event_hash: bytes, at_us: int
) -> batch_pb2.BatchReport:
    """Return a report of a batch in force with its place in the ledger."""
    token = Token(version, epoch, event_hash[:HASH_PREFIX_BYTES])
    placed_report = batch_pb2.BatchReport()
    placed_report.CopyFrom(report)
    placed_report.version = version
    placed_report.token = token.text()
    placed_report.at_unix_us = at_us
    return placed_report


def placed_at_head(report: batch_pb2.BatchReport, head: Head) -> batch_pb2.BatchReport:
    """Return the report of a batch that was appended just now."""
    return placed(report, head.version, head.epoch, head.hash, head.at_us)


def shown(report: batch_pb2.BatchReport, list_name: str) -> batch_pb2.BatchReport:
    """Return a report as it is told of a list under the name that it is shown by."""
    if report.list == list_name:
        return report
    told_as = batch_pb2.BatchReport()
    told_as.CopyFrom(report)
    told_as.list = list_name
    return told_as


def stored(row: BatchRow) -> batch_pb2.BatchReport:
    """Return the report of a stored batch, without its place in the ledger."""
    report = batch_pb2.BatchReport.FromString(row.report)
    report.state = batch_pb2.BatchState.ValueType(row.state)
    report.open_rejects = row.open_rejects
    report.waived = bool(row.waived)
    if row.state != batch_pb2.BATCH_STATE_HELD:
        report.list_version = 0
    if not row.open_rejects and row.state != batch_pb2.BATCH_STATE_HELD:
        # its rows have been mended or waived since
        kept = [flag for flag in report.flags if flag != "incomplete"]
        del report.flags[:]
        report.flags.extend(kept)
    return report
