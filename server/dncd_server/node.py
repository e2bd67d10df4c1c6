"""A node: opens the ledger, builds every part of the daemon once, serves until told to stop, and drains."""

import asyncio
import contextlib
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import grpc
import structlog
from prometheus_client import CollectorRegistry, disable_created_metrics

from dncd.v1 import ledger_pb2
from dncd_engine.numbers import warm
from dncd_engine.state import State
from dncd_server import checkpoint
from dncd_server.actors import DECLARED, Actor
from dncd_server.addresses import Address, parse_address
from dncd_server.api.batch import BatchServicer
from dncd_server.api.optout import AsyncioOptOutServicer, OptOutServicer
from dncd_server.api.planes import Health, control_plane, screening_plane
from dncd_server.api.policy import PolicyServicer
from dncd_server.api.screening import ScreeningServicer
from dncd_server.changes.approvals import Approvals
from dncd_server.changes.desk import ChangeDesk
from dncd_server.changes.guard import TwoPersons
from dncd_server.changes.reverts import Reverts
from dncd_server.counts import Counts
from dncd_server.errors import DncdError, LedgerError
from dncd_server.http import HttpServer, application
from dncd_server.ledger.engine import open_engine
from dncd_server.ledger.evidence import evidence_of
from dncd_server.ledger.follower import Follower, LedgerThread
from dncd_server.ledger.journal import Journal
from dncd_server.ledger.open_batches import OpenBatches
from dncd_server.ledger.store import Store
from dncd_server.metrics import NodeCollector
from dncd_server.optout_counts import OptOutCounts
from dncd_server.optouts.desk import OptOutDesk
from dncd_server.policy.desk import PolicyDesk
from dncd_server.replica import Replica
from dncd_server.screening import Screening
from dncd_server.settings import Settings
from dncd_server.upload_counts import UploadCounts
from dncd_server.uploads.desk import DeskSettings, UploadDesk

POLL_SECONDS = 1.0
CHECKPOINT_SECONDS = 60.0
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Bound:
    """The addresses that a node has bound."""

    listen: Address
    control: Address
    http: Address


