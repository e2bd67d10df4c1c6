"""dncctl against a real daemon: what is the same and what is not in its other language."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from e2e.ctl_files import NOBODY, lay_out
from e2e.numbering import yokohama
from harness.canary import Canary
from harness.daemon import BIN, Daemon

JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龠]")


@pytest.fixture(scope="module", autouse=True)
def files(shared: Daemon, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Put a policy in force and files beside it."""
    folder = tmp_path_factory.mktemp("files")
    lay_out(shared, folder)
    return folder


def _in_japanese(
    daemon: Daemon, canary: Canary, *arguments: str, input: str | None = None
) -> "subprocess.CompletedProcess[str]":
    canary.used(" ".join(arguments))
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LC_", "DNCCTL_", "DNCD_"))
    }
    return subprocess.run(
        [str(BIN / "dncctl"), *arguments],
        input=input,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
        env=kept | {"LANG": "ja_JP.UTF-8", "DNCCTL_SERVER": daemon.control},
    )


def test_it_speaks_japanese_and_keeps_its_codes(
    shared: Daemon, files: Path, canary: Canary
) -> None:
    commands: list[tuple[tuple[str, ...], int, str]] = [
        (("check", yokohama(1), "--campaign", "acme/own"), 1, "LISTED"),
        (("load", "acme/optout", str(files / "bad.txt"), "--dry-run"), 1, "PREVIEW"),
        (("load", "acme/optout", str(files / "empty.txt")), 1, "REFUSED"),
        (("status",), 1, "never_loaded"),
        (("list", "ls"), 0, "acme/optout"),
        (("apply", "-f", str(files / "policy.toml")), 0, ""),
    ]
    for arguments, code, word in commands:
        done = _in_japanese(shared, canary, *arguments)
        assert done.returncode == code, arguments
        assert JAPANESE.search(done.stdout.replace("アクメ 架電禁止", "")), arguments
        assert word in done.stdout
        english = shared.ctl("--lang", "en", *arguments)
        assert english.returncode == code
        assert not JAPANESE.search(english.stdout.replace("アクメ 架電禁止", "")), arguments
    silent = _in_japanese(shared, canary, "status", "--server", NOBODY)
    assert silent.returncode == 3
    assert JAPANESE.search(silent.stderr)
    # JSON is the same in every language
    arguments = ("list", "show", "acme/optout", "--json")
    assert _in_japanese(shared, canary, *arguments).stdout == shared.ctl(*arguments).stdout
