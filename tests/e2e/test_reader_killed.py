"""The process that reads an upload is killed in the midst of it: nothing is taken, and the same again is."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

from e2e.ledgers import contents, ledger_of
from e2e.numbering import e164, yokohama
from e2e.planes import SECONDS, STARTS_EMPTY, apply, dialled_everywhere
from e2e.verdicts import ALLOWED, LISTED, everywhere
from harness.daemon import BIN, Daemon

ROWS = 40_000


def _readers(daemon: Daemon) -> list[int]:
    """Return the processes that the daemon started."""
    assert daemon.process is not None
    pid = daemon.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(child) for child in children.split()]


def _begun(daemon: Daemon) -> int:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        if readers := _readers(daemon):
            return readers[0]
        time.sleep(0.01)
    raise AssertionError("nobody reads the upload")


def test_a_reader_that_dies_takes_nothing_with_it(daemon: Daemon, tmp_path: Path) -> None:
    """It is told as INGEST_FAILED with exit code 3, and the same command again brings the whole batch."""
    with daemon.stubs() as stubs:
        apply(stubs, {"optout": STARTS_EMPTY}, {"default": dialled_everywhere()})
    text = "".join(f"{yokohama(index)},{'x' * 40}\n" for index in range(ROWS))
    command = [str(BIN / "dncctl"), "load", "optout", "-", "--batch-id", "whole", "--json"]
    done = subprocess.Popen(
        [*command, "--server", daemon.control],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        cwd=tmp_path,
    )
    assert done.stdin is not None
    done.stdin.write("phone,note\n" + text)
    done.stdin.flush()

    os.kill(_begun(daemon), signal.SIGKILL)
    said, told = done.communicate(timeout=SECONDS)

    error = json.loads(told.splitlines()[-1])["error"]
    assert (done.returncode, said, error["reason"]) == (3, "", "INGEST_FAILED")
    assert "--batch-id whole" in error["message"]
    with daemon.stubs() as stubs:
        assert everywhere(stubs, e164(1), "default") == ALLOWED
    path = tmp_path / "whole.csv"
    path.write_text("phone,note\n" + text, encoding="utf-8")
    loaded = daemon.load("optout", path, "--batch-id", "whole")
    assert (loaded.code, loaded.report["state"]) == (0, "ACTIVE")
    assert loaded.report["numbers"]["added"] == ROWS
    with daemon.stubs() as stubs:
        assert everywhere(stubs, e164(ROWS - 1), "default") == LISTED
    assert daemon.stop() == 0
    left = contents(ledger_of(daemon.data))
    assert (left.staged, left.staged_segments, left.stray_segments) == ([], 0, 0)
