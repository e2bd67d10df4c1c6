"""Counts of uploads, for the metrics. Uploads are few, so these are ordinary instruments."""

from prometheus_client import CollectorRegistry, Counter, Histogram

from dncd.v1 import batch_pb2

APPLY_BOUNDS_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class UploadCounts:
    """Counts batches and their rows."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._batches = Counter(
            "dncd_batches_total",
            "Batches by outcome.",
            ("list", "mode", "state"),
            registry=registry,
        )
        self._rows = Counter(
            "dncd_batch_rows_total",
            "Rows of batches by outcome.",
            ("list", "outcome"),
            registry=registry,
        )
        self._apply = Histogram(
            "dncd_batch_apply_seconds",
            "From the file read to the batch in force on this node.",
            buckets=APPLY_BOUNDS_SECONDS,
            registry=registry,
        )

    def count(self, report: batch_pb2.BatchReport, apply_seconds: float | None = None) -> None:
        """Count one report; ``apply_seconds`` where the batch came into force."""
        mode = batch_pb2.BatchMode.Name(report.mode).removeprefix("BATCH_MODE_").lower()
        state = batch_pb2.BatchState.Name(report.state).removeprefix("BATCH_STATE_").lower()
        self._batches.labels(report.list, mode, state).inc()
        for outcome in ("accepted", "duplicate", "rejected"):
            self._rows.labels(report.list, outcome).inc(getattr(report.rows, outcome))
        if apply_seconds is not None:
            self._apply.observe(apply_seconds)
