"""Counts of opt-outs, for the metrics: how long a person who asked not to be called could still be called."""

import time

from prometheus_client import CollectorRegistry, Histogram

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
BOUNDS_SECONDS = (
    *(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
    *(_MINUTE, 5 * _MINUTE, 15 * _MINUTE, _HOUR, 6 * _HOUR),
    *(_DAY, 3 * _DAY, 7 * _DAY, 30 * _DAY),
)


class OptOutCounts:
    """Counts opt-outs by the time that they took."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._seconds = Histogram(
            "dncd_optout_seconds",
            "From the person's word to the block in force; from the call's arrival where the former is not told.",
            buckets=BOUNDS_SECONDS,
            registry=registry,
        )

    def observe(self, asked_us: int, since_arrival_seconds: float) -> None:
        """Count an opt-out that is in force now.

        Args:
            asked_us: When the person asked, in microseconds since 1970; 0 where that is not known.
            since_arrival_seconds: How long ago the call came.
        """
        since_asked_seconds = time.time() - asked_us / 1e6
        self._seconds.observe(
            max(since_asked_seconds, since_arrival_seconds) if asked_us else since_arrival_seconds
        )
