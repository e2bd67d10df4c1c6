"""Fixtures of the ledger's tests: stores of every engine, and a ledger to damage."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from dncd_server.ledger import batch_table, segment_table
from dncd_server.ledger import store as store_module
from dncd_server.ledger.engine import open_engine
from dncd_server.ledger.store import Store
from server.building import (
    FIRST_NUMBER,
    a_list,
    created,
    numbers_from,
    office,
    policy_request,
    run,
    url_of,
)
from server.ledger.entries import OpenStore, SetClock

FAR = FIRST_NUMBER + (1 << 22)


@pytest.fixture(params=["sqlite"])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenStore]:
    """Open one and the same database again and again; all are closed at the end."""
    opened: list[Store] = []

    def again() -> Store:
        assert request.param == "sqlite"
        while opened:
            opened.pop().close()
        opened.append(Store(open_engine(url_of(tmp_path / "ledger.sqlite3"))))
        return opened[0]

    yield again
    for store in opened:
        store.close()


@pytest.fixture
def empty(open_store: OpenStore) -> Store:
    """A database that holds no ledger yet."""
    return open_store()


@pytest.fixture
def store(empty: Store) -> Store:
    """A ledger of one event."""
    created(empty)
    return empty


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """Let the store's clock stand at an instant, in microseconds."""

    def stand_at(at_us: int) -> None:
        clock = SimpleNamespace(time_ns=lambda: at_us * 1000)
        for module in (store_module, segment_table, batch_table):
            monkeypatch.setattr(module, "time", clock)

    return stand_at


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger: created 1, policy 2, batches 3 and 4 that overlap on one list, policy 5, batch 6."""
    path = tmp_path_factory.mktemp("whole") / "ledger"

    async def build() -> None:
        async with office(path) as it:
            await it.apply(policy_request({"house": a_list(), "ftc": a_list("registry")}))
            await it.add("house", [*numbers_from(0, 50), FAR], "b1")
            await it.add("house", [*numbers_from(40, 50), FAR], "b2")
            await it.apply(policy_request({"house": a_list(title="ours")}))
            await it.add("ftc", numbers_from(0, 9), "b3", published_unix_us=1)

    run(build())
    return path


@pytest.fixture
def path(whole: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copy(whole, tmp_path / "ledger"))
