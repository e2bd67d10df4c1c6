"""Daemons that the tests of a file share, because each costs a second."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from harness.canary import Canary
from harness.daemon import Daemon


@contextmanager
def _running(
    tmp_path_factory: pytest.TempPathFactory, canary: Canary, name: str, *flags: str
) -> Iterator[Daemon]:
    data = tmp_path_factory.mktemp(name) / "node"
    data.mkdir()
    daemon = Daemon(data, canary, *flags)
    daemon.start()
    yield daemon
    assert daemon.stop() == 0


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, canary: Canary) -> Iterator[Daemon]:
    """One daemon for a file of tests, on a new ledger; a test takes lists of its own."""
    with _running(tmp_path_factory, canary, "shared") as daemon:
        yield daemon


@pytest.fixture(scope="module")
def careful(tmp_path_factory: pytest.TempPathFactory, canary: Canary) -> Iterator[Daemon]:
    """As ``shared``, of which all that opens waits for another person."""
    with _running(tmp_path_factory, canary, "careful", "--two-persons", "always") as daemon:
        yield daemon
