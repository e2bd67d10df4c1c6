"""Where words go: JSON and tables to standard output, messages to standard error."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any, TypeAlias

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dncd_client.ctl.printable import as_json, printable

Json: TypeAlias = Mapping[str, Any]
_ANY_WIDTH = 10_000

Cell: TypeAlias = str | Text | Sequence[str]
"""A line, a styled line of our own, or several lines."""


def print_json(value: Json, *, is_error: bool = False) -> None:
    """Print one line of JSON in UTF-8, whatever the locale; an error goes to standard error.

    What UTF-8 cannot carry (bytes of an argument that were none) and what steers a terminal becomes
    JSON's own escape.
    """
    line = printable(json.dumps(value, ensure_ascii=False), escape=as_json)
    click.echo(line.encode(), err=is_error)


def print_line(text: str = "") -> None:
    """Print a line of the answer for people."""
    click.echo(printable(text, keeping="\t"))


def print_note(text: str) -> None:
    """Print a message that is no part of the answer; it may have several lines."""
    print_plain_note(f"dncctl: {text}")


def print_plain_note(text: str) -> None:
    """Print a message as it is."""
    click.echo(printable(text, keeping="\n"), err=True)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Print a table; cells are text and never markup. Off a terminal nothing is cut or coloured."""
    table = Table(box=None, pad_edge=False, header_style="bold", show_header=any(columns))
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*map(_shown, row))
    console = Console(highlight=False)
    if console.is_terminal:
        console.print(table)
        return
    console = Console(highlight=False, width=_ANY_WIDTH)
    with console.capture() as text:
        console.print(table)
    for line in text.get().splitlines():
        print_line(line.rstrip())


def _shown(cell: Cell) -> Text:
    if isinstance(cell, Text):
        return cell
    lines = (cell,) if isinstance(cell, str) else cell
    return Text("\n".join(map(printable, lines)))


def instant(unix_us: int) -> str | None:
    """Write microseconds since 1970 as RFC 3339; None for 0, which means that there is none."""
    at = _datetime(unix_us, UTC)
    if at is None:
        return None
    us = unix_us % 1_000_000
    return f"{at:%Y-%m-%dT%H:%M:%S}.{us:06}Z" if us else f"{at:%Y-%m-%dT%H:%M:%S}Z"


def local_instant(unix_us: int, zone: tzinfo) -> str | None:
    """Write microseconds since 1970 as people in a zone read it, with the offset; None for 0."""
    at = _datetime(unix_us, zone)
    if at is None:
        return None
    return at.isoformat(sep=" ", timespec="seconds" if at.second else "minutes")


def _datetime(unix_us: int, zone: tzinfo) -> datetime | None:
    try:
        return datetime.fromtimestamp(unix_us // 1_000_000, zone) if unix_us else None
    except (OverflowError, ValueError, OSError):
        return None


def moment(at: datetime | None) -> str | None:
    """Write an instant as RFC 3339 with microseconds."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z" if at else None


def e164_text(number: int | None) -> str | None:
    """Write a number as E.164."""
    return f"+{number}" if number else None
