"""From a file to the first block, and from a restart to ready, with a million numbers.

"File to first block" begins when ``dncctl load`` is started and ends when a ``Check`` over gRPC answers BLOCK for a
number of the file: it holds the client's start, the transfer, reading, normalising, the ledger and the index.
"""

import json
import random
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import grpc

from bench.daemon import BIN, Daemon
from bench.measure import Figure, figure, show, write
from dncd.v1 import screening_pb2, screening_pb2_grpc, verdict_pb2

ROWS = 1_000_000
ROUNDS = 5
_SPELLINGS = (
    "0{a}-{b}-{c}",
    "0{a}{b}{c}",
    "0{a} {b} {c}",
    "{a}{b}{c}",
    "+81-{a}-{b}-{c}",
    "０{a}－{b}－{c}",
)


def numbers(seed: int) -> list[int]:
    """Return a million different mobile numbers, as the digits after the trunk zero."""
    drawn = random.Random(seed)  # noqa: S311 - data, not a secret
    found: set[int] = set()
    while len(found) < ROWS:
        found.add(drawn.choice((60, 70, 80, 90)) * 10**8 + drawn.randrange(10**7, 10**8))
    return list(found)


def plain_rows(seed: int) -> Iterator[str]:
    """Yield a file of one number a line, with a head."""
    yield "電話番号\n"
    for number in numbers(seed):
        yield f"0{number}\n"


def mixed_rows(seed: int) -> Iterator[str]:
    """Yield a file of three columns and six spellings, as a CRM under Windows exports it."""
    yield "受付番号,電話番号,受付日時\r\n"
    for row, number in enumerate(numbers(seed)):
        digits = str(number)
        spelling = _SPELLINGS[row % len(_SPELLINGS)]
        cell = spelling.format(a=digits[:2], b=digits[2:6], c=digits[6:])
        yield f"{row},{cell},2026/11/01 09:00\r\n"


def first_block_seconds(daemon: Daemon, path: Path, number: int) -> float:
    """Load a file and ask for one of its numbers; return the seconds that both took together."""
    server = ("--server", daemon.control)
    subprocess.run(
        [BIN / "dncctl", "list", "create", "refusals", "--kind", "do_not_contact", *server],
        check=True,
        capture_output=True,
    )
    started = time.perf_counter()
    done = subprocess.run(
        [BIN / "dncctl", "load", "refusals", path, "--json", *server],
        check=True,
        capture_output=True,
        text=True,
    )
    report = json.loads(done.stdout)
    assert report["numbers"]["added"] == ROWS, report["rows"]
    with grpc.insecure_channel(daemon.listen) as channel:
        stub = screening_pb2_grpc.ScreeningServiceStub(channel)
        request = screening_pb2.CheckRequest(e164=number, at_least=report["token"])
        answer = stub.Check(request, timeout=10)
    seconds = time.perf_counter() - started
    assert answer.verdict.decision == verdict_pb2.DECISION_BLOCK
    assert answer.verdict.reasons[0].code == verdict_pb2.REASON_CODE_LISTED
    return seconds


def run(rounds: int = ROUNDS) -> list[Figure]:
    """Measure, show and write; return the figures."""
    kinds = {
        "one column, UTF-8": (plain_rows, "utf-8"),
        "three columns, six spellings, CP932": (mixed_rows, "cp932"),
    }
    loads: dict[str, list[float]] = {name: [] for name in kinds}
    restarts: list[float] = []
    cold: list[float] = []
    resident: list[float] = []
    with tempfile.TemporaryDirectory(prefix="dncd-bench-") as scratch:
        files = {}
        for name, (rows, encoding) in kinds.items():
            files[name] = Path(scratch) / f"{encoding}.csv"
            files[name].write_text("".join(rows(7)), encoding=encoding, newline="")
        number = 810_000_000_000 + numbers(7)[0]
        for round_number in range(rounds):
            for index, (name, path) in enumerate(files.items()):
                data = Path(scratch) / f"data-{round_number}-{index}"
                daemon = Daemon(data)
                data.mkdir()
                daemon.start()
                loads[name].append(first_block_seconds(daemon, path, number))
                resident.append(daemon.resident_mib())
                # a power cut leaves no checkpoint: the whole ledger is read again
                daemon.end(signal.SIGKILL)
                cold.append(daemon.start())
                daemon.end()
                restarts.append(daemon.start())
                daemon.end()
    figures = [
        figure(f"1 M numbers to first block: {name}", "s", values, 5.0)
        for name, values in loads.items()
    ]
    figures.append(figure("restart to ready with 1 M numbers", "s", restarts, 2.0))
    figures.append(figure("the same after kill -9, from the ledger", "s", cold, 2.0))
    figures.append(figure("memory of the daemon after the load", "MiB", resident))
    show(figures)
    write("load", figures)
    return figures
