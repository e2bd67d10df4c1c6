"""The batches that wait for a person: kept at hand so that a scrape or a status never waits for the ledger."""

from collections import Counter
from dataclasses import dataclass, field

from dncd.v1 import batch_pb2
from dncd_server.ledger.records import BatchRow


@dataclass(slots=True)
class OpenBatches:
    """The batches that wait for something, as the ledger last said."""

    rows: list[BatchRow] = field(default_factory=list)
    version: int = 0

    def open_rejects(self) -> Counter[str]:
        """Return rejected rows that nobody has mended, by list."""
        total: Counter[str] = Counter()
        for row in self.rows:
            total[row.list] += row.open_rejects
        return total

    def held(self) -> Counter[str]:
        """Return batches that wait for another person, by list."""
        return Counter(row.list for row in self.rows if row.state == batch_pb2.BATCH_STATE_HELD)
