"""The child's work: spool, read, collect, cut; at every step the parent hears how far it is."""

import hashlib
import tempfile
from collections.abc import Sequence
from typing import BinaryIO
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from dncd_engine.model import GROUNDS, REQUESTERS
from dncd_engine.numbers import NORMALISER_VERSION, REJECT_BY_CODE, inspect_many, read_many
from dncd_engine.strata import OVER_BEFORE_IT_CAME_US, PLAIN
from dncd_files.encodings import Encoding
from dncd_files.layouts import Wish
from dncd_files.reading import Reading, RejectedCell
from dncd_files.refusal import FileRefused, Reason
from dncd_files.scout import Scout
from dncd_files.table import Table
from dncd_files.tally import Tally
from dncd_files.values import AttributeRules
from dncd_server.ingest.collect import Collected, Collector
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
from dncd_server.ingest.noted import NotedCollector
from dncd_server.ingest.notes import Notebook
from dncd_server.ingest.pipes import Pipes

WORKING_BYTES = 512 * MIB
"""What reading takes besides the array of numbers, generously: slices of rows, one block of bits,
pyroaring."""

_PROGRESS_BYTES = 8 * MIB
_PACKED_SLICE = 1 << 18
_NUMBER_BYTES = 8
_ROWS_A_MESSAGE = 500


def rules_of(job: IngestJob) -> AttributeRules:
    """Return what the rows of a job's file are held to where they say more than a number."""
    is_removal = job.mode == "remove"
    terms = PLAIN if is_removal else job.terms
    expires_us = terms.expires_us
    return AttributeRules(
        zone=ZoneInfo(job.tz),
        now_us=job.now_us,
        purposes=frozenset(job.declared_purposes),
        grounds=frozenset(GROUNDS),
        requesters=frozenset(REQUESTERS),
        needs_source=job.needs_source and not is_removal,
        is_change=job.mode == "change",
        effective_us=terms.effective_us,
        # What is past is told as past, without when it was.
        expires_us=0 if expires_us == OVER_BEFORE_IT_CAME_US else expires_us,
    )


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
        with tempfile.TemporaryFile(dir=self._job.spool_dir) as words:
            try:
                collected = self._collect(Notebook(self._job, words))
                self._tally.judge(self._job.expected_rows)
            except FileRefused as refusal:
                self._refuse(refusal)
                return
            self._tell(collected)

    def _collect(self, notebook: Notebook) -> Collected:
        with tempfile.TemporaryFile(dir=self._job.spool_dir) as file:
            if self._job.packed:
                return self._read_packed(file)
            return self._read_file(file, notebook)

    def _tell(self, collected: Collected) -> None:
        accepted = collected.finish()
        for message in collected.messages(self._job.salt):
            self._pipes.send(message)
        tally = self._tally
        duplicate = tally.read - tally.rejected - accepted
        self._pipes.send(
            Done(
                rows=RowCounts(tally.read, accepted, duplicate, tally.rejected),
                rejects_by_code=dict(tally.by_code),
                numbers=collected.numbers,
                encoding=self._encoding,
                layout=self._layout,
                sha256=self._sha256.digest(),
                normaliser_version=NORMALISER_VERSION,
                strata=collected.strata,
                ended=collected.ended,
            )
        )

    def _read_file(self, file: BinaryIO, notebook: Notebook) -> Collected:
        job = self._job
        scout = Scout(job.encoding)
        self._spool(file, scout)
        encoding: Encoding = scout.finish()
        self._encoding = encoding.name
        table = Table(
            file,
            encoding,
            Wish(job.region, job.layout, job.columns, rules_of(job)),
            read_many,
            lambda numbers: inspect_many(numbers).reject,
            job.encoding,
            notebook.keep,
        )
        self._layout = table.layout.name
        capacity = scout.lines * len(table.layout.columns)
        if table.layout.attributes:
            return self._read_noted(table, capacity, notebook)
        collector = self._set_aside(capacity, keeps_rows=len(table.layout.columns) > 1)
        for reading in table.readings():
            collector.add(reading.numbers, self._rows_of(reading))
            self._report(reading)
        return collector

    def _read_noted(self, table: Table, capacity: int, notebook: Notebook) -> Collected:
        self._check_room(capacity, NotedCollector.bytes_needed(capacity))
        collector = NotedCollector(
            capacity,
            notebook,
            keeps_rows=len(table.layout.columns) > 1,
            keeps_last=self._job.keeps_last,
        )
        for reading in table.readings():
            collector.add(reading.numbers, reading.notes, self._rows_of(reading))
            self._report(reading)
        return collector

    def _rows_of(self, reading: Reading) -> NDArray[np.int64] | None:
        """Return the row in the file of each number of a slice."""
        rows = reading.row_of
        return None if rows is None else np.where(rows >= 0, rows + self._tally.read, rows)

    def _read_packed(self, file: BinaryIO) -> Collected:
        if self._job.needs_source and self._job.mode != "remove":
            message = (
                "This list says of each number where it came from, and packed numbers say nothing. "
                "Name one source for all, or upload a file with a column for it."
            )
            raise FileRefused(Reason.LAYOUT, 0, message)
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
        self._check_room(capacity, Collector.bytes_needed(capacity, keeps_rows=keeps_rows))
        terms = PLAIN if self._job.mode == "remove" else self._job.terms
        return Collector(capacity, terms, keeps_rows=keeps_rows)

    def _check_room(self, capacity: int, bytes_needed: int) -> None:
        # Decided here and not by the limit on memory: under that limit pyroaring dies of a signal.
        if bytes_needed > self._job.memory_bytes - WORKING_BYTES:
            message = (
                f"The file has up to {capacity:,} numbers, more than fit into memory at once. "
                "Split it, or let the operator raise the limit."
            )
            raise FileRefused(Reason.TOO_LARGE, 0, message)

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
