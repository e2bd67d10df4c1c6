"""What the store's tests put into a ledger, and how they look at what it holds."""

from collections.abc import Callable
from dataclasses import replace

from dncd.v1 import batch_pb2, ledger_pb2
from dncd_server.ledger.records import NewBatch, NewEvent, StoredSegment
from dncd_server.ledger.store import Store

OpenStore = Callable[[], Store]
SetClock = Callable[[int], None]
ACTIVE, HELD = batch_pb2.BATCH_STATE_ACTIVE, batch_pb2.BATCH_STATE_HELD
NAMED, ENTER = ledger_pb2.SEGMENT_ROLE_NAMED, ledger_pb2.SEGMENT_ROLE_ENTER
NOW_US = 1_800_000_000_000_000
MINUTE_US = 60_000_000


def event(effect: bytes = b"effect", **fields: object) -> NewEvent:
    kind = ledger_pb2.EVENT_KIND_POLICY_APPLIED
    return replace(NewEvent(kind, effect, b"evidence"), **fields)  # type: ignore[arg-type]


def batch(batch_id: str, upload: int = 0, **fields: object) -> NewBatch:
    new = NewBatch(
        batch_id=batch_id,
        list="acme/optout",
        list_version=0,
        state=ACTIVE,
        upload=upload,
        content_digest=bytes(32),
        open_rejects=0,
        report=b"report",
    )
    return replace(new, **fields)  # type: ignore[arg-type]


def segment(prefix: int, role: int = NAMED, data: bytes = b"bytes") -> StoredSegment:
    return StoredSegment(role, 0, prefix, 1, bytes(32), data)


def held_prefixes(store: Store, upload: int, *roles: int) -> list[int]:
    return [item.prefix for item in store.segments(upload, roles or (NAMED, ENTER))]


def everything(store: Store) -> tuple[object, ...]:
    return (
        store.head(),
        store.events_after(0, 100),
        store.batches((), 0, 100),
        store.list_version("acme/optout"),
    )
