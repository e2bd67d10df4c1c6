"""What 1,000 sets of dates and purposes cost, and 200 campaigns on ten lists, beside a plain list and one campaign.

Both daemons of a pair are up at once and are asked in turns, so that what else the machine does touches both alike.
"""

import json
import random
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import grpc
import numpy as np

from bench.daemon import BIN, Daemon
from bench.load import ROWS, numbers
from bench.measure import Figure, figure, show, write
from dncd.v1 import screening_pb2, screening_pb2_grpc

ROUNDS = 3
PURPOSES = tuple(f"purpose-{letter}" for letter in "abcdefghij")
DAYS = 100
CHECKS = 1_000
BATCHES = 30
BATCH_ITEMS = 10_000
SMALL_ROWS = 100
CAMPAIGNS = 200
LISTS = 10
_PURPOSE_LINES = "purposes = [" + ", ".join(f'"{purpose}"' for purpose in PURPOSES) + "]\n"


def with_terms(drawn: list[int]) -> Iterator[str]:
    """Yield rows of 1,000 different terms: ten purposes, each with a hundred ends."""
    first = date.today() + timedelta(days=30)
    days = [(first + timedelta(days=day)).isoformat() for day in range(DAYS)]
    yield "電話番号,有効期限,利用目的\n"
    for row, number in enumerate(drawn):
        yield f"0{number},{days[row % DAYS]},{PURPOSES[row // DAYS % len(PURPOSES)]}\n"


def without_terms(drawn: list[int]) -> Iterator[str]:
    """Yield the same numbers with columns that decide nothing."""
    yield "電話番号,メモ,担当\n"
    for number in drawn:
        yield f"0{number},2026-11-24,purpose-a\n"


def one_campaign() -> str:
    """Return the policy of one campaign on one list."""
    return (
        _PURPOSE_LINES + '[lists.refusals]\nkind = "do_not_contact"\n'
        '[campaigns.default]\npurpose = "purpose-a"\nblock = ["refusals"]\n'
    )


def many_campaigns(count: int) -> str:
    """Return the policy of some campaigns that share ten lists."""
    lists = "".join(f'[lists.list-{n}]\nkind = "do_not_contact"\n' for n in range(LISTS))
    block = ", ".join(f'"list-{n}"' for n in range(LISTS))
    campaigns = "".join(f"[campaigns.campaign-{n}]\nblock = [{block}]\n" for n in range(count))
    return lists + campaigns


class Subject:
    """One daemon with a policy and numbers."""

    def __init__(self, folder: Path, name: str, policy: str, campaign: str) -> None:
        self._folder = folder
        self._name = name
        self.campaign = campaign
        data = folder / name
        data.mkdir()
        self.daemon = Daemon(data)
        self.daemon.start()
        self.empty_mib = self.daemon.resident_mib()
        file = self._file("toml", [policy])
        self._ctl("apply", "-f", str(file))
        self.channel = grpc.insecure_channel(self.daemon.listen)
        self.stub = screening_pb2_grpc.ScreeningServiceStub(self.channel)

    def load(self, list_name: str, rows: Iterator[str] | list[str]) -> float:
        """Load rows; return the seconds from the command to its report."""
        file = self._file("csv", rows)
        started = time.perf_counter()
        self._ctl("load", list_name, str(file))
        return time.perf_counter() - started

    def check_us(self, asked: list[int]) -> float:
        """Return the median of one check after the other, in microseconds."""
        times = []
        for number in asked:
            request = screening_pb2.CheckRequest(e164=number, campaign=self.campaign)
            started = time.perf_counter()
            self.stub.Check(request, timeout=10)
            times.append(time.perf_counter() - started)
        return float(np.median(times)) * 1e6

    def batch_ns(self, asked: list[int]) -> float:
        """Return the median of a batch, in nanoseconds a number."""
        request = screening_pb2.CheckBatchRequest(e164=asked, campaign=self.campaign)
        times = []
        for _ in range(BATCHES):
            started = time.perf_counter()
            self.stub.CheckBatch(request, timeout=30)
            times.append(time.perf_counter() - started)
        return float(np.median(times)) / len(asked) * 1e9

    def grown_mib(self) -> float:
        """Return how much memory its lists and policy take."""
        return self.daemon.resident_mib() - self.empty_mib

    def close(self) -> None:
        """End it."""
        self.channel.close()
        self.daemon.end()

    def _file(self, suffix: str, parts: Iterator[str] | list[str]) -> Path:
        file = self._folder / f"{self._name}.{suffix}"
        file.write_text("".join(parts), encoding="utf-8")
        return file

    def _ctl(self, *arguments: str) -> None:
        command = [str(BIN / "dncctl"), *arguments, "--json", "--server", self.daemon.control]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(
                f"{json.dumps(arguments)}: {done.stdout[-400:]} {done.stderr[-400:]}"
            )


