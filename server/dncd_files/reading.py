"""Reading: rows to numbers and rejected cells, whole slices at a time."""

import re
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dncd_files.columns import has_digit
from dncd_files.layouts import Layout
from dncd_files.rows import Row, RowSlice, take_column
from dncd_files.statements import StatedRows, StatementReader
from dncd_files.telephones import ReadCells, read_telephones

Numbers = NDArray[np.uint64]
CheckNumbers = Callable[[Numbers], NDArray[np.uint8]]
"""Returns 0 for each number that the reader of texts would give back, else something else."""

MAX_RAW_CHARS = 200
_NOT_A_NUMBER = "not_a_number"
_MULTIPLE_NUMBERS = "multiple_numbers"
_NPA_LINE = re.compile(r"([0-9]{3}),([0-9]{7})\s*")
_NPA_CHARS = 11
_NPA_COUNTRY = np.uint64(10_000_000_000)
_NPA_POWERS = np.array([10**power for power in range(9, -1, -1)], dtype=np.uint64)
_REJECTED_ROW = -1
_NOTHING = StatedRows((), {})


@dataclass(frozen=True, slots=True)
class RejectedCell:
    """A cell, or a row, that is not plainly one number.

    Attributes:
        line: The line, from 1, in which its row begins.
        column: Which field, from 1; 0 means the row.
        code: Why.
        raw: The text as it stood, cut to ``MAX_RAW_CHARS``. It goes to the uploader and nowhere
            else.
    """

    line: int
    column: int
    code: str
    raw: str


@dataclass(slots=True)
class Reading:
    """What a slice of rows came to.

    Attributes:
        rows: How many rows are not blank.
        numbers: The numbers read, in order.
        row_of: For each number its row in the slice, -1 in a row of which another cell was
            rejected; None where every row that was not rejected has one number.
        notes: For each number the note of what its row says of it; None where rows say nothing.
        rejected: The rejected cells, in order.
        codes: For each rejected row the code of its first rejected cell.
        digitless: The codes of those rejected rows that have no digit at all.
    """

    rows: int
    numbers: Numbers
    row_of: NDArray[np.int64] | None = None
    notes: NDArray[np.uint64] | None = None
    rejected: list[RejectedCell] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    digitless: list[str] = field(default_factory=list)

    def reject(self, row: Row, cells: Sequence[RejectedCell]) -> None:
        """Note a rejected row by its cells."""
        self.rejected.extend(cells)
        self.codes.append(cells[0].code)
        if not has_digit(row):
            self.digitless.append(cells[0].code)


def is_blank(row: Row) -> bool:
    """Say whether all fields of a row are blank."""
    return not any(map(str.strip, row))


def read_slice(
    part: RowSlice,
    layout: Layout,
    region: str,
    read_cells: ReadCells,
    check_numbers: CheckNumbers,
    statements: StatementReader | None = None,
) -> Reading:
    """Read the numbers of a slice of rows; blank rows are left out and not counted.

    Of a row whose attributes cannot be taken no number is, for nobody can say on what terms it would stand.

    Args:
        part: The rows.
        layout: How they are read.
        region: How texts are read.
        read_cells: Reads texts.
        check_numbers: Checks numbers.
        statements: Reads the attribute columns, if the layout has any.
    """
    if layout.name == "npa-nxx-xxxx":
        return _read_npa(part, read_cells, check_numbers)
    stated = statements.read(part) if statements is not None else _NOTHING
    if len(layout.columns) > 1:
        return _read_several(part, layout, region, read_cells, stated)
    cells = take_column(part.rows, layout.columns[0])
    readings = read_cells(cells, region)
    further = _find_watched(part, layout, region, read_cells, readings)
    further |= _find_overfull(part, layout, region, read_cells)
    return _gather(part, cells, readings, layout.columns[0], further, stated)


def _find_watched(
    part: RowSlice,
    layout: Layout,
    region: str,
    read_cells: ReadCells,
    readings: Sequence[int | str],
) -> dict[int, list[RejectedCell]]:
    """Return, by row, cells of a further telephone number beside that of the chosen column.

    Rows whose chosen cell is rejected have none: they are told of anyway.
    """
    found: dict[int, list[RejectedCell]] = {}
    for column, by_head in layout.watched:
        cells = take_column(part.rows, column)
        telephones = read_telephones(cells, region, read_cells, by_head=by_head)
        for at, number in telephones.items():
            if isinstance(readings[at], int) and number != readings[at]:
                raw = cells[at][:MAX_RAW_CHARS]
                cell = RejectedCell(part.lines[at], column + 1, _MULTIPLE_NUMBERS, raw)
                found.setdefault(at, []).append(cell)
    return found


def _find_overfull(
    part: RowSlice, layout: Layout, region: str, read_cells: ReadCells
) -> dict[int, list[RejectedCell]]:
    """Return, by row, that a further number stands past the last column.

    An unquoted delimiter in a cell of two numbers makes such a row. Read by its columns alone, it
    would be accepted and its second number lost.
    """
    if not part.rows or max(map(len, part.rows)) <= layout.width:
        return {}
    found = {}
    for at, row in enumerate(part.rows):
        spare = [cell for cell in row[layout.width :] if cell.strip()]
        if spare and any(isinstance(reading, int) for reading in read_cells(spare, region)):
            raw = ",".join(row)[:MAX_RAW_CHARS]
            found[at] = [RejectedCell(part.lines[at], 0, _MULTIPLE_NUMBERS, raw)]
    return found


