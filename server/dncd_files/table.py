"""The table: a file's rows from the first to the last, read slice by slice."""

from collections.abc import Iterator
from typing import BinaryIO

from dncd_files.encodings import Encoding
from dncd_files.layouts import Layout, Wish, find_layout
from dncd_files.lines import LineSource
from dncd_files.reading import CheckNumbers, Reading, is_blank, read_slice
from dncd_files.refusal import FileRefused, Reason
from dncd_files.rows import CsvRows, Row, RowSlice, read_lines
from dncd_files.statements import Keep, Statement, StatementReader
from dncd_files.telephones import ReadCells

_FIXED_LENGTH_PLANS = ("1", "81")
"""Country codes whose numbers all have lengths that a number cut short cannot have; no other code
begins with them."""


def _keep_nothing(_: Statement) -> int:
    return 0


class Table:
    """A file's rows under its layout.

    Attributes:
        layout: How the rows are read.

    Args:
        file: The bytes, read from the beginning.
        encoding: What the scout found.
        wish: What the uploader declared.
        read_cells: Reads texts.
        check_numbers: Checks numbers.
        declared_encoding: What was declared, for messages.
        keep: Takes what rows say of their entries, where the uploader's wish has rules for that.

    Raises:
        FileRefused: The first rows show already that the file cannot be taken.
    """

    def __init__(
        self,
        file: BinaryIO,
        encoding: Encoding,
        wish: Wish,
        read_cells: ReadCells,
        check_numbers: CheckNumbers,
        declared_encoding: str = "auto",
        keep: Keep = _keep_nothing,
    ) -> None:
        self._source = LineSource(file, encoding, declared_encoding)
        self._region = wish.region
        self._read_cells = read_cells
        self._check_numbers = check_numbers
        self.layout: Layout = find_layout(self._source.peek(), wish, read_cells)
        self._statements: StatementReader | None = None
        if wish.attributes is not None and self.layout.attributes:
            self._statements = StatementReader(
                self.layout.attributes, wish.attributes, keep, self.layout.width
            )

    def readings(self) -> Iterator[Reading]:
        """Yield what each slice of rows came to.

        Raises:
            FileRefused: The file is not what it says; what was yielded before must not be used
                either.
        """
        rows = due = self.layout.preamble + self.layout.has_header
        part = RowSlice((), ())
        for part in self._slices():
            while due and part.rows:
                part, is_dropped = _drop_row(part)
                due -= is_dropped
            reading = self._read(part)
            rows += reading.rows
            yield reading
        if not self._source.has_final_break and rows > 1 and part.rows:
            self._check_last(part.rows[-1], part.lines[-1])

    def _read(self, part: RowSlice) -> Reading:
        return read_slice(
            part,
            self.layout,
            self._region,
            self._read_cells,
            self._check_numbers,
            self._statements,
        )

    def _slices(self) -> Iterator[RowSlice]:
        if self.layout.name == "csv":
            return CsvRows(self._source, self.layout.delimiter).slices()
        return read_lines(self._source)

    def _check_last(self, row: Row, line: int) -> None:
        """Refuse a file of several rows whose last has no line break and may have been cut."""
        if is_blank(row):
            return
        last = self.layout.columns[-1]
        if last == self.layout.width - 1 == len(row) - 1 and row[last].strip():
            only = RowSlice((row,), (line,))
            reading = self._read(only)
            if not reading.codes and str(reading.numbers[-1]).startswith(_FIXED_LENGTH_PLANS):
                return
        message = (
            "The last row ends without a line break and may have been cut short. Export or "
            "transfer the file again; if the row is whole, end it with a line break."
        )
        raise FileRefused(Reason.TRUNCATED, line, message)


def _drop_row(part: RowSlice) -> tuple[RowSlice, bool]:
    """Return a slice from after its first row that is not blank on, and whether it had one."""
    for at, row in enumerate(part.rows):
        if not is_blank(row):
            return RowSlice(part.rows[at + 1 :], part.lines[at + 1 :]), True
    return RowSlice((), ()), False
