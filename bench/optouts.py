"""Opt-outs one by one, as dialers and agents send them: how soon they are in force, and what a hundred thousand cost.

Each is an event of its own, on the disk before it is answered. Those that come while others are being written are
written together, so that many at once are faster than one after the other.
"""

import itertools
import signal
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import grpc

from bench.daemon import Daemon
from bench.load import numbers
from bench.measure import Figure, figure, show, write
from dncd.v1 import (
    optout_pb2,
    optout_pb2_grpc,
    policy_pb2,
    policy_pb2_grpc,
    screening_pb2,
    screening_pb2_grpc,
    verdict_pb2,
)

OPT_OUTS = 100_000
IN_FLIGHT = 64
CONNECTIONS = 4
ALONE = 500
"""How many are sent one after the other."""
CHECKS = 2_000
"""How many checks one round of asking takes."""
_SECONDS = 60.0
_JAPAN = 810_000_000_000


def define(daemon: Daemon) -> None:
    """Put a list of refusals and a campaign that is blocked by it in force."""
    refusals = policy_pb2.ListDefinition(
        kind=verdict_pb2.LIST_KIND_DO_NOT_CONTACT, starts_empty=True
    )
    campaign = policy_pb2.CampaignDefinition(
        countries=["JP"], block=["refusals"], opt_out="refusals"
    )
    policy = policy_pb2.Policy(lists={"refusals": refusals}, campaigns={"default": campaign})
    with grpc.insecure_channel(daemon.control) as channel:
        policy_pb2_grpc.PolicyServiceStub(channel).ApplyPolicy(
            policy_pb2.ApplyPolicyRequest(policy=policy), timeout=_SECONDS
        )


def opt_out(stub: optout_pb2_grpc.OptOutServiceStub, number: int) -> float:
    """Opt one number out; return the milliseconds until it was in force."""
    request = optout_pb2.OptOutRequest(request_id=f"bench-{number}", e164=[number])
    started = time.perf_counter()
    answer = stub.OptOut(request, timeout=_SECONDS)
    milliseconds = (time.perf_counter() - started) * 1_000
    assert answer.added == 1
    return milliseconds


def opt_out_all(daemon: Daemon, subjects: Sequence[int]) -> tuple[float, list[float]]:
    """Opt numbers out, so many in flight; return the seconds of all and the milliseconds of each."""
    shares: list[list[float]] = [[] for _ in range(IN_FLIGHT)]

    def work(channel: grpc.Channel, place: int) -> None:
        stub = optout_pb2_grpc.OptOutServiceStub(channel)
        shares[place] = [opt_out(stub, number) for number in subjects[place::IN_FLIGHT]]

    with _connected(daemon) as channels:
        pairs = zip(itertools.cycle(channels), range(IN_FLIGHT), strict=False)
        threads = [threading.Thread(target=work, args=pair) for pair in pairs]
        started = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.perf_counter() - started
    waits = [wait for share in shares for wait in share]
    assert len(waits) == len(subjects), "an opt-out failed"
    return seconds, waits


@contextmanager
def _connected(daemon: Daemon) -> Iterator[list[grpc.Channel]]:
    own = [("grpc.use_local_subchannel_pool", 1)]
    with ExitStack() as stack:
        yield [
            stack.enter_context(grpc.insecure_channel(daemon.listen, options=own))
            for _ in range(CONNECTIONS)
        ]


def check_milliseconds(daemon: Daemon, subjects: Sequence[int], blocked: bool) -> float:
    """Ask about numbers one after the other; return the milliseconds that the middle one took."""
    decision = verdict_pb2.DECISION_BLOCK if blocked else verdict_pb2.DECISION_ALLOW
    waits = []
    with grpc.insecure_channel(daemon.listen) as channel:
        stub = screening_pb2_grpc.ScreeningServiceStub(channel)
        for number in subjects[:CHECKS]:
            started = time.perf_counter()
            answer = stub.Check(screening_pb2.CheckRequest(e164=number), timeout=_SECONDS)
            waits.append((time.perf_counter() - started) * 1_000)
            assert answer.verdict.decision == decision
    return statistics.median(waits)


def run(rounds: int = 5) -> list[Figure]:
    """Measure, show and write; return the figures. The hundred thousand are sent once, whatever the rounds."""
    drawn = [_JAPAN + number for number in numbers(11)[: OPT_OUTS + ALONE]]
    alone, many = drawn[:ALONE], drawn[ALONE:]
    with tempfile.TemporaryDirectory(prefix="dncd-bench-") as scratch:
        data = Path(scratch) / "data"
        data.mkdir()
        daemon = Daemon(data)
        daemon.start()
        try:
            figures = _measure(daemon, data, alone, many, rounds)
        finally:
            daemon.end()
    show(figures)
    write("optouts", figures)
    return figures


def _measure(
    daemon: Daemon, data: Path, alone: Sequence[int], many: Sequence[int], rounds: int
) -> list[Figure]:
    define(daemon)
    before = [check_milliseconds(daemon, many, False) for _ in range(rounds)]
    with grpc.insecure_channel(daemon.listen) as channel:
        stub = optout_pb2_grpc.OptOutServiceStub(channel)
        waits_alone = [opt_out(stub, number) for number in alone]
    seconds, waits = opt_out_all(daemon, many)
    after = [check_milliseconds(daemon, many, True) for _ in range(rounds)]
    resident = daemon.resident_mib()
    # a power cut leaves the checkpoint of up to a minute ago; the rest is read from the ledger
    daemon.end(signal.SIGKILL)
    cut_off = daemon.start()
    daemon.end()
    size_bytes = sum(path.stat().st_size for path in data.glob("ledger.sqlite3*"))
    restarts = []
    for _ in range(rounds):
        restarts.append(daemon.start())
        daemon.end()
    for path in data.glob("checkpoint*"):
        path.unlink()
    cold = daemon.start(patience_seconds=600.0)
    assert check_milliseconds(daemon, many, True)
    count = len(alone) + len(many)
    late = statistics.quantiles(waits, n=100)[98]
    return [
        figure("one opt-out by itself, sent to in force", "ms", waits_alone),
        figure(f"one of {IN_FLIGHT} in flight, sent to in force", "ms", waits),
        figure("the slowest hundredth of those took at least", "ms", [late]),
        figure(f"opt-outs in force a second, {IN_FLIGHT} in flight", "/s", [len(many) / seconds]),
        figure("a check before them", "ms", before),
        figure(f"a check after {count:,} of them", "ms", after),
        figure("restart to ready after them", "s", restarts, 2.0),
        figure("the same after kill -9", "s", [cut_off]),
        figure("the same without a checkpoint, from the ledger", "s", [cold]),
        figure("the ledger's file, by opt-out", "KiB", [size_bytes / count / 1_024]),
        figure("memory of the daemon after them", "MiB", [resident]),
    ]
