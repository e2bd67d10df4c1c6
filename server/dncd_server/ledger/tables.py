"""What the tables share: one engine, and whether its file is still the one that was opened."""

from pathlib import Path

from sqlalchemy.engine import Engine

from dncd_server.ledger.presence import LedgerFile


class Tables:
    """Some of a ledger's tables behind one connection."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._file = LedgerFile(Path(engine.url.database or ""))

    def close(self) -> None:
        """Close the connection; SQLite then writes its log back into the file."""
        self._engine.dispose()
