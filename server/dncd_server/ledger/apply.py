"""From a stored event to the next state. The effect is worked out already: a follower only ORs in and masks out."""

from collections.abc import Iterator

from google.protobuf.message import DecodeError
from google.protobuf.unknown_fields import UnknownFieldSet
from pyroaring import BitMap

from dncd.v1 import batch_pb2, ledger_pb2
from dncd_engine.chain import digests_equal, salted_digest
from dncd_engine.entries import Entries, EntriesChange
from dncd_engine.segments import Segment, SegmentDamagedError, decode
from dncd_engine.state import ListChange, State
from dncd_server.codec import (
    change_of_effect,
    has_unknown_fields,
    standing_from_message,
    stratum_from_message,
)
from dncd_server.errors import LedgerError
from dncd_server.ledger.records import StoredEvent, StoredSegment

STORED_ROLES: dict[int, int] = {
    ledger_pb2.SEGMENT_ROLE_NAMED: ledger_pb2.SEGMENT_ROLE_NAMED,
    ledger_pb2.SEGMENT_ROLE_NAMED_AND_ENTER: ledger_pb2.SEGMENT_ROLE_NAMED,
    ledger_pb2.SEGMENT_ROLE_NAMED_END: ledger_pb2.SEGMENT_ROLE_NAMED_END,
    ledger_pb2.SEGMENT_ROLE_ENTER: ledger_pb2.SEGMENT_ROLE_ENTER,
    ledger_pb2.SEGMENT_ROLE_LEAVE: ledger_pb2.SEGMENT_ROLE_LEAVE,
}
"""By the role that an effect gives a segment, the role that its bytes are stored under."""
APPLIED_ROLES = (
    ledger_pb2.SEGMENT_ROLE_ENTER,
    ledger_pb2.SEGMENT_ROLE_LEAVE,
    ledger_pb2.SEGMENT_ROLE_NAMED_AND_ENTER,
)
"""The roles of what changes a list; the rest is evidence."""
BATCH_KINDS = (
    ledger_pb2.EVENT_KIND_BATCH_APPLIED,
    ledger_pb2.EVENT_KIND_BATCH_REVERTED,
    ledger_pb2.EVENT_KIND_OPTED_OUT,
)
"""The kinds whose body is a ``BatchEffect`` that changes a list."""
QUIET_KINDS = (
    ledger_pb2.EVENT_KIND_BATCH_HELD,
    ledger_pb2.EVENT_KIND_BATCH_REJECTED,
    ledger_pb2.EVENT_KIND_REJECTS_WAIVED,
)
"""The kinds that change no verdict."""
_MODES = frozenset(
    (
        batch_pb2.BATCH_MODE_ADD,
        batch_pb2.BATCH_MODE_REMOVE,
        batch_pb2.BATCH_MODE_REPLACE,
        batch_pb2.BATCH_MODE_CHANGE,
        batch_pb2.BATCH_MODE_REVERT,
    )
)


def checked_effect(event: StoredEvent) -> bytes:
    """Return an event's effect after comparing its digest.

    Raises:
        LedgerError: The effect is not there or not what the chain says.
    """
    if event.effect is None or event.effect_salt is None:
        raise LedgerError(f"the effect of version {event.header.version} is missing")
    if not digests_equal(
        salted_digest(event.effect_salt, event.effect), event.header.effect_digest
    ):
        raise LedgerError(f"the effect of version {event.header.version} is damaged")
    return event.effect


def next_state(state: State, event: StoredEvent, entries: Entries | None) -> State:
    """Return the state that follows.

    Args:
        state: The state before.
        event: The event that comes next.
        entries: The next entries of the list that a batch changes, from ``BatchSegments``.

    Raises:
        LedgerError: The event is damaged or needs a newer dncd.
        ChainBrokenError: The event does not follow.
    """
    moved = state.follow(event.header, event.hash)
    data = checked_effect(event)
    kind = event.header.kind
    if kind in BATCH_KINDS and entries is not None:
        effect = batch_effect(event)
        coverage, loaded = standing_from_message(effect.standing)
        return moved.with_list(ListChange(effect.list, entries, coverage, loaded))
    try:
        match kind:
            case ledger_pb2.EVENT_KIND_LEDGER_CREATED:
                return moved.with_region(ledger_pb2.LedgerCreatedEffect.FromString(data).region)
            case ledger_pb2.EVENT_KIND_POLICY_APPLIED:
                return moved.with_policy(change_of_effect(ledger_pb2.PolicyEffect.FromString(data)))
            case ledger_pb2.EVENT_KIND_OVERRIDE_SET:
                override = ledger_pb2.OverrideEffect.FromString(data)
                return moved.with_override(override.list, override.until_unix_us)
    except DecodeError as error:
        raise LedgerError(f"the effect of version {moved.version} cannot be read") from error
    if kind in QUIET_KINDS:
        return moved
    raise LedgerError(f"version {moved.version} is of kind {kind}, which needs a newer dncd")