Measures = dict[str, list[float]]


def _pair(
    figures: dict[str, Measures],
    subjects: dict[str, Subject],
    asked: list[int],
    small: Callable[[Subject, list[str]], float],
    fresh: Iterator[str],
) -> None:
    for _ in range(3):
        for name, subject in subjects.items():
            figures["one check"].setdefault(name, []).append(subject.check_us(asked[:CHECKS]))
            figures["10,000 in a batch"].setdefault(name, []).append(subject.batch_ns(asked))
    for _ in range(5):
        rows = ["電話番号\n", *(next(fresh) for _ in range(SMALL_ROWS))]
        for name, subject in subjects.items():
            figures["load of 100 rows"].setdefault(name, []).append(small(subject, rows))
    for name, subject in subjects.items():
        figures["memory"].setdefault(name, []).append(subject.grown_mib())


_UNITS = {
    "load": "s",
    "one check": "us",
    "10,000 in a batch": "ns each",
    "load of 100 rows": "s",
    "memory": "MiB",
}


def _terms(folder: Path, figures: dict[str, Measures], drawn: list[int]) -> None:
    makers = {"plain": without_terms, "1,000 terms": with_terms}
    subjects = {name: Subject(folder, name, one_campaign(), "") for name in makers}
    for name, subject in subjects.items():
        seconds = subject.load("refusals", makers[name](drawn))
        figures["load"].setdefault(name, []).append(seconds)
    asked = [810_000_000_000 + number for number in drawn[:BATCH_ITEMS]]
    _pair(figures, subjects, asked, lambda it, rows: it.load("refusals", rows), _fresh())
    for subject in subjects.values():
        subject.close()


def _campaigns(folder: Path, figures: dict[str, Measures], drawn: list[int]) -> None:
    counts = {"one campaign": 1, "200 campaigns": CAMPAIGNS}
    subjects = {
        name: Subject(folder, name, many_campaigns(count), f"campaign-{count - 1}")
        for name, count in counts.items()
    }
    share = len(drawn) // LISTS
    for name, subject in subjects.items():
        parts = (drawn[n * share : (n + 1) * share] for n in range(LISTS))
        seconds = [subject.load(f"list-{n}", without_terms(part)) for n, part in enumerate(parts)]
        figures["load"].setdefault(name, []).append(sum(seconds))
    asked = [810_000_000_000 + number for number in drawn[:BATCH_ITEMS]]
    _pair(figures, subjects, asked, lambda it, rows: it.load("list-3", rows), _fresh())
    for subject in subjects.values():
        subject.close()


def _fresh() -> Iterator[str]:
    drawn = random.Random(11)  # noqa: S311 - data, not a secret
    while True:
        yield f"0{drawn.randrange(10**7, 10**8) + 70 * 10**8}\n"


def run(rounds: int = ROUNDS) -> list[Figure]:
    """Measure, show and write; return the figures."""
    drawn = numbers(7)
    assert len(drawn) == ROWS
    measured: dict[str, dict[str, Measures]] = {
        what: {name: {} for name in _UNITS} for what in ("1 M numbers", "10 lists of 100,000")
    }
    for _ in range(min(rounds, ROUNDS)):
        with tempfile.TemporaryDirectory(prefix="dncd-bench-") as scratch:
            _terms(Path(scratch), measured["1 M numbers"], drawn)
            _campaigns(Path(scratch), measured["10 lists of 100,000"], drawn)
    figures = [
        figure(f"{what}, {subject}: {name}", _UNITS[name], values)
        for what, of_what in measured.items()
        for name, of_name in of_what.items()
        for subject, values in of_name.items()
    ]
    show(figures)
    write("terms", figures)
    return figures
