"""Columns: which fields hold the numbers, by their heads or by what stands in them.

A column of numbers that is passed over in silence is so many people who will be called. So where
another column may hold numbers too, or a number stands among the heads, the file is refused.
"""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass

from dncd_files.attributes import Attribute, attribute_columns
from dncd_files.heads import (
    fold_head,
    has_long_digits,
    is_area_code_head,
    is_number_head,
    says_number,
    show_heads,
)
from dncd_files.refusal import FileRefused, Reason
from dncd_files.rows import Row
from dncd_files.telephones import ReadCells, read_telephones

_TITLE_ROWS = 20


@dataclass(frozen=True, slots=True)
class Sample:
    """A file's first rows.

    Attributes:
        rows: Their fields; none is blank, and there is at least one.
        lines: The line, from 1, in which each begins.
        region: How texts are read.
        read_cells: Reads texts.
        is_change: Whether a column may say which rows add and which delete; None where rows say nothing of their
            entries, whatever the heads are.
    """

    rows: Sequence[Row]
    lines: Sequence[int]
    region: str
    read_cells: ReadCells
    is_change: bool | None = None

    def attributes(self, at: int = 0) -> dict[int, Attribute]:
        """Return by column what a row says, read as heads, of attributes below it."""
        if self.is_change is None:
            return {}
        return attribute_columns(self.rows[at], is_change=self.is_change)

    def cells(self, column: int, begin: int = 0) -> list[str]:
        """Return the cells of a column from a row on, empty where a row is too short."""
        return [row[column] if column < len(row) else "" for row in self.rows[begin:]]

    def telephones(self, column: int, begin: int, *, by_head: bool) -> dict[int, int]:
        """Return the plain telephone numbers of a column from a row on, by their place."""
        cells = self.cells(column, begin)
        return read_telephones(cells, self.region, self.read_cells, by_head=by_head)

    def has_number(self, at: int) -> bool:
        """Say whether any cell of a row reads as a telephone number."""
        return bool(read_telephones(self.rows[at], self.region, self.read_cells, by_head=True))

    def refuse(self, message: str, at: int = 0) -> FileRefused:
        """Return the refusal of a row."""
        return FileRefused(Reason.LAYOUT, self.lines[at], message)


def wanted_columns(sample: Sample, wanted: Sequence[str]) -> tuple[int, ...]:
    """Return the columns whose heads were named.

    Raises:
        FileRefused: The first row has not all of these heads, or holds a number.
    """
    columns = _named(sample.rows[0], wanted)
    if not columns:
        for at in range(1, min(len(sample.rows), _TITLE_ROWS)):
            if _named(sample.rows[at], wanted):
                raise _titles(sample, at)
        message = (
            "The first row has not every column that --column names. Its heads: "
            f"{show_heads(sample.rows[0])}. Name them as they stand there."
        )
        raise sample.refuse(message)
    _refuse_number_among_heads(sample)
    return columns


def known_column(sample: Sample) -> tuple[int, ...]:
    """Return the one column that heads say, or let see, to hold the numbers, or none where there are no heads.

    Where a head is an attribute's the first row is heads, and the numbers may be found by what stands below.

    Raises:
        FileRefused: Several heads say it, the heads stand further down, or they hold a number.
    """
    heads = sample.rows[0]
    attributes = sample.attributes()
    known = tuple(at for at, head in enumerate(heads) if is_number_head(head))
    _refuse_titles(sample, is_headed=bool(known or attributes))
    if known or attributes:
        _refuse_number_among_heads(sample)
    elif sample.has_number(0):
        return ()
    if not known:
        _refuse_area_codes(sample)
        known = tuple(at for at, head in enumerate(heads) if says_number(head))
        known = tuple(at for at in known if _is_mostly_numbers(sample, at))
    if not known and attributes:
        known = (_find_beside(sample, attributes),)
    if len(known) > 1:
        raise _several(sample, known)
    return known


def find_column(sample: Sample, width: int) -> int:
    """Return the only column that reads as numbers in most rows.

    Raises:
        FileRefused: There is none, or more than one.
    """
    if width == 1:
        return 0
    rows = sample.rows
    found = [column for column in range(width) if _reads_as_numbers(sample, column, 0)]
    if len(found) == 1:
        return found[0]
    if not found and 2 * sum(not has_digit(row) for row in rows) > len(rows):
        # Not one digit: rather a wrong encoding than a wrong column. Reading on brings that to
        # light, with counts.
        return 0
    raise _uncertain(sample, len(found))


