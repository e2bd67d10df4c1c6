"""`dncd serve` starts and stops with the exit codes that supervisors rely on."""

import contextlib
import os
import socket
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dncd_server.ledger.engine import open_engine
from harness.daemon import Daemon
from server.building import url_of

DNCD = str(Path(sys.executable).parent / "dncd")
FREE = ("--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--http", "127.0.0.1:0")
StartDaemon = Callable[..., Daemon]


def serve(data: Path, *flags: str) -> "subprocess.CompletedProcess[str]":
    """Run the daemon, which must not come up."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DNCD_")}
    return subprocess.run(
        [DNCD, "serve", "--data", str(data), *FREE, *flags],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        env=kept,
    )


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (
            ["--listen", "0.0.0.0:0"],
            "0.0.0.0:0 can be reached from other machines, and this version does not ask who calls",
        ),
        (["--config", "CONFIG"], "unknown key regoin; mend the spelling"),
    ],
)
def test_wrong_usage_is_exit_code_2(flags: list[str], message: str, tmp_path: Path) -> None:
    config = tmp_path / "dncd.toml"
    config.write_text('regoin = "US"\n')
    done = serve(tmp_path, *(str(config) if flag == "CONFIG" else flag for flag in flags))

    assert done.returncode == 2
    assert message in " ".join(done.stderr.split())
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == [config]


@pytest.mark.parametrize("flag", ["--listen", "--control", "--http"])
def test_a_taken_port_is_exit_code_3(flag: str, tmp_path: Path) -> None:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        done = serve(tmp_path, flag, f"127.0.0.1:{port}")

    assert done.returncode == 3
    assert '"event": "cannot_start"' in done.stderr
    assert "Traceback" not in done.stderr


def test_a_ledger_that_another_has_open_is_exit_code_3(tmp_path: Path) -> None:
    engine = open_engine(url_of(tmp_path / "ledger.sqlite3"))
    done = serve(tmp_path)
    engine.dispose()

    assert done.returncode == 3
    assert "another process has the ledger open" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_ledger_whose_tables_are_gone_is_exit_code_3(tmp_path: Path) -> None:
    open_engine(url_of(tmp_path / "ledger.sqlite3")).dispose()
    with sqlite3.connect(tmp_path / "ledger.sqlite3") as connection:
        connection.execute("DROP TABLE head")
    connection.close()
    done = serve(tmp_path)

    assert done.returncode == 3
    assert '"event": "cannot_start"' in done.stderr
    assert "Traceback" not in done.stderr


def test_a_data_folder_that_is_a_file_is_exit_code_3(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    assert serve(tmp_path / "file").returncode == 3


def test_what_the_daemon_writes_is_its_owners_alone(start_daemon: StartDaemon) -> None:
    daemon = start_daemon()
    running = {path.name: stat.S_IMODE(path.stat().st_mode) for path in daemon.data.iterdir()}
    code = daemon.stop()
    stopped = {path.name: stat.S_IMODE(path.stat().st_mode) for path in daemon.data.iterdir()}

    assert code == 0
    assert running["ledger.sqlite3"] == 0o600
    assert {"ledger.sqlite3", "checkpoint"} <= stopped.keys()
    assert {mode for mode in (running | stopped).values() if mode & 0o077} == set()


def test_a_new_data_folder_is_its_owners_alone(start_daemon: StartDaemon, tmp_path: Path) -> None:
    made = tmp_path / "made" / "here"
    daemon = start_daemon("--data", str(made))

    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    assert daemon.stop() == 0
