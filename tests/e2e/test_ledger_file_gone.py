"""A ledger's file that is deleted, moved or replaced while the daemon runs."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import grpc
import pytest

from conftest import StartDaemon
from e2e.ledgers import is_whole, ledger_of, verifying
from e2e.numbering import e164, yokohama
from e2e.planes import (
    DO_NOT_CONTACT,
    STARTS_EMPTY,
    apply,
    check,
    failure_of,
    list_of,
    said,
    version_of,
)
from e2e.uploads import file_with
from e2e.verdicts import ALLOWED, LISTED
from harness.daemon import Daemon
from server.building import office, policy_request, run


def _backed_up(daemon: Daemon, aside: Path) -> None:
    """Keep what a backup of the last moment would hold: file and log."""
    for path in daemon.data.glob("ledger.sqlite3*"):
        shutil.copy(path, aside / path.name)


def _deleted(daemon: Daemon, aside: Path) -> None:
    _backed_up(daemon, aside)
    for path in daemon.data.glob("ledger.sqlite3*"):
        path.unlink()


def _moved(daemon: Daemon, aside: Path) -> None:
    for path in daemon.data.glob("ledger.sqlite3*"):
        path.rename(aside / path.name)


def _file_moved(daemon: Daemon, aside: Path) -> None:
    """Move the file alone; its log stays where it was."""
    ledger_of(daemon.data).rename(aside / "ledger.sqlite3")


def _replaced(daemon: Daemon, aside: Path) -> None:
    _moved(daemon, aside)
    another = aside / "another"

    async def make() -> None:
        async with office(another) as it:
            await it.apply(policy_request({"house": DO_NOT_CONTACT}))

    run(make())
    another.rename(ledger_of(daemon.data))


LOSSES: list[tuple[Callable[[Daemon, Path], None], str]] = [
    (_deleted, "the ledger's file is gone"),
    (_moved, "the ledger's file is gone"),
    (_file_moved, "the ledger's file is gone"),
    (_replaced, "the ledger's file was replaced while it was open"),
]


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("end", ["stop", "kill"])
@pytest.mark.parametrize(("lose", "told"), LOSSES, ids=lambda value: getattr(value, "__name__", ""))
def test_a_ledger_whose_file_is_gone_is_not_written_and_nothing_acknowledged_is_lost(
    start_daemon: StartDaemon,
    tmp_path: Path,
    lose: Callable[[Daemon, Path], None],
    told: str,
    end: str,
) -> None:
    daemon = start_daemon()
    aside = tmp_path / "aside"
    aside.mkdir()
    with daemon.stubs() as stubs:
        apply(stubs, {"house": STARTS_EMPTY})
        for index in range(5):
            path = file_with(tmp_path, f"{index}.txt", yokohama(600 + index))
            assert daemon.load("house", path, "--batch-id", f"house-{index}").code == 0
        version = version_of(stubs)

        lose(daemon, aside)
        late = file_with(tmp_path, "late.txt", yokohama(700))
        refused = daemon.load("house", late, "--batch-id", "house-late")
        assert refused.code == 3, refused
        for plane in (stubs.screening, stubs.screening_on_control):
            failed = failure_of(lambda: check(plane, e164(1)))  # noqa: B023
            assert (failed.code, failed.reason) == (
                grpc.StatusCode.UNAVAILABLE,
                "LEDGER_UNUSABLE",
            )
        failed = failure_of(lambda: apply(stubs, {"late": STARTS_EMPTY}))
        assert failed.code is grpc.StatusCode.UNAVAILABLE
    assert daemon.ctl("check", yokohama(600)).returncode == 3
    _until(lambda: daemon.get("/readyz")[0] == 503)
    assert daemon.get("/healthz")[0] == 200
    events = [event for event in daemon.events() if event["event"] == "ledger_unusable"]
    assert events
    assert told in events[0]["error"]

    if end == "stop":
        assert daemon.stop() == 0
    else:
        daemon.kill()
    if lose is _replaced:
        for path in daemon.data.glob("ledger.sqlite3*"):
            path.unlink()
    for path in aside.glob("ledger.sqlite3*"):
        path.rename(daemon.data / path.name)
    daemon.start()

    with daemon.stubs() as stubs:
        assert version_of(stubs) == version
        assert list_of(stubs, "house").numbers == 5
        for index in range(5):
            assert said(check(stubs.screening, e164(600 + index))) == LISTED
        assert said(check(stubs.screening, e164(700))) == ALLOWED
        assert daemon.load("house", late, "--batch-id", "house-late").code == 0
    assert daemon.stop() == 0
    assert is_whole(verifying(ledger_of(daemon.data))) == ""


def test_a_file_that_is_back_in_its_place_serves_again(
    start_daemon: StartDaemon, tmp_path: Path
) -> None:
    daemon = start_daemon()
    with daemon.stubs() as stubs:
        apply(stubs, {"house": STARTS_EMPTY})
    path = file_with(tmp_path, "file.txt", yokohama(610))
    _file_moved(daemon, tmp_path)
    assert daemon.load("house", path, "--batch-id", "house-1").code == 3
    _until(lambda: daemon.get("/readyz")[0] == 503)

    (tmp_path / "ledger.sqlite3").rename(ledger_of(daemon.data))

    _until(lambda: daemon.get("/readyz")[0] == 200)
    assert daemon.load("house", path, "--batch-id", "house-1").code == 0
    with daemon.stubs() as stubs:
        assert said(check(stubs.screening, e164(610))) == LISTED
