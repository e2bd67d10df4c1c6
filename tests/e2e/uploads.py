"""Files to upload, the days they are of, and what was reported of them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from dncd.v1 import batch_pb2
from e2e.planes import SECONDS
from harness.daemon import Stubs


def file_with(folder: Path, name: str, *lines: str) -> Path:
    """Write a file of some lines; return where it is."""
    path = folder / name
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def days_ago(days: int) -> str:
    """Return a day of the past as a publisher writes it."""
    return (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%d")


def report_of(stubs: Stubs, batch_id: str) -> batch_pb2.BatchReport:
    """Return the report about a batch."""
    request = batch_pb2.GetBatchRequest(batch_id=batch_id)
    return stubs.batch.GetBatch(request, timeout=SECONDS).report
