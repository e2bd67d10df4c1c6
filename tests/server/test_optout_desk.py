"""The opt-out desk: groups are written as one, nothing is half taken, and an answer means that it is in force."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy.exc import OperationalError

from dncd.v1 import batch_pb2, ledger_pb2, optout_pb2, policy_pb2
from dncd_engine.chain import digests_equal, salted_digest
from dncd_engine.state import State
from dncd_server.errors import (
    AlreadyExistsError,
    ConflictError,
    LedgerError,
    LimitExceededError,
    NotFoundError,
    UnavailableError,
)
from dncd_server.ledger.apply import batch_effect
from dncd_server.ledger.records import Appended, Head
from dncd_server.ledger.store import ListMovedError
from dncd_server.ledger.verify import verify
from dncd_server.optout_counts import OptOutCounts
from dncd_server.optouts import desk as desk_module
from dncd_server.optouts.desk import OptOutDesk, Taken
from dncd_server.optouts.request import content_of
from dncd_server.upload_counts import UploadCounts
from server.building import ACTOR, Office, a_campaign, a_list, office, policy_request, run
from server.opting import NUMBER, opt_out

LIST = "optout"


@dataclass
class Counter:
    """An opt-out desk on a ledger, and the groups that it has written."""

    office: Office
    desk: OptOutDesk
    registry: CollectorRegistry
    groups: list[int] = field(default_factory=list)

    async def take(self, request: optout_pb2.OptOutRequest) -> Taken:
        """Take one."""
        return await self.desk.take(request, ACTOR)

    async def take_all(self, requests: Sequence[optout_pb2.OptOutRequest]) -> list[Any]:
        """Take several at once; return what came of each, errors too."""
        return await asyncio.gather(*map(self.take, requests), return_exceptions=True)

    @property
    def state(self) -> State:
        """What the node answers from."""
        return self.office.replica.state

    def holds(self, number: int, name: str = LIST) -> bool:
        """Tell whether a list holds a number for every purpose, now."""
        return self.state.lists[name].holds(number, "", self.state.at_us)


@asynccontextmanager
async def counter(
    path: Path,
    lists: dict[str, policy_pb2.ListDefinition] | None = None,
    campaigns: dict[str, policy_pb2.CampaignDefinition] | None = None,
) -> AsyncIterator[Counter]:
    """Open a desk on a new ledger with a policy in force."""
    async with office(path / "ledger.sqlite3") as opened:
        await opened.catch_up()
        await opened.apply(policy_request(lists or {LIST: a_list(starts_empty=True)}, campaigns))
        registry = CollectorRegistry()
        counts = OptOutCounts(registry)
        desk = OptOutDesk(opened.journal, opened.replica, UploadCounts(registry), counts)
        made = Counter(opened, desk, registry)
        append_all = opened.store.append_all

        def noting(items: Sequence[Appended]) -> list[Head]:
            made.groups.append(len(items))
            return append_all(items)

        opened.store.append_all = noting  # type: ignore[method-assign]
        yield made


def _requests(count: int, **fields: Any) -> list[optout_pb2.OptOutRequest]:
    return [opt_out(f"r-{turn}", e164=[NUMBER + turn], **fields) for turn in range(count)]


def test_whoever_comes_while_one_is_written_goes_into_the_next_group(tmp_path: Path) -> None:
    async def told() -> None:
        async with counter(tmp_path) as made:
            first = made.state.version + 1
            alone, *others = _requests(300)
            first_call = asyncio.ensure_future(made.take(alone))
            while made.office.replica.is_open and not made.office.journal.lock.locked():
                await asyncio.sleep(0)
            taken = [*await made.take_all(others)]
            taken.insert(0, await first_call)

            # whoever comes first waits for nobody else
            assert made.groups == [1, 128, 128, 43]
            assert [item.report.version for item in taken] == list(range(first, first + 300))
            assert made.state.version == first + 299
            assert all(made.holds(NUMBER + turn) for turn in range(300))
            assert verify(made.office.store).whole

    run(told())


def test_a_later_one_of_a_group_counts_on_the_earlier(tmp_path: Path) -> None:
    async def told() -> None:
        async with counter(tmp_path) as made:
            sent = [
                opt_out("first"),
                *(opt_out(f"r-{turn}", e164=[NUMBER, NUMBER + 1]) for turn in range(3)),
            ]
            taken = await made.take_all(sent)

            assert made.groups == [4]
            numbers = [(item.report.numbers.added, item.report.numbers.unchanged) for item in taken]
            assert numbers == [(1, 0), (1, 1), (0, 2), (0, 2)]
            versions = [item.report.version for item in taken]
            assert [item.report.list_version for item in taken[1:]] == versions[:-1]
            events = made.office.store.events_after(versions[0] - 1, 4)
            effects = [batch_effect(event) for event in events]
            assert [effect.list_version for effect in effects[1:]] == versions[:-1]
            roles = [[ref.role for ref in effect.segments] for effect in effects]
            assert roles == [[4], [1, 2], [1], [1]]
            assert {event.header.kind for event in events} == {ledger_pb2.EVENT_KIND_OPTED_OUT}
            assert made.state.lists[LIST].entries.count == 2

    run(told())


def test_one_list_of_a_group_does_not_mix_with_another(tmp_path: Path) -> None:
    lists = {"a": a_list(), "b": a_list()}
    campaigns = {name: a_campaign(block=[name], opt_out=name) for name in lists}

    async def told() -> None:
        async with counter(tmp_path, lists, campaigns) as made:
            sent = [opt_out(f"r-{turn}", campaign="ab"[turn % 2]) for turn in range(6)]
            taken = await made.take_all(sent)

            assert [item.report.numbers.added for item in taken] == [1, 1, 0, 0, 0, 0]
            assert [item.report.list for item in taken] == ["a", "b"] * 3
            assert made.holds(NUMBER, "a")
            assert made.holds(NUMBER, "b")

    run(told())


def test_a_number_that_was_held_for_a_time_is_held_for_good(tmp_path: Path) -> None:
    async def told() -> None:
        async with counter(tmp_path) as made:
            until = batch_pb2.Attributes(expires_unix_us=4_102_444_800_000_000)
            await made.office.add(LIST, [NUMBER], "upload", attributes=until)
            taken = await made.take(opt_out())

            assert taken.report.numbers.unchanged == 1
            assert made.state.lists[LIST].holds(NUMBER, "", 4_102_444_800_000_000)

    run(told())


def test_what_the_ledger_keeps_lets_nobody_find_the_number_by_trial(tmp_path: Path) -> None:
    async def told() -> None:
        async with counter(tmp_path) as made:
            request = opt_out(attributes=batch_pb2.Attributes(reference="R-1"))
            taken = await made.take(request)
            row = made.office.store.batch("r-1")
            event = made.office.store.events_after(taken.report.version - 1, 1)[0]
            assert row is not None
            assert event.effect_salt is not None
            evidence = made.office.store.evidence(taken.report.version)
            assert evidence is not None

            assert row.content_digest != content_of(request)
            mine = salted_digest(event.effect_salt, content_of(request))
            assert digests_equal(row.content_digest, mine)
            assert str(NUMBER).encode() not in row.report + evidence[1] + (event.effect or b"")
            kept = ledger_pb2.Evidence.FromString(evidence[1])
            assert (kept.actor, kept.batch_header.attributes.reference) == ("tester", "R-1")
            assert kept.batch_header.batch_id == kept.batch_report.batch_id == "r-1"

    run(told())


def test_nobody_who_opts_out_learns_of_a_confidential_list(tmp_path: Path) -> None:
    lists = {
        "acme/optout": a_list(starts_empty=True),
        "acme/hidden": a_list(
            confidential=True,
            shown_as="acme/optout",
            confidential_ground="court order",
            confidential_review="2030-01-01",
        ),
    }
    campaigns = {"acme/spring": a_campaign(block=["acme/optout"])}

    async def told() -> None:
        async with counter(tmp_path, lists, campaigns) as made:
            await made.office.add("acme/hidden", [NUMBER], "secret")
            request = opt_out(e164=[NUMBER, NUMBER + 1], client="acme")
            taken = await made.take(request)

            assert (taken.report.numbers.added, taken.report.numbers.unchanged) == (1, 1)
            assert made.holds(NUMBER, "acme/optout")
            assert made.state.lists["acme/optout"].entries.count == 2

    run(told())


def test_a_caller_who_goes_away_undoes_nothing(tmp_path: Path) -> None:
    async def told() -> None:
        async with counter(tmp_path) as made:
            calls = [asyncio.ensure_future(made.take(request)) for request in _requests(20)]
            await asyncio.sleep(0)
            for call in calls:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)
            taken = await made.take(opt_out("r-19", e164=[NUMBER + 19]))

            assert all(made.holds(NUMBER + turn) for turn in range(20))
            assert sum(made.groups) == 20
            assert taken.report.numbers.added == 1

    run(told())


def test_past_the_bound_whoever_comes_is_told_so_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_module, "MAX_UNDER_WAY", 10)

    async def told() -> None:
        async with counter(tmp_path) as made:
            outcomes = await made.take_all(_requests(15))

            assert [isinstance(item, Taken) for item in outcomes] == [True] * 10 + [False] * 5
            assert all(isinstance(item, LimitExceededError) for item in outcomes[10:])
            assert outcomes[-1].reason == "TOO_MANY_OPT_OUTS"
            assert isinstance(await made.take(opt_out("r-14", e164=[NUMBER + 14])), Taken)

    run(told())


def test_those_who_went_away_still_count_until_they_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_module, "MAX_UNDER_WAY", 10)

    async def told() -> None:
        async with counter(tmp_path) as made:
            calls = [asyncio.ensure_future(made.take(request)) for request in _requests(10)]
            await asyncio.sleep(0)
            for call in calls:
                call.cancel()
            await asyncio.sleep(0)
            with pytest.raises(LimitExceededError):
                await made.take(opt_out("late"))
            await asyncio.gather(*calls, return_exceptions=True)

    run(told())


@pytest.mark.parametrize("broken", ["head", "batch", "append_all"])
def test_while_the_ledger_is_out_of_reach_nothing_is_taken(tmp_path: Path, broken: str) -> None:
    async def told() -> None:
        async with counter(tmp_path) as made:
            version = made.state.version
            whole = getattr(made.office.store, broken)

            def breaks(*_: object) -> None:
                raise OperationalError("", {}, Exception("disk I/O error"))

            setattr(made.office.store, broken, breaks)
            outcomes = await made.take_all(_requests(5))
            setattr(made.office.store, broken, whole)

            assert {type(item) for item in outcomes} == {UnavailableError}
            assert {item.reason for item in outcomes} == {"LEDGER_OUT_OF_REACH"}
            assert (await made.office.catch_up()).version == version
            taken = await made.take_all(_requests(5))
            assert [item.report.numbers.added for item in taken] == [1] * 5

    run(told())


def test_what_was_written_but_not_seen_yet_is_found_by_the_same_request(tmp_path: Path) -> None:
    async def told() -> None:
        async with counter(tmp_path) as made:
            events_after = made.office.store.events_after

            def breaks(*_: object) -> None:
                raise OperationalError("", {}, Exception("disk I/O error"))

            made.office.store.events_after = breaks  # type: ignore[assignment,method-assign]
            with pytest.raises(UnavailableError):
                await made.take(opt_out())
            made.office.store.events_after = events_after  # type: ignore[method-assign]
            assert made.groups == [1]
            taken = await made.take(opt_out())

            assert made.groups == [1]
            assert made.holds(NUMBER)
            assert taken.report.numbers.added == 1
            assert taken.readings == (NUMBER,)

    run(told())


def test_a_node_that_answers_nothing_takes_nothing(tmp_path: Path) -> None:
    async def told() -> None:
        async with counter(tmp_path) as made:
            for reason in ("STARTING", "DRAINING", "LEDGER_UNUSABLE"):
                made.office.replica.close(reason)
                with pytest.raises(UnavailableError) as caught:
                    await made.take(opt_out())
                assert caught.value.reason == reason
            assert made.groups == []

    run(told())


def test_a_policy_that_changes_meanwhile_is_the_one_that_counts(tmp_path: Path) -> None:
    lists = {name: a_list() for name in ("a", "b")}
    campaigns = {name: a_campaign(block=["a", "b"], opt_out="a") for name in ("x", "y")}

    async def told() -> None:
        async with counter(tmp_path, lists, campaigns) as made:
            async with made.office.journal.lock:
                calls = [
                    asyncio.ensure_future(made.take(opt_out(f"r-{name}", campaign=name)))
                    for name in ("x", "y")
                ]
                await asyncio.sleep(0.01)
                changed = {
                    "x": a_campaign(block=["a", "b"], opt_out="b"),
                    "y": a_campaign(block=["a", "b"]),
                }
                await _apply_under_the_lock(made, changed)
            moved, refused = await asyncio.gather(*calls, return_exceptions=True)

            assert isinstance(moved, Taken)
            assert moved.report.list == "b"
            assert isinstance(refused, ConflictError)
            assert refused.reason == "NO_OPT_OUT_LIST"
            assert not made.holds(NUMBER, "a")

    run(told())


async def _apply_under_the_lock(
    made: Counter, campaigns: dict[str, policy_pb2.CampaignDefinition]
) -> None:
    free = asyncio.Lock()
    held, made.office.journal.lock = made.office.journal.lock, free
    await made.office.apply(policy_request(campaigns=campaigns))
    made.office.journal.lock = held


def test_a_ledger_that_moves_under_a_group_makes_it_be_worked_out_again(tmp_path: Path) -> None:
    async def told() -> None:
        async with counter(tmp_path) as made:
            head, stale = made.office.store.head, [True]

            def moved() -> Head | None:
                """Tell of a head that another node wrote, once."""
                found = head()
                if found is None or not stale:
                    return found
                stale.clear()
                return Head(found.epoch, found.version + 1, found.hash, found.at_us)

            made.office.store.head = moved  # type: ignore[method-assign]
            taken = await made.take(opt_out())
            assert taken.report.numbers.added == 1
            assert made.groups == [1]

    run(told())


def test_a_ledger_that_never_stands_still_is_given_up(tmp_path: Path) -> None:
    async def told() -> None:
        async with counter(tmp_path) as made:
            made.office.journal.write = _moved  # type: ignore[assignment,method-assign]
            with pytest.raises(UnavailableError) as caught:
                await made.take(opt_out())
            assert caught.value.reason == "LEDGER_BUSY"

    run(told())


async def _moved(*_: object) -> None:
    raise ListMovedError


def test_an_id_that_an_upload_takes_meanwhile_fails_nobody_else(tmp_path: Path) -> None:
    async def told() -> None:
        async with counter(tmp_path) as made:
            await made.office.add(LIST, [NUMBER + 50], "r-1")
            outcomes = await made.take_all(_requests(4))

            assert isinstance(outcomes[1], AlreadyExistsError)
            assert outcomes[1].reason == "BATCH_ID_TAKEN"
            assert [type(item) for item in (outcomes[0], *outcomes[2:])] == [Taken] * 3
            assert not made.holds(NUMBER + 1)

    run(told())


def test_what_is_no_fault_of_the_request_fails_each_that_waits(tmp_path: Path) -> None:
    async def told() -> None:
        async with counter(tmp_path) as made:

            async def breaks(*_: object) -> None:
                raise LedgerError("the chain is broken")

            made.office.journal.write = breaks  # type: ignore[assignment,method-assign]
            outcomes = await made.take_all(_requests(3))
            assert {type(item) for item in outcomes} == {LedgerError}

    run(told())


def test_a_request_that_was_never_taken_fails_as_its_policy_says(tmp_path: Path) -> None:
    async def told() -> None:
        async with counter(tmp_path) as made:
            with pytest.raises(NotFoundError):
                await made.take(opt_out(campaign="none"))
            assert made.groups == []

    run(told())


def test_only_what_is_new_is_counted(tmp_path: Path) -> None:
    async def told() -> None:
        async with counter(tmp_path) as made:
            for _ in range(3):
                await made.take(opt_out())
            value = made.registry.get_sample_value
            labels = {"list": LIST, "mode": "add", "state": "active"}

            assert value("dncd_optout_seconds_count") == 1
            assert value("dncd_batches_total", labels) == 1

    run(told())
