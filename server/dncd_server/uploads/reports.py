"""Reports of uploads, as far as the file goes: what it makes of its list is told by the desk of changes."""

from dataclasses import asdict

from dncd.v1 import batch_pb2
from dncd_engine.lists import ListState
from dncd_engine.model import ListKind
from dncd_server.actors import Actor
from dncd_server.changes.work import Difference
from dncd_server.ingest.messages import Done, Refused
from dncd_server.uploads.plan import UploadPlan, freshens

NPA_LAYOUT = "npa-nxx-xxxx"
NORTH_AMERICA = "US"
"""How that layout is read, whatever the region."""


def read(plan: UploadPlan, actor: Actor, done: Done) -> batch_pb2.BatchReport:
    """Return the report of a file that was read, without what it makes of its list."""
    report = _opened(plan, actor, done)
    report.open_rejects = done.rows.rejected
    report.terms = len(done.strata)
    return report


def refused(plan: UploadPlan, actor: Actor, found: Refused) -> batch_pb2.BatchReport:
    """Return the report of a file that was not taken."""
    report = _opened(plan, actor, found)
    report.state = batch_pb2.BATCH_STATE_REFUSED
    report.refusal.reason = found.reason
    report.refusal.line = found.line
    report.refusal.message = found.message
    return report


def as_refused(done: Done, reason: str, message: str) -> Refused:
    """Return the refusal of a file that could be read and is not taken after all."""
    return Refused(
        reason=reason,
        line=0,
        message=message,
        rows=done.rows,
        rejects_by_code=done.rejects_by_code,
        encoding=done.encoding,
        layout=done.layout,
        sha256=done.sha256,
        normaliser_version=done.normaliser_version,
    )


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
        reason=plan.header.reason,
    )


def region_of(plan: UploadPlan, layout: str) -> str:
    """Return how the texts of a file of this layout were read."""
    return NORTH_AMERICA if layout == NPA_LAYOUT else plan.region


def flags_of(plan: UploadPlan, rejected: int, difference: Difference, is_unused: bool) -> list[str]:
    """Return the marks that a file's batch carries.

    Args:
        plan: What the upload does.
        rejected: How many rows could not be read.
        difference: What it makes of its list.
        is_unused: Whether no campaign uses the list.
    """
    item = difference.list
    marks = (
        ("incomplete", rejected > 0),
        ("undated", _is_undated(plan, item)),
        ("freshened", difference.freshens and freshens(plan, item)),
        ("date_kept", not difference.freshens and freshens(plan, item)),
        ("outside_coverage", difference.outside > 0),
        ("foreign_numbers", difference.foreign > 0),
        ("read_otherwise", plan.reads_otherwise),
        ("unused_list", is_unused),
    )
    return [mark for mark, holds in marks if holds]


def _is_undated(plan: UploadPlan, item: ListState) -> bool:
    definition = item.definition
    if plan.header.mode == batch_pb2.BATCH_MODE_REMOVE or plan.published_us:
        return False
    if definition.kind is ListKind.CLEARANCE:
        return definition.effective_max_age_seconds > 0
    is_replace = plan.header.mode == batch_pb2.BATCH_MODE_REPLACE
    return definition.kind is ListKind.REGISTRY and (is_replace or not any(item.coverage.values()))
