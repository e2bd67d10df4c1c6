"""A daemon that cannot start as it was told says what is wrong and how to mend it, and leaves nothing behind."""

import contextlib
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from prometheus_client import CollectorRegistry

from dncd_server.addresses import Address
from dncd_server.cli import main
from dncd_server.http import HttpServer, application
from dncd_server.settings import load_settings, misspelt_variables

DNCD = str(Path(sys.executable).parent / "dncd")
FREE = ("--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--http", "127.0.0.1:0")


def serve(data: Path, *flags: str, **more: str) -> "subprocess.CompletedProcess[str]":
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DNCD_")}
    return subprocess.run(
        [DNCD, "serve", "--data", str(data), *FREE, *flags],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        env=kept | more,
    )


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("DNCD_"):
            monkeypatch.delenv(name)


@pytest.mark.parametrize("flag", ["--listen", "--control", "--http"])
def test_a_taken_address_is_named_with_the_flag_that_mends_it(flag: str, tmp_path: Path) -> None:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = serve(tmp_path, flag, address)
    assert done.returncode == 3
    assert f"cannot bind {address}" in done.stderr
    assert f"choose another with {flag}" in done.stderr
    assert "Errno" not in done.stderr


def test_an_address_that_is_not_ours_is_named() -> None:
    with pytest.raises(OSError, match=r"cannot bind 192\.0\.2\.1:1") as caught:
        HttpServer(Address("192.0.2.1", 1), application(CollectorRegistry(), lambda: True))
    assert "--http" in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://localhost/dncd",
        "postgresql+psycopg://localhost/dncd",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite://host/path",
        "dncd.sqlite3",
        "/var/lib/dncd/ledger.sqlite3",
    ],
)
def test_a_ledger_of_another_kind_is_wrong_usage(url: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["serve", "--data", str(tmp_path), "--ledger", url])
    assert result.exit_code == 2
    assert "--ledger: " in result.stderr
    assert "give sqlite:///PATH" in " ".join(result.stderr.split())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("flag", ["--max-staleness", "--grace"])
@pytest.mark.parametrize("value", ["3600.1", "1e9", "inf", "-inf", "nan", "1e999"])
def test_no_time_is_without_end(flag: str, value: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["serve", "--data", str(tmp_path), f"{flag}={value}"])
    assert result.exit_code == 2
    assert f"{flag}: " in result.stderr


def test_an_hour_is_taken() -> None:
    settings = load_settings({"max_staleness": "3600", "grace": "3600"}, None)
    assert (settings.max_staleness, settings.grace) == (3600.0, 3600.0)


def test_a_misspelt_variable_is_told_with_the_nearest_setting(tmp_path: Path) -> None:
    done = serve(tmp_path, "--region", "jp", DNCD_MAX_STALENES="5", DNCD_REGOIN="US")
    assert done.returncode == 2
    told = "Warning: {} is no setting and is ignored; is it {}?"
    assert told.format("DNCD_MAX_STALENES", "DNCD_MAX_STALENESS") in done.stderr
    assert told.format("DNCD_REGOIN", "DNCD_REGION") in done.stderr


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("DNCD_LISTN", "DNCD_LISTEN"),
        ("DNCD_UPLOAD_MEMORY", "DNCD_UPLOAD_MEMORY_MIB"),
        ("DNCD_LOGLEVEL", "DNCD_LOG_LEVEL"),
        ("DNCD_CONFG", "DNCD_CONFIG"),
        ("dncd_thread", "DNCD_THREADS"),
    ],
)
def test_what_looks_like_a_setting_is_noticed(name: str, nearest: str) -> None:
    assert misspelt_variables([name]) == [(name, nearest)]


def test_settings_and_what_is_nothing_like_one_are_passed_over() -> None:
    names = ["DNCD_LISTEN", "dncd_listen", "DNCD_CONFIG", "DNCD_CANARY_NUMBERS", "LISTEN", "PATH"]
    assert misspelt_variables(names) == []
