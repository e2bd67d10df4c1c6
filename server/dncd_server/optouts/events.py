"""What the ledger keeps of an opt-out: its event, its row and its numbers."""

import secrets
from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np
from pyroaring import BitMap

from dncd.v1 import batch_pb2, ledger_pb2
from dncd_engine.chain import SALT_BYTES, salted_digest
from dncd_engine.difference import difference
from dncd_engine.history import Named, after_add
from dncd_engine.lists import ListState
from dncd_engine.numbers import NORMALISER_VERSION, inspect
from dncd_engine.segments import cut, encode
from dncd_engine.strata import PLAIN, Stratum
from dncd_server.actors import Actor
from dncd_server.changes.events import applied
from dncd_server.changes.reporting import told
from dncd_server.changes.work import ENTER, NAMED, NAMED_AND_ENTER, Difference, Proposal, Work
from dncd_server.codec import stratum_to_message
from dncd_server.ledger.records import Appended, StoredSegment
from dncd_server.optouts.plan import OptOutPlan
from dncd_server.optouts.request import content_of

UPLOAD_BITS = 63
"""The column is signed on every engine."""
_PLAIN_MESSAGE = stratum_to_message(PLAIN)


@dataclass(slots=True)
class ListAhead:
    """A list as it will be once the opt-outs of a group that were worked out so far are written.

    Attributes:
        item: The list as it stands, at the version that it will have.
        shown: The same as everybody sees it: who counts on it must not learn of a confidential list.
        brought: Low bits that they bring, by prefix.
    """

    item: ListState
    shown: ListState
    brought: dict[int, BitMap] = field(default_factory=dict)

    def holding(self, item: ListState, prefix: int, named: BitMap) -> dict[Stratum, BitMap]:
        """Return which of some numbers under a prefix are on the list, or on what is shown of it, by stratum."""
        strata = item.entries.strata_at(prefix)
        held = {stratum: bitmap & named for stratum, bitmap in strata.items()}
        if prefix in self.brought:
            held[PLAIN] = held.get(PLAIN, BitMap()) | (self.brought[prefix] & named)
        return {stratum: bitmap for stratum, bitmap in held.items() if bitmap}

    def bring(self, prefix: int, named: BitMap) -> None:
        """Note numbers that are on the list from then on."""
        self.brought[prefix] = self.brought.get(prefix, BitMap()) | named


@dataclass(frozen=True, slots=True)
class WorkedOut:
    """What is to be appended, and what will be answered of it, without its place in the ledger."""

    appended: Appended
    report: batch_pb2.BatchReport


def worked_out(plan: OptOutPlan, actor: Actor, ahead: ListAhead, version: int) -> WorkedOut:
    """Work an opt-out out against its list, which is ahead by it from then on.

    Args:
        plan: What is asked.
        actor: Who brings it.
        ahead: The list with what is appended before it.
        version: The version that it will have.
    """
    salt = secrets.token_bytes(SALT_BYTES)
    made = _difference(plan, ahead, salt)
    opened = _report(plan, actor)
    # under the salt, which erasure deletes: of one number the digest could be found by trial
    content_digest = salted_digest(salt, content_of(plan.request))
    proposal = Proposal(_work(plan, salt), actor, opened, content_digest, header=_header(plan))
    marks = (("incomplete", plan.rejects), ("foreign_numbers", made.foreign))
    report = told(opened, made, [mark for mark, holds in marks if holds])
    appended = applied(proposal, made, report)
    ahead.item = replace(ahead.item, version=version)
    return WorkedOut(replace(appended, segments=tuple(made.writing)), report)


def _work(plan: OptOutPlan, salt: bytes) -> Work:
    effect = ledger_pb2.BatchEffect(
        list=plan.list.name,
        mode=batch_pb2.BATCH_MODE_ADD,
        rejected=len(plan.rejects),
        asked_unix_us=plan.asked_us,
    )
    upload = secrets.randbits(UPLOAD_BITS)
    kind = ledger_pb2.EVENT_KIND_OPTED_OUT
    return Work(plan.request.request_id, kind, effect, salt, upload)


