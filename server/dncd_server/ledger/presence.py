"""Whether the ledger's file, and the log beside it, are still those that were opened.

SQLite goes on writing to a file that was deleted, moved away or replaced, and what it acknowledges then is lost at the
next start; so the file is looked at before each read of what is new and before each append.
"""

from pathlib import Path

from dncd_server.errors import LedgerError


class LedgerFile:
    """A file, with the log that SQLite keeps beside it, as they were when it was opened."""

    def __init__(self, path: Path) -> None:
        """Remember the file.

        Raises:
            LedgerError: It is not there.
        """
        self._path = path
        self._log = path.with_name(f"{path.name}-wal")
        self._identity = _look(path)
        self._log_identity = _look(self._log) if self._log.exists() else None

    def check(self) -> None:
        """Make sure that the path still leads to the same file.

        Raises:
            LedgerError: It does not.
        """
        _same(self._path, self._identity)
        if self._log_identity is not None:
            # what was acknowledged last stands in the log alone
            _same(self._log, self._log_identity)


def _same(path: Path, identity: tuple[int, int]) -> None:
    if _look(path) != identity:
        raise LedgerError(
            f"the ledger's file was replaced while it was open: {path}; stop dncd, put the right file there"
        )


def _look(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError as error:
        raise LedgerError(
            f"the ledger's file is gone: {path}; what was not in it yet is only in this process: "
            "stop dncd, then restore the file"
        ) from error
    return (found.st_dev, found.st_ino)
