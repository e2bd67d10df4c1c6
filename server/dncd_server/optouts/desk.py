"""The opt-out desk: takes what persons said and answers once it is in the ledger and this node answers from it.

Whoever comes while one group is being written goes into the next, which is written as one: the disk is waited for once
for all of them, and nobody waits for a clock.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from dncd.v1 import batch_pb2, optout_pb2
from dncd_engine.state import State
from dncd_server.actors import Actor
from dncd_server.changes.reporting import placed_at_head
from dncd_server.errors import (
    ConflictError,
    DncdError,
    InvalidRequestError,
    LimitExceededError,
    NotFoundError,
    UnavailableError,
)
from dncd_server.ledger.journal import Journal
from dncd_server.ledger.records import Appended, Head
from dncd_server.ledger.store import ListMovedError, Store
from dncd_server.optout_counts import OptOutCounts
from dncd_server.optouts.events import ListAhead, WorkedOut, worked_out
from dncd_server.optouts.known import KnownBatch, known_batch, report_again
from dncd_server.optouts.plan import (
    OptOutPlan,
    Readings,
    against,
    check_form,
    planned,
    read_all,
)
from dncd_server.optouts.request import content_of
from dncd_server.replica import Replica
from dncd_server.upload_counts import UploadCounts

MAX_UNDER_WAY = 1_024
"""How many opt-outs may be under way at once; whoever comes past that is told so at once."""
MAX_GROUP = 128
"""How many are written as one."""
NUMBERS_A_STEP = 32
"""How many numbers are worked out before the loop may serve others: a few milliseconds."""
MAX_ATTEMPTS = 20
"""How often a group is worked out anew because the ledger moved."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Taken:
    """An opt-out that is in force: its report, and how its numbers were read, in the request's order."""

    report: batch_pb2.BatchReport
    readings: Readings


@dataclass(slots=True, eq=False)
class _Waiting:
    """An opt-out that is to be written.

    Attributes:
        plan: What is asked.
        actor: Who brings it.
        content: What a second one of the same id must bring to be the same.
        arrived: When it came, in seconds of ``perf_counter``.
        taken: What came of it.
    """

    plan: OptOutPlan
    actor: Actor
    content: bytes
    arrived: float
    taken: "asyncio.Future[Taken]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    @property
    def request(self) -> optout_pb2.OptOutRequest:
        """As it was sent."""
        return self.plan.request


class OptOutDesk:
    """Takes opt-outs into the ledger. All of it runs on the event loop."""

    def __init__(
        self, journal: Journal, replica: Replica, batches: UploadCounts, counts: OptOutCounts
    ) -> None:
        self._journal = journal
        self._replica = replica
        self._batches = batches
        self._counts = counts
        self._inside = 0
        self._queue: list[_Waiting] = []
        self._under_way: dict[str, _Waiting] = {}
        self._writer: asyncio.Task[None] | None = None

    async def take(self, request: optout_pb2.OptOutRequest, actor: Actor) -> Taken:
        """Take one opt-out; it is in force on this node when this returns.

        Once it waits to be written it is seen through, even if the caller goes away.

        Raises:
            DncdError: The request is wrong, or cannot be taken now. It may have been written only where the node lost
                its ledger in the midst of it; the same request, sent again, then finds out.
            LedgerError: The ledger cannot be used.
        """
        arrived = time.perf_counter()
        if max(self._inside, len(self._under_way)) >= MAX_UNDER_WAY:
            raise too_many()
        self._inside += 1
        try:
            return await self._take(request, actor, arrived)
        finally:
            self._inside -= 1

    async def _take(self, request: optout_pb2.OptOutRequest, actor: Actor, arrived: float) -> Taken:
        check_form(request)
        state = self._replica.state
        try:
            plan = planned(request, state)
        except (NotFoundError, ConflictError, InvalidRequestError) as error:
            return await self._as_before(request, error)
        content = content_of(request)
        while (earlier := self._under_way.get(request.request_id)) is not None:
            if earlier.content == content:
                return await asyncio.shield(earlier.taken)
            await asyncio.wait([earlier.taken])
        waiting = _Waiting(plan, actor, content, arrived)
        self._under_way[request.request_id] = waiting
        self._queue.append(waiting)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_all())
        return await asyncio.shield(waiting.taken)

    async def _as_before(self, request: optout_pb2.OptOutRequest, error: DncdError) -> Taken:
        """Answer a request that was taken while the policy was another; one that was not fails as it would."""
        ledger = self._journal.ledger
        known = await ledger.run(known_batch, self._journal.store, request.request_id)
        if known is None:
            raise error
        return _taken_before(request, known, await self._journal.catch_up())

    async def _write_all(self) -> None:
        while self._queue:
            group = self._queue[:MAX_GROUP]
            del self._queue[:MAX_GROUP]
            try:
                await self._write(group)
            except Exception as error:  # whatever it is, each of those who wait is told
                _fail(group, error)
            finally:
                for waiting in group:
                    del self._under_way[waiting.request.request_id]
                    waiting.taken.cancel()  # which does nothing to what is done

    async def _write(self, group: Sequence[_Waiting]) -> None:
        """Write a group as one and settle each of it.

        Raises:
            DncdError, LedgerError: It cannot be written; whoever is not settled is to be told.
        """
        started = time.perf_counter()
        for _ in range(MAX_ATTEMPTS):
            async with self._journal.lock:
                state = self._replica.state
                worked = await _work_out(group, state)
                if not worked:
                    return
                items = [work.appended for work in worked.values()]
                try:
                    (heads, known), state = await self._journal.write(
                        _append_new, self._journal.store, items, state.version
                    )
                except ListMovedError:
                    await self._journal.catch_up()
                    continue
            if not known:
                self._settle(worked, heads, time.perf_counter() - started)
                return
            _settle_known(worked, known, state)
        raise UnavailableError(
            "LEDGER_BUSY", "the ledger moved on each time that this was worked out; send it again"
        )

    def _settle(
        self, worked: dict[_Waiting, WorkedOut], heads: Sequence[Head], seconds: float
    ) -> None:
        added = 0
        for (waiting, work), head in zip(worked.items(), heads, strict=True):
            report = placed_at_head(work.report, head)
            self._batches.count(report, report.list)
            self._counts.observe(waiting.plan.asked_us, time.perf_counter() - waiting.arrived)
            added += report.numbers.added
            waiting.taken.set_result(Taken(report, waiting.plan.readings))
        _log.info(
            "opted_out",
            requests=len(worked),
            version=heads[-1].version,
            added=added,
            duration_seconds=round(seconds, 4),
        )


