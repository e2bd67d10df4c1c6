"""Telephones: cells that plainly hold a number, where another column was chosen for it.

Much that is no telephone number reads as one: bare figures may be an id, and a date has as many. So
a cell counts only if it also looks like one: it has a leading 0 or + and seven figures more, or
groups of figures as numbers are written. Under a head that speaks of telephones, reading is enough.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate

ReadCells = Callable[[Sequence[str], str], Sequence[int | str]]
"""Reads cells of a region: an E.164 number as an integer, or the code of why there is none."""

_MIN_CHARS = 8
_JOIN = r"\-‐-―−－ーｰ─━.．"
_GAP = rf"{_JOIN}()（） \u00a0\u3000"
# It begins with a set of characters, for which `re` looks far sooner than for anything else.
_SHAPE = re.compile(
    rf"[0０+＋{_GAP}](?:"
    rf"(?<=[0０+＋])(?<!\d[0０])(?<!\d[/:.][0０])(?:[{_GAP}]{{0,3}}+\d){{7}}"
    rf"|(?<=\d[{_GAP}])[{_GAP}]?\d{{2,4}}+[{_GAP}]{{1,2}}\d{{4}}(?!\d))"
)
_DATE_BEGINS = re.compile(r"\D{0,2}(?:19|20)\d\d[-/.年]")
_DATE = re.compile(
    r"\s*(?:(?:19|20)\d\d[-/.年 ][01]?\d[-/.月 ][0-3]?\d(?!\d)"
    r"|[0-3]?\d[-/. ][0-3]?\d[-/. ](?:19|20)?\d\d\s*$"
    r"|(?:19|20)\d\d(?:0[1-9]|1[0-2])[0-3]\d(?:\d{4}(?:\d\d)?)?\s*$)"
)
_DATE_CHARS = 5


def read_telephones(
    cells: Sequence[str], region: str, read_cells: ReadCells, *, by_head: bool
) -> dict[int, int]:
    """Return the number of each cell that is plainly a telephone number, by its place.

    Args:
        cells: Cells of one column.
        region: How texts are read.
        read_cells: Reads texts.
        by_head: Whether the column's head speaks of telephones.
    """
    places = _filled(cells) if by_head else _shaped(cells)
    places = [at for at in places if not _DATE.match(cells[at])]
    if not places:
        return {}
    readings = read_cells([cells[at] for at in places], region)
    return {
        at: reading
        for at, reading in zip(places, readings, strict=True)
        if isinstance(reading, int)
    }


def _filled(cells: Sequence[str]) -> list[int]:
    return [at for at, cell in enumerate(cells) if cell and not cell.isspace()]


def _shaped(cells: Sequence[str]) -> list[int]:
    """Return the places of cells that look like a telephone number; most columns have none."""
    if not cells or max(map(len, cells)) < _MIN_CHARS or _are_dates(cells):
        return []
    # One search in all cells is far sooner than one in each.
    found = [match.start() for match in _SHAPE.finditer("\n".join(cells))]
    if not found:
        return []
    ends = list(accumulate(len(cell) + 1 for cell in cells))
    return sorted({bisect_right(ends, start) for start in found})


def _are_dates(cells: Sequence[str]) -> bool:
    if not any(map(_DATE_BEGINS.match, cells[:3])):
        return False
    begins = {cell[:_DATE_CHARS] for cell in cells}
    begins.discard("")
    return all(map(_DATE_BEGINS.match, begins))
