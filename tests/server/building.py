"""Builds real ledgers through the daemon's own store, journal and difference, without a child process."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from prometheus_client import CollectorRegistry
from pyroaring import BitMap

from dncd.v1 import batch_pb2, ledger_pb2, policy_pb2, verdict_pb2
from dncd_engine.chain import salted_digest
from dncd_engine.entries import Entries
from dncd_engine.lists import ListState
from dncd_engine.segments import PREFIX_SHIFT, Numbers, cut, encode
from dncd_engine.state import State
from dncd_engine.strata import PLAIN, Stratum
from dncd_server.actors import Actor
from dncd_server.changes.desk import ChangeDesk
from dncd_server.changes.difference import difference_of
from dncd_server.changes.guard import TwoPersons
from dncd_server.changes.work import Difference
from dncd_server.ingest.messages import Done, RowCounts, SegmentFound
from dncd_server.ledger.engine import open_engine
from dncd_server.ledger.follower import Follower, LedgerThread
from dncd_server.ledger.journal import Journal
from dncd_server.ledger.open_batches import OpenBatches
from dncd_server.ledger.records import Head
from dncd_server.ledger.store import Store
from dncd_server.policy.desk import AppliedPolicy, PolicyDesk
from dncd_server.replica import Replica
from dncd_server.upload_counts import UploadCounts
from dncd_server.uploads.plan import planned
from dncd_server.uploads.proposing import proposal_of
from dncd_server.uploads.staging import Staging

FIRST_NUMBER = 81450001000
"""45-000 is given to no exchange in Japan, so nobody has these numbers."""
ACTOR = Actor("tester", "declared", "ipv4:127.0.0.1:1")
APPLIES_AT_ONCE = TwoPersons(always=False)
_T = TypeVar("_T")


def run(task: Coroutine[Any, Any, _T]) -> _T:
    """Run to the end."""
    return asyncio.run(task)


def url_of(path: Path) -> str:
    """Return a ledger file's address."""
    return f"sqlite:///{path}"


def numbers_from(first: int, count: int) -> list[int]:
    """Return numbers in a row that nobody has."""
    return list(range(FIRST_NUMBER + first, FIRST_NUMBER + first + count))


def created(store: Store, region: str = "JP") -> None:
    """Begin a ledger."""
    effect = ledger_pb2.LedgerCreatedEffect(region=region)
    evidence = ledger_pb2.Evidence(actor="dncd", actor_proof="declared")
    kind = ledger_pb2.EVENT_KIND_LEDGER_CREATED
    store.create(effect.SerializeToString(), evidence.SerializeToString(), kind)


@dataclass
class Office:
    """A ledger that is open and followed."""

    store: Store
    replica: Replica
    journal: Journal
    batches: OpenBatches

    async def catch_up(self) -> State:
        """Follow to the head."""
        return await self.journal.catch_up()

    async def apply(self, request: policy_pb2.ApplyPolicyRequest) -> AppliedPolicy:
        """Put a policy change in force."""
        return await self.policies.apply(request, ACTOR)

    @property
    def policies(self) -> PolicyDesk:
        """What puts policy changes in force."""
        return PolicyDesk(self.journal, APPLIES_AT_ONCE.must_hold)

    async def add(
        self, list_name: str, numbers: Iterable[int], batch_id: str, **fields: Any
    ) -> Head:
        """Add a batch to a list; ``fields`` are those of its header."""
        header = batch_pb2.BatchHeader(
            batch_id=batch_id, list=list_name, mode=batch_pb2.BATCH_MODE_ADD, **fields
        )
        staging = await self.staged(batch_id, numbers)
        try:
            plan = planned(header, await self.catch_up())
            found = done(sum(ref.count for ref in staging.named))
            proposal = proposal_of(plan, "", ACTOR, staging, found, False)
            report = await self.changes.put(proposal)
        finally:
            await staging.remove()
        assert isinstance(report, batch_pb2.BatchReport), report
        head = self.store.head()
        assert head is not None
        assert head.version == report.version
        return head

    async def staged(self, batch_id: str, numbers: Iterable[int]) -> Staging:
        """Stage numbers, as an upload does."""
        column: Numbers = np.array(sorted(set(numbers)), dtype=np.uint64)
        staging = await Staging.open(self.journal.ledger, batch_id)
        for prefix, bitmap in cut(column):
            segment = encode(prefix, bitmap)
            digest = salted_digest(staging.salt, segment.data)
            found = SegmentFound(prefix, segment.count, segment.data, digest, 0, False)
            await staging.add(found)
        await staging.flush()
        return staging

    @property
    def changes(self) -> ChangeDesk:
        """What puts batches in force."""
        return ChangeDesk(self.journal, UploadCounts(CollectorRegistry()), APPLIES_AT_ONCE)

    async def difference(self, list_name: str, numbers: Iterable[int]) -> Difference:
        """Return what an add of numbers would make of a list."""
        staging = await self.staged("b1", numbers)
        header = batch_pb2.BatchHeader(batch_id="b1", list=list_name, mode=batch_pb2.BATCH_MODE_ADD)
        state = await self.catch_up()
        proposal = proposal_of(planned(header, state), "", ACTOR, staging, done(), False)
        item = state.lists[list_name]
        return await difference_of(self.journal.ledger, proposal.work, item, state.at_us)


