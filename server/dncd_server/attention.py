"""What needs a person: kept at hand so that a scrape or a status never waits for the ledger."""

from collections import Counter
from dataclasses import dataclass, field

from dncd.v1 import batch_pb2, policy_pb2
from dncd_engine.state import State
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


def attention_of(state: State, batches: OpenBatches, at_us: int) -> list[policy_pb2.Attention]:
    """Return all that needs a person, in order of list."""
    found = [
        policy_pb2.Attention(
            code="incomplete", list=row.list, batch_id=row.batch_id, count=row.open_rejects
        )
        for row in batches.rows
        if row.open_rejects
    ]
    for name, item in state.lists.items():
        if item.is_stale(at_us):
            found.append(policy_pb2.Attention(code="stale", list=name))
        if not item.loaded and not item.definition.starts_empty:
            found.append(policy_pb2.Attention(code="never_loaded", list=name))
    found += [policy_pb2.Attention(code="unused", list=name) for name in state.policy.unused_lists]
    return sorted(found, key=lambda item: (item.list, item.code))