def batch_effect(event: StoredEvent) -> ledger_pb2.BatchEffect:
    """Return the effect of a batch's event.

    Raises:
        LedgerError: It is damaged or needs a newer dncd.
    """
    try:
        effect = ledger_pb2.BatchEffect.FromString(checked_effect(event))
    except DecodeError as error:
        raise LedgerError(f"the effect of version {event.header.version} cannot be read") from error
    return sound_effect(effect, event.header.version)


def sound_effect(effect: ledger_pb2.BatchEffect, version: int) -> ledger_pb2.BatchEffect:
    """Return an effect that this dncd can act upon.

    Raises:
        LedgerError: It cannot, or the effect does not hold together.
    """
    known = effect.mode in _MODES and all(ref.role in STORED_ROLES for ref in effect.segments)
    # the refs are many, and each holds four plain fields; the rest is looked through for what is newer
    newer = any(map(has_unknown_fields, (effect.standing, *effect.strata)))
    if (
        not known
        or newer
        or len(UnknownFieldSet(effect))
        or any(ref.stratum >= len(effect.strata) for ref in effect.segments)
    ):
        raise LedgerError(f"the batch of version {version} needs a newer dncd")
    return effect


class BatchSegments:
    """Takes a batch's stored segments one by one and makes the list's next entries of them.

    Every segment that the effect names must come, once, with its own digest; then ``finish`` gives the entries.
    """

    def __init__(self, event: StoredEvent, effect: ledger_pb2.BatchEffect, base: Entries) -> None:
        self._version = event.header.version
        self._salt = event.effect_salt or b""
        self._change = EntriesChange(base)
        self._strata = [stratum_from_message(item) for item in effect.strata]
        self._due = {
            (STORED_ROLES[ref.role], ref.stratum, ref.prefix): ref
            for ref in effect.segments
            if ref.role in APPLIED_ROLES
        }

    def take(self, stored: StoredSegment) -> None:
        """Apply one segment; one that is only evidence is passed over.

        Raises:
            LedgerError: Its bytes are damaged.
        """
        ref = self._due.pop((stored.role, stored.stratum, stored.prefix), None)
        if ref is None:
            return
        bitmap = decoded(self._version, self._salt, stored, ref.digest, ref.count)
        stratum = self._strata[stored.stratum]
        if stored.role == ledger_pb2.SEGMENT_ROLE_LEAVE:
            self._change.leave(stratum, stored.prefix, bitmap)
        else:
            self._change.enter(stratum, stored.prefix, bitmap)

    def finish(self) -> Entries:
        """Return the list's next entries.

        Raises:
            LedgerError: A segment that the effect names did not come.
        """
        if self._due:
            raise LedgerError(f"version {self._version} lacks {len(self._due)} of its segments")
        return self._change.finish()


def decoded(version: int, salt: bytes, stored: StoredSegment, digest: bytes, count: int) -> BitMap:
    """Return a stored segment's bitmap after comparing its digest with the effect's.

    Raises:
        LedgerError: It is damaged.
    """
    try:
        return decode(Segment(stored.prefix, count, stored.data), salt, digest)
    except SegmentDamagedError as error:
        raise LedgerError(f"a segment of version {version} is damaged: {error}") from error


def roles_stored(effect: ledger_pb2.BatchEffect) -> Iterator[int]:
    """Yield the roles under which the segments that a follower applies are stored, each once."""
    yield from sorted(
        {STORED_ROLES[ref.role] for ref in effect.segments if ref.role in APPLIED_ROLES}
    )
