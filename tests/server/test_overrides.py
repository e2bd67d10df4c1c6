"""An override lets a list through although it is too old: for a reason, for hours, and by two persons."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dncd.v1 import batch_pb2, ledger_pb2, policy_pb2
from dncd_engine.verdict import Code, Verdict
from dncd_server.actors import Actor
from dncd_server.attention import attention_of
from dncd_server.changes.approvals import Approvals
from dncd_server.changes.guard import TwoPersons
from dncd_server.errors import ConflictError, InvalidRequestError, NotFoundError
from dncd_server.policy.desk import Outcome, PolicyDesk
from server.building import (
    ACTOR,
    Office,
    a_campaign,
    a_list,
    numbers_from,
    office,
    plain,
    policy_request,
    run,
)
from server.policy_changes import hidden
from server.two_persons import ANNA, BEN, approvals_of, report_of

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
POLICY = policy_request(
    {"house": a_list(starts_empty=True), "ftc": a_list("registry"), "claimers": hidden("house")},
    {"spring": a_campaign(block=["ftc"])},
)


@dataclass
class Clock:
    """A clock that a test sets: an instant, in microseconds since 1970."""

    at_us: int

    def __call__(self) -> int:
        """Return the instant."""
        return self.at_us


@dataclass
class Scene:
    """A registry that is too old, and who may let it through."""

    it: Office
    desk: PolicyDesk
    approvals: Approvals
    clock: Clock

    async def override(
        self,
        hours: float = 2,
        reason: str = "the publisher is down",
        actor: Actor = ANNA,
        **asked: Any,
    ) -> Outcome:
        """Ask to let the registry through for some hours; 0 ends that."""
        until_us = self.clock() + int(hours * HOUR_US) if hours else 0
        request = policy_pb2.OverrideListRequest(
            list=asked.get("name", "ftc"), until_unix_us=until_us, reason=reason
        )
        return await self.desk.override(request, actor)

    async def refusal(self, **asked: Any) -> list[str]:
        """Ask for what is refused; return the fields that are wrong."""
        before = self.it.replica.state.version
        with pytest.raises(InvalidRequestError) as caught:
            await self.override(**asked)
        assert caught.value.reason == "OVERRIDE_INVALID"
        assert (await self.it.catch_up()).version == before
        return [item.field for item in caught.value.fields]

    async def approve(self, held_id: str, actor: Actor = BEN) -> batch_pb2.BatchReport:
        """Approve an override as it is told of."""
        seen = report_of(self.it, held_id).list_version
        return await self.approvals.approve(held_id, actor, seen)

    async def conflict(self, held_id: str) -> str:
        """Approve what may not be approved; return why not."""
        with pytest.raises(ConflictError) as caught:
            await self.approve(held_id)
        return caught.value.reason

    def verdict(self, hours: float = 1) -> Verdict:
        """Return the verdict about a number that is on no list, some hours from now."""
        campaign = self.it.replica.state.campaigns["spring"]
        number = numbers_from(500, 1)[0]
        return campaign.decide(number, self.clock() + int(hours * HOUR_US), False)

    def codes(self, hours: float = 1) -> list[Code]:
        """Return why that verdict is what it is."""
        return [reason.code for reason in self.verdict(hours).reasons]


@asynccontextmanager
async def scene(path: Path) -> AsyncIterator[Scene]:
    async with office(path / "ledger") as it:
        await it.apply(POLICY)
        at_us = it.replica.state.at_us
        await it.add("ftc", numbers_from(0, 2), "b1", published_unix_us=at_us - 40 * DAY_US)
        clock = Clock(it.replica.state.at_us)
        desk = PolicyDesk(it.journal, TwoPersons(always=False).must_hold, clock)
        yield Scene(it, desk, approvals_of(it, desk), clock)


def test_what_a_name_alone_lets_through_is_let_through_and_marked(tmp_path: Path) -> None:
    async def play() -> None:
        async with scene(tmp_path) as it:
            assert it.codes() == [Code.LIST_STALE]
            done = await it.override(2, actor=ACTOR)
            assert (done.is_in_force, done.flags, done.held_id) == (True, ("unapproved",), "")
            assert it.codes(1) == [Code.STALE_ALLOWED]
            assert it.codes(2) == [Code.LIST_STALE]  # the instant itself is past it
            found = it.it.store.evidence(done.state.version)
            assert found is not None
            evidence = ledger_pb2.Evidence.FromString(found[1])
            assert (evidence.actor, evidence.reason) == ("tester", "the publisher is down")
            now_us = it.clock()
            told = [
                a.code for a in attention_of(done.state, it.it.batches, now_us) if a.list == "ftc"
            ]
            assert told == ["overridden", "stale"]
            later = attention_of(done.state, it.it.batches, now_us + 2 * HOUR_US)
            assert [a.code for a in later if a.list == "ftc"] == ["stale"]

    run(play())


def test_what_is_proved_waits_for_another_person(tmp_path: Path) -> None:
    async def play() -> None:
        async with scene(tmp_path) as it:
            held = await it.override(2)
            assert (held.is_in_force, held.flags) == (False, ())
            assert held.held_id.startswith("override-")
            assert it.codes() == [Code.LIST_STALE]
            report = report_of(it.it, held.held_id)
            assert report.reason == "the publisher is down"
            (change,) = report.changes
            assert change.startswith("let list ftc through until 2")

            report = await it.approve(held.held_id)
            assert (report.state, report.approved_by) == (batch_pb2.BATCH_STATE_ACTIVE, "ben")
            assert report.version == it.it.replica.state.version
            assert it.codes() == [Code.STALE_ALLOWED]
            before = plain(it.it.replica.state), dict(it.it.replica.state.overrides)
        async with office(tmp_path / "ledger") as later:
            state = await later.catch_up()
            assert (plain(state), dict(state.overrides)) == before

    run(play())


def test_what_ends_or_shortens_an_override_acts_at_once(tmp_path: Path) -> None:
    async def play() -> None:
        async with scene(tmp_path) as it:
            await it.override(9, actor=ACTOR)
            shorter = await it.override(2)
            assert (shorter.is_in_force, shorter.flags) == (True, ())
            assert it.codes(3) == [Code.LIST_STALE]
            longer = await it.override(3)
            assert longer.held_id
            ended = await it.override(0)
            assert (ended.is_in_force, ended.flags) == (True, ())
            assert it.codes() == [Code.LIST_STALE]
            version = it.it.replica.state.version
            again = await it.override(0)
            assert (again.is_in_force, again.state.version) == (False, version)

    run(play())


def test_an_override_needs_a_reason_and_ends_soon(tmp_path: Path) -> None:
    async def play() -> None:
        async with scene(tmp_path) as it:
            for reason in ("", "  ", "a\nb", "a" * 257):
                assert set(await it.refusal(reason=reason)) == {"reason"}
            for hours in (-1, 72.001, 24 * 365):
                assert await it.refusal(hours=hours) == ["until_unix_us"]
            assert await it.refusal(name="house", hours=-1, reason="") == [
                "list",
                "until_unix_us",
                "reason",
            ]
            assert (await it.override(72, actor=ACTOR)).is_in_force

    run(play())


def test_a_list_that_may_not_be_known_is_as_one_that_is_not_there(tmp_path: Path) -> None:
    async def play() -> None:
        async with scene(tmp_path) as it:
            told = []
            for name in ("claimers", "nothing"):
                with pytest.raises(NotFoundError) as caught:
                    await it.override(name=name)
                told.append(caught.value.message.replace(name, "…"))
            assert told == ['there is no list "…"'] * 2

    run(play())


def test_an_override_is_not_approved_when_its_time_is_over(tmp_path: Path) -> None:
    async def play() -> None:
        async with scene(tmp_path) as it:
            held_id = (await it.override(2)).held_id
            it.clock.at_us += 2 * HOUR_US
            assert await it.conflict(held_id) == "OVERRIDE_OVER"
            it.clock.at_us -= 1
            await it.approve(held_id)

    run(play())


def test_an_override_of_a_list_that_was_made_anew_is_not_approved(tmp_path: Path) -> None:
    async def play() -> None:
        async with scene(tmp_path) as it:
            held_id = (await it.override(2)).held_id
            with pytest.raises(ConflictError) as caught:
                await it.approvals.approve(held_id, BEN, 1)
            assert caught.value.reason == "LIST_MOVED"

            gone = policy_request(delete_lists=["ftc"], delete_campaigns=["spring"])
            for change in (gone, policy_request({"ftc": a_list("registry")})):
                await it.it.apply(change)
                assert await it.conflict(held_id) == "LIST_RECREATED"

    run(play())
