"""The engine's answers as messages."""

import functools

from dncd.v1 import batch_pb2, verdict_pb2
from dncd_engine.numbers import NORMALISER_VERSION, Reject
from dncd_engine.state import State
from dncd_engine.verdict import Verdict

REJECT_CODE = {
    reject: batch_pb2.RejectCode.Value(f"REJECT_CODE_{reject.value.upper()}") for reject in Reject
}

ROW_REJECT_CODE = {
    code.removeprefix("REJECT_CODE_").lower(): value
    for code, value in batch_pb2.RejectCode.items()
    if value
}
"""Why a row could not be read, by word: a number's reject or an attribute's."""


@functools.lru_cache(maxsize=4096)
def verdict_message(verdict: Verdict) -> verdict_pb2.Verdict:
    """Return a verdict as a message, which is shared: it must not be changed."""
    return verdict_pb2.Verdict(
        decision=verdict_pb2.Decision.ValueType(verdict.decision),
        action=verdict_pb2.Action.ValueType(verdict.action),
        reasons=[
            verdict_pb2.Reason(
                code=verdict_pb2.ReasonCode.ValueType(reason.code),
                list=reason.list,
                kind=verdict_pb2.ListKind.ValueType(reason.kind or 0),
                detail=reason.detail,
            )
            for reason in verdict.reasons
        ],
    )


def basis_message(state: State, at_us: int) -> verdict_pb2.Basis:
    """Return what an answer rests on."""
    return verdict_pb2.Basis(
        version=state.version,
        at_unix_us=at_us,
        token=state.token.text(),
        normaliser_version=NORMALISER_VERSION,
    )


def reading_message(reading: int | Reject) -> batch_pb2.Reading:
    """Return how a text or an integer was read as a message."""
    if isinstance(reading, Reject):
        return batch_pb2.Reading(reject=REJECT_CODE[reading])
    return batch_pb2.Reading(e164=reading)