def too_many() -> LimitExceededError:
    """Return the error for an opt-out past the bound."""
    return LimitExceededError(
        "TOO_MANY_OPT_OUTS",
        f"{MAX_UNDER_WAY} opt-outs are under way, which is the limit; send it again in a moment",
        {"limit": str(MAX_UNDER_WAY)},
    )


async def _work_out(group: Sequence[_Waiting], state: State) -> dict[_Waiting, WorkedOut]:
    """Work out those of a group that are not settled, one after the other; one that no longer can be is settled."""
    worked: dict[_Waiting, WorkedOut] = {}
    ahead: dict[str, ListAhead] = {}
    since_rest = 0
    for waiting in group:
        if waiting.taken.done():
            continue
        try:
            plan = against(waiting.plan, state)
        except DncdError as error:
            waiting.taken.set_exception(error)
            continue
        name = plan.list.name
        before = ahead.setdefault(name, ListAhead(plan.list, state.shown[name]))
        version = state.version + len(worked) + 1
        worked[waiting] = worked_out(plan, waiting.actor, before, version)
        since_rest += len(plan.numbers)
        if since_rest >= NUMBERS_A_STEP:
            since_rest = 0
            await asyncio.sleep(0)
    return worked


def _append_new(
    store: Store, items: Sequence[Appended], base_version: int
) -> tuple[list[Head], dict[str, KnownBatch]]:
    """Append a group to the ledger at the version that it was worked out against, unless one of its ids is taken.

    It runs on the ledger's thread, so nothing comes between.

    Returns:
        The head after each, or those whose ids are taken; then nothing was appended.

    Raises:
        ListMovedError: The ledger is at another version.
    """
    head = store.head()
    if head is None or head.version != base_version:
        raise ListMovedError
    ids = (item.batch.batch_id for item in items if item.batch is not None)
    known = {batch_id: found for batch_id in ids if (found := known_batch(store, batch_id))}
    return ([] if known else store.append_all(items)), known


def _settle_known(
    worked: dict[_Waiting, WorkedOut], known: dict[str, KnownBatch], state: State
) -> None:
    for waiting in worked:
        found = known.get(waiting.request.request_id)
        if found is None:
            continue
        try:
            waiting.taken.set_result(_taken_before(waiting.request, found, state))
        except DncdError as error:
            waiting.taken.set_exception(error)


def _taken_before(request: optout_pb2.OptOutRequest, known: KnownBatch, state: State) -> Taken:
    report = report_again(request, known, state)
    return Taken(report, read_all(request, report.region))


def _fail(group: Sequence[_Waiting], error: Exception) -> None:
    for waiting in group:
        if not waiting.taken.done():
            waiting.taken.set_exception(error)