class Node:
    """One daemon process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stop = asyncio.Event()
        self._replica = Replica(settings.max_staleness)
        self._batches = OpenBatches()
        self._counts = Counts()
        disable_created_metrics()  # type: ignore[no-untyped-call] # the library's, without types
        self._registry = CollectorRegistry()
        self._registry.register(NodeCollector(self._replica, self._counts, self._batches))
        self._health = Health()
        # often enough to be never behind while all is well
        self._poll_seconds = min(POLL_SECONDS, settings.max_staleness / 4)
        self._checkpointed_version = 0
        self._checkpointed_at = time.monotonic()

    async def run(self) -> None:
        """Serve until SIGTERM, SIGINT or SIGHUP (a terminal that closes), then drain.

        Raises:
            LedgerError: The ledger cannot be opened.
            OSError, BindError: An address cannot be bound.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, self._stop.set)
        folder = _data_folder(self._settings.data)
        address = parse_address(self._settings.http)
        async with contextlib.AsyncExitStack() as stack:
            http = HttpServer(address, application(self._registry, self._is_ready))
            stack.callback(http.close)
            ledger = LedgerThread(_opened(self._settings))
            stack.callback(ledger.close)
            await ledger.run(_prepare, ledger.store, self._settings.region)
            # the tables of the rest of the world, which the first such number would wait for
            await asyncio.to_thread(warm)
            state = await ledger.run(checkpoint.read, folder, ledger.store.event_hash) or State()
            self._checkpointed_version = state.version
            journal = Journal(ledger, Follower(ledger, self._replica, state), self._batches)
            screening, control, bound = await self._serve(journal, http.address)
            await self._follow(journal)
            self._say_which_region_counts()
            _log.info(
                "serving",
                listen=str(bound.listen),
                control=str(bound.control),
                http=str(bound.http),
                ready=self._is_ready(),
                version=self._replica.state.version if self._replica.is_open else 0,
                insecure=bool(self._settings.exposed),
            )
            while not await self._stopped_within(self._poll_seconds):
                await self._follow(journal)
                await self._checkpoint(folder, force=False)
            await self._drain(screening, control, folder)

    async def _serve(
        self, journal: Journal, http: Address
    ) -> tuple[grpc.Server, grpc.aio.Server, Bound]:
        spool = DeskSettings(self._settings.data, self._settings.upload_memory_mib << 20)
        counts = UploadCounts(self._registry)
        two_persons = TwoPersons(self._settings.two_persons == "always")
        changes = ChangeDesk(journal, counts, two_persons)
        desk = UploadDesk(changes, spool)
        opt_outs = OptOutDesk(journal, self._replica, counts, OptOutCounts(self._registry))
        answers = ScreeningServicer(Screening(self._replica, self._counts))
        policies = PolicyDesk(journal, two_persons.must_hold)
        policy = PolicyServicer(self._replica, policies, self._batches)
        approvals = Approvals(journal, counts, policies.approve)
        batch = BatchServicer(self._replica, journal, desk, approvals, Reverts(journal, changes))
        screening, listen = screening_plane(
            parse_address(self._settings.listen),
            self._settings.threads,
            answers,
            OptOutServicer(opt_outs, asyncio.get_running_loop()),
            self._health,
        )
        control, control_address = control_plane(
            parse_address(self._settings.control),
            answers,
            AsyncioOptOutServicer(opt_outs),
            policy,
            batch,
            self._health,
        )
        await self._health.set(False)
        screening.start()
        await control.start()
        return screening, control, Bound(listen, control_address, http)

    def _say_which_region_counts(self) -> None:
        given = "region" in self._settings.model_fields_set
        if given and self._replica.is_open and self._replica.state.region != self._settings.region:
            _log.warning(
                "region_ignored", kept=self._replica.state.region, given=self._settings.region
            )

    async def _follow(self, journal: Journal) -> None:
        """Hear the ledger once, and say on every door whether the node serves."""
        try:
            await journal.catch_up()
        except (LedgerError, DncdError) as error:
            _log.error("ledger_not_heard", error=str(error))
        await self._health.set(self._is_ready())

    def _is_ready(self) -> bool:
        return self._replica.is_open and not self._replica.is_behind and not self._stop.is_set()

    async def _stopped_within(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), seconds)
        return self._stop.is_set()

    async def _checkpoint(self, folder: Path, *, force: bool) -> None:
        if not self._replica.is_open:
            return
        state = self._replica.state
        due = force or time.monotonic() - self._checkpointed_at > CHECKPOINT_SECONDS
        if not due or state.version == self._checkpointed_version:
            return
        try:
            await asyncio.to_thread(checkpoint.write, folder, state)
        except OSError as error:
            _log.error("checkpoint_failed", error=str(error))
            return
        finally:
            self._checkpointed_at = time.monotonic()
        self._checkpointed_version = state.version
        _log.info("checkpoint_written", version=state.version)

    async def _drain(self, screening: grpc.Server, control: grpc.aio.Server, folder: Path) -> None:
        _log.info("draining", grace_seconds=self._settings.grace)
        await self._health.set(False)
        stopped = screening.stop(self._settings.grace)
        await control.stop(self._settings.grace)
        await asyncio.to_thread(stopped.wait)
        await self._checkpoint(folder, force=True)
        self._replica.close("DRAINING")
        _log.info("stopped")


def _data_folder(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _opened(settings: Settings) -> Store:
    return Store(open_engine(settings.ledger_url))


def _prepare(store: Store, region: str) -> None:
    """Begin a new ledger where there is none, and remove uploads that a dead process left behind."""
    if store.head() is None:
        effect = ledger_pb2.LedgerCreatedEffect(region=region)
        evidence = evidence_of(Actor("dncd", DECLARED, ""))
        kind = ledger_pb2.EVENT_KIND_LEDGER_CREATED
        store.create(effect.SerializeToString(), evidence.SerializeToString(), kind)
        _log.warning("ledger_created", region=region)
    # this process owns the ledger alone, so whatever is staged was left by one that died
    removed = store.remove_abandoned(time.time_ns() // 1000)
    if removed:
        _log.info("abandoned_uploads_removed", count=removed)
