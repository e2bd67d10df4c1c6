"""The clerk: does to a real ledger what is asked, and holds what comes of it against what the book foresaw."""

import asyncio
import time
from collections.abc import Awaitable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from dncd.v1 import batch_pb2, optout_pb2, policy_pb2
from dncd_engine.model import ListKind
from dncd_server.actors import Actor
from dncd_server.changes.reverts import RevertRequest
from dncd_server.errors import DncdError
from dncd_server.ledger.verify import verify
from dncd_server.policy.desk import AppliedPolicy, Outcome
from model import drawing as draw
from model.book import Book, Coming, Fault, Held, Refusal
from model.comparing import (
    assert_counts,
    assert_decides,
    assert_kept,
    assert_rows,
    assert_same,
    is_in_state,
    let_through,
)
from model.files import Clock, Upload, text_of
from model.office import Office, begin
from model.policies import Definitions, is_sound, put, what_differs
from model.sending import header_of, opt_out_of, override_of, policy_of

Report = batch_pb2.BatchReport
ACTIVE, HELD, REFUSED = (
    batch_pb2.BATCH_STATE_ACTIVE,
    batch_pb2.BATCH_STATE_HELD,
    batch_pb2.BATCH_STATE_REFUSED,
)
SPELLINGS = tuple(str(number) for number in (*draw.NUMBERS, draw.NO_NUMBER))
_T = TypeVar("_T")


