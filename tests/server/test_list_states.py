"""A list as a message: whoever may not know of a confidential list sees its numbers as those of another."""

from pathlib import Path

from dncd.v1 import policy_pb2
from dncd_server.api.list_states import ListStates
from server.building import (
    ACTOR,
    Office,
    a_campaign,
    a_list,
    numbers_from,
    office,
    policy_request,
    run,
)
from server.policy_changes import hidden

DAY_US = 86_400_000_000
POLICY = policy_request(
    {
        "house": a_list(starts_empty=True),
        "claimers": hidden("house"),
        "ftc": a_list("registry"),
        "leads": a_list("origin"),
    },
    {"spring": a_campaign(block=["house", "ftc"], require=["leads"])},
)


async def shown(
    it: Office, *, confidential: bool = False, at_us: int = 0
) -> dict[str, policy_pb2.ListState]:
    """Return all lists that are shown, by name."""
    state = await it.catch_up()
    states = ListStates(state, it.batches, at_us or state.at_us, confidential=confidential)
    newest = await it.policies.newest_batches(states.parts_of(list(states.lists)))
    return {name: states.message(name, newest) for name in states.lists}


def test_a_confidential_list_is_part_of_another(tmp_path: Path) -> None:
    async def play() -> None:
        async with office(tmp_path / "ledger") as it:
            await it.apply(POLICY)
            await it.add("house", numbers_from(0, 3), "b1")
            before = (await shown(it))["house"]
            await it.add("claimers", numbers_from(2, 3), "b2")

            seen = await shown(it)
            assert set(seen) == {"ftc", "house", "leads"}
            house = seen["house"]
            assert (before.numbers, house.numbers, house.terms) == (3, 5, 1)
            assert (before.last_batch_id, house.last_batch_id) == ("b1", "b2")
            assert (before.last_version, house.last_version) == (3, 4)
            assert house.used_by == ["spring"]
            assert not house.definition.confidential

            told = await shown(it, confidential=True)
            assert (told["house"].numbers, told["house"].last_batch_id) == (3, "b1")
            claimers = told["claimers"]
            assert (claimers.numbers, claimers.last_batch_id) == (3, "b2")
            assert claimers.definition.shown_as == "house"
            assert claimers.used_by == ["spring"]

    run(play())


def test_a_list_tells_until_when_it_is_let_through(tmp_path: Path) -> None:
    async def play() -> None:
        async with office(tmp_path / "ledger") as it:
            await it.apply(POLICY)
            now_us = it.replica.state.at_us
            await it.add("ftc", numbers_from(0, 1), "b1", published_unix_us=now_us - 40 * DAY_US)
            until_us = it.replica.state.at_us + 3_600_000_000
            request = policy_pb2.OverrideListRequest(list="ftc", until_unix_us=until_us, reason="a")
            await it.policies.override(request, ACTOR)

            ftc = (await shown(it))["ftc"]
            assert (ftc.stale, ftc.override_until_unix_us) == (True, until_us)
            later = (await shown(it, at_us=until_us))["ftc"]
            assert (later.stale, later.override_until_unix_us) == (True, 0)
            assert (await shown(it))["leads"].used_by == ["spring"]

    run(play())
