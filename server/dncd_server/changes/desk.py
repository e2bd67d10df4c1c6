"""The desk of changes: puts a batch in force, or to wait, wholly or not at all.

The difference is worked out beside the ledger, against the list at a stated version; if the list has moved when the
turn to append comes, it is worked out again. A heavy one is therefore made before the turn, so that a person's opt-out
never waits for a registry.
"""

import time
from dataclasses import dataclass

import structlog

from dncd.v1 import batch_pb2, ledger_pb2
from dncd_engine.entries import Entries
from dncd_engine.history import Mode
from dncd_engine.lists import ListState
from dncd_engine.shown import hidden_by_list
from dncd_engine.state import State
from dncd_server.changes.difference import difference_of
from dncd_server.changes.events import applied, held
from dncd_server.changes.guard import TwoPersons, is_unusual, opens_too_much
from dncd_server.changes.reporting import placed_at_head, told
from dncd_server.changes.work import Difference, Proposal, Turndown
from dncd_server.errors import LedgerError, NotFoundError
from dncd_server.ledger.journal import Journal
from dncd_server.ledger.records import Appended, Head
from dncd_server.ledger.store import ListMovedError
from dncd_server.upload_counts import UploadCounts

TRIES_BESIDE = 2
"""How often a heavy difference is made without the turn, before it is made within it."""
LIGHT_SEGMENTS = 64
"""A batch of so few segments is worked out within the turn: that is quicker than to look twice."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ChangeDesk:
    """Puts batches in force.

    Attributes:
        journal: Where they are appended.
        counts: Where they are counted.
        two_persons: When what opens waits.
    """

    journal: Journal
    counts: UploadCounts
    two_persons: TwoPersons

    async def put(self, proposal: Proposal) -> batch_pb2.BatchReport | Turndown:
        """Put a batch in force, or to wait for another person; return its report, or why it is not taken.

        Raises:
            NotFoundError: There is no such list any more.
            LedgerError, UnavailableError: The ledger cannot be used.
        """
        tries = 0
        while True:
            if tries < TRIES_BESIDE and not _is_light(proposal):
                tries += 1
                prepared = await self._prepare(proposal)
                async with self.journal.lock:
                    done = await self._finish(proposal, *prepared)
            else:
                async with self.journal.lock:
                    done = await self._finish(proposal, *await self._prepare(proposal))
            if done is not None:
                return done
            await self._forget(proposal)

    async def _prepare(self, proposal: Proposal) -> tuple[State, Difference, float]:
        started = time.perf_counter()
        state = await self.journal.catch_up()
        item = list_of(state, proposal.work.effect.list)
        at_us = max(time.time_ns() // 1000, state.at_us)
        hidden = hidden_behind(state, item.name)
        made = await difference_of(self.journal.ledger, proposal.work, item, at_us, hidden)
        if not proposal.is_dry_run and not self._must_wait(proposal, made):
            await self._write(proposal, made)
        return state, made, time.perf_counter() - started

    async def _finish(
        self, proposal: Proposal, state: State, made: Difference, seconds: float
    ) -> batch_pb2.BatchReport | Turndown | None:
        """Append what was prepared; None where it holds no more."""
        started = time.perf_counter()
        before, state = state, await self.journal.catch_up()
        item = list_of(state, made.list.name)
        if (item.version, item.definition) != (made.list.version, made.list.definition):
            return None
        # whom a hidden list stopped it may let through by now, and that moves no version of this one
        if hidden_behind(before, item.name) != hidden_behind(state, item.name):
            return None
        if (turndown := proposal.judge(made)) is not None:
            return turndown
        report = told(proposal.report, made, self._flags(proposal, made, state))
        if proposal.is_dry_run:
            report.state = batch_pb2.BATCH_STATE_PREVIEW
            self.counts.count(report, state.shown_name(report.list))
            return report
        must_wait = self._must_wait(proposal, made)
        report.state = batch_pb2.BATCH_STATE_HELD if must_wait else batch_pb2.BATCH_STATE_ACTIVE
        if not must_wait:
            report.list_version = 0  # nobody has to approve it as he saw it
        try:
            head = await self._append(proposal, made, report)
        except ListMovedError:
            self._check_moved(item, await self.journal.catch_up())
            return None
        placed = placed_at_head(report, head)
        seconds += time.perf_counter() - started
        self._tell(placed, state.shown_name(report.list), seconds)
        return placed

    def _must_wait(self, proposal: Proposal, made: Difference) -> bool:
        return opens_too_much(made) and self.two_persons.must_hold(proposal.actor)

    def _flags(self, proposal: Proposal, made: Difference, state: State) -> list[str]:
        flags = proposal.flags(made, made.list.name in state.policy.unused_lists)
        kind = made.list.definition.kind
        if kind.blocks and is_unusual(made.list, made.added):
            flags.append("unusual")
        if opens_too_much(made):
            if not self.two_persons.must_hold(proposal.actor):
                flags.append("unapproved")
            elif proposal.is_dry_run:
                flags.append("would_hold")
        return flags

    async def _append(
        self, proposal: Proposal, made: Difference, report: batch_pb2.BatchReport
    ) -> Head:
        waits = report.state == batch_pb2.BATCH_STATE_HELD
        item: Appended = held(proposal, report) if waits else applied(proposal, made, report)
        heads, _ = await self.journal.append_all([item])
        return heads[-1]

    async def _write(self, proposal: Proposal, made: Difference) -> None:
        ledger = self.journal.ledger
        await ledger.run(ledger.store.unstage_difference, proposal.work.upload)
        await ledger.run(ledger.store.stage_segments, proposal.work.upload, made.writing)

    async def _forget(self, proposal: Proposal) -> None:
        ledger = self.journal.ledger
        await ledger.run(ledger.store.unstage_difference, proposal.work.upload)

    def _check_moved(self, item: ListState, state: State) -> None:
        """Make sure that a list that is said to have moved has: against one that cannot, no difference ever holds."""
        now = state.lists.get(item.name)
        if now is not None and now.version == item.version:
            raise LedgerError(
                f'the ledger and this node do not agree on the version of "{item.name}"'
            )

    def _tell(self, report: batch_pb2.BatchReport, name: str, seconds: float) -> None:
        waits = report.state == batch_pb2.BATCH_STATE_HELD
        self.counts.count(report, name, None if waits else seconds)
        _log.info(
            "batch_held" if waits else "batch_applied",
            batch_id=report.batch_id,
            list=name,
            mode=batch_pb2.BatchMode.Name(report.mode).removeprefix("BATCH_MODE_").lower(),
            version=report.version,
            added=report.numbers.added,
            removed=report.numbers.removed,
            released=report.numbers.released,
            rejected=report.rows.rejected,
            duration_seconds=round(seconds, 3),
        )


def list_of(state: State, name: str) -> ListState:
    """Return a list.

    Raises:
        NotFoundError: There is none of that name.
    """
    item = state.lists.get(name)
    if item is None:
        raise NotFoundError(
            "LIST_NOT_FOUND",
            f'there is no list "{name}"; make it with dncctl list create, or mend the name',
            {"list": name},
        )
    return item


def hidden_behind(state: State, name: str) -> list[Entries]:
    """Return the entries of the confidential lists that are shown as a list."""
    return [state.lists[item].entries for item in hidden_by_list(state.policy).get(name, ())]


def _is_light(proposal: Proposal) -> bool:
    work = proposal.work
    return work.mode in (Mode.ADD, Mode.REMOVE) and len(work.effect.segments) <= LIGHT_SEGMENTS


KIND_OF_MODE = {Mode.REVERT: ledger_pb2.EVENT_KIND_BATCH_REVERTED}
"""The kind of event that a batch of a mode comes as, where it is not the ordinary one."""
