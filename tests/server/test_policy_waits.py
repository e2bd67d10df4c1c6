"""A policy change that opens waits for another person; what it changes is what that one saw."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from dncd.v1 import batch_pb2, ledger_pb2, policy_pb2
from dncd_server.actors import Actor
from dncd_server.attention import attention_of
from dncd_server.changes.approvals import Approvals
from dncd_server.changes.guard import TwoPersons
from dncd_server.errors import ConflictError, ForbiddenError
from dncd_server.policy.desk import PolicyDesk
from server.building import ACTOR, Office, a_campaign, a_list, office, plain, policy_request, run
from server.policy_changes import hidden
from server.two_persons import ANNA, BEN, approvals_of, report_of

BASE = policy_request(
    {"house": a_list(), "other": a_list()}, {"spring": a_campaign(block=["house", "other"])}
)
OPENING = policy_request(
    campaigns={"spring": a_campaign(block=["house"])}, reason="the other list is retired"
)


@dataclass
class Scene:
    """A ledger with a policy in force, and who may change it."""

    it: Office
    desk: PolicyDesk
    approvals: Approvals

    async def held(self, request: policy_pb2.ApplyPolicyRequest = OPENING) -> str:
        """Propose a change that waits; return its id."""
        applied = await self.desk.apply(request, ANNA)
        assert (applied.is_in_force, applied.outcome.flags) == (False, ())
        return applied.outcome.held_id

    def report(self, held_id: str) -> batch_pb2.BatchReport:
        """Return what is told of a change that waits."""
        return report_of(self.it, held_id)

    async def approve(self, held_id: str, actor: Actor = BEN) -> batch_pb2.BatchReport:
        """Approve a change as it is told of now."""
        return await self.approvals.approve(held_id, actor, self.report(held_id).list_version)

    async def conflict(self, held_id: str, seen_version: int) -> ConflictError:
        """Approve what may not be approved; return why not."""
        with pytest.raises(ConflictError) as caught:
            await self.approvals.approve(held_id, BEN, seen_version)
        return caught.value

    def block(self) -> list[str]:
        """Return what blocks the campaign."""
        return [item.name for item in self.it.replica.state.campaigns["spring"].block]


@asynccontextmanager
async def scene(path: Path, *, always: bool = False) -> AsyncIterator[Scene]:
    async with office(path / "ledger") as it:
        await it.apply(BASE)
        desk = PolicyDesk(it.journal, TwoPersons(always).must_hold)
        yield Scene(it, desk, approvals_of(it, desk))


def test_a_change_that_opens_waits_and_changes_nothing(tmp_path: Path) -> None:
    async def play() -> None:
        async with scene(tmp_path) as it:
            before = it.it.replica.state
            asked = policy_pb2.ApplyPolicyRequest()
            asked.CopyFrom(OPENING)
            asked.validate_only = True
            validated = await it.desk.apply(asked, ANNA)
            assert validated.outcome.flags == ("would_hold",)
            assert validated.state.version == before.version

            held_id = await it.held()
            state = it.it.replica.state
            assert (state.version, state.policy_version) == (3, 2)
            assert (state.policy, it.block()) == (before.policy, ["house", "other"])
            report = it.report(held_id)
            assert held_id.startswith("policy-")
            assert report == batch_pb2.BatchReport(
                batch_id=held_id,
                mode=batch_pb2.BATCH_MODE_POLICY,
                state=batch_pb2.BATCH_STATE_HELD,
                actor="anna",
                actor_proof="token",
                reason="the other list is retired",
                changes=["update campaign spring: block (opens)"],
                list_version=2,
            )
            waiting = attention_of(state, it.it.batches, state.at_us)
            assert ("held", "", held_id) in [(a.code, a.list, a.batch_id) for a in waiting]

    run(play())


def test_what_another_person_approves_is_in_force(tmp_path: Path) -> None:
    async def play() -> None:
        async with scene(tmp_path) as it:
            held_id = await it.held()
            with pytest.raises(ForbiddenError):
                await it.approve(held_id, ANNA)

            report = await it.approve(held_id)
            state = it.it.replica.state
            assert (state.version, state.policy_version, it.block()) == (4, 4, ["house"])
            told = (report.state, report.version, report.token, report.approved_by)
            assert told == (batch_pb2.BATCH_STATE_ACTIVE, 4, state.token.text(), "ben")
            assert it.report(held_id).approved_by == "ben"
            found = it.it.store.evidence(4)
            assert found is not None
            evidence = ledger_pb2.Evidence.FromString(found[1])
            assert (evidence.actor, evidence.proposer, evidence.proposer_proof) == (
                "ben",
                "anna",
                "token",
            )
            assert (evidence.held_version, evidence.reason) == (3, "the other list is retired")
            assert [a.code for a in attention_of(state, it.it.batches, state.at_us)] == [
                "never_loaded",
                "never_loaded",
                "unused",
            ]

            again = await it.conflict(held_id, 2)
            assert again.reason == "NOT_HELD"

    run(play())


def test_a_restart_comes_to_the_same(tmp_path: Path) -> None:
    async def play() -> None:
        async with scene(tmp_path) as it:
            for name in ("house", "other"):
                held_id = await it.held(
                    policy_request(campaigns={"spring": a_campaign(block=[name])})
                )
                await it.approve(held_id)
            await it.held(policy_request(campaigns={"spring": a_campaign(block=["house"])}))
            before = plain(it.it.replica.state)
        async with office(tmp_path / "ledger") as later:
            assert plain(await later.catch_up()) == before

    run(play())


def test_what_blocks_and_what_a_name_alone_opens_acts_at_once(tmp_path: Path) -> None:
    async def play() -> None:
        async with scene(tmp_path) as it:
            more = await it.desk.apply(policy_request({"new": a_list()}), ANNA)
            assert (more.is_in_force, more.outcome.flags) == (True, ())
            opened = await it.desk.apply(OPENING, ACTOR)
            assert (opened.is_in_force, opened.outcome.flags) == (True, ("unapproved",))
            assert it.block() == ["house"]

    run(play())


def test_where_two_persons_are_always_wanted_a_name_is_one(tmp_path: Path) -> None:
    async def play() -> None:
        async with scene(tmp_path, always=True) as it:
            held_id = (await it.desk.apply(OPENING, ACTOR)).outcome.held_id
            assert it.block() == ["house", "other"]
            await it.approve(held_id, Actor("other tester", "declared", ""))
            assert it.block() == ["house"]

    run(play())


def test_what_has_moved_is_told_again_before_it_is_approved(tmp_path: Path) -> None:
    async def play() -> None:
        async with scene(tmp_path) as it:
            held_id = await it.held()
            await it.it.apply(
                policy_request(
                    {"new": a_list()}, {"spring": a_campaign(block=["house", "other", "new"])}
                )
            )
            moved = await it.conflict(held_id, 2)
            assert (moved.reason, moved.metadata) == ("POLICY_MOVED", {"policy_version": "4"})
            assert it.block() == ["house", "other", "new"]
            report = it.report(held_id)
            assert (report.list_version, report.state) == (4, batch_pb2.BATCH_STATE_HELD)
            assert list(report.changes) == ["update campaign spring: block (opens)"]

            # who saw the first report has not seen this one
            stale = await it.conflict(held_id, 2)
            assert stale.reason == "POLICY_MOVED"
            assert it.report(held_id) == report
            await it.approve(held_id)
            assert it.block() == ["house"]

    run(play())


def test_what_was_done_meanwhile_is_told_as_no_change(tmp_path: Path) -> None:
    async def play() -> None:
        async with scene(tmp_path) as it:
            held_id = await it.held(
                policy_request(delete_campaigns=["spring"], delete_lists=["other"])
            )
            await it.it.apply(policy_request(delete_campaigns=["spring"], delete_lists=["other"]))
            assert (await it.conflict(held_id, 2)).reason == "POLICY_MOVED"
            assert list(it.report(held_id).changes) == []
            assert (await it.approve(held_id)).state == batch_pb2.BATCH_STATE_ACTIVE

    run(play())


def test_what_does_not_fit_any_more_is_not_approved(tmp_path: Path) -> None:
    async def play() -> None:
        async with scene(tmp_path) as it:
            held_id = await it.held(
                policy_request({"other": a_list(release_limit=5)}, {"spring": a_campaign()})
            )
            gone = policy_request(campaigns={"spring": a_campaign(block=["house"])})
            gone.delete_lists.append("other")
            await it.it.apply(gone)
            await it.it.apply(policy_request({"other": a_list("registry")}))
            unfit = await it.conflict(held_id, 4)
            assert unfit.reason == "POLICY_MOVED"
            assert unfit.message.endswith("make another list; reject it")
            assert it.report(held_id).list_version == 2

    run(play())


def test_what_names_a_confidential_list_is_marked_so(tmp_path: Path) -> None:
    async def play() -> None:
        async with scene(tmp_path) as it:
            await it.it.apply(policy_request({"claimers": hidden("house")}))
            held_id = await it.held(policy_request(delete_lists=["claimers"]))
            assert list(it.report(held_id).flags) == ["confidential"]
            assert list(it.report(held_id).changes) == ["delete list claimers (opens)"]
            state = it.it.replica.state
            for asked, told in ((False, []), (True, [held_id])):
                waiting = attention_of(state, it.it.batches, state.at_us, confidential=asked)
                assert [item.batch_id for item in waiting if item.code == "held"] == told

    run(play())


def test_changes_that_wait_do_not_stand_in_each_others_way(tmp_path: Path) -> None:
    async def play() -> None:
        async with scene(tmp_path) as it:
            ids = await asyncio.gather(
                *(
                    it.held(policy_request({name: a_list(release_limit=5)}))
                    for name in ("house", "other")
                )
            )
            assert len(set(ids)) == 2
            await it.approve(ids[0])
            assert (await it.conflict(ids[1], 2)).reason == "POLICY_MOVED"
            await it.approve(ids[1])
            lists = it.it.replica.state.policy.lists
            assert [lists[name].release_limit for name in ("house", "other")] == [5, 5]

    run(play())
