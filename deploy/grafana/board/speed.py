"""How fast checks are answered."""

from __future__ import annotations

from board.panels import LATENCY, Panel, Query
from board.queries import increase, quantile, rate

SPEED = [
    Panel(
        "Verdict latency",
        "Time that the daemon takes for one call, a batch being one call. The way over the "
        "network is not in it. Worry when p99 stays above 50 ms: a dialer that gives up waiting "
        "does not dial.",
        [
            Query(quantile(0.5, "dncd_check_duration_seconds"), "p50"),
            Query(quantile(0.95, "dncd_check_duration_seconds"), "p95"),
            Query(quantile(0.99, "dncd_check_duration_seconds"), "p99"),
        ],
        unit="s",
        steps=LATENCY,
    ),
    Panel(
        "Verdict latency, all calls",
        "How many calls took how long. Two bands are single checks and batches; a new band far "
        "above is a processor that is short or a large batch being applied.",
        [
            Query(
                increase("dncd_check_duration_seconds_bucket", by="le"),
                "{{le}}",
                format="heatmap",
            )
        ],
        kind="heatmap",
        unit="s",
    ),
    Panel(
        "Batch size",
        "Numbers in one call. Dialers that ask for many at once cost far less each. Up to 10,000 "
        "are allowed.",
        [
            Query(quantile(0.5, "dncd_check_batch_size"), "p50"),
            Query(quantile(0.95, "dncd_check_batch_size"), "p95"),
            Query(
                f"{rate('dncd_check_batch_size_sum')} / {rate('dncd_check_batch_size_count')}",
                "mean",
            ),
        ],
    ),
]
