"""Counts of answers, in plain integers, one shard a thread, so that counting costs the answer next to nothing."""

import bisect
import threading
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from dncd_engine.verdict import Verdict

DURATION_BOUNDS_SECONDS = (
    0.00005,
    0.0001,
    0.00025,
    0.0005,
    0.001,
    0.0025,
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.5,
)
BATCH_SIZE_BOUNDS = (1, 10, 100, 1_000, 2_500, 5_000, 10_000)


class AnswerKey(NamedTuple):
    """What answers are counted by."""

    campaign: str
    via: int
    verdict: Verdict


class Histogram:
    """Counts by bucket and a sum; written by one thread, read by any."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.buckets = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        """Count one value."""
        self.buckets[bisect.bisect_left(self.bounds, value)] += 1
        self.total += value

    def add(self, other: "Histogram") -> None:
        """Add another's counts to these."""
        self.buckets = [a + b for a, b in zip(self.buckets, other.buckets, strict=True)]
        self.total += other.total


class Shard:
    """The counts of one thread."""

    def __init__(self) -> None:
        self.answers: Counter[AnswerKey] = Counter()
        self.durations = Histogram(DURATION_BOUNDS_SECONDS)
        self.batch_sizes = Histogram(BATCH_SIZE_BOUNDS)


class Counts:
    """The counts of all threads of this process."""

    def __init__(self) -> None:
        self._local = threading.local()
        self._shards: list[Shard] = []

    @property
    def shard(self) -> Shard:
        """The calling thread's own shard."""
        shard: Shard | None = getattr(self._local, "shard", None)
        if shard is None:
            shard = self._local.shard = Shard()
            self._shards.append(shard)
        return shard

    def answers(self) -> Counter[AnswerKey]:
        """Return how many answers were given, by key."""
        total: Counter[AnswerKey] = Counter()
        for shard in list(self._shards):
            # list() of a dictionary's items is one step for the interpreter, so a writer cannot come between
            for key, count in list(shard.answers.items()):
                total[key] += count
        return total

    def durations(self) -> Histogram:
        """Return how long answers took, in seconds."""
        return _sum((shard.durations for shard in list(self._shards)), DURATION_BOUNDS_SECONDS)

    def batch_sizes(self) -> Histogram:
        """Return how many numbers the batches held."""
        return _sum((shard.batch_sizes for shard in list(self._shards)), BATCH_SIZE_BOUNDS)


def _sum(parts: Iterator[Histogram], bounds: tuple[float, ...]) -> Histogram:
    total = Histogram(bounds)
    for part in parts:
        total.add(part)
    return total
