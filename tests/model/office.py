"""The daemon's own parts on a ledger file, in this process, beside a second index that only ever read the ledger."""

import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from unittest.mock import patch

from prometheus_client import CollectorRegistry

from dncd.v1 import batch_pb2, ledger_pb2
from dncd_engine.state import State
from dncd_server import checkpoint
from dncd_server.actors import DECLARED, Actor
from dncd_server.changes.approvals import Approvals
from dncd_server.changes.desk import ChangeDesk
from dncd_server.changes.guard import TwoPersons
from dncd_server.changes.reverts import Reverts
from dncd_server.ingest.messages import IngestJob, Message
from dncd_server.ingest.pipes import Pipes
from dncd_server.ingest.work import Work
from dncd_server.ledger.engine import open_engine
from dncd_server.ledger.evidence import evidence_of
from dncd_server.ledger.follower import Follower, LedgerThread
from dncd_server.ledger.journal import Journal
from dncd_server.ledger.open_batches import OpenBatches
from dncd_server.ledger.store import Store
from dncd_server.optout_counts import OptOutCounts
from dncd_server.optouts.desk import OptOutDesk
from dncd_server.policy.desk import PolicyDesk
from dncd_server.replica import Replica
from dncd_server.upload_counts import UploadCounts
from dncd_server.uploads.desk import DeskSettings, UploadDesk
from dncd_server.uploads.lanes import Parts

REGION = "JP"
MEMORY_BYTES = 3 << 30


class _Here(Pipes):
    """The two pipes of an ingest child that is no process of its own."""

    def __init__(self, data: bytes) -> None:
        self.sent: list[Message] = []
        self._data = data

    def data(self) -> Iterator[bytes]:
        yield self._data

    def send(self, message: Message) -> None:
        self.sent.append(message)


async def read_here(job: IngestJob, parts: Parts) -> AsyncIterator[Message]:
    """Yield what an ingest child says of an upload, without starting one."""
    pipes = _Here(b"".join([part async for part in parts]))
    Work(job, pipes).run()
    for message in pipes.sent:
        yield message


@cache
def _blank() -> Path:
    """Return a database with its tables and no ledger: to make them takes longer than all the rest."""
    path = Path(mkdtemp(prefix="dncd-model-")) / "ledger.db"
    open_engine(f"sqlite:///{path}").dispose()
    return path


def begin(folder: Path) -> None:
    """Begin a ledger in a folder."""
    shutil.copy(_blank(), folder / "ledger.db")
    store = Store(open_engine(f"sqlite:///{folder / 'ledger.db'}"))
    effect = ledger_pb2.LedgerCreatedEffect(region=REGION).SerializeToString()
    evidence = evidence_of(Actor("dncd", DECLARED, "")).SerializeToString()
    store.create(effect, evidence, ledger_pb2.EVENT_KIND_LEDGER_CREATED)
    store.close()


class Office:
    """What one process has of a ledger, from its start to its end.

    Attributes:
        replica: What calls are answered from.
        changes, uploads, opt_outs, reverts, approvals, policies: The desks.
        batches: What waits for a person.
    """

    def __init__(self, folder: Path, *, always_two_persons: bool) -> None:
        self.folder = folder
        self.store = Store(open_engine(f"sqlite:///{folder / 'ledger.db'}"))
        self.ledger = LedgerThread(self.store)
        self.replica, self.batches = Replica(300.0), OpenBatches()
        known = checkpoint.read(folder, self.store.event_hash) or State()
        self.started_at = known.version
        self.journal = Journal(
            self.ledger, Follower(self.ledger, self.replica, known), self.batches
        )
        self._second = Replica(300.0)
        self._second_follower = Follower(self.ledger, self._second, State())
        registry = CollectorRegistry()
        counts = UploadCounts(registry)
        self.two_persons = TwoPersons(always_two_persons)
        self.changes = ChangeDesk(self.journal, counts, self.two_persons)
        self.uploads = UploadDesk(self.changes, DeskSettings(folder, MEMORY_BYTES))
        self.opt_outs = OptOutDesk(self.journal, self.replica, counts, OptOutCounts(registry))
        self.reverts = Reverts(self.journal, self.changes)
        self.policies = PolicyDesk(self.journal, self.two_persons.must_hold)
        self.approvals = Approvals(self.journal, counts, self.policies.approve)

    async def states(self) -> tuple[State, State]:
        """Return the state that answers, and one that was made of the ledger alone from its first event."""
        await self.journal.catch_up()
        await self._second_follower.catch_up()
        return self.replica.state, self._second.state

    async def made_anew(self) -> State:
        """Return the state that a new follower makes of the ledger."""
        return await Follower(self.ledger, Replica(300.0), State()).catch_up()

    async def upload(
        self, header: batch_pb2.BatchHeader, data: bytes, actor: Actor
    ) -> batch_pb2.BatchReport:
        """Upload a file and return its report."""

        async def source() -> AsyncIterator[bytes]:
            yield data

        report = None
        with (
            patch("dncd_server.uploads.desk.read_upload", read_here),
            patch("dncd_server.uploads.known.read_upload", read_here),
        ):
            async with aclosing(self.uploads.take(header, False, source(), actor)) as told:
                async for answer in told:
                    if isinstance(answer, batch_pb2.BatchReport):
                        report = answer
        assert report is not None
        return report

    def write_checkpoint(self) -> None:
        """Write a checkpoint of the state that answers."""
        checkpoint.write(self.folder, self.replica.state)

    def close(self) -> None:
        """End the process's use of the ledger."""
        self.ledger.close()
