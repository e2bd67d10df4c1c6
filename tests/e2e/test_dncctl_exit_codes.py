"""dncctl against a real daemon: the exit codes that the contract promises."""

from pathlib import Path

import pytest

from e2e.ctl_files import NOBODY, lay_out
from e2e.numbering import yokohama
from harness.daemon import Daemon


@pytest.fixture(scope="module", autouse=True)
def files(shared: Daemon, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Put a policy in force and files beside it."""
    folder = tmp_path_factory.mktemp("files")
    lay_out(shared, folder)
    return folder


CODES: dict[str, tuple[tuple[str, ...], int]] = {
    "check: allowed": (("check", yokohama(10), "--campaign", "acme/own"), 0),
    "check: blocked": (("check", yokohama(1), "--campaign", "acme/own"), 1),
    "check: one of two": (("check", yokohama(10), yokohama(1), "--campaign", "acme/own"), 1),
    "check: not a number": (("check", "phone", "--campaign", "acme/own"), 1),
    "check: no campaign": (("check", yokohama(10)), 2),
    "check: unknown campaign": (("check", yokohama(10), "--campaign", "who"), 2),
    "check: no number": (("check",), 2),
    "check: token": (("check", yokohama(10), "--campaign", "acme/own", "--at-least", "x"), 2),
    "list show": (("list", "show", "acme/optout"), 0),
    "list show: unknown": (("list", "show", "nowhere"), 2),
    "list ls": (("list", "ls"), 0),
    "list create: exists": (("list", "create", "ftc", "--kind", "registry"), 2),
    "list create: kind": (("list", "create", "x", "--kind", "nonsense"), 2),
    "list create: shadow": (("list", "create", "x", "--kind", "consent", "--shadow"), 2),
    "list create: name": (("list", "create", "A B", "--kind", "do_not_contact"), 2),
    "apply: again": (("apply", "-f", "policy.toml"), 0),
    "apply: broken": (("apply", "-f", "broken.toml"), 2),
    "apply: misspelt": (("apply", "-f", "misspelt.toml"), 2),
    "apply: no file": (("apply", "-f", "nowhere.toml"), 2),
    "load: again": (("load", "acme/optout", "one.txt", "--batch-id", "one"), 0),
    "load: other content": (("load", "acme/optout", "bad.txt", "--batch-id", "one"), 2),
    "load: incomplete": (("load", "acme/optout", "bad.txt"), 1),
    "load: refused": (("load", "acme/optout", "empty.txt"), 1),
    "load: dry run": (("load", "acme/optout", "one.txt", "--dry-run"), 0),
    "load: dry run, bad rows": (("load", "acme/optout", "bad.txt", "--dry-run"), 1),
    "load: unknown list": (("load", "nowhere", "one.txt"), 2),
    "load: no file": (("load", "acme/optout", "nowhere.txt"), 2),
    "load: no reason": (("load", "acme/optout", "one.txt", "--mode", "remove"), 2),
    "load: over": (("load", "acme/optout", "one.txt", "--expires", "2020-01-01"), 2),
    "load: purpose": (("load", "acme/optout", "one.txt", "--purpose", "surveys"), 2),
    "load: date": (("load", "acme/optout", "one.txt", "--published", "soon"), 2),
    "load: mends nothing": (("load", "acme/optout", "one.txt", "--mends", "who"), 2),
    "policy": (("policy",), 0),
    "status: attention": (("status",), 1),
    "unknown command": (("frobnicate",), 2),
    "help": (("--help",), 0),
    "version": (("--version",), 0),
}


@pytest.mark.parametrize("what", CODES)
def test_exit_codes(shared: Daemon, files: Path, what: str) -> None:
    arguments, code = CODES[what]
    given = [str(files / item) if item.endswith((".txt", ".toml")) else item for item in arguments]

    done = shared.ctl(*given)

    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    if code == 2:
        assert done.stderr.strip(), "it says what is wrong"
        assert not done.stdout
    if code == 2 and what != "unknown command":
        # and names a number in no message
        assert yokohama(10) not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", yokohama(10)),
        ("list", "ls"),
        ("status",),
        ("policy",),
        ("apply", "-f", "policy.toml"),
        ("load", "acme/optout", "one.txt"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_without_a_server_the_exit_code_is_3(
    shared: Daemon, files: Path, arguments: tuple[str, ...]
) -> None:
    given = [str(files / item) if item.endswith((".txt", ".toml")) else item for item in arguments]

    done = shared.ctl(*given, "--server", NOBODY)

    assert done.returncode == 3, done.stderr
    assert "--server" in done.stderr or arguments[0] == "load"
