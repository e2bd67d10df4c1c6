"""The policy as it was: folded from the events that changed it, up to a version or an instant."""

from collections.abc import Iterable
from dataclasses import dataclass

from google.protobuf.message import DecodeError

from dncd.v1 import ledger_pb2, policy_pb2
from dncd_engine.model import Policy
from dncd_engine.state import State, changed_policy
from dncd_engine.token import HASH_PREFIX_BYTES, Token
from dncd_server.codec import change_of_effect
from dncd_server.errors import LedgerError, NotFoundError, invalid_field
from dncd_server.ledger.apply import checked_effect
from dncd_server.ledger.journal import Journal
from dncd_server.ledger.records import StoredEvent

EVENTS_A_STEP = 64


@dataclass(frozen=True, slots=True)
class PolicyAt:
    """A policy at a point of the ledger.

    Attributes:
        policy: All that was defined.
        policy_version: The version of the newest event that had changed it; 0 where none had.
        version: The ledger's version.
        at_us: The instant, microseconds since 1970.
        token: The token of that version.
    """

    policy: Policy
    policy_version: int
    version: int
    at_us: int
    token: Token


async def policy_at(
    journal: Journal, state: State, request: policy_pb2.GetPolicyRequest, now_us: int
) -> PolicyAt:
    """Return the policy that a request asks for, in force now or then.

    Raises:
        InvalidRequestError: The point lies in the future, or two are given.
        NotFoundError: The ledger had not begun.
        LedgerError: An event cannot be read.
    """
    now = PolicyAt(
        state.policy, state.policy_version, state.version, max(now_us, state.at_us), state.token
    )
    if not request.as_of_version and not request.as_of_unix_us:
        return now
    _check_point(request, now)
    at_us, version = request.as_of_unix_us, request.as_of_version
    if at_us:
        version = await journal.ledger.run(journal.store.version_at, at_us)
        version = min(version, state.version)
    event = await journal.ledger.run(journal.store.event_at, version)
    if event is None:
        raise NotFoundError(
            "BEFORE_LEDGER", "the ledger had not begun by then; ask for a later instant"
        )
    policy, policy_version = await _folded(journal, version)
    token = Token(version, event.header.epoch, event.hash[:HASH_PREFIX_BYTES])
    return PolicyAt(policy, policy_version, version, at_us or event.header.at_us, token)


def _check_point(request: policy_pb2.GetPolicyRequest, now: PolicyAt) -> None:
    if request.as_of_version and request.as_of_unix_us:
        raise invalid_field("as_of_unix_us", "a version or an instant, not both")
    if request.as_of_version > now.version:
        raise invalid_field("as_of_version", f"the ledger is at version {now.version}")
    if not 0 <= request.as_of_unix_us <= now.at_us:
        raise invalid_field("as_of_unix_us", "an instant that has come, in microseconds since 1970")


async def _folded(journal: Journal, version: int) -> tuple[Policy, int]:
    policy, policy_version = Policy(), 0
    events = journal.store.policy_events(version)
    async for step in journal.ledger.steps(events, EVENTS_A_STEP):
        policy, policy_version = folded(step, policy, policy_version)
    return policy, policy_version


def folded(
    events: Iterable[StoredEvent], policy: Policy, policy_version: int
) -> tuple[Policy, int]:
    """Return a policy, and the version of its newest change, after events that change it.

    Raises:
        LedgerError: One of them is damaged or needs a newer dncd.
    """
    for event in events:
        policy_version = event.header.version
        try:
            effect = ledger_pb2.PolicyEffect.FromString(checked_effect(event))
        except DecodeError as error:
            raise LedgerError(f"the effect of version {policy_version} cannot be read") from error
        policy = changed_policy(policy, change_of_effect(effect))
    return policy, policy_version
