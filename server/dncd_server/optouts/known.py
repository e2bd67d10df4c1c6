"""Opt-outs that the ledger knows already: a request that comes again is answered as it was the first time."""

from dataclasses import dataclass

from dncd.v1 import batch_pb2, ledger_pb2, optout_pb2
from dncd_engine.chain import digests_equal, salted_digest
from dncd_engine.state import State
from dncd_server.changes.reporting import placed, stored
from dncd_server.errors import AlreadyExistsError, ConflictError
from dncd_server.ledger.records import BatchRow, StoredEvent
from dncd_server.ledger.store import Store
from dncd_server.optouts.request import content_of


@dataclass(frozen=True, slots=True)
class KnownBatch:
    """A batch that has its id for good, with its event; None where it only waits."""

    row: BatchRow
    event: StoredEvent | None


def known_batch(store: Store, batch_id: str) -> KnownBatch | None:
    """Return the batch that an id belongs to, None where it is free. Runs on the ledger's thread."""
    row = store.batch(batch_id)
    if row is None or (row.version is None and row.held_version is None):
        return None
    if row.version is None:
        return KnownBatch(row, None)
    return KnownBatch(row, store.events_after(row.version - 1, 1)[0])


def report_again(
    request: optout_pb2.OptOutRequest, known: KnownBatch, state: State
) -> batch_pb2.BatchReport:
    """Return the report of an opt-out that is in force.

    Raises:
        AlreadyExistsError: The id brought other content before.
        ConflictError: It is in force no more, so it must not be answered as if it were.
    """
    row, event = known.row, known.event
    if event is None or not _is_same(request, row, event):
        raise AlreadyExistsError(
            "BATCH_ID_TAKEN",
            "this request_id brought other content before; choose a new one for a new opt-out",
            {"batch_id": row.batch_id},
        )
    item = state.lists.get(row.list)
    if item is None or event.header.version < item.created_version:
        raise ConflictError(
            "LIST_RECREATED",
            "the list that this opt-out went to was deleted since; send it with a new request_id",
            {"batch_id": row.batch_id, "list": row.list},
        )
    if row.state == batch_pb2.BATCH_STATE_REVERTED:
        raise ConflictError(
            "BATCH_REVERTED",
            "this opt-out was reverted since; send it with a new request_id",
            {"batch_id": row.batch_id, "list": row.list},
        )
    header = event.header
    return placed(stored(row), header.version, header.epoch, event.hash, header.at_us)


def _is_same(request: optout_pb2.OptOutRequest, row: BatchRow, event: StoredEvent) -> bool:
    if event.header.kind != ledger_pb2.EVENT_KIND_OPTED_OUT or event.effect_salt is None:
        return False
    mine = salted_digest(event.effect_salt, content_of(request))
    return digests_equal(mine, row.content_digest)
