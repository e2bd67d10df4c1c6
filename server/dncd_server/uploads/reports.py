"""Reports: what an uploader is told of a batch, new or long ago."""

from dataclasses import asdict

from dncd.v1 import batch_pb2
from dncd_engine.token import HASH_PREFIX_BYTES, Token
from dncd_server.actors import Actor
from dncd_server.ingest.messages import Done, Refused
from dncd_server.ledger.records import BatchRow, Head
from dncd_server.uploads.difference import Difference
from dncd_server.uploads.plan import UploadPlan, flags_of

NPA_LAYOUT = "npa-nxx-xxxx"
NORTH_AMERICA = "US"
"""How that layout is read, whatever the region."""


def read(
    plan: UploadPlan, actor: Actor, done: Done, difference: Difference, is_unused: bool
) -> batch_pb2.BatchReport:
    """Return the report of a file that was read and taken, without its place in the ledger."""
    report = _opened(plan, actor, done)
    report.state = batch_pb2.BATCH_STATE_ACTIVE
    report.flags.extend(flags_of(plan, done.rows.rejected, difference.foreign, is_unused))
    report.open_rejects = done.rows.rejected
    report.numbers.added = difference.added
    report.numbers.unchanged = difference.named - difference.added
    return report


def refused(plan: UploadPlan, actor: Actor, found: Refused) -> batch_pb2.BatchReport:
    """Return the report of a file that was not taken."""
    report = _opened(plan, actor, found)
    report.state = batch_pb2.BATCH_STATE_REFUSED
    report.refusal.reason = found.reason
    report.refusal.line = found.line
    report.refusal.message = found.message
    return report


def _opened(plan: UploadPlan, actor: Actor, found: Done | Refused) -> batch_pb2.BatchReport:
    return batch_pb2.BatchReport(
        batch_id=plan.header.batch_id,
        list=plan.header.list,
        mode=plan.header.mode,
        rows=batch_pb2.RowCounts(**asdict(found.rows)),
        numbers=batch_pb2.NumberCounts(),
        rejects_by_code=found.rejects_by_code,
        file_sha256=found.sha256.hex(),
        encoding=found.encoding,
        layout=found.layout,
        normaliser_version=found.normaliser_version,
        published_unix_us=plan.published_us,
        actor=actor.name,
        actor_proof=actor.proof,
        region=region_of(plan, found.layout),
    )


def region_of(plan: UploadPlan, layout: str) -> str:
    """Return how the texts of a file of this layout were read."""
    return NORTH_AMERICA if layout == NPA_LAYOUT else plan.region


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


def stored(row: BatchRow) -> batch_pb2.BatchReport:
    """Return the report of a stored batch, without its place in the ledger."""
    report = batch_pb2.BatchReport.FromString(row.report)
    report.state = batch_pb2.BatchState.ValueType(row.state)
    report.open_rejects = row.open_rejects
    return report
