"""A clock that stands behind the ledger's newest event."""

import json
import time
from pathlib import Path

import grpc
import pytest

from conftest import StartDaemon
from e2e.ledgers import ledger_of
from e2e.numbering import e164, yokohama
from e2e.planes import STARTS_EMPTY, apply, check, failure_of, said, upload, version_of
from e2e.uploads import file_with
from e2e.verdicts import ALLOWED, LISTED
from harness.daemon import Daemon
from server.building import office, policy_request, run


@pytest.fixture
def ahead(start_daemon: StartDaemon, monkeypatch: pytest.MonkeyPatch) -> Daemon:
    """Serve a ledger whose newest event was written while the clock stood an hour ahead."""
    daemon = start_daemon()
    with daemon.stubs() as stubs:
        apply(stubs, {"house": STARTS_EMPTY})
        upload(stubs, "house", f"{yokohama(620)}\n".encode(), "house-1")
    assert daemon.stop() == 0
    right = time.time_ns

    async def write() -> None:
        async with office(ledger_of(daemon.data)) as it:
            await it.apply(policy_request({"late": STARTS_EMPTY}))

    with monkeypatch.context() as clock:
        clock.setattr(time, "time_ns", lambda: right() + 3_600 * 10**9)
        run(write())
    daemon.start()
    return daemon


def test_behind_its_ledger_a_clock_lets_nothing_be_written(ahead: Daemon, tmp_path: Path) -> None:
    path = file_with(tmp_path, "file.txt", yokohama(621))
    with ahead.stubs() as stubs:
        version = version_of(stubs)
        refused = ahead.load("house", path, "--batch-id", "house-2")
        assert refused.code == 3
        assert "CLOCK_BEHIND" in refused.stderr
        failed = failure_of(lambda: upload(stubs, "house", path.read_bytes(), "house-2"))
        assert (failed.code, failed.reason) == (grpc.StatusCode.UNAVAILABLE, "CLOCK_BEHIND")
        failed = failure_of(lambda: apply(stubs, {"later": STARTS_EMPTY}))
        assert (failed.code, failed.reason) == (grpc.StatusCode.UNAVAILABLE, "CLOCK_BEHIND")
        assert version_of(stubs) == version
        # what it has it goes on answering from
        assert said(check(stubs.screening, e164(620))) == LISTED
        assert said(check(stubs.screening, e164(621))) == ALLOWED
        assert ahead.load("house", path, "--dry-run").report["state"] == "PREVIEW"

    status = ahead.ctl("status", "--json")
    assert status.returncode == 1
    codes = [each["code"] for each in json.loads(status.stdout)["attention"]]
    assert codes == ["clock_behind"]
    assert "clock_behind" in ahead.ctl("status").stdout


def test_a_clock_that_is_right_again_lets_all_be_written(
    start_daemon: StartDaemon, tmp_path: Path
) -> None:
    """Half a minute is no matter: clocks are set."""
    daemon = start_daemon()
    with daemon.stubs() as stubs:
        apply(stubs, {"house": STARTS_EMPTY})
    assert daemon.ctl("status").returncode == 0
    path = file_with(tmp_path, "file.txt", yokohama(622))
    assert daemon.load("house", path).code == 0
