"""SIGTERM and SIGINT: the door is shut first, what is under way is finished, and the daemon ends with 0."""

import random
import signal
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from conftest import StartDaemon
from dncd.v1 import batch_pb2, screening_pb2, screening_pb2_grpc
from e2e.ledgers import contents, is_whole, ledger_of, verifying
from e2e.numbering import batch_of, e164, file_of, yokohama
from e2e.planes import (
    SECONDS,
    STARTS_EMPTY,
    Failure,
    apply,
    check,
    dialled_everywhere,
    failure,
    list_of,
    said,
    upload,
    verdicts_of,
)
from harness.canary import Canary
from harness.daemon import Daemon

SIZE = 50_000
BIG_BATCHES = 6
KNOWN = 1_900_000


@dataclass
class Calls:
    """Single checks, one after another, with when they began and how they ended."""

    began: list[float] = field(default_factory=list)
    ended: list[Failure | None] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def run(self, address: str) -> None:
        """Ask until told to stop or not answered."""
        with grpc.insecure_channel(address) as channel:
            stub = screening_pb2_grpc.ScreeningServiceStub(channel)
            while not self.over.is_set() and (not self.ended or self.ended[-1] is None):
                self.began.append(time.monotonic())
                try:
                    right = said(check(stub, e164(KNOWN), timeout=10)) == (
                        "BLOCK",
                        "DROP",
                        ["LISTED"],
                    )
                    assert right
                    self.ended.append(None)
                except grpc.RpcError as error:
                    self.ended.append(failure(error))


def _health_words(address: str, heard: list[tuple[str, float]]) -> None:
    with grpc.insecure_channel(address) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        try:
            for word in stub.Watch(health_pb2.HealthCheckRequest(), timeout=60):
                name = health_pb2.HealthCheckResponse.ServingStatus.Name(word.status)
                heard.append((name, time.monotonic()))
        except grpc.RpcError:
            heard.append(("CLOSED", time.monotonic()))


def _upload(daemon: Daemon, data: bytes, ended: list[batch_pb2.BatchReport | Failure]) -> None:
    with daemon.stubs() as stubs:
        try:
            ended.append(upload(stubs, "optout", data, "under-way"))
        except grpc.RpcError as error:
            ended.append(failure(error))


@pytest.mark.parametrize(
    ("number", "grace"),
    [(signal.SIGTERM, "4"), (signal.SIGINT, "4"), (signal.SIGTERM, "0")],
    ids=["SIGTERM", "SIGINT", "without grace"],
)
def test_a_signal_drains(
    start_daemon: StartDaemon, canary: Canary, number: signal.Signals, grace: str
) -> None:
    dice = random.Random(7)  # noqa: S311 - dice
    daemon = start_daemon("--grace", grace)
    assert daemon.process is not None
    with daemon.stubs() as stubs:
        apply(stubs, {"optout": STARTS_EMPTY}, {"default": dialled_everywhere()})
        upload(stubs, "optout", yokohama(KNOWN).encode(), "first")
    canary.used(yokohama(KNOWN))

    calls, heard = Calls(), [list[tuple[str, float]](), list[tuple[str, float]]()]
    uploaded: list[batch_pb2.BatchReport | Failure] = []
    data = file_of(batch_of(0, size=SIZE), dice)
    threads = [
        threading.Thread(target=calls.run, args=(daemon.listen,)),
        threading.Thread(target=_health_words, args=(daemon.listen, heard[0])),
        threading.Thread(target=_health_words, args=(daemon.control, heard[1])),
        threading.Thread(target=_upload, args=(daemon, data, uploaded)),
    ]
    with daemon.stubs() as stubs:
        check(stubs.screening, e164(KNOWN))
        for thread in threads:
            thread.start()
        time.sleep(0.25)
        texts = screening_pb2.CheckBatchRequest(numbers=[yokohama(at) for at in range(10_000)])
        batches = [stubs.screening.CheckBatch.future(texts, timeout=30) for _ in range(BIG_BATCHES)]
        time.sleep(0.03)
        at = time.monotonic()
        daemon.process.send_signal(number)
        code = daemon.process.wait(30)
        took = time.monotonic() - at
        answered = [_answered(batch) for batch in batches]
    calls.over.set()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()

    assert code == 0
    assert took < 8
    # what had begun is answered; without grace what was still being worked on may be cut
    assert [ended for began, ended in zip(calls.began, calls.ended, strict=True) if began < at][
        :-1
    ] == [None] * (sum(began < at for began in calls.began) - 1)
    if grace != "0":
        assert answered == [True] * BIG_BATCHES
        in_flight = zip(calls.began, calls.ended, strict=True)
        assert all(ended is None for began, ended in in_flight if began < at)
    for words in heard:
        assert [word for word, _ in words] == ["SERVING", "NOT_SERVING", "CLOSED"][: len(words)]
        assert words[1][0] == "NOT_SERVING", "the door is shut before the house"
        assert words[1][1] - at < 2
    assert "stopped" in {event["event"] for event in daemon.events()}

    assert is_whole(verifying(ledger_of(daemon.data))) == ""
    found = contents(ledger_of(daemon.data))
    taken = "under-way" in found.batches
    # an upload that was cut is tidied away at once or at the next start
    assert found.staged in ([], [] if grace != "0" else ["under-way"])
    assert not found.stray_segments
    acknowledged = isinstance(uploaded[0], batch_pb2.BatchReport)
    assert taken or not acknowledged
    if grace != "0":
        assert acknowledged, uploaded
    daemon.start()
    with daemon.stubs() as stubs:
        assert list_of(stubs, "optout").numbers == 1 + SIZE * taken
        assert upload(stubs, "optout", data, "under-way").numbers.added == SIZE
        assert list_of(stubs, "optout").numbers == 1 + SIZE


