"""Callers who break the protocol, send without end or ask for the impossible are told so and hold up nobody."""

import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import grpc
import pytest

from dncd.v1 import batch_pb2, policy_pb2, screening_pb2, screening_pb2_grpc
from e2e.numbering import e164, yokohama
from e2e.planes import (
    ADD,
    SECONDS,
    STARTS_EMPTY,
    Failure,
    apply,
    check,
    codes,
    dialled_everywhere,
    failure,
    failure_of,
    list_of,
    version_of,
)
from harness.daemon import Daemon, Stubs

INVALID = grpc.StatusCode.INVALID_ARGUMENT
LARGEST = 2**64 - 1
LARGEST_SIGNED = 2**63 - 1
CUT_SHORT = b"\x0a\x7fx"
NOT_UTF8 = b"\x0a\x02\xff\xfe"
SLOW_BATCHES = 4
PLANES = ("listen", "control")


@pytest.fixture(scope="module", autouse=True)
def _policy(shared: Daemon) -> None:
    with shared.stubs() as stubs:
        apply(stubs, {"optout": STARTS_EMPTY}, {"default": dialled_everywhere()})


def _ends(*parts: batch_pb2.UploadBatchRequest, size: int, batch_id: str) -> Iterator[Any]:
    header = batch_pb2.BatchHeader(batch_id=batch_id, list="optout", mode=ADD, sends_end=True)
    yield batch_pb2.UploadBatchRequest(header=header)
    yield batch_pb2.UploadBatchRequest(file_bytes=yokohama(1).encode())
    yield batch_pb2.UploadBatchRequest(end=batch_pb2.UploadEnd(size_bytes=size))
    yield from parts


@pytest.mark.parametrize(
    "more",
    [
        batch_pb2.UploadBatchRequest(file_bytes=f"\n{yokohama(2)}\n".encode()),
        batch_pb2.UploadBatchRequest(file_bytes=b""),
        batch_pb2.UploadBatchRequest(end=batch_pb2.UploadEnd(size_bytes=1)),
        batch_pb2.UploadBatchRequest(),
    ],
)
def test_nothing_is_taken_of_an_upload_that_goes_on_after_its_end(
    shared: Daemon, more: batch_pb2.UploadBatchRequest
) -> None:
    size = len(yokohama(1))
    with shared.stubs() as stubs:
        version = version_of(stubs)
        requests = _ends(more, size=size, batch_id="goes-on")
        failed = failure_of(lambda: list(stubs.batch.UploadBatch(requests, timeout=SECONDS)))
        assert (failed.code, failed.fields, failed.domain) == (INVALID, ["part"], "dncd")
        assert version_of(stubs) == version
        assert list_of(stubs, "optout").numbers == 0


def _malformed(
    channel: grpc.Channel, service: str, method: str, data: bytes, *, streams: bool = False
) -> Failure:
    path = f"/dncd.v1.{service}/{method}"
    call: Any = (channel.stream_stream if streams else channel.unary_unary)(path)
    if streams:
        return failure_of(lambda: list(call(iter([data]), timeout=SECONDS)))
    return failure_of(lambda: call(data, timeout=SECONDS))


@pytest.mark.parametrize("data", [CUT_SHORT, NOT_UTF8])
@pytest.mark.parametrize(
    ("plane", "service", "method"),
    [
        ("listen", "ScreeningService", "Check"),
        ("listen", "ScreeningService", "CheckBatch"),
        ("control", "ScreeningService", "Check"),
        ("control", "ScreeningService", "CheckBatch"),
        ("control", "PolicyService", "ApplyPolicy"),
        ("control", "PolicyService", "ListLists"),
        ("control", "BatchService", "GetBatch"),
        ("control", "BatchService", "UploadBatch"),
    ],
)
def test_a_message_that_cannot_be_read_is_answered_like_any_other_mistake(
    shared: Daemon, plane: str, service: str, method: str, data: bytes
) -> None:
    if data is NOT_UTF8 and method == "CheckBatch":
        data = b"\x12\x02\xff\xfe"
    with grpc.insecure_channel(getattr(shared, plane)) as channel:
        if data is NOT_UTF8 and method in ("ApplyPolicy", "UploadBatch"):
            data = b"\x0a\x04\x0a\x02\xff\xfe"
        failed = _malformed(channel, service, method, data, streams=method == "UploadBatch")
    assert (failed.code, failed.reason, failed.domain) == (INVALID, "MALFORMED", "dncd")


