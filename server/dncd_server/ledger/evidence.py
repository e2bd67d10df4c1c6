"""Evidence: who, whence and why, as every event carries it beside its effect."""

import functools
from importlib.metadata import version as distribution_version

from dncd.v1 import batch_pb2, ledger_pb2
from dncd_server.actors import Actor


def evidence_of(
    actor: Actor,
    *,
    batch_header: batch_pb2.BatchHeader | None = None,
    batch_report: batch_pb2.BatchReport | None = None,
    reason: str = "",
) -> ledger_pb2.Evidence:
    """Return the evidence of a change that somebody made."""
    return ledger_pb2.Evidence(
        actor=actor.name,
        actor_proof=actor.proof,
        batch_header=batch_header,
        batch_report=batch_report,
        reason=reason,
        peer=actor.peer,
        software=software(),
    )


@functools.cache
def software() -> str:
    """Return the version of dncd that runs; looked up on the disk once."""
    return distribution_version("dncd")
