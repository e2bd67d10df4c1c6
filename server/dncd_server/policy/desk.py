"""The desk of the policy: puts changes and overrides in force, or to wait for another person."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog

from dncd.v1 import batch_pb2, ledger_pb2, policy_pb2
from dncd_engine.state import State
from dncd_server.actors import Actor
from dncd_server.changes.approvals import Held
from dncd_server.changes.reporting import placed_at_head, stored
from dncd_server.errors import ConflictError, InvalidRequestError
from dncd_server.ledger.evidence import evidence_of
from dncd_server.ledger.journal import Journal
from dncd_server.ledger.records import Appended, NewEvent
from dncd_server.policy.history import PolicyAt, policy_at
from dncd_server.policy.overrides import check_approval, check_override, lets_through
from dncd_server.policy.plan import PlannedChange, moved, plan, plan_again
from dncd_server.policy.telling import marks_of, told, told_override
from dncd_server.policy.waiting import held_report, new_id, put_to_wait, row_of

UNAPPROVED = "unapproved"
WOULD_HOLD = "would_hold"
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a request.

    Attributes:
        is_in_force: Whether what it asks is in force.
        state: A state that answers from it.
        flags: Marks such as ``unapproved``.
        held_id: Under which id it waits; "" where it does not.
    """

    is_in_force: bool
    state: State
    flags: tuple[str, ...] = ()
    held_id: str = ""


@dataclass(frozen=True, slots=True)
class AppliedPolicy:
    """What became of a policy change, and what it changes."""

    plan: PlannedChange
    outcome: Outcome

    @property
    def is_in_force(self) -> bool:
        """Whether it is in force."""
        return self.outcome.is_in_force

    @property
    def state(self) -> State:
        """A state that answers from it."""
        return self.outcome.state


