"""What a batch asks of its list, and what is known of it besides."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dncd.v1 import batch_pb2, ledger_pb2
from dncd_engine.history import Accepted, Mode
from dncd_engine.lists import ListState
from dncd_engine.strata import Stratum
from dncd_server.actors import Actor
from dncd_server.codec import stratum_from_message
from dncd_server.ledger.records import StoredSegment

NAMED = ledger_pb2.SEGMENT_ROLE_NAMED
NAMED_END = ledger_pb2.SEGMENT_ROLE_NAMED_END
ENTER = ledger_pb2.SEGMENT_ROLE_ENTER
LEAVE = ledger_pb2.SEGMENT_ROLE_LEAVE
NAMED_AND_ENTER = ledger_pb2.SEGMENT_ROLE_NAMED_AND_ENTER
NOT_YET = 1 << 62
"""Stands for the version of a batch that is not in the ledger: past every other."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a batch asks of its list: what it says, and no difference yet.

    Attributes:
        batch_id: Its id.
        kind: The ``EventKind`` that it comes as.
        effect: Its effect as far as the batch itself goes, with the segments that it names.
        salt: The salt of their digests.
        upload: The key of their bytes.
    """

    batch_id: str
    kind: int
    effect: ledger_pb2.BatchEffect
    salt: bytes
    upload: int

    @property
    def mode(self) -> Mode:
        """What it does to its list."""
        return Mode(self.effect.mode)

    @property
    def strata(self) -> tuple[Stratum, ...]:
        """The strata of its entries, by index."""
        return tuple(stratum_from_message(item) for item in self.effect.strata)

    def refs(self) -> dict[int, list[ledger_pb2.SegmentRef]]:
        """Return what it names, by prefix."""
        found: dict[int, list[ledger_pb2.SegmentRef]] = defaultdict(list)
        for ref in self.effect.segments:
            found[ref.prefix].append(ref)
        return found

    def accepted(self, at_us: int) -> Accepted:
        """Return it as the history of its list would know it."""
        return accepted(self.batch_id, NOT_YET, self.kind, at_us, self.effect)


def accepted(
    batch_id: str, version: int, kind: int, at_us: int, effect: ledger_pb2.BatchEffect
) -> Accepted:
    """Return a batch as the history of its list knows it."""
    return Accepted(
        version=version,
        batch_id=batch_id,
        mode=Mode(effect.mode),
        strata=tuple(stratum_from_message(item) for item in effect.strata),
        at_us=at_us,
        published_us=effect.published_unix_us,
        asked_us=effect.asked_unix_us,
        coverage=tuple(effect.coverage),
        everything=effect.everything,
        reverts=effect.reverts,
        is_opt_out=kind == ledger_pb2.EVENT_KIND_OPTED_OUT,
        freshens=effect.freshens,
    )


@dataclass(frozen=True, slots=True)
class Difference:
    """What a batch makes of its list, as it stands at one version.

    Attributes:
        list: The list that it was worked out against.
        strata: The strata that the segments refer to: the batch's own, then others of the list.
        segments: All that the effect names.
        writing: Segments to store beside the batch's own.
        named: How many numbers the batch names.
        added: How many numbers come onto the list.
        removed: How many go off it.
        released: How many may be dialled where they could not before, as far as this list goes.
        foreign: How many of the named belong to countries that the list does not speak of.
        coverage: How fresh the list is afterwards, by prefix.
        loaded: Whether it is loaded afterwards.
        now_reverted: Batches that no longer count.
        now_standing: Batches that count again.
        freshens: Whether an add could be the whole publication, so that its date counts for all that it covers.
        outside: How many of the named are outside what the file is said to cover.
    """

    list: ListState
    strata: Sequence[ledger_pb2.Stratum]
    segments: Sequence[ledger_pb2.SegmentRef]
    writing: Sequence[StoredSegment]
    named: int
    added: int
    removed: int
    released: int
    foreign: int
    coverage: Mapping[str, int]
    loaded: bool
    now_reverted: tuple[str, ...] = ()
    now_standing: tuple[str, ...] = ()
    freshens: bool = False
    outside: int = 0

    @property
    def is_mostly_outside(self) -> bool:
        """Whether the file is most likely of other parts than it is said to cover."""
        return self.outside * 2 > self.named

    @property
    def is_mostly_foreign(self) -> bool:
        """Whether the file was most likely read in the wrong region, or is for another list."""
        return self.foreign * 2 > self.named


@dataclass(frozen=True, slots=True)
class Turndown:
    """Why a batch is not taken now that its difference is known; nothing changes."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A batch that somebody wants in force.

    Attributes:
        work: What it asks.
        actor: Who asks.
        report: What will be answered, as far as it is known.
        content_digest: What the same id must bring to be the same batch.
        reason: Why.
        header: What the uploader declared, for the evidence.
        mended_rows: How many rejected rows of another batch it brings again.
        is_dry_run: Whether nothing may change.
        flags: The marks that it carries, told from its list and difference.
        judge: Says why it is not taken after all, None where it is.
    """

    work: Work
    actor: Actor
    report: batch_pb2.BatchReport
    content_digest: bytes
    reason: str = ""
    header: batch_pb2.BatchHeader | None = None
    mended_rows: int = 0
    is_dry_run: bool = False
    flags: Callable[[Difference, bool], list[str]] = lambda _difference, _is_unused: []
    judge: Callable[[Difference], Turndown | None] = lambda _difference: None
