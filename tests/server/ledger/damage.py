"""Damages a ledger's rows, and tells what verifying and following make of them."""

# ruff: noqa: S608 - statements are made of this file's own names
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from dncd_engine.state import State
from dncd_server.errors import LedgerError, UnavailableError
from dncd_server.ledger.engine import open_engine
from dncd_server.ledger.store import Store
from dncd_server.ledger.verify import Verification, verify
from server.building import office, run, url_of

Damage = Callable[[sqlite3.Connection], object]


def damaged(path: Path, damage: Damage) -> None:
    with sqlite3.connect(path) as connection:
        before = list(connection.iterdump())
        damage(connection)
        assert list(connection.iterdump()) != before
    connection.close()


def verified(path: Path) -> Verification:
    store = Store(open_engine(url_of(path), create=False))
    try:
        return verify(store)
    finally:
        store.close()


def followed(path: Path) -> State | str:
    """Return the state that a ledger is followed to, or why nothing is answered."""

    async def scene() -> State | str:
        async with office(path) as it:
            try:
                state = await it.catch_up()
            except (LedgerError, UnavailableError):
                with pytest.raises(UnavailableError) as caught:
                    _ = it.replica.state
                return caught.value.reason
            assert it.replica.state is state
            return state

    try:
        return run(scene())
    except LedgerError:
        return "CANNOT_START"


def sql(statement: str) -> Damage:
    return lambda connection: connection.execute(statement)


def flip(table: str, column: str, where: str, bit: int = 100) -> Damage:
    """Flip one bit of a blob."""

    def damage(connection: sqlite3.Connection) -> None:
        row = connection.execute(f"SELECT {column}, rowid FROM {table} WHERE {where}").fetchone()
        data = bytearray(row[0])
        data[bit // 8 % len(data)] ^= 1 << bit % 8
        update = f"UPDATE {table} SET {column} = ? WHERE rowid = ?"
        connection.execute(update, (bytes(data), row[1]))

    return damage


def swap(table: str, column: str, one: int, other: int) -> Damage:
    """Swap two values of a column of integers."""

    def damage(connection: sqlite3.Connection) -> None:
        for old, new in ((one, -1), (other, one), (-1, other)):
            update = f"UPDATE {table} SET {column} = ? WHERE {column} = ?"
            connection.execute(update, (new, old))

    return damage
