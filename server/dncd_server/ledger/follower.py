"""The follower: takes a replica from its version to the ledger's, event by event, and notices when it cannot."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError

from dncd_engine.state import ChainBrokenError, State
from dncd_server.errors import LedgerError, UnavailableError
from dncd_server.ledger.apply import (
    BATCH_KINDS,
    BatchSegments,
    batch_effect,
    next_state,
    roles_stored,
)
from dncd_server.ledger.records import Head, StoredEvent
from dncd_server.ledger.store import Store
from dncd_server.replica import Replica

EVENTS_A_PAGE = 256
SEGMENTS_A_STEP = 16
"""How many segments are applied before the loop may serve others: a few milliseconds."""

_P = ParamSpec("_P")
_T = TypeVar("_T")
_log = structlog.get_logger(__name__)


class LedgerThread:
    """The one thread that uses the store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger")

    async def run(self, call: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Run a call of the store there, and see it through even if the caller goes away.

        Raises:
            LedgerError: The database is damaged.
            UnavailableError: The database cannot be reached; what was asked may or may not have been done.
        """
        loop = asyncio.get_running_loop()
        try:
            return await asyncio.shield(
                loop.run_in_executor(self._executor, lambda: call(*args, **kwargs))
            )
        except SQLAlchemyError as error:
            _log.error("ledger_out_of_reach", error=type(error).__name__)
            raise UnavailableError(
                "LEDGER_OUT_OF_REACH", "the ledger cannot be reached; try again"
            ) from error

    async def steps(self, items: Iterator[_T], size: int) -> AsyncIterator[list[_T]]:
        """Yield what an iterator of the store's yields, so many at a time, each step read there.

        Raises:
            LedgerError, UnavailableError: As ``run``.
        """
        while step := await self.run(lambda: list(itertools.islice(items, size))):
            yield step

    def close(self) -> None:
        """Wait for what runs, then close the store."""
        self._executor.shutdown(wait=True)
        self.store.close()


class Follower:
    """Keeps a replica at the ledger's head."""

    def __init__(self, ledger: LedgerThread, replica: Replica, state: State) -> None:
        self._ledger = ledger
        self._replica = replica
        self._state = state
        self._lock = asyncio.Lock()

    async def catch_up(self) -> State:
        """Apply all that is new, compare heads, and return the state.

        Raises:
            LedgerError: The ledger cannot be followed; the replica answers nothing any more.
            UnavailableError: The ledger cannot be reached. What is in memory stays true of its version; past
                ``max_staleness`` every answer is NODE_BEHIND.
        """
        async with self._lock:
            try:
                await self._catch_up()
            except (LedgerError, ChainBrokenError) as error:
                self._replica.close("LEDGER_UNUSABLE")
                _log.critical("ledger_unusable", version=self._state.version, error=str(error))
                raise LedgerError(str(error)) from error
            return self._state

    async def _catch_up(self) -> None:
        store = self._ledger.store
        while True:
            events, head = await self._ledger.run(_news, store, self._state.version)
            for event in events:
                self._state = await self._applied(event)
            if events:
                # a node that is shut stays so until it has read to the end: half a ledger allows what the rest blocks
                if self._replica.is_open:
                    self._replica.install(self._state)
                continue
            state = self._state
            if head != Head(state.epoch, state.version, state.head, state.at_us):
                raise LedgerError("the ledger's head is not the event that was applied last")
            if self._replica.is_open:
                self._replica.hear()
            else:
                self._replica.install(self._state)
            return

    async def _applied(self, event: StoredEvent) -> State:
        if event.header.kind not in BATCH_KINDS:
            return next_state(self._state, event, None)
        effect = batch_effect(event)
        item = self._state.lists.get(effect.list)
        if item is None or event.upload is None:
            raise LedgerError(f"version {event.header.version} changes a list that does not exist")
        segments = BatchSegments(event, effect, item.entries)
        pages = self._ledger.store.segments(event.upload, list(roles_stored(effect)))
        async for step in self._ledger.steps(pages, SEGMENTS_A_STEP):
            for stored in step:
                segments.take(stored)
            await asyncio.sleep(0)
        return next_state(self._state, event, segments.finish())


def _news(store: Store, version: int) -> tuple[list[StoredEvent], Head | None]:
    """Return what follows a version and the head: in one call, so that no append comes between the two."""
    return store.events_after(version, EVENTS_A_PAGE), store.head()