class PolicyDesk:
    """Puts policy changes and overrides into the ledger."""

    def __init__(
        self,
        journal: Journal,
        must_hold: Callable[[Actor], bool],
        now_us: Callable[[], int] = lambda: time.time_ns() // 1000,
    ) -> None:
        self._journal = journal
        self._must_hold = must_hold
        self._now_us = now_us

    async def newest_batches(self, lists: Mapping[str, int]) -> dict[str, str]:
        """Return the id of the newest batch in force, by list; one without any is not there.

        Args:
            lists: By list, the version that defined it.
        """
        return await self._journal.ledger.run(self._journal.store.newest_batches, lists)

    async def policy_at(self, state: State, request: policy_pb2.GetPolicyRequest) -> PolicyAt:
        """Return the policy that a request asks for, in force now or then.

        Raises:
            DncdError: There is none at that point.
        """
        return await policy_at(self._journal, state, request, self._now_us())

    async def apply(self, request: policy_pb2.ApplyPolicyRequest, actor: Actor) -> AppliedPolicy:
        """Work a request out and, unless it only asks, put it in force or to wait.

        Raises:
            DncdError: The request is unsound; nothing has changed.
        """
        async with self._journal.lock:
            state = await self._journal.catch_up()
            planned = plan(state, request)
            must_wait = planned.opens and self._must_hold(actor)
            if request.validate_only or not planned.differences:
                flags = (WOULD_HOLD,) if must_wait else ()
                return AppliedPolicy(planned, Outcome(False, state, flags))
            if must_wait:
                return AppliedPolicy(planned, await self._hold(planned, actor, request.reason))
            flags = (UNAPPROVED,) if planned.opens else ()
            event = _event(
                ledger_pb2.EVENT_KIND_POLICY_APPLIED,
                planned.effect,
                actor,
                request.reason,
                flags,
                planned.touched_lists,
            )
            _, state = await self._journal.append(event)
        _log.info("policy_applied", version=state.version, changes=len(planned.differences))
        return AppliedPolicy(planned, Outcome(True, state, flags))

    async def override(self, request: policy_pb2.OverrideListRequest, actor: Actor) -> Outcome:
        """Let a stale list through for a time, or end that: what lets through may have to wait, what blocks never.

        Raises:
            DncdError: The request is unsound; nothing has changed.
        """
        until_us = request.until_unix_us
        async with self._journal.lock:
            state = await self._journal.catch_up()
            now_us = max(self._now_us(), state.at_us)
            item = check_override(state, request, now_us)
            if not until_us and item.name not in state.overrides:
                return Outcome(False, state)
            opens = lets_through(state, item.name, until_us, now_us)
            effect = ledger_pb2.OverrideEffect(list=item.name, until_unix_us=until_us)
            if opens and self._must_hold(actor):
                return await self._hold_override(effect, item.version, actor, request.reason)
            flags = (UNAPPROVED,) if opens else ()
            kind = ledger_pb2.EVENT_KIND_OVERRIDE_SET
            event = _event(kind, effect, actor, request.reason, flags)
            _, state = await self._journal.append(event)
        _log.info("override_set", version=state.version, list=item.name, ends=not until_us)
        return Outcome(True, state, flags)

    async def approve(self, held: Held, actor: Actor, seen_version: int) -> batch_pb2.BatchReport:
        """Put in force what waited, under the journal's lock; that the actor is another person has been seen to.

        Args:
            held: What waits.
            actor: Who approves.
            seen_version: The ``list_version`` of the report that he saw.

        Raises:
            ConflictError: The policy has moved since (POLICY_MOVED), and the report tells what would change by now;
                or an override's time is over.
        """
        state = await self._journal.catch_up()
        report = stored(held.row)
        if held.effect.WhichOneof("change") == "override":
            check_approval(state, held, seen_version, max(self._now_us(), state.at_us))
            kind = ledger_pb2.EVENT_KIND_OVERRIDE_SET
            return await self._take_effect(kind, held.effect.override, held, report, actor)
        planned = _planned_again(state, held)
        if not seen_version == report.list_version == state.policy_version:
            await self._show_again(planned, report)
        kind, lists = ledger_pb2.EVENT_KIND_POLICY_APPLIED, planned.touched_lists
        return await self._take_effect(kind, planned.effect, held, report, actor, lists)

    async def _hold(self, planned: PlannedChange, actor: Actor, reason: str) -> Outcome:
        held_id = await new_id(self._journal, "policy")
        lines = [told(item) for item in planned.differences]
        version, marks = planned.seen_version, marks_of(planned)
        report = held_report(held_id, actor, reason, lines, version, marks)
        effect = ledger_pb2.HeldEffect(id=held_id, policy=planned.effect)
        return await self._put_to_wait(effect, report, actor)

    async def _hold_override(
        self, override: ledger_pb2.OverrideEffect, list_version: int, actor: Actor, reason: str
    ) -> Outcome:
        held_id = await new_id(self._journal, "override")
        lines = [told_override(override.list, override.until_unix_us)]
        report = held_report(held_id, actor, reason, lines, list_version)
        effect = ledger_pb2.HeldEffect(id=held_id, override=override)
        return await self._put_to_wait(effect, report, actor)

    async def _put_to_wait(
        self, effect: ledger_pb2.HeldEffect, report: batch_pb2.BatchReport, actor: Actor
    ) -> Outcome:
        _, state = await self._journal.append_all([put_to_wait(effect, report, actor)])
        _log.info("policy_held", batch_id=effect.id, version=state.version)
        return Outcome(False, state, held_id=effect.id)

    async def _take_effect(
        self,
        kind: int,
        effect: ledger_pb2.PolicyEffect | ledger_pb2.OverrideEffect,
        held: Held,
        report: batch_pb2.BatchReport,
        actor: Actor,
        touched_lists: tuple[str, ...] = (),
    ) -> batch_pb2.BatchReport:
        report.state = batch_pb2.BATCH_STATE_ACTIVE
        report.approved_by = actor.name
        evidence = evidence_of(
            actor,
            batch_report=report,
            reason=held.evidence.reason,
            proposed=held.evidence,
            held_version=held.version,
        )
        data = evidence.SerializeToString()
        event = NewEvent(kind, effect.SerializeToString(), data, touched_lists=touched_lists)
        heads, state = await self._journal.append_all(
            [Appended(event, row_of(report, held.effect))]
        )
        _log.info("policy_approved", batch_id=report.batch_id, version=state.version)
        return placed_at_head(report, heads[-1])

    async def _show_again(self, planned: PlannedChange, report: batch_pb2.BatchReport) -> None:
        """Keep what a change that waits would change by now, and tell its approver to look again.

        Raises:
            ConflictError: Always.
        """
        del report.changes[:], report.flags[:]
        report.changes.extend(told(item) for item in planned.differences)
        report.flags.extend(marks_of(planned))
        report.list_version = planned.seen_version
        ledger, store = self._journal.ledger, self._journal.store
        await ledger.run(store.keep_report, report.batch_id, report.SerializeToString())
        raise moved(
            planned.seen_version,
            f"the policy has moved since, and is at version {planned.seen_version}: "
            "look again at what would change and approve that",
        )


def _event(
    kind: int,
    effect: ledger_pb2.PolicyEffect | ledger_pb2.OverrideEffect,
    actor: Actor,
    reason: str,
    flags: tuple[str, ...],
    touched_lists: tuple[str, ...] = (),
) -> NewEvent:
    evidence = evidence_of(actor, reason=reason, flags=flags).SerializeToString()
    return NewEvent(kind, effect.SerializeToString(), evidence, touched_lists=touched_lists)


def _planned_again(state: State, held: Held) -> PlannedChange:
    """Return what a change that waits changes by now.

    Raises:
        ConflictError: The policy has become one that it does not fit any more (POLICY_MOVED).
    """
    try:
        return plan_again(state, held.effect.policy)
    except (ConflictError, InvalidRequestError) as error:
        raise moved(
            state.policy_version,
            f"the policy has moved since, and this change does not fit it any more: {error.message}; reject it",
        ) from error
