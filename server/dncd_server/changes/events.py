"""What the ledger keeps of a batch: its event and its row, in force or waiting."""

from dncd.v1 import batch_pb2, ledger_pb2
from dncd_server.actors import Actor
from dncd_server.changes.work import Difference, Proposal
from dncd_server.codec import standing_to_message
from dncd_server.ledger.evidence import evidence_of
from dncd_server.ledger.records import Appended, NewBatch, NewEvent


def applied(
    proposal: Proposal,
    made: Difference,
    report: batch_pb2.BatchReport,
    proposed: ledger_pb2.Evidence | None = None,
    held_version: int = 0,
) -> Appended:
    """Return the event and row of a batch that takes effect.

    Args:
        proposal: The batch.
        made: What it makes of its list.
        report: What is answered.
        proposed: The evidence of its waiting, where it waited.
        held_version: Since which version it waited.
    """
    effect = ledger_pb2.BatchEffect()
    effect.CopyFrom(proposal.work.effect)
    for field in ("segments", "strata"):
        effect.ClearField(field)
    effect.strata.extend(made.strata)
    effect.segments.extend(made.segments)
    effect.standing.CopyFrom(standing_to_message(made.coverage, made.loaded))
    effect.list_version = made.list.version
    effect.freshens = made.freshens
    evidence = evidence_of(
        proposal.actor,
        batch_header=proposal.header,
        batch_report=report,
        reason=proposal.reason,
        proposed=proposed,
        held_version=held_version,
    )
    event = NewEvent(
        kind=proposal.work.kind,
        effect=effect.SerializeToString(),
        evidence=evidence.SerializeToString(),
        effect_salt=proposal.work.salt,
    )
    return Appended(event, _row(proposal, made, report, took_place=held_version > 0))


def held(proposal: Proposal, report: batch_pb2.BatchReport) -> Appended:
    """Return the event and row of a batch that waits for another person."""
    effect = ledger_pb2.HeldEffect(id=proposal.work.batch_id, batch=proposal.work.effect)
    evidence = evidence_of(
        proposal.actor,
        batch_header=proposal.header,
        batch_report=report,
        reason=proposal.reason,
    )
    event = NewEvent(
        kind=ledger_pb2.EVENT_KIND_BATCH_HELD,
        effect=effect.SerializeToString(),
        evidence=evidence.SerializeToString(),
        effect_salt=proposal.work.salt,
    )
    return Appended(event, _row(proposal, None, report, took_place=False))


def decided(kind: int, batch_id: str, actor: Actor, reason: str) -> NewEvent:
    """Return the event that ends the waiting of something without a change to any list."""
    effect = ledger_pb2.DecidedEffect(id=batch_id)
    evidence = evidence_of(actor, reason=reason)
    return NewEvent(kind, effect.SerializeToString(), evidence.SerializeToString())


def _row(
    proposal: Proposal,
    made: Difference | None,
    report: batch_pb2.BatchReport,
    *,
    took_place: bool,
) -> NewBatch:
    return NewBatch(
        batch_id=proposal.work.batch_id,
        list=report.list,
        list_version=made.list.version if made else 0,
        state=report.state,
        upload=proposal.work.upload,
        content_digest=proposal.content_digest,
        open_rejects=report.open_rejects,
        report=report.SerializeToString(),
        mode=report.mode,
        mends=proposal.work.effect.mends,
        mended_rows=proposal.mended_rows,
        is_held=made is None,
        takes_place=took_place,
        now_reverted=made.now_reverted if made else (),
        now_standing=made.now_standing if made else (),
    )
