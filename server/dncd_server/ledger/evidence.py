"""Evidence: who, whence and why, as every event carries it beside its effect."""

import functools
from collections.abc import Sequence
from importlib.metadata import version as distribution_version

from dncd.v1 import batch_pb2, ledger_pb2
from dncd_server.actors import Actor


def evidence_of(
    actor: Actor,
    *,
    batch_header: batch_pb2.BatchHeader | None = None,
    batch_report: batch_pb2.BatchReport | None = None,
    reason: str = "",
    proposed: ledger_pb2.Evidence | None = None,
    held_version: int = 0,
    flags: Sequence[str] = (),
) -> ledger_pb2.Evidence:
    """Return the evidence of a change that somebody made.

    Args:
        actor: Who made it; of what waited, who approved it.
        batch_header: What the uploader declared.
        batch_report: What was answered.
        reason: Why.
        proposed: The evidence of the event that put it to wait.
        held_version: That event's version.
        flags: Marks of a change that has no report.
    """
    return ledger_pb2.Evidence(
        actor=actor.name,
        actor_proof=actor.proof,
        batch_header=batch_header,
        batch_report=batch_report,
        reason=reason,
        peer=actor.peer,
        software=software(),
        proposer=proposed.actor if proposed else "",
        proposer_proof=proposed.actor_proof if proposed else "",
        held_version=held_version,
        flags=flags,
    )


@functools.cache
def software() -> str:
    """Return the version of dncd that runs; looked up on the disk once."""
    return distribution_version("dncd")
