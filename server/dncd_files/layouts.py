"""Layouts: how rows are cut into fields, and which of these hold the numbers."""

import csv
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from dncd_files.attributes import Attribute, refuse_twice
from dncd_files.columns import (
    Sample,
    find_column,
    known_column,
    refuse_other_numbers,
    wanted_columns,
)
from dncd_files.heads import says_number
from dncd_files.refusal import FileRefused, Reason
from dncd_files.rows import MAX_COLUMNS, Row, height_of
from dncd_files.telephones import ReadCells
from dncd_files.values import AttributeRules

LAYOUTS = ("auto", "lines", "csv", "npa-nxx-xxxx")

_DELIMITERS = ",\t;"
_SAMPLE_LINES = 200
_SAMPLE_ROWS = 100
_NPA_LINE = re.compile(r"[0-9]{3},[0-9]{7}")
_SEP_LINE = re.compile(r"sep=(.?)[,;\t]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file's rows are read.

    Attributes:
        name: One of ``LAYOUTS`` but "auto".
        delimiter: What stands between fields; empty for lines.
        columns: The fields, from 0, that hold numbers.
        has_header: Whether the first row that is not blank holds heads.
        width: How many fields a row has by the header, else by most rows.
        preamble: How many rows come before the header or the first row of data.
        attributes: The fields that say something of their rows' entries, with what.
        watched: Fields in which a further telephone number must not be passed over. Each with
            whether its head speaks of telephones.
    """

    name: str
    delimiter: str
    columns: tuple[int, ...]
    has_header: bool
    width: int
    preamble: int = 0
    attributes: tuple[tuple[int, Attribute], ...] = ()
    watched: tuple[tuple[int, bool], ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Wish:
    """What the uploader declared.

    Attributes:
        region: How texts are read.
        layout: One of ``LAYOUTS``.
        columns: Heads of the columns that hold numbers; none means those that are found.
        attributes: What columns of attributes are held to; None means that no column is one.
    """

    region: str
    layout: str = "auto"
    columns: tuple[str, ...] = ()
    attributes: AttributeRules | None = None


def find_layout(lines: Sequence[str], wish: Wish, read_cells: ReadCells) -> Layout:
    """Settle the layout from a file's first lines.

    Raises:
        FileRefused: Which column holds the numbers is uncertain, two say the same, or one that must be there is not.
    """
    first = next((at for at, line in enumerate(lines) if line.strip()), len(lines))
    lines = lines[first : first + _SAMPLE_LINES]
    filled = [_bare(line) for line in lines if line.strip()]
    if _is_npa(filled, wish):
        return _with_all_columns(_npa_layout(wish), wish, first + 1)
    set_delimiter = _sep_line(filled, wish.layout, first + 1)
    preamble = int(bool(set_delimiter))
    delimiter = set_delimiter or _find_delimiter(lines, filled, wish.layout)
    name = "csv" if delimiter else "lines"
    sample = _take_sample(lines[preamble:], delimiter, first + preamble, wish, read_cells)
    if not sample.rows:
        return Layout(name, delimiter, (0,), has_header=False, width=1, preamble=preamble)
    layout = _settle(name, delimiter, preamble, sample, wish)
    return _with_all_columns(layout, wish, sample.lines[0])


def _settle(name: str, delimiter: str, preamble: int, sample: Sample, wish: Wish) -> Layout:
    """Return the layout of delimited rows or lines by their first rows."""
    columns = wanted_columns(sample, wish.columns) if wish.columns else known_column(sample)
    if not columns:
        width = Counter(map(len, sample.rows)).most_common(1)[0][0]
        columns = (find_column(sample, width),)
        others = [column for column in range(width) if column != columns[0]]
        refuse_other_numbers(sample, columns[0], others, has_header=False)
        watched = tuple((column, False) for column in others)
        return Layout(name, delimiter, columns, False, width, preamble, (), watched)
    heads = sample.rows[0]
    attributes = {at: kind for at, kind in sample.attributes().items() if at not in columns}
    refuse_twice(heads, attributes, sample.lines[0])
    found = tuple(attributes.items())
    if wish.columns:
        return Layout(name, delimiter, columns, True, len(heads), preamble, found)
    others = [at for at in range(len(heads)) if at != columns[0] and at not in attributes]
    refuse_other_numbers(sample, columns[0], others, has_header=True)
    others += [at for at, kind in found if kind.is_text]
    watched = tuple((at, says_number(heads[at])) for at in sorted(others))
    return Layout(name, delimiter, columns, True, len(heads), preamble, found, watched)


def _with_all_columns(layout: Layout, wish: Wish, line: int) -> Layout:
    """Return a layout that has the columns without which no row could be taken.

    Raises:
        FileRefused: It has not.
    """
    rules = wish.attributes
    kinds = [kind for _, kind in layout.attributes]
    if rules is not None and rules.is_change and Attribute.CHANGE not in kinds:
        message = (
            "No column says which rows add and which delete. Give the rows heads and such a column, "
            f'headed change or 変更区分, with "add" or "delete"; the layout is {layout.name}.'
        )
        raise FileRefused(Reason.LAYOUT, line, message)
    if rules is not None and rules.needs_source and not rules.is_change:
        if Attribute.SOURCE in kinds:
            return layout
        message = (
            "This list says of each number where it came from. Give the rows heads and a column "
            "headed source or 取得元, or name one source for all with --source."
        )
        raise FileRefused(Reason.LAYOUT, line, message)
    return layout


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


def _sep_line(filled: Sequence[str], layout: str, line: int) -> str:
    """Return the delimiter that a first line ``sep=;`` sets for Excel; empty if there is none."""
    match = _SEP_LINE.fullmatch(filled[0]) if filled and layout != "lines" else None
    if match is None:
        return ""
    if not match[1] or match[1] not in _DELIMITERS:
        message = (
            "This line sets a delimiter other than comma, tab and semicolon. Export the file with "
            "one of these, and take out this line."
        )
        raise FileRefused(Reason.LAYOUT, line, message)
    return match[1]


def _take_sample(
    lines: Sequence[str], delimiter: str, before: int, wish: Wish, read_cells: ReadCells
) -> Sample:
    """Return the first rows that are not blank, of lines of which so many came before."""
    rows: list[Row] = []
    numbers: list[int] = []
    line = before + 1
    for row in _parse(lines, delimiter) if delimiter else [[_bare(text)] for text in lines]:
        if any(map(str.strip, row)):
            rows.append(row)
            numbers.append(line)
        line += height_of(row)
    rows, numbers = rows[:_SAMPLE_ROWS], numbers[:_SAMPLE_ROWS]
    is_change = None if wish.attributes is None else wish.attributes.is_change
    return Sample(rows, numbers, wish.region, read_cells, is_change)


def _bare(text: str) -> str:
    return text.rstrip("\r\n")


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