def _gather(
    part: RowSlice,
    cells: Sequence[str],
    readings: Sequence[int | str],
    column: int,
    further: Mapping[int, list[RejectedCell]],
    stated: StatedRows = _NOTHING,
) -> Reading:
    """Return what one column came to; a good number in a row with a further one is taken too."""
    bad = [at for at, kind in enumerate(map(type, readings)) if kind is not int]
    lost = {*bad, *stated.faults}
    good: Sequence[int | str]
    if stated.faults:
        good = [reading for at, reading in enumerate(readings) if at not in lost]
    else:  # far the most files, and sooner
        good = [reading for reading in readings if type(reading) is int] if bad else readings
    result = Reading(len(part.rows), np.fromiter(good, dtype=np.uint64, count=len(good)))
    if stated.notes:
        notes = [note for at, note in enumerate(stated.notes) if at not in lost]
        result.notes = np.fromiter(notes, dtype=np.uint64, count=len(notes))
    for at in sorted({*lost, *further}):
        row = part.rows[at]
        if not cells[at].strip() and is_blank(row):
            result.rows -= 1
            continue
        found = further.get(at, [])
        if not found and not isinstance(readings[at], int):
            raw = cells[at][:MAX_RAW_CHARS]
            found = [RejectedCell(part.lines[at], column + 1, str(readings[at]), raw)]
        result.reject(row, [*found, *_faulty_cells(part, at, stated)])
    if further:
        result.row_of = _rows_of(part.rows, lost, further)
    return result


def _faulty_cells(part: RowSlice, at: int, stated: StatedRows) -> list[RejectedCell]:
    """Return the cells of a row's attributes that cannot be taken."""
    row = part.rows[at]
    found = []
    for fault in stated.faults.get(at, ()):
        raw = ",".join(row) if fault.column < 0 else "".join(row[fault.column : fault.column + 1])
        found.append(
            RejectedCell(part.lines[at], fault.column + 1, fault.code, raw[:MAX_RAW_CHARS])
        )
    return found


def _rows_of(
    rows: Sequence[Row], lost: Container[int], further: Container[int]
) -> NDArray[np.int64]:
    result = []
    count = 0
    for at, row in enumerate(rows):
        if at not in lost:
            result.append(_REJECTED_ROW if at in further else count)
        count += not is_blank(row)
    return np.array(result, dtype=np.int64)


def _read_several(
    part: RowSlice, layout: Layout, region: str, read_cells: ReadCells, stated: StatedRows
) -> Reading:
    """Read several columns: every cell that is not empty is a number of its row."""
    by_column = []
    for column in layout.columns:
        cells = take_column(part.rows, column)
        by_column.append((column, cells, read_cells(cells, region)))
    result = Reading(0, np.empty(0, dtype=np.uint64))
    numbers: list[int] = []
    row_of: list[int] = []
    notes: list[int] = []
    for at, row in enumerate(part.rows):
        if is_blank(row):
            continue
        good: list[int] = []
        bad: list[RejectedCell] = []
        for column, cells, readings in by_column:
            reading, raw = readings[at], cells[at]
            if isinstance(reading, int):
                good.append(reading)
            elif raw.strip():
                bad.append(
                    RejectedCell(part.lines[at], column + 1, str(reading), raw[:MAX_RAW_CHARS])
                )
        if not good and not bad:
            bad.append(RejectedCell(part.lines[at], 0, _NOT_A_NUMBER, ""))
        if at in stated.faults:
            good = []
            bad += _faulty_cells(part, at, stated)
        if bad:
            result.reject(row, bad)
        numbers.extend(good)
        row_of.extend([_REJECTED_ROW if bad else result.rows] * len(good))
        if stated.notes:
            notes.extend([stated.notes[at]] * len(good))
        result.rows += 1
    result.numbers = np.array(numbers, dtype=np.uint64)
    result.row_of = np.array(row_of, dtype=np.int64)
    result.notes = np.array(notes, dtype=np.uint64) if stated.notes else None
    return result


def _read_npa(part: RowSlice, read_cells: ReadCells, check_numbers: CheckNumbers) -> Reading:
    """Read ``AAA,NNNNNNN``, North American whatever the region."""
    texts = [row[0] for row in part.rows]
    numbers = _npa_numbers(texts)
    if numbers is None:
        return _gather(part, texts, _read_npa_texts(texts, read_cells), 0, {})
    bad = np.flatnonzero(check_numbers(numbers)).tolist()
    if not bad:
        return Reading(len(texts), numbers)
    # What is wrong with the few is told by their texts.
    few = RowSlice([part.rows[at] for at in bad], [part.lines[at] for at in bad])
    few_texts = [texts[at] for at in bad]
    result = _gather(few, few_texts, _read_npa_texts(few_texts, read_cells), 0, {})
    result.numbers = np.concatenate((np.delete(numbers, bad), result.numbers))
    result.rows = len(texts)
    return result


def _read_npa_texts(texts: Sequence[str], read_cells: ReadCells) -> Sequence[int | str]:
    matches = map(_NPA_LINE.fullmatch, texts)
    cells = [f"+1{m[1]}{m[2]}" if m else text for m, text in zip(matches, texts, strict=True)]
    return read_cells(cells, "US")


def _npa_numbers(texts: Sequence[str]) -> Numbers | None:
    """Return the numbers of lines that all have the form, or None; far sooner than by text."""
    joined = "".join(texts)
    if not joined.isascii() or set(map(len, texts)) != {_NPA_CHARS}:
        return None
    codes = np.frombuffer(joined.encode("ascii"), dtype=np.uint8).reshape(-1, _NPA_CHARS)
    digits = np.delete(codes, 3, axis=1) - np.uint8(ord("0"))
    if (codes[:, 3] != ord(",")).any() or (digits > 9).any():
        return None
    value: Numbers = digits.astype(np.uint64) @ _NPA_POWERS
    return value + _NPA_COUNTRY