def _difference(plan: OptOutPlan, ahead: ListAhead, salt: bytes) -> Difference:
    """Return what an opt-out makes of its list; unlike that of an upload, it brings all of its segments with it."""
    segments: list[StoredSegment] = []
    refs: list[ledger_pb2.SegmentRef] = []
    added = 0
    for prefix, named in cut(np.array(plan.numbers, dtype=np.uint64)):
        entering, new = _entering(ahead, ahead.item, prefix, named)
        if ahead.shown.entries is not ahead.item.entries:
            new = _entering(ahead, ahead.shown, prefix, named)[1]
        added += new
        ahead.bring(prefix, named)
        is_whole = len(entering) == len(named)
        segments.append(_stored(NAMED, prefix, named, salt))
        refs.append(_ref(segments[-1], NAMED_AND_ENTER if is_whole else NAMED))
        if entering and not is_whole:
            segments.append(_stored(ENTER, prefix, entering, salt))
            refs.append(_ref(segments[-1], ENTER))
    return Difference(
        list=ahead.item,
        strata=[_PLAIN_MESSAGE],
        segments=refs,
        writing=segments,
        named=len(plan.numbers),
        added=added,
        removed=0,
        released=0,
        foreign=_foreign(plan),
        coverage=ahead.item.coverage,
        loaded=ahead.item.loaded,
    )


def _entering(ahead: ListAhead, item: ListState, prefix: int, named: BitMap) -> tuple[BitMap, int]:
    """Return which of some numbers come into the stratum of opt-outs, and how many were in none before."""
    kind = item.definition.kind
    before = ahead.holding(item, prefix, named)
    # the instant is of no matter: nothing leaves, so nothing is let through
    found = difference(kind, before, after_add(kind, before, Named({PLAIN: named})), at_us=0)
    return found.enter.get(PLAIN, BitMap()), found.added


def _stored(role: int, prefix: int, bitmap: BitMap, salt: bytes) -> StoredSegment:
    segment = encode(prefix, bitmap)
    digest = salted_digest(salt, segment.data)
    return StoredSegment(role, 0, prefix, segment.count, digest, segment.data)


def _ref(stored: StoredSegment, role: int) -> ledger_pb2.SegmentRef:
    return ledger_pb2.SegmentRef(
        role=ledger_pb2.SegmentRole.ValueType(role),
        prefix=stored.prefix,
        count=stored.count,
        digest=stored.digest,
    )


def _foreign(plan: OptOutPlan) -> int:
    """Count the numbers of countries that the list does not speak of."""
    countries = plan.list.definition.countries
    if not countries:
        return 0
    return sum(inspect(number).country not in ("", *countries) for number in plan.numbers)


def _header(plan: OptOutPlan) -> batch_pb2.BatchHeader:
    """Return what was declared, as the evidence of an upload would hold it."""
    return batch_pb2.BatchHeader(
        batch_id=plan.request.request_id,
        list=plan.list.name,
        mode=batch_pb2.BATCH_MODE_ADD,
        region=plan.region,
        attributes=plan.request.attributes,
        dates=plan.request.dates,
    )


def _report(plan: OptOutPlan, actor: Actor) -> batch_pb2.BatchReport:
    """Return what is told of an opt-out whatever its list holds."""
    read, distinct, rejects = len(plan.readings), len(plan.numbers), plan.rejects
    return batch_pb2.BatchReport(
        batch_id=plan.request.request_id,
        list=plan.list.name,
        mode=batch_pb2.BATCH_MODE_ADD,
        state=batch_pb2.BATCH_STATE_ACTIVE,
        rows=batch_pb2.RowCounts(
            read=read,
            accepted=distinct,
            duplicate=read - distinct - len(rejects),
            rejected=len(rejects),
        ),
        rejects_by_code=Counter(map(str, rejects)),
        open_rejects=len(rejects),
        normaliser_version=NORMALISER_VERSION,
        actor=actor.name,
        actor_proof=actor.proof,
        region=plan.region,
        terms=1,
    )
