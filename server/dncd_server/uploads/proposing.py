"""From an upload that was read to what it proposes to its list."""

from dncd.v1 import batch_pb2, ledger_pb2
from dncd_server.actors import Actor
from dncd_server.changes.guard import looks_like_a_mistake
from dncd_server.changes.work import Difference, Proposal, Work
from dncd_server.codec import stratum_to_message
from dncd_server.ingest.messages import Done
from dncd_server.uploads import reports
from dncd_server.uploads.judging import judging
from dncd_server.uploads.plan import UploadPlan
from dncd_server.uploads.staging import Staging


def proposal_of(
    plan: UploadPlan, base: str, actor: Actor, staging: Staging, done: Done, must_hold: bool
) -> Proposal:
    """Return what an upload proposes.

    Args:
        plan: What it does.
        base: The batch that a change builds on.
        actor: Who uploads.
        staging: Where its numbers lie.
        done: How its file was read.
        must_hold: Whether what it opens waits for another person.
    """
    report = reports.read(plan, actor, done)

    def flags(difference: Difference, is_unused: bool) -> list[str]:
        marks = reports.flags_of(plan, done.rows.rejected, difference, is_unused)
        is_replace = plan.header.mode == batch_pb2.BATCH_MODE_REPLACE
        if is_replace and not must_hold and looks_like_a_mistake(difference, 0):
            marks.append("mostly_releases")
        return marks

    return Proposal(
        work=Work(
            batch_id=plan.header.batch_id,
            kind=ledger_pb2.EVENT_KIND_BATCH_APPLIED,
            effect=_effect(plan, base, staging, done),
            salt=staging.salt,
            upload=staging.upload,
        ),
        actor=actor,
        report=report,
        content_digest=plan.content_digest(report.file_sha256),
        reason=plan.header.reason,
        header=plan.header,
        mended_rows=done.rows.read if plan.header.mends else 0,
        is_dry_run=plan.header.dry_run,
        flags=flags,
        judge=judging(plan, done, must_hold),
    )


def _effect(plan: UploadPlan, base: str, staging: Staging, done: Done) -> ledger_pb2.BatchEffect:
    header = plan.header
    return ledger_pb2.BatchEffect(
        list=header.list,
        mode=header.mode,
        strata=map(stratum_to_message, done.strata),
        segments=staging.named,
        coverage=header.coverage,
        published_unix_us=plan.published_us,
        rejected=done.rows.rejected,
        mends=header.mends,
        base_batch_id=base,
        everything=header.everything,
        asked_unix_us=plan.attributes.asked_unix_us,
        attributes=staging.attributes,
    )