class Clerk:
    """Works at one ledger.

    Attributes:
        owner: The client whose ledger it is; "" where names are nobody's.
        book: What is expected.
        sent: What was uploaded or opted out, by its id.
    """

    def __init__(self, folder: Path, owner: str, *, always_two_persons: bool) -> None:
        self.owner = owner
        self.book = Book(Clock(int(time.time()) * 1_000_000))
        self.sent: dict[str, Upload | optout_pb2.OptOutRequest] = {}
        self.reports: dict[str, Report] = {}
        self._folder = folder
        self._always = always_two_persons
        self._runner = asyncio.Runner()
        self._policies = [(1, dict(self.book.lists), dict(self.book.campaigns))]
        self._ids = 0
        begin(folder)
        self.office = self._open()

    def run(self, task: Coroutine[Any, Any, _T]) -> _T:
        """Run to the end on the machine's own loop."""
        return self._runner.run(task)

    def must_hold(self, actor: Actor) -> bool:
        """Tell whether what this actor opens waits."""
        return self._always or actor.proof != "declared"

    # changes of lists

    def upload(self, upload: Upload, actor: Actor) -> None:
        """Upload a file."""
        batch_id = self._new_id("b")
        foreseen = self.book.foresee(upload, batch_id, must_hold=self.must_hold(actor))
        told = self.run(self._uploaded(upload, batch_id, actor))
        self.settle(foreseen, told, batch_id, actor)

    def opt_out(self, campaign: str, numbers: tuple[int, ...], actor: Actor) -> None:
        """Take a person's word."""
        request = opt_out_of(self._new_id("o"), campaign, numbers)
        foreseen = self.book.foresee_opt_out(campaign, numbers, request.request_id)
        told = self.run(self._opted_out(request, actor))
        self.settle(foreseen, told, request.request_id, actor)

    def both(self, upload: Upload, campaign: str, numbers: tuple[int, ...], actor: Actor) -> None:
        """Upload a file while persons opt out: as if one had come after the other, whichever it was."""
        batch_id = self._new_id("b")
        request = opt_out_of(self._new_id("o"), campaign, numbers)

        async def gathered() -> tuple[Report | Fault, Report | Fault]:
            return await asyncio.gather(
                self._uploaded(upload, batch_id, actor), self._opted_out(request, actor)
            )

        loaded, said = self.run(gathered())
        steps = [
            (self._placed(loaded), 0, loaded, batch_id),
            (self._placed(said), 1, said, request.request_id),
        ]
        for _, is_word, told, made_id in sorted(steps, key=lambda step: step[:2]):
            foreseen = (
                self.book.foresee_opt_out(campaign, numbers, made_id)
                if is_word
                else self.book.foresee(upload, made_id, must_hold=self.must_hold(actor))
            )
            self.settle(foreseen, told, made_id, actor)

    def again(self, batch_id: str, actor: Actor) -> None:
        """Send what was sent before."""
        what = self.sent[batch_id]
        if isinstance(what, Upload):
            told = self.run(self._uploaded(what, batch_id, actor))
            name = what.list
        else:
            told = self.run(self._opted_out(what, actor))
            name = self.reports[batch_id].list
        note = self.book.notes.get(batch_id)
        made = note.version if note else self._held_versions[batch_id]
        place = self.book.places.get(name)
        if place is None:
            assert told in (Fault("LIST_NOT_FOUND"), Fault("LIST_RECREATED"))
        elif made < place.created_version:
            assert told == Fault("LIST_RECREATED")
        elif not isinstance(what, Upload) and self.book.state_of(batch_id) == "REVERTED":
            assert told == Fault("BATCH_REVERTED")
        else:
            assert isinstance(told, Report)
            assert told.version == made
            assert is_in_state(told.state, self.book.state_of(batch_id))

    def revert(self, batch_id: str, actor: Actor) -> None:
        """Undo a batch."""
        revert_id = self._new_id("r")
        foreseen = self.book.foresee_revert(batch_id, revert_id, must_hold=self.must_hold(actor))
        request = RevertRequest(batch_id, revert_id, "a mistake", is_dry_run=False)
        told = self.run(self._outcome(self.office.reverts.revert(request, actor)))
        self.settle(foreseen, told, revert_id, actor)

    def settle(
        self,
        foreseen: Fault | Refusal | Coming,
        told: Report | Fault,
        batch_id: str,
        actor: Actor,
    ) -> None:
        """Hold what came of a batch against what was foreseen, and note it."""
        if isinstance(foreseen, Fault) or isinstance(told, Fault):
            assert told == foreseen
            self.sent.pop(batch_id, None)
            return
        if isinstance(foreseen, Refusal):
            assert (told.state, told.refusal.reason) == (REFUSED, foreseen.reason)
            self.sent.pop(batch_id, None)
            return
        assert told.state == (HELD if foreseen.waits else ACTIVE)
        assert_counts(told, foreseen.counts)
        assert ("unapproved" in told.flags) is (foreseen.opens and not foreseen.waits)
        assert told.open_rejects == foreseen.rejected
        self.reports[batch_id] = told
        if foreseen.waits:
            held_at = self.book.version + 1
            assert told.version == held_at
            self._held_versions[batch_id] = held_at
            released = foreseen.counts.released
            held = Held(
                actor.name, held_at, told.list_version, batch=foreseen, seen_released=released
            )
            self.book.put_to_wait(batch_id, held)
        else:
            self.book.accept(foreseen, told.version, told.at_unix_us)

    # what waits

    def approve(self, held_id: str, actor: Actor, *, has_looked: bool) -> None:
        """Approve what waits, or try to."""
        held = self.book.held.get(held_id)
        seen_version = held.seen_version if held and has_looked else 1
        foreseen = self.book.foresee_approval(held_id, actor.name, seen_version)
        told = self.run(self._outcome(self.office.approvals.approve(held_id, actor, seen_version)))
        if foreseen is not None:
            assert told == foreseen
            self._look_again(held_id, foreseen)
            return
        assert isinstance(told, Report)
        assert (told.state, told.approved_by) == (ACTIVE, actor.name)
        if held is not None and held.batch is not None:
            assert_counts(told, self.book.at_hand(held_id))
        settled = self.book.settle(held_id, told.version)
        if settled.batch is not None:
            self.book.accept(settled.batch, told.version, told.at_unix_us)
        elif settled.policy is not None:
            self._apply(settled.policy, told.version)
        elif settled.override is not None:
            self.book.override(*settled.override, told.version)

    def reject(self, held_id: str, actor: Actor) -> None:
        """End the waiting of something."""
        told = self.run(self._outcome(self.office.approvals.reject(held_id, actor, "no")))
        if held_id not in self.book.held:
            is_known = held_id in self.book.notes or held_id in self.book.rejected
            assert told == Fault("NOT_HELD" if is_known else "BATCH_NOT_FOUND")
            return
        assert isinstance(told, Report)
        self.book.settle(held_id, self.book.version + 1)
        self.book.rejected.add(held_id)

    def waive(self, batch_id: str, actor: Actor) -> None:
        """Give up the rows of a batch that nobody can read."""
        foreseen = self.book.foresee_revert(batch_id, "", must_hold=False)
        told = self.run(self._outcome(self._waived(batch_id, actor)))
        if isinstance(foreseen, Fault):
            assert told == foreseen
        elif not self.book.open_rows(batch_id):
            assert told == Fault("NOTHING_TO_WAIVE")
        else:
            assert not told
            self.book.notes[batch_id].is_waived = True
            self.book.version += 1

    # the policy

    def change_policy(self, change: Definitions, actor: Actor) -> None:
        """Put definitions in force, or to wait."""
        book = self.book
        now_us = _now_us()
        before = let_through(book, self.owner, now_us)
        told = self.run(self._outcome(self.office.policies.apply(policy_of(change), actor)))
        if not is_sound(*put(book.lists, book.campaigns, change)):
            assert told in (Fault("LIST_IN_USE"), Fault("POLICY_INVALID"))
            return
        assert isinstance(told, AppliedPolicy)
        outcome, differing = told.outcome, what_differs(book.lists, book.campaigns, change)
        if differing == Definitions():
            assert not outcome.is_in_force
            assert not outcome.held_id
        elif outcome.held_id:
            assert self.must_hold(actor)
            self._wait(outcome, actor, Held("", 0, book.policy_version, policy=differing))
        else:
            self._apply(differing, book.version + 1)
            after = let_through(book, self.owner, now_us)
            opened = {name for name in before if not after.get(name, set()) <= before[name]}
            if opened:
                assert outcome.flags == ("unapproved",), opened

    def override(self, name: str, hours: int, actor: Actor) -> None:
        """Let a list that is too old through until then, or end that."""
        book, now_us = self.book, _now_us()
        until_us = book.clock.at(hours) if hours else 0
        request = override_of(name, until_us)
        told = self.run(self._outcome(self.office.policies.override(request, actor)))
        definition = book.lists.get(name)
        if definition is None or definition.confidential:
            assert told == Fault("LIST_NOT_FOUND")
            return
        has_age = definition.kind in (ListKind.REGISTRY, ListKind.CLEARANCE)
        if not has_age or hours > 72:
            assert told == Fault("OVERRIDE_INVALID")
            return
        assert isinstance(told, Outcome)
        opens = until_us > max(book.overrides.get(name, 0), now_us)
        if not hours and name not in book.overrides:
            assert not told.is_in_force
        elif opens and self.must_hold(actor):
            held = Held("", 0, book.places[name].version, override=(name, until_us))
            self._wait(told, actor, held)
        else:
            assert told.is_in_force
            assert (told.flags == ("unapproved",)) is opens
            book.override(name, until_us, book.version + 1)

    # the process

    def restart(self) -> None:
        """End the process and start another on the same file."""
        self.office.close()
        self.office = self._open()

    def close(self) -> None:
        """Make the index once more, verify the chain, and end."""
        try:
            live, _ = self.run(self.office.states())
            assert_same(live, self.run(self.office.made_anew()))
            assert verify(self.office.store).whole
            for version, lists, campaigns in self._policies:
                request = policy_pb2.GetPolicyRequest(as_of_version=version)
                then = self.run(self.office.policies.policy_at(live, request)).policy
                assert (dict(then.lists), dict(then.campaigns)) == (lists, campaigns)
        finally:
            self.office.close()
            self._runner.close()

    def check(self) -> None:
        """Hold the index, one made of the ledger alone, and the book against each other."""
        live, second = self.run(self.office.states())
        assert_same(live, second)
        assert_kept(self.book, live)
        assert_decides(self.book, (live, second), self.owner, _now_us())
        assert_rows(self.book, self.office)

    # how it is done

    def _open(self) -> Office:
        async def opened() -> Office:
            return Office(self._folder, always_two_persons=self._always)

        self._held_versions = getattr(self, "_held_versions", {})
        office = self._runner.run(opened())
        self._runner.run(office.states())
        return office

    def _new_id(self, letter: str) -> str:
        self._ids += 1
        return f"{letter}{self._ids}"

    async def _outcome(self, task: Awaitable[_T]) -> _T | Fault:
        try:
            return await task
        except DncdError as error:
            text = f"{error.message} {error.metadata}"
            assert not any(spelling in text for spelling in SPELLINGS)
            return Fault(error.reason)

    async def _waived(self, batch_id: str, actor: Actor) -> str:
        await self.office.reverts.waive(batch_id, actor, "long gone")
        return ""

    async def _uploaded(self, upload: Upload, batch_id: str, actor: Actor) -> Report | Fault:
        self.sent[batch_id] = upload
        header, data = (
            header_of(upload, batch_id, self.book.clock),
            text_of(upload, self.book.clock),
        )
        return await self._outcome(self.office.upload(header, data, actor))

    async def _opted_out(self, request: optout_pb2.OptOutRequest, actor: Actor) -> Report | Fault:
        self.sent[request.request_id] = request
        told = await self._outcome(self.office.opt_outs.take(request, actor))
        return told if isinstance(told, Fault) else told.report

    def _placed(self, told: Report | Fault) -> int:
        """Return the version that a report is of; what changed nothing comes last."""
        if isinstance(told, Fault) or told.state == REFUSED:
            return 1 << 60
        if told.version:
            return told.version
        row = self.office.store.batch(told.batch_id)
        assert row is not None
        return row.held_version or 0

    def _look_again(self, held_id: str, fault: Fault) -> None:
        """Note what is shown to whoever looks after he was told that it has moved."""
        held = self.book.held.get(held_id)
        if held is None or fault.reason not in ("LIST_MOVED", "POLICY_MOVED"):
            return
        row = self.office.store.batch(held_id)
        assert row is not None
        report = Report.FromString(row.report)
        if held.batch is not None:
            held.seen_version = self.book.places[held.batch.list].version
            assert_counts(report, self.book.at_hand(held_id))
            held.seen_released = report.numbers.released
        elif held.policy is not None:
            after = put(self.book.lists, self.book.campaigns, held.policy)
            held.seen_version = self.book.policy_version if is_sound(*after) else held.seen_version
        assert report.list_version == held.seen_version

    def _wait(self, outcome: Outcome, actor: Actor, held: Held) -> None:
        version = self.book.version + 1
        waiting = replace(held, proposer=actor.name, version=version)
        self.book.put_to_wait(outcome.held_id, waiting)

    def _apply(self, change: Definitions, version: int) -> None:
        self.book.apply(change, version)
        self._policies.append((version, dict(self.book.lists), dict(self.book.campaigns)))


def _now_us() -> int:
    return time.time_ns() // 1000
