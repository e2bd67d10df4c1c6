"""Approvals: what waits for another person takes effect, or never does."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog
from pyroaring import BitMap

from dncd.v1 import batch_pb2, ledger_pb2
from dncd_engine.history import Mode
from dncd_engine.lists import ListState
from dncd_server.actors import Actor
from dncd_server.changes.desk import KIND_OF_MODE, hidden_behind, list_of
from dncd_server.changes.difference import difference_of, in_steps
from dncd_server.changes.events import applied, decided
from dncd_server.changes.past import read_named, read_past, read_steps
from dncd_server.changes.reporting import placed_at_head, stored, told
from dncd_server.changes.work import Difference, Proposal, Work
from dncd_server.errors import ConflictError, ForbiddenError, LedgerError, NotFoundError
from dncd_server.ledger.apply import checked_effect, sound_effect
from dncd_server.ledger.journal import Journal
from dncd_server.ledger.records import BatchRow
from dncd_server.upload_counts import UploadCounts

HELD = batch_pb2.BATCH_STATE_HELD
BRINGING = (Mode.ADD, Mode.REPLACE, Mode.CHANGE)
"""The modes that put numbers on a list."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Held:
    """What waits: its row, its effect, and who proposed it.

    Attributes:
        row: As the ledger keeps it.
        effect: What it would do.
        salt: The salt of its digests.
        evidence: Of the event that put it to wait.
        version: That event's version.
    """

    row: BatchRow
    effect: ledger_pb2.HeldEffect
    salt: bytes
    evidence: ledger_pb2.Evidence
    version: int


ApprovePolicy = Callable[[Held, Actor, int], Awaitable[batch_pb2.BatchReport]]
"""Puts a policy change or an override that waits in force; called under the journal's lock."""


