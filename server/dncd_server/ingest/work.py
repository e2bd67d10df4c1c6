"""The child's work: spool, read, collect, cut; at every step the parent hears how far it is."""

import hashlib
import tempfile
from collections.abc import Sequence
from typing import BinaryIO

import numpy as np

from dncd_engine.numbers import NORMALISER_VERSION, REJECT_BY_CODE, inspect_many, read_many
from dncd_files.encodings import Encoding
from dncd_files.layouts import Wish
from dncd_files.reading import Reading, RejectedCell
from dncd_files.refusal import FileRefused, Reason
from dncd_files.scout import Scout
from dncd_files.table import Table
from dncd_files.tally import Tally
from dncd_server.ingest.collect import Collector, cut_segments
from dncd_server.ingest.messages import (
    MIB,
    Done,
    IngestJob,
    Progress,
    Refused,
    RejectedRow,
    RejectedRows,
    RowCounts,
)
from dncd_server.ingest.pipes import Pipes

WORKING_BYTES = 512 * MIB
"""What reading takes besides the array of numbers, generously: slices of rows, one block of bits,
pyroaring."""

_PROGRESS_BYTES = 8 * MIB
_PACKED_SLICE = 1 << 18
_NUMBER_BYTES = 8
_ROWS_A_MESSAGE = 500


class Work:
    """One upload from its first byte to ``Done`` or ``Refused``.

    Args:
        job: What to read.
        pipes: Where bytes come from and messages go.
    """

    def __init__(self, job: IngestJob, pipes: Pipes) -> None:
        self._job = job
        self._pipes = pipes
        self._sha256 = hashlib.sha256()
        self._bytes_received = 0
        self._tally = Tally()
        self._encoding = ""
        self._layout = ""

    def run(self) -> None:
        """Do all of it.

        Raises:
            OSError: The bytes cannot be spooled, or the parent has gone.
            MemoryError: The upload needs more than was set aside.
        """
        try:
            with tempfile.TemporaryFile(dir=self._job.spool_dir) as file:
                collector = self._read_packed(file) if self._job.packed else self._read_file(file)
            self._tally.judge(self._job.expected_rows)
        except FileRefused as refusal:
            self._refuse(refusal)
            return
        distinct, accepted = collector.finish()
        for segment in cut_segments(distinct, self._job.salt):
            self._pipes.send(segment)
        tally = self._tally
        duplicate = tally.read - tally.rejected - accepted
        self._pipes.send(
            Done(
                rows=RowCounts(tally.read, accepted, duplicate, tally.rejected),
                rejects_by_code=dict(tally.by_code),
                numbers=int(distinct.size),
                encoding=self._encoding,
                layout=self._layout,
                sha256=self._sha256.digest(),
                normaliser_version=NORMALISER_VERSION,
            )
        )

    def _read_file(self, file: BinaryIO) -> Collector:
        scout = Scout(self._job.encoding)
        self._spool(file, scout)
        encoding: Encoding = scout.finish()
        self._encoding = encoding.name
        table = Table(
            file,
            encoding,
            Wish(self._job.region, self._job.layout, self._job.columns),
            read_many,
            lambda numbers: inspect_many(numbers).reject,
            self._job.encoding,
        )
        self._layout = table.layout.name
        columns = len(table.layout.columns)
        collector = self._set_aside(scout.lines * columns, keeps_rows=columns > 1)
        for reading in table.readings():
            rows = reading.row_of
            if rows is not None:
                rows = np.where(rows >= 0, rows + self._tally.read, rows)
            collector.add(reading.numbers, rows)
            self._report(reading)
        return collector

    def _read_packed(self, file: BinaryIO) -> Collector:
        self._spool(file, None)
        if self._bytes_received % _NUMBER_BYTES:
            message = "The packed numbers end inside a number. Send 8 bytes for each."
            raise FileRefused(Reason.TRUNCATED, 0, message)
        collector = self._set_aside(self._bytes_received // _NUMBER_BYTES, keeps_rows=False)
        file.seek(0)
        while data := file.read(_PACKED_SLICE * _NUMBER_BYTES):
            numbers = np.frombuffer(data, dtype="<u8").astype(np.uint64)
            rejects = inspect_many(numbers).reject
            collector.add(numbers[rejects == 0])
            bad = np.flatnonzero(rejects).tolist()
            codes = [str(REJECT_BY_CODE[int(rejects[at])]) for at in bad]
            first = self._tally.read + 1
            # By position and without the number: a number is not repeated where the sender can look
            # it up.
            cells = [
                RejectedCell(first + at, 0, code, "") for at, code in zip(bad, codes, strict=True)
            ]
            self._report(Reading(int(numbers.size), numbers, rejected=cells, codes=codes))
        return collector

    def _spool(self, file: BinaryIO, scout: Scout | None) -> None:
        job = self._job
        self._check_size(job.expected_bytes)
        due = _PROGRESS_BYTES
        for data in self._pipes.data():
            self._sha256.update(data)
            self._bytes_received += len(data)
            self._check_size(self._bytes_received)
            if scout is not None:
                scout.feed(data)
            file.write(data)
            if self._bytes_received >= due:
                due += _PROGRESS_BYTES
                self._progress("receiving")
        file.flush()
        if job.expected_bytes and job.expected_bytes != self._bytes_received:
            message = (
                f"{self._bytes_received:,} bytes came of a file of {job.expected_bytes:,}. "
                "Transfer it again."
            )
            raise FileRefused(Reason.TRUNCATED, 0, message)

    def _check_size(self, size: int) -> None:
        if size > self._job.max_bytes:
            message = (
                f"The file is larger than {self._job.max_bytes // MIB:,} MiB. Split it, or let the "
                "operator raise the limit."
            )
            raise FileRefused(Reason.TOO_LARGE, 0, message)

    def _set_aside(self, capacity: int, *, keeps_rows: bool) -> Collector:
        # Decided here and not by the limit on memory: under that limit pyroaring dies of a signal.
        room = self._job.memory_bytes - WORKING_BYTES
        if Collector.bytes_needed(capacity, keeps_rows=keeps_rows) > room:
            message = (
                f"The file has up to {capacity:,} numbers, more than fit into memory at once. "
                "Split it, or let the operator raise the limit."
            )
            raise FileRefused(Reason.TOO_LARGE, 0, message)
        return Collector(capacity, keeps_rows=keeps_rows)

    def _report(self, reading: Reading) -> None:
        self._tally.add(reading)
        self._send_rejected(reading.rejected)
        self._progress("reading")

    def _send_rejected(self, cells: Sequence[RejectedCell]) -> None:
        for start in range(0, len(cells), _ROWS_A_MESSAGE):
            rows = tuple(
                RejectedRow(cell.line, cell.column, cell.code, cell.raw)
                for cell in cells[start : start + _ROWS_A_MESSAGE]
            )
            self._pipes.send(RejectedRows(rows))

    def _progress(self, stage: str) -> None:
        tally = self._tally
        self._pipes.send(Progress(self._bytes_received, tally.read, tally.rejected, stage))

    def _refuse(self, refusal: FileRefused) -> None:
        tally = self._tally
        self._pipes.send(
            Refused(
                reason=refusal.reason,
                line=refusal.line,
                message=refusal.message,
                rows=RowCounts(read=tally.read, rejected=tally.rejected),
                rejects_by_code=dict(tally.by_code),
                encoding=self._encoding,
                layout=self._layout,
                sha256=self._sha256.digest(),
                normaliser_version=NORMALISER_VERSION,
            )
        )
