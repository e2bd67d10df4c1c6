"""Layouts: how rows are cut into fields, and which of these hold the numbers."""

import csv
import re
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from dncd_files.heads import fold_head, is_number_head, show_heads
from dncd_files.refusal import FileRefused, Reason
from dncd_files.rows import MAX_COLUMNS, Row

LAYOUTS = ("auto", "lines", "csv", "npa-nxx-xxxx")
ReadCells = Callable[[Sequence[str], str], Sequence[int | str]]
"""Reads cells of a region: an E.164 number as an integer, or the code of why there is none."""

_DELIMITERS = ",\t;"
_SAMPLE_LINES = 200
_SAMPLE_ROWS = 100
_NPA_LINE = re.compile(r"[0-9]{3},[0-9]{7}")


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file's rows are read.

    Attributes:
        name: One of ``LAYOUTS`` but "auto".
        delimiter: What stands between fields; empty for lines.
        columns: The fields, from 0, that hold numbers.
        has_header: Whether the first row that is not blank holds heads.
        width: How many fields a row has by the header, else by most rows.
    """

    name: str
    delimiter: str
    columns: tuple[int, ...]
    has_header: bool
    width: int


@dataclass(frozen=True, slots=True)
class Wish:
    """What the uploader declared.

    Attributes:
        region: How texts are read.
        layout: One of ``LAYOUTS``.
        columns: Heads of the columns that hold numbers; none means those that are found.
    """

    region: str
    layout: str = "auto"
    columns: tuple[str, ...] = ()


def find_layout(lines: Sequence[str], wish: Wish, read_cells: ReadCells) -> Layout:
    """Settle the layout from a file's first lines.

    Raises:
        FileRefused: Which column holds the numbers is uncertain.
    """
    first = next((at for at, line in enumerate(lines) if line.strip()), len(lines))
    lines = lines[first : first + _SAMPLE_LINES]
    filled = [line.rstrip("\r\n") for line in lines if line.strip()]
    if _is_npa(filled, wish):
        return _npa_layout(wish)
    delimiter = _find_delimiter(lines, filled, wish.layout)
    rows = _parse(lines, delimiter) if delimiter else [(text,) for text in filled]
    rows = [row for row in rows if any(map(str.strip, row))][:_SAMPLE_ROWS]
    name = "csv" if delimiter else "lines"
    if not rows:
        return Layout(name, delimiter, (0,), has_header=False, width=1)
    line = first + 1
    headed = _headed_columns(rows[0], wish.columns, line)
    if headed:
        return Layout(name, delimiter, headed, has_header=True, width=len(rows[0]))
    width = Counter(map(len, rows)).most_common(1)[0][0]
    column = _find_column(rows, width, read_cells, wish.region, line)
    return Layout(name, delimiter, (column,), has_header=False, width=width)


def blank_file() -> FileRefused:
    """Return the refusal of a file in which there is no row."""
    message = (
        "The file has no rows, or none but its heads. Export it again; an empty list is never "
        "taken for a list."
    )
    return FileRefused(Reason.EMPTY, 0, message)


def _is_npa(filled: Sequence[str], wish: Wish) -> bool:
    if wish.layout != "auto":
        return wish.layout == "npa-nxx-xxxx"
    # The last line may have been cut short; that is for a later check to say.
    whole = filled[:-1] or filled
    return bool(whole) and not wish.columns and all(map(_NPA_LINE.fullmatch, whole))


def _npa_layout(wish: Wish) -> Layout:
    if wish.columns:
        message = "The layout npa-nxx-xxxx has no heads. Leave out --column, or declare another."
        raise FileRefused(Reason.LAYOUT, 0, message)
    return Layout("npa-nxx-xxxx", "", (0,), has_header=False, width=1)


def _find_delimiter(lines: Sequence[str], filled: Sequence[str], layout: str) -> str:
    """Return the delimiter that gives most rows the same number of fields; empty for lines."""
    if layout == "lines":
        return ""
    best, best_score = "", (0, 0)
    for delimiter in _DELIMITERS:
        counts = Counter(map(len, filter(None, _parse(lines, delimiter))))
        fields, rows = max(counts.items(), key=lambda item: item[1], default=(1, 0))
        if fields > 1 and (rows, fields) > best_score:
            best, best_score = delimiter, (rows, fields)
    if best or (layout == "auto" and not any('"' in text for text in filled)):
        return best
    return ","


def _parse(lines: Sequence[str], delimiter: str) -> list[Row]:
    """Return the rows up to the first that cannot be read, which is for the table to report."""
    rows: list[Row] = []
    with suppress(csv.Error):
        rows.extend(csv.reader(lines, delimiter=delimiter, strict=True))
    return [row[:MAX_COLUMNS] for row in rows]


def _headed_columns(heads: Row, wanted: Sequence[str], line: int) -> tuple[int, ...]:
    """Return the columns that the heads name: those wanted, else the known one, else none."""
    if not wanted:
        known = tuple(at for at, head in enumerate(heads) if is_number_head(head))
        if len(known) > 1:
            message = (
                "Several columns may hold the numbers: "
                f"{show_heads(heads[at] for at in known)}. Name the right ones with --column, once "
                "for each."
            )
            raise FileRefused(Reason.LAYOUT, line, message)
        return known
    names = {fold_head(column) for column in wanted}
    folded = [fold_head(head) for head in heads]
    if not names.issubset(filter(None, folded)):
        message = (
            "The first row has not every column that --column names. Its heads: "
            f"{show_heads(heads)}. Name them as they stand there."
        )
        raise FileRefused(Reason.LAYOUT, line, message)
    return tuple(at for at, head in enumerate(folded) if head in names)


def _find_column(
    rows: Sequence[Row], width: int, read_cells: ReadCells, region: str, line: int
) -> int:
    """Return the only column that reads as numbers in most rows."""
    if width == 1:
        return 0
    found = []
    for column in range(width):
        cells = [row[column] for row in rows if column < len(row)]
        readings = read_cells(cells, region)
        if 2 * sum(isinstance(reading, int) for reading in readings) > len(rows):
            found.append(column)
    if len(found) == 1:
        return found[0]
    if not found and 2 * sum(not has_digit(row) for row in rows) > len(rows):
        # Not one digit: rather a wrong encoding than a wrong column. Reading on brings that to
        # light, with counts.
        return 0
    how_many = f"{len(found)} columns" if found else "No column"
    message = (
        f"{how_many} could be the numbers, and the first row has no head that says it. Put heads "
        "over the columns and name the right one with --column, or declare the region in which "
        "the numbers are to be read."
    )
    raise FileRefused(Reason.LAYOUT, line, message)


def has_digit(row: Row) -> bool:
    """Say whether any field of a row holds a digit."""
    return any(map(str.isdigit, "".join(row)))
