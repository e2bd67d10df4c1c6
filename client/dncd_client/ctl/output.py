"""Where words go: JSON and tables to standard output, messages to standard error."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

Json: TypeAlias = Mapping[str, Any]
_ANY_WIDTH = 10_000

Cell: TypeAlias = str | Text


def print_json(value: Json) -> None:
    """Print one line of JSON in UTF-8, whatever the locale."""
    line = json.dumps(value, ensure_ascii=False)
    # What UTF-8 cannot carry (bytes of an argument that were none) becomes JSON's own escape.
    click.echo(line.encode("utf-8", "backslashreplace"))


def print_line(text: str = "") -> None:
    """Print a line of the answer for people."""
    click.echo(text)


def print_note(text: str) -> None:
    """Print a message that is no part of the answer."""
    click.echo(f"dncctl: {text}", err=True)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Print a table; cells are text and never markup. Off a terminal nothing is cut or coloured."""
    table = Table(box=None, pad_edge=False, header_style="bold", show_header=any(columns))
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in row))
    console = Console(highlight=False)
    if console.is_terminal:
        console.print(table)
        return
    console = Console(highlight=False, width=_ANY_WIDTH)
    with console.capture() as text:
        console.print(table)
    for line in text.get().splitlines():
        print_line(line.rstrip())


def instant(unix_us: int) -> str | None:
    """Write microseconds since 1970 as RFC 3339; None for 0, which means that there is none."""
    if not unix_us:
        return None
    seconds, us = divmod(unix_us, 1_000_000)
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{us:06}Z" if us else f"{moment:%Y-%m-%dT%H:%M:%S}Z"


def moment(at: datetime | None) -> str | None:
    """Write an instant as RFC 3339 with microseconds."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z" if at else None


def e164_text(number: int | None) -> str | None:
    """Write a number as E.164."""
    return f"+{number}" if number else None
