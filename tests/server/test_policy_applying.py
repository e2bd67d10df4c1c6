"""A policy change comes into force whole or not at all, and its event says whose it is."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dncd.v1 import ledger_pb2
from dncd_server.errors import ConflictError, DncdError
from server.building import ACTOR, a_list, numbers_from, office, plain, policy_request, run
from server.policy_changes import CREATE, Request, changes


def test_a_policy_that_has_moved_is_not_overwritten(tmp_path: Path) -> None:
    async def scene() -> None:
        async with office(tmp_path / "ledger") as it:
            first = await it.apply(policy_request({"house": a_list()}))
            await it.add("house", numbers_from(0, 2), "b1")
            version = first.state.policy_version
            request = policy_request({"house": a_list(title="a")}, base_version=version)
            second = await it.apply(request)
            assert (version, second.state.policy_version) == (2, 4)

            with pytest.raises(ConflictError) as caught:
                await it.apply(policy_request({"house": a_list()}, base_version=version))
            told = "the policy is at version 4, not 2; look again and repeat"
            assert caught.value.message == told
            assert caught.value.reason == "POLICY_MOVED"
            assert caught.value.metadata == {"policy_version": "4"}
            assert it.replica.state.policy.lists["house"].title == "a"

    run(scene())


def test_asking_changes_nothing(tmp_path: Path) -> None:
    async def scene() -> None:
        async with office(tmp_path / "ledger") as it:
            request = policy_request({"house": a_list()}, validate_only=True)
            asked = await it.apply(request)
            assert (asked.is_in_force, asked.state.version) == (False, 1)
            assert changes(asked.plan) == [(CREATE, "list", "house", [], False)]

            request.validate_only = False
            applied = await it.apply(request)
            assert (applied.is_in_force, applied.state.version) == (True, 2)

            again = await it.apply(request)
            assert (again.is_in_force, again.state.version) == (False, 2)

    run(scene())


@pytest.mark.parametrize(
    "spoil",
    [
        lambda request: request.policy.lists["bad name"].CopyFrom(a_list()),
        lambda request: request.policy.campaigns["x"].block.append("gone"),
        lambda request: request.policy.lists["y"].CopyFrom(a_list(shown_as="house")),
        lambda request: request.delete_lists.append("gone"),
    ],
)
def test_one_fault_keeps_all_of_a_request_out(
    spoil: Callable[[Request], object], tmp_path: Path
) -> None:
    async def scene() -> None:
        async with office(tmp_path / "ledger") as it:
            await it.apply(policy_request({"house": a_list()}))
            before = plain(it.replica.state)
            request = policy_request({"good": a_list()}, purposes=["survey"])
            spoil(request)
            with pytest.raises(DncdError):
                await it.apply(request)

            assert plain(await it.catch_up()) == before

    run(scene())


def test_an_event_names_its_actor_and_why(tmp_path: Path) -> None:
    async def scene() -> None:
        async with office(tmp_path / "ledger") as it:
            await it.apply(policy_request({"house": a_list()}, reason="新しい業務"))
            found = it.store.evidence(2)
            assert found is not None
            evidence = ledger_pb2.Evidence.FromString(found[1])
            told = (evidence.actor, evidence.actor_proof, evidence.reason, evidence.proposer)
            assert told == (ACTOR.name, "declared", "新しい業務", "")

    run(scene())
