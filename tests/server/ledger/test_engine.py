"""The database is opened with the settings that keep it whole, or not at all."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from dncd_server.errors import LedgerError
from dncd_server.ledger.engine import SCHEMA_REVISION, open_engine
from dncd_server.ledger.schema import metadata
from dncd_server.ledger.store import Store
from server.building import created, url_of

_OPEN = """
import sys
from dncd_server.errors import LedgerError
from dncd_server.ledger.engine import open_engine
try:
    open_engine(sys.argv[1], create=False)
except LedgerError as error:
    sys.exit(f"refused: {error}")
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a ledger may be."""
    return tmp_path / "ledger.sqlite3"


def made(path: Path) -> Path:
    """Make a ledger of one event and close it."""
    store = Store(open_engine(url_of(path)))
    created(store)
    store.close()
    return path


def refusal(url: str, *, create: bool = True) -> str:
    with pytest.raises(LedgerError) as caught:
        open_engine(url, create=create)
    return str(caught.value)


def database(path: Path, *statements: str) -> Path:
    with sqlite3.connect(path) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()
    return path


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("locking_mode", "exclusive"),
        ("foreign_keys", 1),
        ("secure_delete", 1),
    ],
)
def test_a_setting_is_in_force(path: Path, pragma: str, value: object) -> None:
    engine = open_engine(url_of(path))
    with engine.connect() as connection:
        row = connection.exec_driver_sql(f"PRAGMA {pragma}").fetchone()
    engine.dispose()

    assert row is not None
    assert row[0] == value


def test_foreign_keys_are_held(path: Path) -> None:
    engine = open_engine(url_of(made(path)))
    with engine.connect() as connection, pytest.raises(sa.exc.IntegrityError):
        connection.exec_driver_sql("INSERT INTO body VALUES (99, 1, x'00', x'00')")
    engine.dispose()


def test_a_setting_that_sqlite_does_not_take_is_refused(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pragmas = (("page_size", "4096", "not this"),)
    monkeypatch.setattr("dncd_server.ledger.engine._PRAGMAS", pragmas)

    assert refusal(url_of(path)) == "SQLite did not take PRAGMA page_size = 4096; it says 4096"


def test_a_second_process_is_kept_out(path: Path) -> None:
    engine = open_engine(url_of(made(path)))

    def second() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", _OPEN, url_of(path)]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)

    kept_out = second()
    engine.dispose()
    let_in = second()

    told = f"refused: another process has the ledger open: {path}; stop it first\n"
    assert (kept_out.returncode, kept_out.stderr) == (1, told)
    assert (let_in.returncode, let_in.stderr) == (0, "")


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("", "the ledger's address is not of the form sqlite:///PATH"),
        ("ledger.sqlite3", "the ledger's address is not of the form sqlite:///PATH"),
        ("sqlite://", "a ledger needs a file: give sqlite:///PATH"),
        ("sqlite:///:memory:", "a ledger needs a file: give sqlite:///PATH"),
        ("sqlite:///file:l?mode=memory&uri=true", "the ledger's address is not of the form"),
        ("sqlite:///ledger?timeout=soon", "the ledger's address is not of the form"),
        ("sqlite://host/ledger", "the ledger's address is not of the form sqlite:///PATH"),
        ("sqlite+aiosqlite:///ledger", "this version keeps its ledger in SQLite"),
        ("sqlite+nothing:///ledger", "this version keeps its ledger in SQLite"),
        ("postgresql://user:secret@db/ledger", "this version keeps its ledger in SQLite"),
        ("postgresql://db:port/ledger", "the ledger's address is not of the form sqlite:///PATH"),
        ("sqlite:////nowhere/at/all/l.db", "the ledger's folder does not exist: /nowhere/at/all;"),
    ],
)
def test_an_address_that_is_none_is_refused(
    url: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    message = refusal(url)

    assert message.startswith(told)
    assert "secret" not in message
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_not_there_is_made_only_when_asked(path: Path) -> None:
    assert refusal(url_of(path), create=False) == f"there is no file {path}"
    assert not path.exists()


@pytest.mark.parametrize(
    "content",
    [b"number\n81450001000\n" * 100, b"SQLite format 3\x00" + bytes(4096)],
    ids=["text", "broken_head"],
)
def test_a_file_that_is_no_database_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)

    assert refusal(url_of(path)).startswith(f"this file is no ledger: {path}: ")
    assert path.read_bytes() == content


def test_a_folder_in_its_place_is_refused(path: Path) -> None:
    path.mkdir()

    assert refusal(url_of(path)).startswith(f"the ledger cannot be opened: {path}: ")


def test_a_database_of_something_else_is_refused_and_left_alone(path: Path) -> None:
    database(path, "CREATE TABLE customers (name TEXT)", "INSERT INTO customers VALUES ('kept')")

    assert refusal(url_of(path)) == "this database holds something else than a ledger"
    with sqlite3.connect(path) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master").fetchall()
    connection.close()
    assert tables == [("customers",)]


def test_a_newer_schema_is_refused(path: Path) -> None:
    database(made(path), "UPDATE alembic_version SET version_num = '0003'")

    told = "the ledger's schema 0003 is newer than this dncd; upgrade dncd"
    assert refusal(url_of(path)) == told


def test_a_refused_file_is_not_kept_open(path: Path) -> None:
    database(path, "CREATE TABLE customers (name TEXT)")
    refusal(url_of(path))

    database(path, "DROP TABLE customers")
    open_engine(url_of(path)).dispose()


def test_the_migrations_make_the_schema(path: Path) -> None:
    engine = open_engine(url_of(path))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == SCHEMA_REVISION
    engine.dispose()


def test_the_migrations_make_the_constraints(path: Path) -> None:
    """What a comparison of metadata does not look at: the check, and what is unique."""
    engine = open_engine(url_of(path))
    by_hand = sa.create_engine(url_of(path.with_name("by_hand")))
    metadata.create_all(by_hand)

    def constraints(inspected: sa.Engine) -> dict[str, object]:
        inspector = sa.inspect(inspected)
        return {
            name: (
                [item["sqltext"] for item in inspector.get_check_constraints(name)],
                sorted(
                    map(str, (c["column_names"] for c in inspector.get_unique_constraints(name)))
                ),
                [item["constrained_columns"] for item in inspector.get_foreign_keys(name)],
                inspector.get_pk_constraint(name)["constrained_columns"],
            )
            for name in metadata.tables
        }

    assert constraints(engine) == constraints(by_hand)
    engine.dispose()
    by_hand.dispose()


def test_what_goes_wrong_shows_no_row(path: Path) -> None:
    """The text of a database error goes to the log: it must not bring what was to be written."""
    engine = open_engine(url_of(path))
    number = "81450001000"
    statement = sa.text("INSERT INTO list_head VALUES (:list, NULL)")
    with engine.begin() as connection, pytest.raises(sa.exc.IntegrityError) as caught:
        connection.execute(statement, {"list": number})
    engine.dispose()

    assert number not in str(caught.value)
