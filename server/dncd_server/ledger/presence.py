"""Whether the ledger's file is still the one that was opened.

SQLite goes on writing to a file that was deleted, moved away or replaced, and what it acknowledges then is lost at the
next start; so the file is looked at before each read of what is new and before each append.
"""

from pathlib import Path

from dncd_server.errors import LedgerError


class LedgerFile:
    """A file as it was when it was opened."""

    def __init__(self, path: Path) -> None:
        """Remember the file.

        Raises:
            LedgerError: It is not there.
        """
        self._path = path
        self._identity = self._look()

    def check(self) -> None:
        """Make sure that the path still leads to the same file.

        Raises:
            LedgerError: It does not.
        """
        if self._look() != self._identity:
            raise LedgerError(
                f"the ledger's file was replaced while it was open: {self._path}; stop dncd, put the right file there"
            )

    def _look(self) -> tuple[int, int]:
        try:
            found = self._path.stat()
        except OSError as error:
            raise LedgerError(
                f"the ledger's file is gone: {self._path}; what was not in it yet is only in this process: "
                "stop dncd, then restore the file"
            ) from error
        return (found.st_dev, found.st_ino)
