"""What of the policy waits for another person, and what becomes of it when that one has decided."""

import hashlib
import secrets
from collections.abc import Sequence

from dncd.v1 import batch_pb2, ledger_pb2
from dncd_server.actors import Actor
from dncd_server.ledger.evidence import evidence_of
from dncd_server.ledger.journal import Journal
from dncd_server.ledger.records import Appended, NewBatch, NewEvent

_ID_BYTES = 4


async def new_id(journal: Journal, prefix: str) -> str:
    """Return an id such as ``policy-1f2e3d4c`` that nothing in the ledger has; called under the journal's lock."""
    while True:
        held_id = f"{prefix}-{secrets.token_hex(_ID_BYTES)}"
        if await journal.ledger.run(journal.store.batch, held_id) is None:
            return held_id


def held_report(
    held_id: str,
    actor: Actor,
    reason: str,
    changes: Sequence[str],
    seen_version: int,
    flags: Sequence[str] = (),
) -> batch_pb2.BatchReport:
    """Return the report of a change that waits.

    Args:
        held_id: The id that dncd gave it.
        actor: Who proposed it.
        reason: Why.
        changes: What it would change, a line each.
        seen_version: The version of the policy, or of an override's list, that it was worked out against.
        flags: Marks.
    """
    return batch_pb2.BatchReport(
        batch_id=held_id,
        mode=batch_pb2.BATCH_MODE_POLICY,
        state=batch_pb2.BATCH_STATE_HELD,
        flags=flags,
        actor=actor.name,
        actor_proof=actor.proof,
        reason=reason,
        changes=changes,
        list_version=seen_version,
    )


def put_to_wait(
    effect: ledger_pb2.HeldEffect, report: batch_pb2.BatchReport, actor: Actor
) -> Appended:
    """Return the event and the row of a change that waits."""
    evidence = evidence_of(actor, batch_report=report, reason=report.reason).SerializeToString()
    kind = ledger_pb2.EVENT_KIND_BATCH_HELD
    event = NewEvent(kind, effect.SerializeToString(), evidence)
    return Appended(event, row_of(report, effect))


def row_of(report: batch_pb2.BatchReport, effect: ledger_pb2.HeldEffect) -> NewBatch:
    """Return the row of a change that waits, or that waited and takes effect, as its report says."""
    is_held = report.state == batch_pb2.BATCH_STATE_HELD
    return NewBatch(
        batch_id=report.batch_id,
        list="",
        list_version=0,
        state=report.state,
        upload=0,
        content_digest=hashlib.sha256(effect.SerializeToString()).digest(),
        open_rejects=0,
        report=report.SerializeToString(),
        mode=batch_pb2.BATCH_MODE_POLICY,
        is_held=is_held,
        takes_place=not is_held,
    )