def a_difference(item: ListState, **fields: Any) -> Difference:
    """Return a difference of some list of which only these fields matter."""
    nothing: dict[str, Any] = {
        "strata": (),
        "segments": (),
        "writing": (),
        "named": 9,
        "added": 4,
        "removed": 0,
        "released": 0,
        "foreign": 0,
        "coverage": {},
        "loaded": True,
    }
    return Difference(item, **(nothing | fields))


def done(rows: int = 1, rejected: int = 0) -> Done:
    """Return what a child says of a file at its end."""
    return Done(
        rows=RowCounts(read=rows, accepted=rows - rejected, rejected=rejected),
        rejects_by_code={"letters": rejected} if rejected else {},
        numbers=rows - rejected,
        encoding="utf-8",
        layout="csv",
        sha256=hashlib.sha256(b"file").digest(),
        normaliser_version=1,
        strata=(PLAIN,),
    )


@asynccontextmanager
async def office(path: Path, state: State | None = None) -> AsyncIterator[Office]:
    """Open a ledger file, made where it is not there, as a node does; it is not followed yet."""
    store = Store(open_engine(url_of(path)))
    ledger = LedgerThread(store)
    try:
        if store.head() is None:
            created(store)
        replica, batches = Replica(300.0), OpenBatches()
        follower = Follower(ledger, replica, state or State())
        yield Office(store, replica, Journal(ledger, follower, batches), batches)
    finally:
        ledger.close()


def a_list(kind: str = "do_not_contact", **fields: Any) -> policy_pb2.ListDefinition:
    """Return a list's definition."""
    number = verdict_pb2.ListKind.Value(f"LIST_KIND_{kind.upper()}")
    return policy_pb2.ListDefinition(kind=number, **fields)


def a_campaign(**fields: Any) -> policy_pb2.CampaignDefinition:
    """Return a campaign's definition; ``excluded`` is the field ``except``."""
    excluded: Sequence[str] = fields.pop("excluded", ())
    campaign = policy_pb2.CampaignDefinition(**fields)
    getattr(campaign, "except").extend(excluded)
    return campaign


def policy_request(
    lists: dict[str, policy_pb2.ListDefinition] | None = None,
    campaigns: dict[str, policy_pb2.CampaignDefinition] | None = None,
    *,
    purposes: Sequence[str] = (),
    sources: dict[str, policy_pb2.SourceDefinition] | None = None,
    answers: dict[str, str] | None = None,
    **fields: Any,
) -> policy_pb2.ApplyPolicyRequest:
    """Return a policy change; ``fields`` are those of the request."""
    policy = policy_pb2.Policy(
        purposes=purposes, lists=lists, campaigns=campaigns, sources=sources, answers=answers
    )
    return policy_pb2.ApplyPolicyRequest(policy=policy, **fields)


def plain(state: State) -> dict[str, Any]:
    """Return all that a state holds as plain values, so that two can be compared."""
    return {
        "version": state.version,
        "epoch": state.epoch,
        "head": state.head,
        "at_us": state.at_us,
        "region": state.region,
        "policy": state.policy,
        "policy_version": state.policy_version,
        "lists": {
            name: (
                item.definition,
                held_by(item.entries),
                item.entries.count,
                dict(item.coverage),
                item.loaded,
                item.version,
                item.created_version,
            )
            for name, item in state.lists.items()
        },
        "campaigns": {
            name: (item.countries, item.text_region, [probed.name for probed in item.lists])
            for name, item in state.campaigns.items()
        },
        "unnamed": state.unnamed and [probed.name for probed in state.unnamed.lists],
    }


def held_by(entries: Entries) -> list[tuple[int, tuple[Stratum, ...]]]:
    """Return every number with its strata, in order."""
    found = []
    for prefix in entries.prefixes():
        held = BitMap.union(BitMap(), *entries.strata_at(prefix).values())
        numbers = [prefix << PREFIX_SHIFT | low for low in held]
        found += [(number, entries.strata_of(number)) for number in numbers]
    return found
