"""What becomes of a list, and of the batches that wait on it, as its ledger is followed."""

from pathlib import Path

from dncd.v1 import batch_pb2, ledger_pb2
from dncd_server.ledger.records import NewBatch, NewEvent
from server.building import Office, a_list, numbers_from, office, plain, policy_request, run


def test_a_list_whose_definition_changed_takes_batches(tmp_path: Path) -> None:
    async def scene() -> None:
        async with office(tmp_path / "ledger") as it:
            await it.apply(policy_request({"house": a_list()}))
            await it.add("house", numbers_from(0, 3), "b1")
            await it.apply(policy_request({"house": a_list(title="mine")}))
            await it.add("house", numbers_from(2, 3), "b2")

            assert it.replica.state.lists["house"].entries.count == 5

    run(scene())


def test_a_list_that_was_made_again_is_empty_and_takes_batches(tmp_path: Path) -> None:
    async def scene() -> None:
        async with office(tmp_path / "ledger") as it:
            await it.apply(policy_request({"house": a_list()}))
            await it.add("house", numbers_from(0, 3), "b1")
            await it.apply(policy_request(delete_lists=["house"]))
            await it.apply(policy_request({"house": a_list()}))
            assert it.replica.state.lists["house"].entries.count == 0
            assert it.replica.state.lists["house"].created_version == 5

            await it.add("house", numbers_from(2, 2), "b2")
            assert it.replica.state.lists["house"].entries.count == 2

    run(scene())


def test_a_held_state_does_not_move(tmp_path: Path) -> None:
    """Whoever answers from a state keeps it whole while the follower goes on."""

    async def scene() -> None:
        async with office(tmp_path / "ledger") as it:
            await it.apply(policy_request({"house": a_list()}))
            await it.add("house", numbers_from(0, 3), "b1")
            held = it.replica.state
            before = plain(held)
            await it.add("house", numbers_from(1, 9), "b2")

            assert plain(held) == before
            assert it.replica.state.lists["house"].entries.count == 10

    run(scene())


def test_a_batch_that_waits_is_noted(tmp_path: Path) -> None:
    async def scene() -> None:
        async with office(tmp_path / "ledger") as it:
            await it.apply(policy_request({"house": a_list()}))
            version = it.store.list_version("house")
            effect = ledger_pb2.BatchEffect(
                list="house", mode=batch_pb2.BATCH_MODE_ADD, strata=[ledger_pb2.Stratum()]
            ).SerializeToString()
            upload = it.store.stage("b1")
            batch = NewBatch(
                "b1", "house", version, batch_pb2.BATCH_STATE_ACTIVE, upload, bytes(32), 4, b""
            )
            kind = ledger_pb2.EVENT_KIND_BATCH_APPLIED
            await it.journal.append(NewEvent(kind, effect, b""), batch)

            assert it.batches.open_rejects() == {"house": 4}

    run(scene())


def test_what_a_deleted_list_left_open_waits_for_nobody(tmp_path: Path) -> None:
    async def leave_open(it: Office, batch_id: str, rejects: int) -> None:
        state = await it.catch_up()
        effect = ledger_pb2.BatchEffect(
            list="house", mode=batch_pb2.BATCH_MODE_ADD, strata=[ledger_pb2.Stratum()]
        ).SerializeToString()
        new = NewBatch(
            batch_id,
            "house",
            state.lists["house"].version,
            batch_pb2.BATCH_STATE_ACTIVE,
            it.store.stage(batch_id),
            bytes(32),
            rejects,
            b"",
        )
        await it.journal.append(NewEvent(ledger_pb2.EVENT_KIND_BATCH_APPLIED, effect, b""), new)

    async def scene() -> None:
        async with office(tmp_path / "ledger") as it:
            desk = it.policies
            await it.apply(policy_request({"house": a_list()}))
            await leave_open(it, "b1", 4)
            state = await it.catch_up()
            newest = {"house": state.lists["house"].created_version}
            assert await desk.newest_batches(newest) == {"house": "b1"}

            await it.apply(policy_request(delete_lists=["house"]))
            assert it.batches.rows == []
            applied = await it.apply(policy_request({"house": a_list()}))
            assert it.batches.open_rejects() == {}
            created = {"house": applied.state.lists["house"].created_version}
            assert created == {"house": 5}
            assert await desk.newest_batches(created) == {}

            await leave_open(it, "b2", 1)
            assert it.batches.open_rejects() == {"house": 1}
            assert await desk.newest_batches(created) == {"house": "b2"}

        # and so it is for a node that begins anew
        async with office(tmp_path / "ledger") as it:
            await it.catch_up()
            assert [row.batch_id for row in it.batches.rows] == ["b2"]

    run(scene())
