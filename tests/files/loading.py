"""Reads a whole file through the files room, as the ingest child does."""

import io
from dataclasses import dataclass, field

import numpy as np

from dncd_engine.numbers import inspect_many, read_many
from dncd_files.layouts import Layout, Wish
from dncd_files.reading import RejectedCell
from dncd_files.scout import Scout
from dncd_files.statements import Statement
from dncd_files.table import Table
from dncd_files.tally import Tally


@dataclass
class Loaded:
    """What a file came to."""

    layout: Layout
    encoding: str
    tally: Tally
    numbers: list[int] = field(default_factory=list)
    beside: list[int] = field(default_factory=list)
    """Numbers taken from rejected rows."""
    rejected: list[RejectedCell] = field(default_factory=list)
    said: list[tuple[int, Statement]] = field(default_factory=list)
    """Each number with what its row says, where the file has columns for it."""


def load(
    content: bytes, wish: Wish | None = None, encoding: str = "auto", piece: int = 7
) -> Loaded:
    """Load a file or raise `FileRefused`; the scout gets it in small pieces."""
    scout = Scout(encoding)
    for start in range(0, len(content), piece):
        scout.feed(content[start : start + piece])
    found = scout.finish()
    wish = wish or Wish("JP")
    statements: list[Statement] = []

    def keep(statement: Statement) -> int:
        statements.append(statement)
        return len(statements) - 1

    table = Table(
        io.BytesIO(content),
        found,
        wish,
        read_many,
        lambda numbers: inspect_many(numbers).reject,
        encoding,
        keep,
    )
    loaded = Loaded(table.layout, found.name, Tally())
    for reading in table.readings():
        loaded.tally.add(reading)
        rows = reading.row_of if reading.row_of is not None else np.zeros(reading.numbers.size)
        loaded.numbers.extend(reading.numbers[rows >= 0].tolist())
        loaded.beside.extend(reading.numbers[rows < 0].tolist())
        loaded.rejected.extend(reading.rejected)
        if reading.notes is not None:
            said = [statements[note] for note in reading.notes.tolist()]
            loaded.said.extend(zip(reading.numbers.tolist(), said, strict=True))
    loaded.tally.judge()
    return loaded
