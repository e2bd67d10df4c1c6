"""A ledger's file seen from outside while no daemon has it open."""

import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.daemon import BIN

VERIFY_SECONDS = 60.0


@dataclass(frozen=True)
class Contents:
    """What a ledger's tables hold.

    Attributes:
        versions: Of all events, in order.
        head: The head's version.
        batches: Version by id of every batch in force.
        staged: Ids of uploads that are staged.
        staged_segments: How many segments they have written.
        stray_segments: Segments that belong to no upload, staged or in force.
    """

    versions: list[int]
    head: int
    batches: dict[str, int]
    staged: list[str]
    staged_segments: int
    stray_segments: int


def ledger_of(data: Path) -> Path:
    """Return where a daemon keeps its ledger."""
    return data / "ledger.sqlite3"


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a ledger's file plainly; what is written is committed."""
    with closing(sqlite3.connect(path)) as connection, connection:
        yield connection


def copied(data: Path, target: Path) -> Path:
    """Copy a ledger with its log as a dead process left it."""
    target.mkdir(parents=True)
    for suffix in ("", "-wal"):
        source = data / f"ledger.sqlite3{suffix}"
        if source.exists():
            shutil.copy(source, target / source.name)
    return ledger_of(target)


def contents(path: Path) -> Contents:
    """Read a ledger's tables."""
    owners = "SELECT upload FROM staged UNION SELECT upload FROM batch WHERE upload IS NOT NULL"
    with opened(path) as connection:
        ask = connection.execute
        ours = "SELECT count(*) FROM segment WHERE upload IN (SELECT upload FROM staged)"
        strays = f"SELECT count(*) FROM segment WHERE upload NOT IN ({owners})"  # noqa: S608 - our own text
        in_force = "SELECT batch_id, version FROM batch WHERE version IS NOT NULL"
        return Contents(
            versions=[row[0] for row in ask("SELECT version FROM event ORDER BY version")],
            head=ask("SELECT version FROM head").fetchone()[0],
            batches=dict(ask(in_force).fetchall()),
            staged=[row[0] for row in ask("SELECT batch_id FROM staged")],
            staged_segments=ask(ours).fetchone()[0],
            stray_segments=ask(strays).fetchone()[0],
        )


def verifying(path: Path) -> "subprocess.Popen[str]":
    """Begin ``dncd ledger verify``."""
    command = [str(BIN / "dncd"), "ledger", "verify", "--ledger", f"sqlite:///{path}"]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8"
    )


def is_whole(verification: "subprocess.Popen[str]") -> str:
    """Wait for a verification; return what is wrong, "" where nothing is."""
    said, _ = verification.communicate(timeout=VERIFY_SECONDS)
    return "" if verification.returncode == 0 and said.startswith("whole") else said
