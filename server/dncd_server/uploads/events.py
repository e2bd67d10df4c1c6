"""What the ledger keeps of an upload: its event and its row."""

from dncd.v1 import batch_pb2, ledger_pb2
from dncd_server.actors import Actor
from dncd_server.ledger.evidence import evidence_of
from dncd_server.ledger.records import NewBatch, NewEvent
from dncd_server.uploads.difference import Difference
from dncd_server.uploads.plan import UploadPlan


def upload_event(
    plan: UploadPlan,
    actor: Actor,
    salt: bytes,
    difference: Difference,
    report: batch_pb2.BatchReport,
) -> NewEvent:
    """Return the event of a batch that is taken."""
    effect = ledger_pb2.BatchEffect(
        list=plan.header.list,
        mode=plan.header.mode,
        strata=[ledger_pb2.Stratum()],
        segments=difference.segments,
        coverage=plan.header.coverage,
        published_unix_us=plan.published_us,
        rejected=report.rows.rejected,
        mends=plan.header.mends,
        list_version=plan.list.version,
    )
    evidence = evidence_of(
        actor, batch_header=plan.header, batch_report=report, reason=plan.header.reason
    )
    return NewEvent(
        kind=ledger_pb2.EVENT_KIND_BATCH_APPLIED,
        effect=effect.SerializeToString(),
        evidence=evidence.SerializeToString(),
        effect_salt=salt,
    )


def accepted_batch(plan: UploadPlan, upload: int, report: batch_pb2.BatchReport) -> NewBatch:
    """Return the row of a batch that is taken."""
    return NewBatch(
        batch_id=plan.header.batch_id,
        list=plan.header.list,
        list_version=plan.list.version,
        state=report.state,
        upload=upload,
        content_digest=plan.content_digest(report.file_sha256),
        open_rejects=report.open_rejects,
        report=report.SerializeToString(),
        mends=plan.header.mends,
        mended_rows=report.rows.read,
    )


def refused_batch(plan: UploadPlan, report: batch_pb2.BatchReport) -> NewBatch:
    """Return the row of a batch that was refused: it shows what happened and uses up no id."""
    return NewBatch(
        batch_id=plan.header.batch_id,
        list=plan.header.list,
        list_version=plan.list.version,
        state=report.state,
        upload=0,
        content_digest=bytes(32),
        open_rejects=0,
        report=report.SerializeToString(),
    )
