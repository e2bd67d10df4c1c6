"""The journal: the one way to change anything. An append, then the node's own replica follows it."""

import asyncio

from dncd_engine.state import State
from dncd_server.ledger.follower import Follower, LedgerThread
from dncd_server.ledger.open_batches import OpenBatches
from dncd_server.ledger.records import BatchRow, Head, NewBatch, NewEvent
from dncd_server.ledger.store import Store


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
        return await asyncio.shield(asyncio.ensure_future(self._append(new, taken)))

    async def _append(self, new: NewEvent, taken: NewBatch | None) -> tuple[Head, State]:
        head = await self.ledger.run(self.store.append, new, taken)
        return head, await self.catch_up()


def _is_of(row: BatchRow, state: State) -> bool:
    item = state.lists.get(row.list)
    return item is not None and row.version is not None and row.version > item.created_version
