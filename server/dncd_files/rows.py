"""Rows: lines as records, each with the line in which it begins."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from dncd_files.encodings import MAX_LINE_CHARS
from dncd_files.lines import LineSource, count_text_breaks
from dncd_files.refusal import FileRefused, Reason

SLICE_ROWS = 50_000
MAX_COLUMNS = 1_000
_STEP_ROWS = 100
_STEP_BLOCKS = 32
_END = "\0"
"""The last line that the CSV reader gets. It comes back as a row of its own unless a quote is still
open, and no other row can be like it: a file with a NUL is refused before."""

Row = Sequence[str]


@dataclass(frozen=True, slots=True)
class RowSlice:
    """Some rows of a file, blank ones included.

    Attributes:
        rows: Their fields.
        lines: The line, from 1, in which each begins.
    """

    rows: Sequence[Row]
    lines: Sequence[int]


class _EndlessRowsError(Exception):
    """A few rows have taken more text than any list has in so few."""


def read_lines(source: LineSource) -> Iterator[RowSlice]:
    """Yield rows of one field each: the line without its break."""
    line = 1
    for block in source.blocks():
        rows = [(text.rstrip("\r\n"),) for text in block]
        yield RowSlice(rows, range(line, line + len(rows)))
        line += len(rows)


class CsvRows:
    """Reads rows of delimited fields, of which quoted ones may hold delimiters and line breaks.

    Quotes are read strictly. A reader that forgives them lets one stray quote swallow every row up
    to the next, and the numbers in those rows would be called.
    """

    def __init__(self, source: LineSource, delimiter: str) -> None:
        self._step_blocks = 0
        self._is_end = False
        lines = chain.from_iterable(self._hand_out(source))
        self._reader = csv.reader(lines, delimiter=delimiter, strict=True)

    def slices(self) -> Iterator[RowSlice]:
        """Yield the rows of the file.

        Raises:
            FileRefused: A quote never closes, a row is too long, or the text cannot be read.
        """
        while True:
            begin = self._reader.line_num
            rows = self._take(begin)
            lines = _number(rows, begin, self._reader.line_num)
            if self._is_end and rows:
                rows.pop()
                lines = lines[: len(rows)]
            if not rows:
                return
            _check_columns(rows, lines)
            yield RowSlice(rows, lines)

    def _hand_out(self, source: LineSource) -> Iterator[list[str]]:
        for block in source.blocks():
            self._step_blocks += 1
            if self._step_blocks > _STEP_BLOCKS:
                raise _EndlessRowsError
            yield block
        self._is_end = True
        yield [_END]

    def _take(self, begin: int) -> list[list[str]]:
        rows: list[list[str]] = []
        try:
            while len(rows) < SLICE_ROWS:
                self._step_blocks = 0
                before = len(rows)
                # What came before an error stays in the list, and so does the count of its lines.
                rows.extend(islice(self._reader, _STEP_ROWS))
                if len(rows) < before + _STEP_ROWS:
                    break
        except (csv.Error, _EndlessRowsError):
            line = begin + sum(map(height_of, rows)) + 1
            raise self._bad_quote(line) from None
        return rows

    def _bad_quote(self, line: int) -> FileRefused:
        if self._is_end:
            message = (
                "A quoted field that begins in this row is still open where the file ends: the "
                "file was cut short, or a quote is missing. Export or transfer it again."
            )
            return FileRefused(Reason.TRUNCATED, line, message)
        message = (
            "A quote in this row does not close its field: it is missing, or one within the field "
            "is not doubled. Mend the row, or export the file again as CSV."
        )
        return FileRefused(Reason.LAYOUT, line, message)


def _number(rows: Sequence[Row], begin: int, end: int) -> Sequence[int]:
    """Return the line of each row, of rows that took the lines after ``begin`` up to ``end``."""
    if end - begin == len(rows):
        return range(begin + 1, end + 1)
    lines = []
    line = begin + 1
    for row in rows:
        lines.append(line)
        height = height_of(row)
        line += height
        if height > 1 and sum(map(len, row)) > MAX_LINE_CHARS:
            message = f"The row is longer than {MAX_LINE_CHARS:,} characters. Check its quotes."
            raise FileRefused(Reason.LINE_TOO_LONG, lines[-1], message)
    return lines


def take_column(rows: Sequence[Row], column: int) -> list[str]:
    """Return the cells of a column, empty where a row is too short."""
    try:
        return [row[column] for row in rows]
    except IndexError:
        return [row[column] if column < len(row) else "" for row in rows]


def height_of(row: Row) -> int:
    """Return how many lines a row takes."""
    return 1 + sum(count_text_breaks(field) for field in row if "\n" in field or "\r" in field)


def _check_columns(rows: Sequence[Row], lines: Sequence[int]) -> None:
    if max(map(len, rows)) > MAX_COLUMNS:
        first = next(at for at, row in enumerate(rows) if len(row) > MAX_COLUMNS)
        message = (
            f"The row has more than {MAX_COLUMNS:,} columns. Check that the file is a list with "
            "line breaks."
        )
        raise FileRefused(Reason.LAYOUT, lines[first], message)
