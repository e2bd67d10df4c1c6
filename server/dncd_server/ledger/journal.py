"""The journal: the one way to change anything. An append, then the node's own replica follows it."""

import asyncio
from collections.abc import Callable, Sequence
from typing import ParamSpec, TypeVar

from dncd_engine.state import State
from dncd_server.ledger.follower import Follower, LedgerThread
from dncd_server.ledger.open_batches import OpenBatches
from dncd_server.ledger.records import Appended, BatchRow, Head, NewBatch, NewEvent
from dncd_server.ledger.store import Store

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Journal:
    """Appends events one at a time and returns when this node answers from them.

    Attributes:
        lock: Held from working out a change to its append, so that nothing comes between.
    """

    def __init__(self, ledger: LedgerThread, follower: Follower, batches: OpenBatches) -> None:
        self.ledger = ledger
        self._batches = batches
        self.lock = asyncio.Lock()
        self._follower = follower

    @property
    def store(self) -> Store:
        """The store, for calls through ``ledger.run``."""
        return self.ledger.store

    async def catch_up(self) -> State:
        """Bring the replica to the ledger's head, and note which batches wait for a person."""
        state = await self._follower.catch_up()
        if state.version != self._batches.version:
            rows = await self.ledger.run(self.store.open_batches)
            # what an earlier list of the same name left open is nobody's to mend
            self._batches.rows = [row for row in rows if _is_of(row, state)]
            self._batches.version = state.version
        return state

    async def append(self, new: NewEvent, taken: NewBatch | None = None) -> tuple[Head, State]:
        """Append under ``lock``; return the head that it made and a state that holds it.

        Once begun it is seen through, even if the caller goes away.

        Raises:
            ListMovedError: The batch's list has moved; nothing was appended.
            LedgerError: The ledger cannot be used.
        """
        return await self.write(self.store.append, new, taken)

    async def append_all(self, items: Sequence[Appended]) -> tuple[list[Head], State]:
        """Append several events in one transaction, as ``append`` does one; return the head after each.

        Raises:
            ListMovedError, LedgerError: As ``append``.
        """
        return await self.write(self.store.append_all, items)

    async def write(
        self, call: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs
    ) -> tuple[_T, State]:
        """Run a call of the store that appends, under ``lock``; return what it returns and a state that holds it."""
        return await asyncio.shield(asyncio.ensure_future(self._write(call, *args, **kwargs)))

    async def _write(
        self, call: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs
    ) -> tuple[_T, State]:
        done = await self.ledger.run(call, *args, **kwargs)
        return done, await self.catch_up()


def _is_of(row: BatchRow, state: State) -> bool:
    if not row.list:
        return True  # a policy change or an override
    item = state.lists.get(row.list)
    version = row.version or row.held_version or 0
    return item is not None and version > item.created_version