@dataclass(frozen=True, slots=True)
class Approvals:
    """Decides what waits.

    Attributes:
        journal: Where it waits.
        counts: Where it is counted.
        approve_policy: What puts a policy change or an override in force.
    """

    journal: Journal
    counts: UploadCounts
    approve_policy: ApprovePolicy

    async def approve(
        self, batch_id: str, actor: Actor, seen_version: int
    ) -> batch_pb2.BatchReport:
        """Put in force what waits.

        Args:
            batch_id: What waits.
            actor: Who approves: another than who proposed it.
            seen_version: The version of the list that the difference which he saw belongs to.

        Raises:
            NotFoundError: There is no such batch, or its list is gone.
            ConflictError: It does not wait (NOT_HELD), or the list has moved since (LIST_MOVED).
            ForbiddenError: He proposed it himself (SAME_PERSON).
        """
        async with self.journal.lock:
            await self.journal.catch_up()
            held = await self._held(batch_id)
            if _person(actor.name) == _person(held.evidence.actor):
                raise ForbiddenError(
                    "SAME_PERSON", "another person than the one who proposed it must approve it"
                )
            if held.effect.WhichOneof("change") != "batch":
                return await self.approve_policy(held, actor, seen_version)
            return await self._approve_batch(held, actor, seen_version)

    async def reject(self, batch_id: str, actor: Actor, reason: str) -> batch_pb2.BatchReport:
        """End the waiting of something; nothing else changes. Who proposed it may do so, too.

        Raises:
            NotFoundError, ConflictError: As ``approve``.
        """
        async with self.journal.lock:
            await self.journal.catch_up()
            held = await self._held(batch_id)
            report = stored(held.row)
            report.state = batch_pb2.BATCH_STATE_REJECTED
            report.reason = reason
            event = decided(ledger_pb2.EVENT_KIND_BATCH_REJECTED, batch_id, actor, reason)
            store = self.journal.store
            _, state = await self.journal.write(
                store.append_decision, event, batch_id, report.state, report.SerializeToString()
            )
        _log.info("batch_rejected", batch_id=batch_id, list=state.shown_name(report.list))
        return report

    async def _held(self, batch_id: str) -> Held:
        ledger, store = self.journal.ledger, self.journal.store
        row = await ledger.run(store.batch, batch_id)
        if row is None:
            raise NotFoundError(
                "BATCH_NOT_FOUND", "there is no batch with this id", {"batch_id": batch_id}
            )
        if row.state != HELD or row.held_version is None:
            raise ConflictError(
                "NOT_HELD", "this batch does not wait for anybody", {"batch_id": batch_id}
            )
        event = (await ledger.run(store.events_after, row.held_version - 1, 1))[0]
        evidence = await ledger.run(store.evidence, row.held_version)
        if evidence is None:
            raise LedgerError(f"the evidence of version {row.held_version} is missing")
        return Held(
            row,
            ledger_pb2.HeldEffect.FromString(checked_effect(event)),
            event.effect_salt or b"",
            ledger_pb2.Evidence.FromString(evidence[1]),
            row.held_version,
        )

    async def _approve_batch(
        self, held: Held, actor: Actor, seen_version: int
    ) -> batch_pb2.BatchReport:
        started = time.perf_counter()
        proposal = _proposal(held, actor)
        state = await self.journal.catch_up()
        item = list_of(state, held.row.list)
        if item.created_version > held.version:
            raise ConflictError(
                "LIST_RECREATED",
                "this batch belongs to a list of the same name that was deleted since; reject it",
                {"batch_id": held.row.batch_id, "list": held.row.list},
            )
        await self._check_none_asked_since(held, proposal.work, item)
        at_us = max(time.time_ns() // 1000, state.at_us)
        hidden = hidden_behind(state, item.name)
        made = await difference_of(self.journal.ledger, proposal.work, item, at_us, hidden)
        report = told(proposal.report, made, _kept_flags(proposal.report))
        has_moved = item.version != proposal.report.list_version or item.version != seen_version
        # what a list hides may have changed, too: nobody lets more through than he saw
        if has_moved or made.released > proposal.report.numbers.released:
            await self._show_again(held, item, made, report)
        report.state = batch_pb2.BATCH_STATE_ACTIVE
        report.approved_by = actor.name
        report.list_version = 0
        store = self.journal.store
        await self.journal.ledger.run(store.unstage_difference, proposal.work.upload)
        await self.journal.ledger.run(store.stage_segments, proposal.work.upload, made.writing)
        event = applied(proposal, made, report, held.evidence, held.version)
        heads, state = await self.journal.append_all([event])
        placed = placed_at_head(report, heads[-1])
        name, seconds = state.shown_name(report.list), time.perf_counter() - started
        self.counts.count(placed, name, seconds)
        _log.info("batch_approved", batch_id=placed.batch_id, list=name, version=placed.version)
        return placed

    async def _check_none_asked_since(self, held: Held, work: Work, item: ListState) -> None:
        """Make sure that a removal ends nothing that came after it was proposed: those persons have asked again.

        Raises:
            ConflictError: It would (ASKED_SINCE).
        """
        if work.mode is not Mode.REMOVE and not work.effect.everything:
            return
        since = 0
        ledger = self.journal.ledger
        past = await read_past(ledger, item)
        later = [
            batch
            for batch in past.standing()
            if batch.version > held.version and batch.mode in BRINGING
        ]
        prefixes = sorted(work.refs()) if work.mode is Mode.REMOVE else item.entries.prefixes()
        for step in in_steps(prefixes if later else []):
            named = await read_named(ledger, work, step)
            told = await read_steps(ledger, past, later, step)
            for prefix in step:
                came = BitMap.union(BitMap(), *(said.numbers for _, said in told[prefix]))
                ending = named[prefix].numbers
                since += len(came & ending if work.mode is Mode.REMOVE else came - ending)
        if since:
            raise ConflictError(
                "ASKED_SINCE",
                f"{since} of the numbers came onto the list again since this was proposed, and would go with the rest; "
                "reject it, and propose it anew without them",
                {"batch_id": held.row.batch_id},
            )

    async def _show_again(
        self, held: Held, item: ListState, made: Difference, report: batch_pb2.BatchReport
    ) -> None:
        report.state = HELD
        data = report.SerializeToString()
        await self.journal.ledger.run(self.journal.store.keep_report, held.row.batch_id, data)
        raise ConflictError(
            "LIST_MOVED",
            f"the list has moved since: now {made.added} numbers would come, {made.removed} go and "
            f"{made.released} be released; look again and approve that",
            {"batch_id": held.row.batch_id, "list_version": str(item.version)},
        )


def _proposal(held: Held, actor: Actor) -> Proposal:
    effect = sound_effect(held.effect.batch, held.version)
    kind = KIND_OF_MODE.get(Mode(effect.mode), ledger_pb2.EVENT_KIND_BATCH_APPLIED)
    work = Work(held.row.batch_id, kind, effect, held.salt, held.row.upload or 0)
    has_header = held.evidence.HasField("batch_header")
    report = stored(held.row)
    report.open_rejects = report.rows.rejected
    return Proposal(
        work=work,
        actor=actor,
        report=report,
        content_digest=held.row.content_digest,
        reason=held.evidence.reason,
        header=held.evidence.batch_header if has_header else None,
        mended_rows=held.row.mended_rows,
    )


def _person(name: str) -> str:
    """Return a name as one person writes it: not another for its case or its blanks."""
    return " ".join(name.casefold().split())


def _kept_flags(report: batch_pb2.BatchReport) -> list[str]:
    return [flag for flag in report.flags if flag != "would_hold"]
