"""What goes into the ledger's tables and what comes out of them."""

from dataclasses import dataclass

from dncd_engine.chain import EventHeader


@dataclass(frozen=True, slots=True)
class Head:
    """Where the ledger stands."""

    epoch: int
    version: int
    hash: bytes
    at_us: int


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to append.

    Attributes:
        kind: An ``EventKind`` of the protocol.
        effect: Serialized effect: all that a verdict needs.
        evidence: Serialized ``Evidence``.
        effect_salt: Salt of the effect's digest where its segments were digested under it; else one is drawn.
        touched_lists: Lists that the event makes or deletes: a difference worked out before holds no more.
    """

    kind: int
    effect: bytes
    evidence: bytes
    effect_salt: bytes = b""
    touched_lists: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NewBatch:
    """A batch to keep beside its event, or refused without one.

    A policy change or an override that waits is kept as one, too: without a list and without an upload.

    Attributes:
        batch_id: The client's own id.
        list: The list.
        list_version: The version of the list that the batch's difference was worked out against.
        state: A ``BatchState`` of the protocol.
        upload: Key of its staged segments.
        content_digest: What the same id must bring to be the same batch.
        open_rejects: Rows that could not be read and are not mended.
        report: Serialized ``BatchReport``, without version and token.
        mode: A ``BatchMode`` of the protocol.
        mends: The batch whose rejected rows this one brings again.
        mended_rows: How many of them it brings.
        is_held: Whether its event only puts it to wait: no list changes.
        takes_place: Whether it is there already, held, and takes effect now.
        now_reverted: Batches that no longer count from here on.
        now_standing: Batches that count again from here on.
    """

    batch_id: str
    list: str
    list_version: int
    state: int
    upload: int
    content_digest: bytes
    open_rejects: int
    report: bytes
    mode: int = 1
    mends: str = ""
    mended_rows: int = 0
    is_held: bool = False
    takes_place: bool = False
    now_reverted: tuple[str, ...] = ()
    now_standing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Appended:
    """One event of an append, with the batch that it brings and segments that were not staged before."""

    event: NewEvent
    batch: NewBatch | None = None
    segments: tuple["StoredSegment", ...] = ()


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as it is stored; ``effect`` is None where it was erased."""

    header: EventHeader
    hash: bytes
    effect_salt: bytes | None
    effect: bytes | None
    upload: int | None


@dataclass(frozen=True, slots=True)
class StoredSegment:
    """A segment as it is stored; believed only after its digest was compared."""

    role: int
    stratum: int
    prefix: int
    count: int
    digest: bytes
    data: bytes


@dataclass(frozen=True, slots=True)
class StoredAttributes:
    """What rows of a batch said of the entries of a prefix, as it is stored; believed after its digest was compared."""

    prefix: int
    part: int
    count: int
    digest: bytes
    data: bytes


@dataclass(frozen=True, slots=True)
class PastBatch:
    """A batch that is or was in force, with the effect that says what it named."""

    batch_id: str
    version: int
    upload: int
    kind: int
    at_us: int
    salt: bytes
    data: bytes


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A batch as it is stored."""

    batch_id: str
    list: str
    state: int
    version: int | None
    upload: int | None
    content_digest: bytes
    open_rejects: int
    received_us: int
    report: bytes
    held_version: int | None
    mode: int
    rejected: int
    waived: int
    mends: str
    mended_rows: int
