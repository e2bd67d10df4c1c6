"""The opt-out desk when something comes between: nothing is half taken, and an answer means that it is in force."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from dncd.v1 import policy_pb2
from dncd_server.errors import (
    AlreadyExistsError,
    ConflictError,
    LedgerError,
    LimitExceededError,
    NotFoundError,
    UnavailableError,
)
from dncd_server.ledger.records import Head
from dncd_server.ledger.store import ListMovedError
from dncd_server.optouts import desk as desk_module
from dncd_server.optouts.desk import Taken
from server.building import a_campaign, a_list, policy_request, run
from server.opting import NUMBER, opt_out
from server.opting_desk import LIST, Counter, counter, requests


def test_a_caller_who_goes_away_undoes_nothing(tmp_path: Path) -> None:
    async def told() -> None:
        async with counter(tmp_path) as made:
            calls = [asyncio.ensure_future(made.take(request)) for request in requests(20)]
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
            outcomes = await made.take_all(requests(15))

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
            calls = [asyncio.ensure_future(made.take(request)) for request in requests(10)]
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
            outcomes = await made.take_all(requests(5))
            setattr(made.office.store, broken, whole)

            assert {type(item) for item in outcomes} == {UnavailableError}
            assert {item.reason for item in outcomes} == {"LEDGER_OUT_OF_REACH"}
            assert (await made.office.catch_up()).version == version
            taken = await made.take_all(requests(5))
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
            outcomes = await made.take_all(requests(4))

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
            outcomes = await made.take_all(requests(3))
            assert {type(item) for item in outcomes} == {LedgerError}

    run(told())


def test_a_request_that_was_never_taken_fails_as_its_policy_says(tmp_path: Path) -> None:
    async def told() -> None:
        async with counter(tmp_path) as made:
            with pytest.raises(NotFoundError):
                await made.take(opt_out(campaign="none"))
            assert made.groups == []

    run(told())
