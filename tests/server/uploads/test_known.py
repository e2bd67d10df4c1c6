"""What becomes of an upload whose id, or whose mended batch, the ledger may know already."""

from pathlib import Path

import pytest

from dncd.v1 import batch_pb2
from dncd_server.errors import ConflictError, DncdError, InvalidRequestError, NotFoundError
from dncd_server.uploads.known import KnownBatches
from dncd_server.uploads.plan import UploadPlan, planned
from server.building import Office, a_list, numbers_from, office, policy_request, run


async def plan(it: Office, batch_id: str, *, of: str = "house", mends: str = "") -> UploadPlan:
    header = batch_pb2.BatchHeader(
        batch_id=batch_id, list=of, mode=batch_pb2.BATCH_MODE_ADD, mends=mends
    )
    return planned(header, await it.catch_up())


async def begin(it: Office) -> KnownBatches:
    await it.apply(policy_request({"house": a_list(), "other": a_list()}))
    await it.add("house", numbers_from(0, 3), "b1")
    return KnownBatches(it.journal)


async def make_again(it: Office) -> None:
    await it.apply(policy_request(delete_lists=["house"]))
    await it.apply(policy_request({"house": a_list()}))


def test_a_batch_in_force_is_found_by_its_id(tmp_path: Path) -> None:
    async def scene() -> None:
        async with office(tmp_path / "ledger") as it:
            known = await begin(it)
            row = await known.find(await plan(it, "b1"))
            assert row is not None
            assert (row.batch_id, row.version) == ("b1", 3)
            # of whatever list it is: an id is the ledger's
            assert await known.find(await plan(it, "b1", of="other")) == row
            assert await known.find(await plan(it, "b2")) is None

    run(scene())


def test_a_batch_of_a_list_that_was_deleted_is_not_taken_for_one_of_its_successor(
    tmp_path: Path,
) -> None:
    async def scene() -> None:
        async with office(tmp_path / "ledger") as it:
            known = await begin(it)
            await make_again(it)
            with pytest.raises(ConflictError) as caught:
                await known.find(await plan(it, "b1"))
            assert caught.value.reason == "LIST_RECREATED"
            assert caught.value.metadata == {"batch_id": "b1", "list": "house"}

            await it.add("house", numbers_from(0, 3), "b2")
            row = await known.find(await plan(it, "b2"))
            assert row is not None
            report = await known.report(row)
            assert (report.numbers.added, report.version) == (3, 6)

    run(scene())


def test_a_list_that_is_only_redefined_keeps_its_batches(tmp_path: Path) -> None:
    async def scene() -> None:
        async with office(tmp_path / "ledger") as it:
            known = await begin(it)
            await it.apply(policy_request({"house": a_list(title="ours")}))
            assert await known.find(await plan(it, "b1")) is not None
            await known.check_mends(await plan(it, "b2", mends="b1"))

    run(scene())


def test_only_a_batch_in_force_of_the_same_list_is_mended(tmp_path: Path) -> None:
    async def refusal(known: KnownBatches, made: UploadPlan) -> DncdError:
        with pytest.raises(DncdError) as caught:
            await known.check_mends(made)
        return caught.value

    async def scene() -> None:
        async with office(tmp_path / "ledger") as it:
            known = await begin(it)
            await known.check_mends(await plan(it, "b2"))
            await known.check_mends(await plan(it, "b2", mends="b1"))

            error = await refusal(known, await plan(it, "b2", mends="b0"))
            assert isinstance(error, NotFoundError)
            assert error.reason == "BATCH_NOT_FOUND"

            error = await refusal(known, await plan(it, "b2", of="other", mends="b1"))
            assert isinstance(error, InvalidRequestError)
            assert [item.field for item in error.fields] == ["header.mends"]

            await make_again(it)
            error = await refusal(known, await plan(it, "b2", mends="b1"))
            assert (type(error), error.reason) == (NotFoundError, "BATCH_NOT_FOUND")

    run(scene())
