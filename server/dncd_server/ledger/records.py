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

    Attributes:
        batch_id: The client's own id.
        list: The list.
        list_version: The version of the list that the batch's difference was worked out against.
        state: A ``BatchState`` of the protocol.
        upload: Key of its staged segments.
        content_digest: What the same id must bring to be the same batch.
        open_rejects: Rows that could not be read and are not mended.
        report: Serialized ``BatchReport``, without version and token.
        mends: The batch whose rejected rows this one brings again.
        mended_rows: How many of them it brings.
    """

    batch_id: str
    list: str
    list_version: int
    state: int
    upload: int
    content_digest: bytes
    open_rejects: int
    report: bytes
    mends: str = ""
    mended_rows: int = 0


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
