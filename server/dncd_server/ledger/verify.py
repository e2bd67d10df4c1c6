"""Verify a ledger: every link of the chain and every digest, from the first event to the head."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import click
from sqlalchemy.exc import SQLAlchemyError

from dncd.v1 import ledger_pb2
from dncd_engine.chain import digests_equal, salted_digest
from dncd_engine.state import ChainBrokenError, State
from dncd_server.errors import LedgerError
from dncd_server.ledger.apply import (
    BATCH_KINDS,
    STORED_ROLES,
    batch_effect,
    checked_effect,
    decoded,
    sound_effect,
)
from dncd_server.ledger.engine import open_engine
from dncd_server.ledger.records import Head, StoredEvent
from dncd_server.ledger.segment_table import NAMED_ROLES
from dncd_server.ledger.store import Store

EVENTS_A_PAGE = 256
_WITHOUT_SEGMENTS = (
    ledger_pb2.EVENT_KIND_LEDGER_CREATED,
    ledger_pb2.EVENT_KIND_POLICY_APPLIED,
    ledger_pb2.EVENT_KIND_OVERRIDE_SET,
    ledger_pb2.EVENT_KIND_BATCH_REJECTED,
    ledger_pb2.EVENT_KIND_REJECTS_WAIVED,
)


@dataclass(frozen=True, slots=True)
class Verification:
    """What a walk found.

    Attributes:
        whole: Whether all is as it should be.
        version: The newest version that was reached and is whole.
        events: How many events were walked.
        segments: How many segments were read.
        broken_version: The first version that is broken, None where none is.
        problem: What is wrong with it.
    """

    whole: bool
    version: int
    events: int
    segments: int
    broken_version: int | None = None
    problem: str = ""


def verify(store: Store) -> Verification:
    """Walk a ledger from its first event to its head."""
    state, segments = State(), 0
    try:
        while events := store.events_after(state.version, EVENTS_A_PAGE):
            for event in events:
                followed = state.follow(event.header, event.hash)
                segments += _verify_event(store, event)
                state = followed
        head = store.head()
    except (LedgerError, ChainBrokenError) as error:
        return _broken(state, segments, state.version + 1, str(error))
    except SQLAlchemyError as error:
        problem = f"the database cannot be read any further: {getattr(error, 'orig', error)}"
        return _broken(state, segments, state.version + 1, problem)
    if head != Head(state.epoch, state.version, state.head, state.at_us):
        newest = state.version if head is None else min(head.version, state.version)
        problem = "the head is not the newest event: events are missing or were added past it"
        return _broken(state, segments, newest + 1, problem)
    return Verification(True, state.version, state.version, segments)


def _broken(state: State, segments: int, version: int, problem: str) -> Verification:
    return Verification(False, state.version, state.version, segments, version, problem)


def _verify_event(store: Store, event: StoredEvent) -> int:
    checked_effect(event)
    version = event.header.version
    evidence = store.evidence(version)
    if evidence is None:
        raise LedgerError(f"the evidence of version {version} is missing")
    if not digests_equal(salted_digest(*evidence), event.header.evidence_digest):
        raise LedgerError(f"the evidence of version {version} is damaged")
    return _verify_body(store, event)


def _verify_body(store: Store, event: StoredEvent) -> int:
    version, kind = event.header.version, event.header.kind
    if kind in _WITHOUT_SEGMENTS:
        return 0
    if kind == ledger_pb2.EVENT_KIND_BATCH_HELD:
        return _verify_held(store, event)
    if kind not in BATCH_KINDS:
        raise LedgerError(f"version {version} is of kind {kind}, which needs a newer dncd")
    if event.upload is None:
        raise LedgerError(f"the batch of version {version} is missing")
    effect = batch_effect(event)
    every_role = tuple(ledger_pb2.SegmentRole.values())
    return _verify_segments(store, event, effect, event.upload, every_role)


def _verify_held(store: Store, event: StoredEvent) -> int:
    version = event.header.version
    held = ledger_pb2.HeldEffect.FromString(checked_effect(event))
    if not held.HasField("batch"):
        return 0
    upload = store.held_upload(version)
    if upload is None:
        raise LedgerError(f"the batch of version {version} is missing")
    effect = sound_effect(held.batch, version)
    # what it changed once it was approved is the approval's
    return _verify_segments(store, event, effect, upload, NAMED_ROLES)


def _verify_segments(
    store: Store,
    event: StoredEvent,
    effect: ledger_pb2.BatchEffect,
    upload: int,
    roles: Sequence[int],
) -> int:
    version, salt = event.header.version, event.effect_salt or b""
    due = {(STORED_ROLES[ref.role], ref.stratum, ref.prefix): ref for ref in effect.segments}
    count = len(due)
    for stored in store.segments(upload, roles):
        ref = due.pop((stored.role, stored.stratum, stored.prefix), None)
        if ref is None:
            raise LedgerError(f"version {version} holds a segment that its effect does not name")
        if (stored.digest, stored.count) != (ref.digest, ref.count):
            raise LedgerError(f"a segment of version {version} is not described as in its effect")
        decoded(version, salt, stored, ref.digest, ref.count)
    if due:
        raise LedgerError(f"version {version} lacks {len(due)} of its segments")
    _verify_attributes(store, effect, upload, version, salt)
    return count


def _verify_attributes(
    store: Store, effect: ledger_pb2.BatchEffect, upload: int, version: int, salt: bytes
) -> None:
    due = [(ref.prefix, ref.count, ref.digest) for ref in effect.attributes]
    found = []
    for stored in store.attributes(upload):
        if not digests_equal(salted_digest(salt, stored.data), stored.digest):
            raise LedgerError(f"a block of attributes of version {version} is damaged")
        found.append((stored.prefix, stored.count, stored.digest))
    if sorted(due) != sorted(found):
        raise LedgerError(f"the attributes of version {version} are not those of its effect")


def verify_ledger(url: str, as_json: bool, write: Callable[[str], None] = click.echo) -> int:
    """Open a ledger, verify it and tell; return the exit code."""
    try:
        store = Store(open_engine(url, create=False))
    except LedgerError as error:
        click.echo(f"cannot open the ledger: {error}", err=True)
        return 3
    try:
        found = verify(store)
    finally:
        store.close()
    if as_json:
        write(json.dumps(asdict(found)))
    elif found.whole:
        write(f"whole: {found.events} events, {found.segments} segments, version {found.version}")
    else:
        write(f"BROKEN at version {found.broken_version}: {found.problem}")
    return 0 if found.whole else 1
