"""What needs a person: the one list that a status shows."""

from dncd.v1 import policy_pb2
from dncd_engine.state import State
from dncd_server.ledger.open_batches import OpenBatches
from dncd_server.ledger.store import MAX_CLOCK_AHEAD_US


def attention_of(state: State, batches: OpenBatches, at_us: int) -> list[policy_pb2.Attention]:
    """Return all that needs a person, in order of list.

    Args:
        state: What the node answers from.
        batches: Those that wait for somebody.
        at_us: What this machine's clock says.
    """
    found = [
        policy_pb2.Attention(
            code="incomplete", list=row.list, batch_id=row.batch_id, count=row.open_rejects
        )
        for row in batches.rows
        if row.open_rejects
    ]
    if state.at_us > at_us + MAX_CLOCK_AHEAD_US:
        found.append(policy_pb2.Attention(code="clock_behind"))
    for name, item in state.lists.items():
        if item.is_stale(max(at_us, state.at_us)):
            found.append(policy_pb2.Attention(code="stale", list=name))
        if not item.loaded and not item.definition.starts_empty:
            found.append(policy_pb2.Attention(code="never_loaded", list=name))
    found += [policy_pb2.Attention(code="unused", list=name) for name in state.policy.unused_lists]
    return sorted(found, key=lambda item: (item.list, item.code))