def test_an_upload_ends_at_a_part_that_cannot_be_read(shared: Daemon) -> None:
    header = batch_pb2.BatchHeader(batch_id="half", list="optout", mode=ADD)
    opened = batch_pb2.UploadBatchRequest(header=header).SerializeToString()
    part = batch_pb2.UploadBatchRequest(file_bytes=yokohama(3).encode()).SerializeToString()
    with shared.stubs() as stubs, grpc.insecure_channel(shared.control) as channel:
        version = version_of(stubs)
        call: Any = channel.stream_stream("/dncd.v1.BatchService/UploadBatch")
        failed = failure_of(lambda: list(call(iter([opened, part, CUT_SHORT]), timeout=SECONDS)))
        assert (failed.code, failed.reason) == (INVALID, "MALFORMED")
        assert version_of(stubs) == version


def _upload_of(stubs: Stubs, **header: Any) -> object:
    opened = batch_pb2.BatchHeader(batch_id="edge", list="optout", mode=ADD, **header)
    return stubs.upload(opened, yokohama(4).encode())


def _apply(stubs: Stubs, **given: Any) -> object:
    definition = policy_pb2.ListDefinition()
    definition.CopyFrom(STARTS_EMPTY)
    for field, value in given.items():
        setattr(definition, field, value)
    policy = policy_pb2.Policy(lists={"edge": definition})
    request = policy_pb2.ApplyPolicyRequest(policy=policy, validate_only=True)
    return stubs.policy.ApplyPolicy(request, timeout=SECONDS)


def _batches(stubs: Stubs, before_version: int) -> object:
    request = batch_pb2.ListBatchesRequest(before_version=before_version)
    return stubs.batch.ListBatches(request, timeout=SECONDS)


def _attributes(**given: Any) -> batch_pb2.Attributes:
    return batch_pb2.Attributes(**given)


EXTREMES: dict[str, Callable[[Stubs], object]] = {
    "before_version": lambda stubs: _batches(stubs, LARGEST),
    "before_version, first too large": lambda stubs: _batches(stubs, 2**63),
    "before_version, largest": lambda stubs: _batches(stubs, LARGEST_SIGNED),
    "as_of_version": lambda stubs: stubs.policy.GetPolicy(
        policy_pb2.GetPolicyRequest(as_of_version=LARGEST), timeout=SECONDS
    ),
    "base_version": lambda stubs: stubs.policy.ApplyPolicy(
        policy_pb2.ApplyPolicyRequest(base_version=LARGEST), timeout=SECONDS
    ),
    "max_age_seconds": lambda stubs: _apply(stubs, max_age_seconds=LARGEST),
    "growth_limit": lambda stubs: _apply(stubs, growth_limit=LARGEST),
    "release_limit": lambda stubs: _apply(stubs, release_limit=LARGEST),
    "published, late": lambda stubs: _upload_of(stubs, published_unix_us=LARGEST_SIGNED),
    "published, early": lambda stubs: _upload_of(stubs, published_unix_us=-LARGEST_SIGNED - 1),
    "base published": lambda stubs: _upload_of(stubs, base_published_unix_us=LARGEST_SIGNED),
    "expected_rows": lambda stubs: _upload_of(stubs, expected_rows=LARGEST, dry_run=True),
    "file_size_bytes": lambda stubs: _upload_of(stubs, file_size_bytes=LARGEST, dry_run=True),
    "asked": lambda stubs: _upload_of(
        stubs, attributes=_attributes(asked_unix_us=LARGEST_SIGNED), dry_run=True
    ),
    "review": lambda stubs: _upload_of(
        stubs, attributes=_attributes(review_unix_us=-LARGEST_SIGNED), dry_run=True
    ),
    "effective": lambda stubs: _upload_of(
        stubs, attributes=_attributes(effective_unix_us=LARGEST_SIGNED), dry_run=True
    ),
}


