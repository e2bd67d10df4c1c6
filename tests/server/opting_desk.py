"""An opt-out desk on a ledger of its own, without a daemon."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry

from dncd.v1 import optout_pb2, policy_pb2
from dncd_engine.state import State
from dncd_server.ledger.records import Appended, Head
from dncd_server.optout_counts import OptOutCounts
from dncd_server.optouts.desk import OptOutDesk, Taken
from dncd_server.upload_counts import UploadCounts
from server.building import ACTOR, Office, a_list, office, policy_request
from server.opting import NUMBER, opt_out

LIST = "optout"


@dataclass
class Counter:
    """An opt-out desk on a ledger, and the groups that it has written."""

    office: Office
    desk: OptOutDesk
    registry: CollectorRegistry
    groups: list[int] = field(default_factory=list)

    async def take(self, request: optout_pb2.OptOutRequest) -> Taken:
        """Take one."""
        return await self.desk.take(request, ACTOR)

    async def take_all(self, requests: Sequence[optout_pb2.OptOutRequest]) -> list[Any]:
        """Take several at once; return what came of each, errors too."""
        return await asyncio.gather(*map(self.take, requests), return_exceptions=True)

    @property
    def state(self) -> State:
        """What the node answers from."""
        return self.office.replica.state

    def holds(self, number: int, name: str = LIST) -> bool:
        """Tell whether a list holds a number for every purpose, now."""
        return self.state.lists[name].holds(number, "", self.state.at_us)


@asynccontextmanager
async def counter(
    path: Path,
    lists: dict[str, policy_pb2.ListDefinition] | None = None,
    campaigns: dict[str, policy_pb2.CampaignDefinition] | None = None,
) -> AsyncIterator[Counter]:
    """Open a desk on a new ledger with a policy in force."""
    async with office(path / "ledger.sqlite3") as opened:
        await opened.catch_up()
        await opened.apply(policy_request(lists or {LIST: a_list(starts_empty=True)}, campaigns))
        registry = CollectorRegistry()
        counts = OptOutCounts(registry)
        desk = OptOutDesk(opened.journal, opened.replica, UploadCounts(registry), counts)
        made = Counter(opened, desk, registry)
        append_all = opened.store.append_all

        def noting(items: Sequence[Appended]) -> list[Head]:
            made.groups.append(len(items))
            return append_all(items)

        opened.store.append_all = noting  # type: ignore[method-assign]
        yield made


def requests(count: int, **fields: Any) -> list[optout_pb2.OptOutRequest]:
    """Return so many requests, of a number each."""
    return [opt_out(f"r-{turn}", e164=[NUMBER + turn], **fields) for turn in range(count)]
