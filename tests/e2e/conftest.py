"""Daemons that the tests of a file share, because each costs a second."""

from collections.abc import Iterator

import pytest

from harness.canary import Canary
from harness.daemon import Daemon


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, canary: Canary) -> Iterator[Daemon]:
    """One daemon for a file of tests, on a new ledger; a test takes lists of its own."""
    data = tmp_path_factory.mktemp("shared") / "node"
    data.mkdir()
    daemon = Daemon(data, canary)
    daemon.start()
    yield daemon
    assert daemon.stop() == 0