@pytest.mark.parametrize("what", EXTREMES)
def test_the_largest_integers_are_taken_or_refused_and_break_nothing(
    shared: Daemon, what: str
) -> None:
    with shared.stubs() as stubs:
        try:
            EXTREMES[what](stubs)
        except grpc.RpcError as error:
            failed = failure(error)
            assert failed.domain == "dncd"
            assert failed.code in (INVALID, grpc.StatusCode.FAILED_PRECONDITION)
        if what.endswith("too large"):
            assert failure_of(lambda: EXTREMES[what](stubs)).fields == ["before_version"]


@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize("number", [0, 1, 110, 81_110, 810_450_000_001, 10**15, LARGEST])
def test_an_integer_that_is_no_number_is_not_given_back(
    shared: Daemon, plane: str, number: int
) -> None:
    with grpc.insecure_channel(getattr(shared, plane)) as channel:
        stub = screening_pb2_grpc.ScreeningServiceStub(channel)
        answer = check(stub, number)
        assert set(codes(answer.verdict)) & {"NUMBER_INVALID", "NEVER_DIAL"}
        assert answer.e164 == 0
        assert check(stub, e164(5)).e164 == e164(5)


def _german_texts(dice: random.Random) -> list[str]:
    return [str(dice.randrange(10**8, 10**11)) for _ in range(10_000)]


@pytest.mark.parametrize("plane", PLANES)
def test_heavy_batches_do_not_stop_a_single_check(shared: Daemon, plane: str) -> None:
    dice = random.Random(plane)  # noqa: S311 - dice
    requests = [
        screening_pb2.CheckBatchRequest(numbers=_german_texts(dice), region="DE")
        for _ in range(SLOW_BATCHES)
    ]
    with grpc.insecure_channel(getattr(shared, plane)) as channel:
        stub = screening_pb2_grpc.ScreeningServiceStub(channel)
        check(stub, e164(6))
        ask: Any = stub.CheckBatch
        calls = [ask.future(request, timeout=60) for request in requests]
        waits = []
        while not all(call.done() for call in calls):
            started = time.monotonic()
            check(stub, e164(6), timeout=SECONDS)
            waits.append(time.monotonic() - started)
        assert all(len(call.result().verdict_of) == 20_000 for call in calls)
    assert len(waits) > 20
    assert sorted(waits)[len(waits) // 2] < 0.15
    assert max(waits) < 1.0


def test_normalizing_much_does_not_stop_the_control_plane(shared: Daemon) -> None:
    dice = random.Random(3)  # noqa: S311 - dice
    over = threading.Event()
    with shared.stubs() as stubs:

        def normalize() -> None:
            request = batch_pb2.NormalizeRequest(raw=_german_texts(dice), region="DE")
            answer = stubs.batch.Normalize(request, timeout=60)
            assert len(answer.readings) == 10_000
            over.set()

        thread = threading.Thread(target=normalize)
        thread.start()
        waits = []
        while not over.wait(0.001) and thread.is_alive():
            started = time.monotonic()
            version_of(stubs)
            waits.append(time.monotonic() - started)
        thread.join()
    assert over.is_set()
    assert max(waits) < 0.5


def test_a_batch_whose_caller_has_gone_is_not_worked_through(shared: Daemon) -> None:
    dice = random.Random(5)  # noqa: S311 - dice
    with shared.stubs() as stubs:
        for plane in (stubs.screening, stubs.screening_on_control):
            ask: Any = plane.CheckBatch
            calls = [
                ask.future(
                    screening_pb2.CheckBatchRequest(numbers=_german_texts(dice), region="DE"),
                    timeout=60,
                )
                for _ in range(12)
            ]
            for call in calls:
                call.cancel()
            started = time.monotonic()
            plane.CheckBatch(screening_pb2.CheckBatchRequest(e164=[e164(7)]), timeout=SECONDS)
            assert time.monotonic() - started < 3


def test_whoever_breaks_off_http_leaves_no_trace_in_the_log(shared: Daemon) -> None:
    host, port = shared.http.rsplit(":", 1)
    for sent in (b"", b"GET /met", b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"):
        for _ in range(5):
            with closing(socket.create_connection((host, int(port)), timeout=5)) as client:
                linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                client.sendall(sent)
    time.sleep(0.5)
    assert shared.get("/healthz")[0] == 200
    assert "Traceback" not in shared.log()
    assert "Exception occurred" not in shared.log()
