"""The policy as it was at a version or an instant, from the events that made it."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from dncd.v1 import policy_pb2
from dncd_engine.model import ListDefinition, ListKind, Policy
from dncd_server.errors import DncdError, InvalidRequestError, LedgerError, NotFoundError
from dncd_server.policy.history import PolicyAt, folded
from server.building import Office, a_list, numbers_from, office, policy_request, run

Ask = policy_pb2.GetPolicyRequest


async def policy(it: Office, **asked: Any) -> PolicyAt:
    return await it.policies.policy_at(it.replica.state, Ask(**asked))


async def failure(it: Office, **asked: int) -> DncdError:
    with pytest.raises(DncdError) as caught:
        await policy(it, **asked)
    return caught.value


async def three_changes(it: Office) -> list[int]:
    """Make versions 2, 4 and 5 of the policy; return the instants of versions 1 to 5."""
    await it.apply(policy_request({"house": a_list()}, purposes=["sales"]))
    await it.add("house", numbers_from(0, 2), "b1")
    await it.apply(policy_request({"house": a_list(title="ours"), "other": a_list()}))
    await it.apply(policy_request(delete_lists=["other"]))
    found = [it.store.event_at(version) for version in range(1, 6)]
    return [event.header.at_us for event in found if event is not None]


def titles(found: PolicyAt) -> dict[str, str]:
    return {name: item.title for name, item in found.policy.lists.items()}


def test_a_version_has_the_policy_that_was_in_force_then(tmp_path: Path) -> None:
    async def play() -> None:
        async with office(tmp_path / "ledger") as it:
            at_us = await three_changes(it)
            first = await policy(it, as_of_version=1)
            assert (first.policy, first.policy_version) == (Policy(), 0)
            second = await policy(it, as_of_version=2)
            house = ListDefinition(ListKind.DO_NOT_CONTACT)
            assert second.policy == Policy(purposes=("sales",), lists={"house": house})
            for version, policy_version, wanted in (
                (2, 2, {"house": ""}),
                (3, 2, {"house": ""}),
                (4, 4, {"house": "ours", "other": ""}),
                (5, 5, {"house": "ours"}),
            ):
                found = await policy(it, as_of_version=version)
                assert (found.version, found.policy_version) == (version, policy_version)
                assert (found.at_us, titles(found)) == (at_us[version - 1], wanted)
                assert found.token.version == version
                assert it.store.event_hash(version) is not None
                assert (it.store.event_hash(version) or b"").startswith(found.token.hash_prefix)

            now = await policy(it)
            assert (now.policy, now.version) == (it.replica.state.policy, 5)
            assert (await policy(it, as_of_version=5)).policy == now.policy

    run(play())


def test_an_instant_has_the_version_that_stood_then(tmp_path: Path) -> None:
    async def play() -> None:
        async with office(tmp_path / "ledger") as it:
            at_us = await three_changes(it)
            for place, came_us in enumerate(at_us):
                there = await policy(it, as_of_unix_us=came_us)
                assert (there.version, there.at_us) == (place + 1, came_us)
                if place:
                    before = await policy(it, as_of_unix_us=came_us - 1)
                    assert (before.version, before.at_us) == (place, came_us - 1)

    run(play())


def test_there_is_no_policy_before_the_ledger_nor_past_its_head(tmp_path: Path) -> None:
    async def play() -> None:
        async with office(tmp_path / "ledger") as it:
            at_us = await three_changes(it)
            early = await failure(it, as_of_unix_us=at_us[0] - 1)
            assert (type(early), early.reason) == (NotFoundError, "BEFORE_LEDGER")
            wrong: tuple[tuple[dict[str, int], str], ...] = (
                ({"as_of_version": 6}, "as_of_version"),
                ({"as_of_version": 2**64 - 1}, "as_of_version"),
                ({"as_of_unix_us": at_us[-1] + 3_600_000_000}, "as_of_unix_us"),
                ({"as_of_unix_us": -1}, "as_of_unix_us"),
                ({"as_of_version": 2, "as_of_unix_us": at_us[0]}, "as_of_unix_us"),
            )
            for asked, field in wrong:
                error = await failure(it, **asked)
                assert isinstance(error, InvalidRequestError)
                assert [item.field for item in error.fields] == [field]

    run(play())


def test_a_damaged_change_is_not_taken_for_a_policy(tmp_path: Path) -> None:
    async def play() -> None:
        async with office(tmp_path / "ledger") as it:
            await three_changes(it)
            events = list(it.store.policy_events(5))
            assert [event.header.version for event in events] == [2, 4, 5]
            assert folded(events, Policy(), 0) == (it.replica.state.policy, 5)
            for effect in (None, b"", (events[1].effect or b"") + b"\x00"):
                spoiled = dataclasses.replace(events[1], effect=effect)
                with pytest.raises(LedgerError):
                    folded([events[0], spoiled], Policy(), 0)

    run(play())