def _answered(batch: Any) -> bool:
    try:
        return len(verdicts_of(batch.result(timeout=30))) == 10_000
    except grpc.RpcError:
        return False


def test_a_signal_while_it_starts_ends_it_too(start_daemon: StartDaemon) -> None:
    for wait in (0.1, 0.4, 0.7):
        daemon = start_daemon(wait=False)
        assert daemon.process is not None
        time.sleep(wait)
        daemon.process.send_signal(signal.SIGTERM)
        # before its handlers are in place the system's own end it
        assert daemon.process.wait(SECONDS) in (0, -signal.SIGTERM)
    start_daemon().stop()


def test_a_second_daemon_on_the_same_ledger_or_port_is_refused(start_daemon: StartDaemon) -> None:
    daemon = start_daemon()
    with daemon.stubs() as stubs:
        apply(stubs, {"optout": STARTS_EMPTY})
        flags = {
            "ledger": ("--ledger", f"sqlite:///{ledger_of(daemon.data)}"),
            "data": (),
            "listen": ("--listen", daemon.listen),
            "control": ("--control", daemon.control),
            "http": ("--http", daemon.http),
        }
        seconds: list[Daemon] = []
        for what, given in flags.items():
            name = "node" if what == "data" else f"second-{what}"
            seconds.append(start_daemon(*given, name=name, wait=False))
        for what, second in zip(flags, seconds, strict=True):
            assert second.process is not None
            assert second.process.wait(SECONDS) == 3, what
            if what != "data":
                assert second.events()[-1]["event"] == "cannot_start", what
                assert len(second.events()[-1]["error"]) > 20, what
        # and the first is none the worse
        assert said(check(stubs.screening, e164(2)))[0] == "ALLOW"
        upload(stubs, "optout", yokohama(3).encode(), "still-alive")


@pytest.mark.parametrize(
    "flags",
    [
        ("--listen", "0.0.0.0:0"),
        ("--workers", "2"),
        ("--region", "jp"),
        ("--max-staleness", "0"),
        ("--listen", "nonsense"),
        ("--config", "/nonexistent.toml"),
    ],
    ids=lambda flags: " ".join(flags),
)
def test_wrong_settings_are_refused_before_anything_is_made(
    start_daemon: StartDaemon, flags: tuple[str, ...]
) -> None:
    daemon = start_daemon(*flags, wait=False)
    assert daemon.process is not None
    assert daemon.process.wait(SECONDS) == 2
    assert list(daemon.data.iterdir()) == []
