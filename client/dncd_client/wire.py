"""From messages to verdicts: total, and closed where anything is not understood.

Whatever a node sends, each item gets a verdict; it is ALLOW only where the message says ALLOW and
DIAL in so many words, about this very item, with a basis.
"""

import sys
from array import array
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from dncd.v1 import screening_pb2, verdict_pb2
from dncd_client.verdict import (
    Action,
    Basis,
    Code,
    Decision,
    ListKind,
    Outcome,
    Reason,
    Verdict,
    Verdicts,
    Via,
    unavailable,
    verdict_of,
)

_DECISIONS: Mapping[int, Decision] = {
    verdict_pb2.DECISION_ALLOW: Decision.ALLOW,
    verdict_pb2.DECISION_BLOCK: Decision.BLOCK,
}
_ACTIONS: Mapping[int, Action] = {
    verdict_pb2.Action.Value(f"ACTION_{each.name}"): each for each in Action
}
_CODES: Mapping[int, Code] = {
    verdict_pb2.ReasonCode.Value(f"REASON_CODE_{each.name}"): each
    for each in Code
    if each is not Code.UNAVAILABLE
}
_KINDS: Mapping[int, ListKind] = {
    verdict_pb2.ListKind.Value(f"LIST_KIND_{each.name}"): each for each in ListKind
}
VIAS: Mapping[Via, verdict_pb2.Via.ValueType] = {
    each: verdict_pb2.Via.Value(f"VIA_{each.name}") for each in Via
}
# An ALLOW that names any other reason contradicts itself.
_MAY_ACCOMPANY_ALLOW = frozenset({Code.LIFTED, Code.STALE_ALLOWED})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MALFORMED = unavailable("malformed_answer")
_NO_BASIS = Basis()


def read_basis(message: verdict_pb2.Basis) -> Basis | None:
    """Read a basis; None where its instant is no date."""
    try:
        at = _EPOCH + timedelta(microseconds=message.at_unix_us)
    except OverflowError:
        return None
    return Basis(message.version, at, message.token, message.normaliser_version)


def read_outcome(message: verdict_pb2.Verdict) -> Outcome:
    """Read what a verdict says; anything unknown or contradictory is BLOCK and RETRY."""
    reasons = tuple(_read_reason(each) for each in message.reasons)
    known = tuple(each for each in reasons if each is not None)
    decision = _DECISIONS.get(message.decision)
    action = _ACTIONS.get(message.action)
    if decision is None or action is None or len(known) < len(reasons):
        return _closed("not_understood", known)
    if (decision is Decision.ALLOW) is not (action is Action.DIAL):
        return _closed("contradiction", known)
    if decision is Decision.ALLOW and any(each.code not in _MAY_ACCOMPANY_ALLOW for each in known):
        return _closed("contradiction", known)
    return Outcome(decision, action, known)


def read_check(response: screening_pb2.CheckResponse, asked: int | str, campaign: str) -> Verdict:
    """Read the answer about one number.

    Args:
        response: What came.
        asked: The number that was asked about, as it was sent.
        campaign: The campaign that was asked for.
    """
    basis = read_basis(response.basis) if response.HasField("basis") else None
    if basis is None or not response.HasField("verdict"):
        return verdict_of(_MALFORMED, _NO_BASIS, None, campaign)
    outcome = read_outcome(response.verdict)
    read = response.e164
    about_another = read != asked if isinstance(asked, int) else not read
    if outcome.decision is Decision.ALLOW and about_another:
        outcome = _MALFORMED
    return verdict_of(outcome, basis, read or None, campaign)


def read_batch(
    response: screening_pb2.CheckBatchResponse,
    asked: Sequence[int] | Sequence[str],
    campaign: str,
) -> Verdicts:
    """Read the answers about many numbers, in their order and as many.

    Where the lengths do not match, no index can be trusted to be about its item: all are blocked.
    """
    basis = read_basis(response.basis) if response.HasField("basis") else None
    count = len(asked)
    texts = bool(asked) and isinstance(asked[0], str)
    if (
        basis is None
        or len(response.verdict_of) != 2 * count
        or (len(response.e164) != count if texts else len(response.e164) not in (0, count))
    ):
        return Verdicts([_MALFORMED] * count, [None] * count, basis or _NO_BASIS, campaign)
    table = [read_outcome(each) for each in response.verdicts]
    table[:1] = [_MALFORMED]
    outcomes = [
        table[index] if index < len(table) else _MALFORMED
        for index in _little_endian(response.verdict_of)
    ]
    read: Sequence[int] = response.e164 or [each for each in asked if isinstance(each, int)]
    return Verdicts(*_match(outcomes, read, asked, texts), basis, campaign)


def _match(
    outcomes: list[Outcome], read: Sequence[int], asked: Sequence[int] | Sequence[str], texts: bool
) -> tuple[list[Outcome], list[int | None]]:
    """Block each ALLOW whose number was not read, or is not the one that was asked about."""
    about = zip(outcomes, read, read if texts else asked, strict=True)
    checked = [
        _MALFORMED if outcome.decision is Decision.ALLOW and (not e164 or e164 != want) else outcome
        for outcome, e164, want in about
    ]
    numbers = [
        None if not e164 or _is_unread(outcome) else e164
        for outcome, e164 in zip(checked, read, strict=True)
    ]
    return checked, numbers


def _is_unread(outcome: Outcome) -> bool:
    return any(each.code is Code.NUMBER_INVALID for each in outcome.reasons)


def _little_endian(packed: bytes) -> "array[int]":
    indices = array("H", packed)
    if sys.byteorder == "big":
        indices.byteswap()
    return indices


def _read_reason(message: verdict_pb2.Reason) -> Reason | None:
    code = _CODES.get(message.code)
    if code is None:
        return None
    return Reason(code, message.list, _KINDS.get(message.kind), message.detail)


def _closed(detail: str, known: tuple[Reason, ...]) -> Outcome:
    return Outcome(Decision.BLOCK, Action.RETRY, (Reason(Code.UNAVAILABLE, detail=detail), *known))
