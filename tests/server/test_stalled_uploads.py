"""An uploader who falls silent is given up, so that the next in the lane is not kept waiting."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from prometheus_client import CollectorRegistry

from dncd.v1 import batch_pb2, batch_pb2_grpc
from dncd_server.api.batch import BatchServicer
from dncd_server.changes.approvals import Approvals
from dncd_server.changes.reverts import Reverts
from dncd_server.errors import UnavailableError
from dncd_server.upload_counts import UploadCounts
from dncd_server.uploads.desk import DeskSettings, UploadDesk
from dncd_server.uploads.lanes import SMALL_UPLOAD_BYTES, Lanes, stalled, unless_stalled
from e2e.planes import Failure
from server.building import a_list, office, policy_request, run

STALL_SECONDS = 0.5
LARGE = b"0450001000\n" * (2 * SMALL_UPLOAD_BYTES // 11)
PART_BYTES = 1 << 20


async def _source(*pauses: float) -> AsyncIterator[int]:
    for index, pause in enumerate(pauses):
        await asyncio.sleep(pause)
        yield index


def test_a_source_that_speaks_in_time_is_passed_on() -> None:
    async def heard() -> list[int]:
        return [item async for item in unless_stalled(_source(0.05, 0.05, 0.05), 0.1)]

    assert run(heard()) == [0, 1, 2]


def test_a_source_that_falls_silent_is_given_up() -> None:
    heard: list[int] = []

    async def listen() -> None:
        async for item in unless_stalled(_source(0, 0, 30), 0.1):
            heard.append(item)

    with pytest.raises(UnavailableError) as caught:
        run(listen())
    assert heard == [0, 1]
    assert caught.value.reason == "UPLOAD_STALLED"
    assert "send it again" in caught.value.message


def test_a_listener_who_takes_its_time_stalls_nothing() -> None:
    async def listen() -> int:
        count = 0
        async for _ in unless_stalled(_source(0, 0, 0), 0.05):
            await asyncio.sleep(0.1)
            count += 1
        return count

    assert run(listen()) == 3


def test_a_lane_is_given_to_so_many_and_to_the_next_when_one_leaves() -> None:
    async def go() -> None:
        lanes = Lanes(small=2, large=1)
        assert await lanes.take(is_small=False)
        assert not await lanes.take(is_small=False, seconds=0.01)
        assert await lanes.take(is_small=True)
        lanes.leave(is_small=False)
        assert await lanes.take(is_small=False, seconds=0.01)

    asyncio.run(go())


def _upload(batch_id: str) -> batch_pb2.UploadBatchRequest:
    add = batch_pb2.BATCH_MODE_ADD
    return batch_pb2.UploadBatchRequest(
        header=batch_pb2.BatchHeader(batch_id=batch_id, list="optout", mode=add)
    )


async def _silent(*parts: batch_pb2.UploadBatchRequest) -> AsyncIterator[Any]:
    for part in parts:
        yield part
    await asyncio.sleep(60)


async def _whole(batch_id: str) -> AsyncIterator[batch_pb2.UploadBatchRequest]:
    yield _upload(batch_id)
    for at in range(0, len(LARGE), PART_BYTES):
        yield batch_pb2.UploadBatchRequest(file_bytes=LARGE[at : at + PART_BYTES])


@asynccontextmanager
async def _serving(folder: Path) -> AsyncIterator[Any]:
    async with office(folder / "ledger.sqlite3") as node:
        await node.catch_up()
        await node.apply(policy_request({"optout": a_list(starts_empty=True)}))
        counts = UploadCounts(CollectorRegistry())
        desk = UploadDesk(node.changes, DeskSettings(folder, 4 << 30))
        approvals = Approvals(node.journal, counts, node.policies.approve)
        reverts = Reverts(node.journal, node.changes)
        servicer = BatchServicer(
            node.replica, node.journal, desk, approvals, reverts, STALL_SECONDS
        )
        server = grpc.aio.server()
        batch_pb2_grpc.add_BatchServiceServicer_to_server(servicer, server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield batch_pb2_grpc.BatchServiceStub(channel)
        await server.stop(None)


async def _last(call: Any) -> batch_pb2.UploadBatchResponse | Failure:
    """Return the last answer, or how the call failed."""
    last = batch_pb2.UploadBatchResponse()
    try:
        async for answer in call:
            last = answer
    except grpc.aio.AioRpcError as error:
        return Failure(error.code(), _reason(error), "", {}, [], error.details() or "")
    return last


def _reason(error: grpc.aio.AioRpcError) -> str:
    metadata = dict(error.trailing_metadata() or ())
    status = metadata.get("grpc-status-details-bin", b"")
    assert isinstance(status, bytes)
    return "UPLOAD_STALLED" if b"UPLOAD_STALLED" in status else ""


@pytest.mark.parametrize("sent", ["nothing", "header", "a small part", "a large part"])
def test_the_silent_are_told_to_send_it_again(sent: str, tmp_path: Path) -> None:
    part = batch_pb2.UploadBatchRequest(file_bytes=LARGE[:PART_BYTES])
    small = batch_pb2.UploadBatchRequest(file_bytes=b"0450001000\n")
    parts = {
        "nothing": [],
        "header": [_upload("b")],
        "a small part": [_upload("b"), small],
        "a large part": [_upload("b"), part, part],
    }

    async def upload() -> batch_pb2.UploadBatchResponse | Failure:
        async with _serving(tmp_path) as stub:
            return await _last(stub.UploadBatch(_silent(*parts[sent])))

    failed = run(upload())
    assert isinstance(failed, Failure)
    assert (failed.code, failed.reason) == (grpc.StatusCode.UNAVAILABLE, "UPLOAD_STALLED")
    assert "send it again" in failed.text


def test_a_silent_upload_frees_its_lane_and_its_id(tmp_path: Path) -> None:
    part = batch_pb2.UploadBatchRequest(file_bytes=LARGE[:PART_BYTES])

    async def upload() -> list[batch_pb2.UploadBatchResponse | Failure]:
        async with _serving(tmp_path) as stub:
            silent = asyncio.ensure_future(
                _last(stub.UploadBatch(_silent(_upload("a"), part, part)))
            )
            await asyncio.sleep(STALL_SECONDS / 2)
            second = await asyncio.wait_for(_last(stub.UploadBatch(_whole("b"))), 20)
            return [await silent, second, await _last(stub.UploadBatch(_whole("a")))]

    first, second, again = run(upload())
    assert isinstance(first, Failure)
    for answer in (second, again):
        assert isinstance(answer, batch_pb2.UploadBatchResponse)
        assert answer.report.state == batch_pb2.BATCH_STATE_ACTIVE


def test_the_time_is_told_in_the_message() -> None:
    assert "30 s" in stalled(30.0).message