def _find_beside(sample: Sample, attributes: Container[int]) -> int:
    """Return the only column below heads, attributes aside, that reads as numbers in most rows.

    Raises:
        FileRefused: There is none, or more than one, or its head may be data.
    """
    heads = sample.rows[0]
    left = [column for column in range(len(heads)) if column not in attributes]
    found = [column for column in left if _reads_as_numbers(sample, column, 1)]
    if len(found) == 1 and not has_long_digits(heads[found[0]]):
        return found[0]
    message = (
        "No head says which column holds the numbers, and what stands below does not tell. Give it "
        "a head such as 電話番号 or phone, or name it with --column."
    )
    raise sample.refuse(message)


def _reads_as_numbers(sample: Sample, column: int, begin: int) -> bool:
    rows = sample.rows[begin:]
    cells = [row[column] for row in rows if column < len(row)]
    readings = sample.read_cells(cells, sample.region)
    return 2 * sum(isinstance(reading, int) for reading in readings) > len(rows)


def refuse_other_numbers(
    sample: Sample, chosen: int, others: Iterable[int], *, has_header: bool
) -> None:
    """Refuse a file of which one of the other columns holds numbers as the chosen one does.

    Raises:
        FileRefused: It does, in more than half of the cells that are not blank.
    """
    begin = int(has_header)
    readings = sample.read_cells(sample.cells(chosen, begin), sample.region)
    doubtful = []
    for column in others:
        by_head = has_header and says_number(sample.rows[0][column])
        found = sample.telephones(column, begin, by_head=by_head)
        # The same number in another spelling is not lost.
        lost = sum(number != readings[at] for at, number in found.items())
        if 2 * lost > sum(map(bool, map(str.strip, sample.cells(column, begin)))):
            doubtful.append(column)
    if doubtful and has_header:
        raise _several(sample, sorted([chosen, *doubtful]))
    if doubtful:
        raise _uncertain(sample, 1 + len(doubtful))


def has_digit(row: Row) -> bool:
    """Say whether any field of a row holds a digit."""
    return any(map(str.isdigit, "".join(row)))


def _named(heads: Row, wanted: Sequence[str]) -> tuple[int, ...]:
    """Return the columns of heads that have all the names wanted, else none."""
    names = {fold_head(column) for column in wanted}
    folded = [fold_head(head) for head in heads]
    if not names.issubset(filter(None, folded)):
        return ()
    return tuple(at for at, head in enumerate(folded) if head in names)


def _is_mostly_numbers(sample: Sample, column: int) -> bool:
    filled = sum(map(bool, map(str.strip, sample.cells(column, 1))))
    return 2 * len(sample.telephones(column, 1, by_head=True)) > filled


def _refuse_number_among_heads(sample: Sample) -> None:
    if sample.has_number(0):
        message = (
            "This line looks like heads and like data at once: a known head and a telephone "
            "number stand in it. Put a line of heads above it; if it is the heads, take the "
            "number out of it and into a row of its own."
        )
        raise sample.refuse(message)


def _refuse_titles(sample: Sample, *, is_headed: bool) -> None:
    """Refuse a file whose heads stand below lines of another kind."""
    for at in range(min(len(sample.rows), _TITLE_ROWS)):
        row = sample.rows[at]
        # A single known head may be the title of a table, but is the head of a list.
        if is_headed and at > 0 and _filled(row) <= max(1, _filled(sample.rows[0])):
            return
        if (is_headed and _filled(sample.rows[0]) > 1) or sample.has_number(at):
            return
        if at > 0 and (any(map(is_number_head, row)) or sample.attributes(at)):
            raise _titles(sample, at)


def _filled(row: Row) -> int:
    return sum(map(bool, map(str.strip, row)))


def _refuse_area_codes(sample: Sample) -> None:
    if any(map(is_area_code_head, sample.rows[0])):
        message = (
            "The numbers are split over several columns, of which one has the area codes. Join "
            "them in one column and export the file again."
        )
        raise sample.refuse(message)


def _titles(sample: Sample, at: int) -> FileRefused:
    message = (
        f"This line, {sample.lines[at]:,}, looks like the heads. Take out the lines above it: the "
        "heads must come first."
    )
    return sample.refuse(message, at)


def _several(sample: Sample, columns: Sequence[int]) -> FileRefused:
    heads = [sample.rows[0][at] for at in columns]
    unnamed = "" if all(map(str.strip, heads)) else " Another has no head: give it one first."
    message = (
        f"Several columns may hold the numbers: {show_heads(heads)}.{unnamed} Name the right ones "
        "with --column, once for each."
    )
    return sample.refuse(message)


def _uncertain(sample: Sample, found: int) -> FileRefused:
    how_many = f"{found} columns" if found else "No column"
    split = "" if found else ", join the columns if a number is split over several"
    message = (
        f"{how_many} could be the numbers, and the first row has no head that says it. Put heads "
        f"over the columns and name the right one with --column{split}, or declare the region in "
        "which the numbers are to be read."
    )
    return sample.refuse(message)
