"""Counts of uploads, for the metrics. Uploads are few, so these are ordinary instruments."""

from prometheus_client import CollectorRegistry, Counter, Histogram

from dncd.v1 import batch_pb2

COUNTED_STATES = (batch_pb2.BATCH_STATE_ACTIVE, batch_pb2.BATCH_STATE_REFUSED)
"""The states of a batch whose rows are counted."""
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

    def count(
        self, report: batch_pb2.BatchReport, list_name: str, apply_seconds: float | None = None
    ) -> None:
        """Count one report under the name that its list is shown by; ``apply_seconds`` where it came into force."""
        mode = batch_pb2.BatchMode.Name(report.mode).removeprefix("BATCH_MODE_").lower()
        state = batch_pb2.BatchState.Name(report.state).removeprefix("BATCH_STATE_").lower()
        self._batches.labels(list_name, mode, state).inc()
        if report.state not in COUNTED_STATES:
            return  # nothing was taken: a dry run, or what waits and is counted once it is approved
        for outcome in ("accepted", "duplicate", "rejected"):
            self._rows.labels(list_name, outcome).inc(getattr(report.rows, outcome))
        if apply_seconds is not None:
            self._apply.observe(apply_seconds)
