"""dncctl apply and dncctl policy against a real daemon: what changes, what opens, what is deleted."""

import json
from pathlib import Path

import pytest

from conftest import StartDaemon
from e2e.ctl_files import lay_out
from e2e.planes import version_of
from harness.daemon import Daemon


@pytest.fixture(scope="module", autouse=True)
def files(shared: Daemon, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Put a policy in force and files beside it."""
    folder = tmp_path_factory.mktemp("files")
    lay_out(shared, folder)
    return folder


def _version(daemon: Daemon) -> int:
    with daemon.stubs() as stubs:
        return version_of(stubs)


def test_the_same_policy_again_is_no_change(shared: Daemon, files: Path) -> None:
    before = _version(shared)

    again = shared.ctl("apply", "-f", str(files / "policy.toml"), "--json")

    view = json.loads(again.stdout)
    assert (again.returncode, view["changes"], view["applied"]) == (0, [], False)
    assert _version(shared) == before


def test_the_policy_that_is_printed_is_the_policy_in_force(
    shared: Daemon, files: Path, start_daemon: StartDaemon
) -> None:
    printed = shared.ctl("policy").stdout
    path = files / "printed.toml"
    path.write_text(printed, encoding="utf-8")

    again = json.loads(shared.ctl("apply", "-f", str(path), "--json").stdout)
    assert (again["changes"], again["applied"]) == ([], False)

    other = start_daemon()
    assert other.ctl("apply", "-f", str(path)).returncode == 0
    moved = other.ctl("policy").stdout
    assert moved.splitlines()[1:] == printed.splitlines()[1:]


def test_a_dry_run_shows_what_opens_and_changes_nothing(shared: Daemon, tmp_path: Path) -> None:
    path = tmp_path / "opening.toml"
    path.write_text('[campaigns."acme/spring"]\nblock = ["acme/optout"]\n', encoding="utf-8")
    before, policy = _version(shared), shared.ctl("policy").stdout

    done = shared.ctl("apply", "-f", str(path), "--dry-run", "--json")

    view = json.loads(done.stdout)
    assert (view["applied"], view["dry_run"]) == (False, True)
    change = view["changes"][0]
    assert (change["verb"], change["object"], change["name"]) == (
        "update",
        "campaign",
        "acme/spring",
    )
    assert change["opens"] is True
    assert (_version(shared), shared.ctl("policy").stdout) == (before, policy)
    told = shared.ctl("apply", "-f", str(path), "--dry-run")
    assert "OPENS" in told.stdout


def test_prune_deletes_what_the_file_leaves_out_of_a_client(
    start_daemon: StartDaemon, tmp_path: Path
) -> None:
    daemon = start_daemon()
    whole = tmp_path / "whole.toml"
    lists = "".join(
        f'[lists."{name}"]\nkind = "do_not_contact"\nstarts_empty = true\n'
        for name in ("acme/a", "acme/b", "beta/a", "shared")
    )
    whole.write_text(
        f'{lists}[campaigns."acme/x"]\nblock = ["acme/a"]\n[campaigns."acme/y"]\nblock = ["shared"]\n',
        encoding="utf-8",
    )
    part = tmp_path / "part.toml"
    part.write_text(
        '[lists."acme/a"]\nkind = "do_not_contact"\nstarts_empty = true\n'
        '[campaigns."acme/x"]\nblock = ["acme/a"]\n',
        encoding="utf-8",
    )
    assert daemon.ctl("apply", "-f", str(whole)).returncode == 0
    # without --prune a file touches only what it names
    assert json.loads(daemon.ctl("apply", "-f", str(part), "--json").stdout)["changes"] == []

    pruned = json.loads(daemon.ctl("apply", "-f", str(part), "--prune", "acme/", "--json").stdout)

    gone = {(item["verb"], item["object"], item["name"]) for item in pruned["changes"]}
    assert gone == {("delete", "list", "acme/b"), ("delete", "campaign", "acme/y")}
    names = [
        item["name"] for item in json.loads(daemon.ctl("list", "ls", "--json").stdout)["lists"]
    ]
    assert names == ["acme/a", "beta/a", "shared"]
    assert daemon.ctl("apply", "-f", str(part), "--prune", "acme").returncode == 2
    # all of it or nothing: a campaign that rests on a list that goes keeps the list
    broken = tmp_path / "broken.toml"
    broken.write_text('[campaigns."acme/x"]\nblock = ["acme/a"]\n', encoding="utf-8")
    before = _version(daemon)
    assert daemon.ctl("apply", "-f", str(broken), "--prune", "acme/").returncode in (1, 2)
    assert _version(daemon) == before


def test_every_mistake_of_a_policy_file_is_told_at_once(shared: Daemon, tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(
        '[lists.x]\nkind = "nonsense"\n[lists.y]\nkund = "registry"\n[campains.z]\n',
        encoding="utf-8",
    )

    done = shared.ctl("apply", "-f", str(path))

    assert done.returncode == 2
    for word in ("lists.x.kind", "lists.y", "kund", "campains", str(path)):
        assert word in done.stderr
