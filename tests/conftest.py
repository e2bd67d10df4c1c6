"""Fixtures that every room's tests may use."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from harness.canary import Canary
from harness.daemon import Daemon

if "CI" not in os.environ:
    # on a busy machine an example may take long and still be right; in CI hypothesis knows that by itself
    settings.register_profile("patient", deadline=None)
    settings.load_profile("patient")

StartDaemon = Callable[..., Daemon]
_canary = Canary()


@pytest.fixture(scope="session")
def canary() -> Canary:
    """The suite's one canary."""
    return _canary


@pytest.fixture
def start_daemon(tmp_path: Path, canary: Canary) -> Iterator[StartDaemon]:
    """Start daemons, each with a data folder of its own name; all are stopped at the end."""
    started: list[Daemon] = []

    def start(*flags: str, name: str = "node", wait: bool = True) -> Daemon:
        data = tmp_path / name
        data.mkdir(exist_ok=True)
        daemon = Daemon(data, canary, *flags)
        started.append(daemon)
        daemon.start(wait=wait)
        return daemon

    yield start
    for daemon in started:
        daemon.stop()


@pytest.fixture
def daemon(start_daemon: StartDaemon) -> Daemon:
    """One daemon on a new ledger."""
    return start_daemon()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the canary sing last, when all outputs have been heard."""
    items.sort(key=lambda item: item.nodeid.startswith("tests/test_canary.py"))


def pytest_sessionfinish() -> None:
    """Leave the numbers that were used where whoever keeps the suite's own output can look for them."""
    target = os.environ.get("DNCD_CANARY_NUMBERS")
    if target:
        Path(target).write_text("\n".join(sorted(_canary.spellings)), encoding="utf-8")
