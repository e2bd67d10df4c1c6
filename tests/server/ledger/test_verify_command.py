"""What `dncd ledger verify` tells of a ledger, whole and broken."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from dncd_server.cli import main
from server.building import url_of
from server.ledger.damage import damaged, flip


def verify_command(url: str, *options: str) -> Any:
    return CliRunner().invoke(main, ["ledger", "verify", "--ledger", url, *options])


def test_the_command_says_that_a_ledger_is_whole(path: Path) -> None:
    told = verify_command(url_of(path))
    as_json = verify_command(url_of(path), "--json")

    assert (told.exit_code, told.output) == (0, "whole: 6 events, 6 segments, version 6\n")
    assert as_json.exit_code == 0
    assert json.loads(as_json.output) == {
        "whole": True,
        "version": 6,
        "events": 6,
        "segments": 6,
        "broken_version": None,
        "problem": "",
    }


def test_the_command_names_what_is_broken(path: Path) -> None:
    damaged(path, flip("body", "data", "version = 3 AND part = 2"))
    told = verify_command(url_of(path))
    as_json = verify_command(url_of(path), "--json")

    problem = "the evidence of version 3 is damaged"
    assert (told.exit_code, told.output) == (1, f"BROKEN at version 3: {problem}\n")
    assert as_json.exit_code == 1
    assert json.loads(as_json.output) | {"segments": 0} == {
        "whole": False,
        "version": 2,
        "events": 2,
        "segments": 0,
        "broken_version": 3,
        "problem": problem,
    }


def test_the_command_says_that_a_ledger_cannot_be_opened(tmp_path: Path) -> None:
    told = verify_command(url_of(tmp_path / "none"), "--json")

    assert told.exit_code == 3
    assert told.stdout == ""
    assert told.stderr == f"cannot open the ledger: there is no file {tmp_path / 'none'}\n"
    assert verify_command("postgresql://db/ledger").exit_code == 3
    assert CliRunner().invoke(main, ["ledger", "verify"]).exit_code == 2


def test_the_command_is_a_program(path: Path) -> None:
    command = [str(Path(sys.executable).parent / "dncd"), "ledger", "verify", "--ledger"]
    done = subprocess.run(
        [*command, url_of(path)], capture_output=True, text=True, check=False, timeout=30
    )

    assert (done.returncode, done.stdout) == (0, "whole: 6 events, 6 segments, version 6\n")
    assert done.stderr == ""
