"""Open the database: one connection that owns the file, its settings read back, its schema up to date.

SQLite before 3.51.3 can damage a file when two connections checkpoint at once, so one connection owns it, and SQLite's
own exclusive lock holds everybody else out (https://sqlite.org/wal.html#walresetbug).
"""

import sqlite3
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError
from sqlalchemy.pool import StaticPool

from dncd_server.errors import LedgerError

SCHEMA_REVISION = "0002"
_ADDRESS_FORM = "the ledger's address is not of the form sqlite:///PATH"
_PRAGMAS: tuple[tuple[str, str, object], ...] = (
    ("locking_mode", "EXCLUSIVE", "exclusive"),
    ("journal_mode", "WAL", "wal"),
    ("synchronous", "FULL", 2),
    ("foreign_keys", "ON", 1),
    ("secure_delete", "ON", 1),
    ("mmap_size", "0", 0),
)


def open_engine(url: str, *, create: bool = True) -> Engine:
    """Open a ledger's database and bring its schema up to date.

    Args:
        url: ``sqlite:///PATH``; four slashes for an absolute path.
        create: Whether a file that does not exist is made.

    Raises:
        LedgerError: The address is none that this version knows, the file is no ledger, another process has it open,
            or a setting did not take.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise LedgerError(_ADDRESS_FORM) from error
    if parsed.drivername != "sqlite":
        raise LedgerError("this version keeps its ledger in SQLite: give sqlite:///PATH")
    # a host, or settings of the driver's own, would open something else than the file that is named
    if parsed.host or parsed.query:
        raise LedgerError(_ADDRESS_FORM)
    if not parsed.database or parsed.database == ":memory:":
        raise LedgerError("a ledger needs a file: give sqlite:///PATH")
    folder = Path(parsed.database).absolute().parent
    if not folder.is_dir():
        raise LedgerError(f"the ledger's folder does not exist: {folder}; make it or mend --ledger")
    if not create and not Path(parsed.database).is_file():
        raise LedgerError(f"there is no file {parsed.database}")
    _check_log(Path(parsed.database))
    engine = sa.create_engine(
        parsed,
        poolclass=StaticPool,
        # the text of an error goes to the log, and what is written holds numbers and names
        hide_parameters=True,
        connect_args={"check_same_thread": False, "isolation_level": None, "timeout": 2.0},
    )
    sa.event.listen(engine, "connect", _set_pragmas)
    sa.event.listen(engine, "begin", _begin_immediate)
    sa.event.listen(engine, "handle_error", _name_damage)
    try:
        _migrate(engine)
    except OperationalError as error:
        engine.dispose()
        if "locked" in str(error.orig):
            raise LedgerError(
                f"another process has the ledger open: {parsed.database}; stop it first"
            ) from error
        raise LedgerError(
            f"the ledger cannot be opened: {parsed.database}: {error.orig}"
        ) from error
    except (DatabaseError, UnicodeError) as error:
        engine.dispose()
        cause = getattr(error, "orig", error)
        raise LedgerError(f"this file is no ledger: {parsed.database}: {cause}") from error
    except BaseException:
        engine.dispose()
        raise
    return engine


def _check_log(path: Path) -> None:
    """Refuse to begin a ledger beside the log of one that is missing: SQLite would delete what the log still holds."""
    log = path.with_name(f"{path.name}-wal")
    if not path.exists() and log.exists() and log.stat().st_size:
        raise LedgerError(
            f"the ledger's file is missing but its log is there: {log}; put {path.name} back beside it first"
        )


def _set_pragmas(connection: Any, _record: object) -> None:
    """Set each pragma and read it back: SQLite ignores what it cannot do without a word."""
    for name, value, expected in _PRAGMAS:
        connection.execute(f"PRAGMA {name} = {value}")
        row = connection.execute(f"PRAGMA {name}").fetchone()
        # mmap_size answers nothing where SQLite was built without it
        if row is not None and row[0] != expected:
            raise LedgerError(f"SQLite did not take PRAGMA {name} = {value}; it says {row[0]}")


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _name_damage(context: ExceptionContext) -> None:
    """Tell a file that is damaged from one that cannot be reached just now."""
    error = context.original_exception
    is_damage = type(error) is sqlite3.DatabaseError and "malformed" in str(error)
    if is_damage or isinstance(error, UnicodeError):
        raise LedgerError(f"the ledger's file is damaged: {error}") from error


def _migrate(engine: Engine) -> None:
    with engine.begin() as connection:
        if _revision(connection) == SCHEMA_REVISION:
            return
        # imported here: most starts find the schema as it should be
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, SCHEMA_REVISION)


def _revision(connection: Connection) -> str:
    inspector = sa.inspect(connection)
    if not inspector.has_table("alembic_version"):
        if inspector.get_table_names():
            raise LedgerError("this database holds something else than a ledger")
        return ""
    row = connection.exec_driver_sql("SELECT version_num FROM alembic_version").fetchone()
    revision = str(row[0]) if row else ""
    if revision > SCHEMA_REVISION:
        raise LedgerError(f"the ledger's schema {revision} is newer than this dncd; upgrade dncd")
    return revision
