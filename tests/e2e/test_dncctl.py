"""dncctl against a real daemon: the exit codes and the JSON that the contract promises, in both languages."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from conftest import StartDaemon
from e2e.numbering import fiction, yokohama
from e2e.planes import version_of
from harness.canary import Canary
from harness.daemon import BIN, Daemon

NOBODY = "127.0.0.1:1"
JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龠]")
POLICY = """
purposes = ["sales:fiber", "survey"]

[sources.meibo]
provider = "株式会社名簿"
route = "応募はがき"
basis = "consent"

[lists."acme/optout"]
kind = "do_not_contact"
title = "アクメ 架電禁止"
starts_empty = true

[lists."acme/suspended"]
kind = "suspended_use"
starts_empty = true

[lists.ftc]
kind = "registry"
countries = ["US"]
max_age = "31d"

[campaigns."acme/spring"]
purpose = "sales:fiber"
countries = ["JP", "US"]
block = ["acme/optout", "ftc"]
opt_out = "acme/optout"

[campaigns."acme/own"]
countries = ["JP"]

[campaigns."acme/without"]
except = ["acme/suspended"]

[answers]
LISTED = "こちらには二度とおかけしません"
"""


@pytest.fixture(scope="module", autouse=True)
def files(shared: Daemon, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Put a policy in force and files beside it."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "policy.toml").write_text(POLICY, encoding="utf-8")
    (folder / "one.txt").write_text(f"{yokohama(1)}\n", encoding="utf-8")
    (folder / "bad.txt").write_text(
        f"{yokohama(2)}\n{yokohama(3)}\n{yokohama(4)}\nx\n", encoding="utf-8"
    )
    (folder / "empty.txt").write_bytes(b"")
    (folder / "broken.toml").write_text("[lists", encoding="utf-8")
    (folder / "misspelt.toml").write_text('[lists.x]\nkind = "do_not_contakt"\n', encoding="utf-8")
    assert shared.ctl("apply", "-f", str(folder / "policy.toml")).returncode == 0
    assert shared.load("acme/optout", folder / "one.txt", "--batch-id", "one").code == 0
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
    "list create: later kind": (("list", "create", "x", "--kind", "consent"), 2),
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
    "load: later mode": (("load", "acme/optout", "one.txt", "--mode", "remove"), 2),
    "load: later field": (("load", "acme/optout", "one.txt", "--expires", "2030-01-01"), 2),
    "load: purpose": (("load", "acme/optout", "one.txt", "--purpose", "survey"), 2),
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


def test_a_list_as_json(shared: Daemon) -> None:
    created = shared.ctl(
        "list", "create", "jsonned", "--kind", "registry", "--country", "US", "--json"
    )
    view = json.loads(created.stdout)
    assert created.returncode == 0
    assert (view["name"], view["kind"], view["countries"]) == ("jsonned", "registry", ["US"])
    assert view["numbers"] == 0
    assert view["version"] > 0
    assert len(view["token"]) == 34

    shown = json.loads(shared.ctl("list", "show", "jsonned", "--json").stdout)
    assert shown == {key: value for key, value in view.items() if key not in ("version", "token")}
    every = json.loads(shared.ctl("list", "ls", "--json").stdout)["lists"]
    assert shown in every
    assert [item["name"] for item in every] == sorted(item["name"] for item in every)


def test_a_load_as_json(shared: Daemon, files: Path) -> None:
    path = files / "load.txt"
    path.write_text(f"{yokohama(50)}\n{yokohama(50)}\n{yokohama(1)}\nx\n", encoding="utf-8")

    loaded = shared.load("acme/optout", path, "--batch-id", "json-1")

    report = loaded.report
    fixed = {
        "batch_id": "json-1",
        "list": "acme/optout",
        "mode": "add",
        "state": "ACTIVE",
        "flags": ["incomplete"],
        "rows": {"read": 4, "accepted": 2, "duplicate": 1, "rejected": 1},
        "numbers": {"added": 1, "removed": 0, "unchanged": 1},
        "rejects": {"by_code": report["rejects"]["by_code"], "file": f"{path}.rejects.csv"},
    }
    assert {key: report[key] for key in fixed} == fixed
    assert list(report["rejects"]["by_code"].values()) == [1]
    assert isinstance(report["version"], int)
    assert len(report["token"]) == 34
    assert re.fullmatch(r"[0-9a-f]{64}", report["file_sha256"])
    # its rows are mended, so that the shared daemon is calm again
    mend = files / "mend.txt"
    mend.write_text(f"{yokohama(51)}\n", encoding="utf-8")
    assert shared.load("acme/optout", mend, "--mends", "json-1").code == 0


def test_a_check_as_json(shared: Daemon) -> None:
    first, second, third = shared.check(
        yokohama(1), yokohama(11), "phone", options=("--campaign", "acme/own")
    )
    keys = ["number", "e164", "campaign", "decision", "action", "reasons", "version", "token", "at"]
    assert [list(line) for line in (first, second, third)] == [keys] * 3
    assert (first["number"], first["e164"]) == (yokohama(1), "+81450000001")
    assert (first["campaign"], first["decision"], first["action"]) == ("acme/own", "BLOCK", "DROP")
    assert first["reasons"] == [
        {"code": "LISTED", "list": "acme/optout", "kind": "do_not_contact", "detail": None}
    ]
    assert (second["decision"], second["action"], second["reasons"]) == ("ALLOW", "DIAL", [])
    assert (third["e164"], third["action"]) == (None, "MEND")
    assert third["reasons"][0]["code"] == "NUMBER_INVALID"
    assert third["reasons"][0]["detail"]
    # one answer has one version and one instant
    assert (
        len({(line["version"], line["token"], line["at"]) for line in (first, second, third)}) == 1
    )
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", first["at"])
    again = shared.check(
        yokohama(1), options=("--campaign", "acme/own", "--at-least", first["token"])
    )
    assert again[0]["version"] >= first["version"]


def test_numbers_from_standard_input(shared: Daemon) -> None:
    lines = "".join(f"{yokohama(at)}\r\n" for at in range(12_000)) + "\n"

    done = shared.ctl("check", "-", "--campaign", "acme/own", "--json", input=lines)

    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 1
    assert [line["number"] for line in told] == [yokohama(at) for at in range(12_000)]
    assert told[1]["decision"] == "BLOCK"
    assert told[11_999]["decision"] == "ALLOW"


def test_status_as_json(shared: Daemon) -> None:
    done = shared.ctl("status", "--json")
    view = json.loads(done.stdout)
    assert list(view) == ["version", "token", "ready", "lists", "attention"]
    assert view["ready"] is True
    for item in view["lists"]:
        assert list(item) == ["name", "kind", "numbers", "coverage", "stale"]
        for covered in item["coverage"]:
            assert list(covered) == ["prefix", "published", "stale_at"]
    wanted = {"code": "never_loaded", "list": "ftc", "batch_id": None, "count": 0}
    assert wanted in view["attention"]
    assert done.returncode == (1 if view["attention"] else 0)


def test_status_is_calm_where_nothing_needs_a_person(
    start_daemon: StartDaemon, tmp_path: Path
) -> None:
    daemon = start_daemon()
    path = tmp_path / "one.txt"
    path.write_text(f"{yokohama(1)}\n", encoding="utf-8")
    assert daemon.ctl("list", "create", "optout", "--kind", "do_not_contact").returncode == 0
    assert daemon.ctl("status").returncode == 1
    assert daemon.load("optout", path).code == 0
    done = daemon.ctl("status", "--json")
    assert (done.returncode, json.loads(done.stdout)["attention"]) == (0, [])


@pytest.mark.parametrize("where", ["before", "after", "between"])
@pytest.mark.parametrize("command", [("status",), ("list", "ls"), ("policy",)], ids=" ".join)
def test_common_options_may_stand_anywhere(
    shared: Daemon, command: tuple[str, ...], where: str
) -> None:
    if where == "before":
        arguments: tuple[str, ...] = ("--json", *command)
    elif where == "after":
        arguments = (*command, "--json")
    else:
        arguments = (*command[:1], "--json", *command[1:])
    assert isinstance(json.loads(shared.ctl(*arguments).stdout), dict)


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


CELLS = "\n".join(
    [yokohama(1), "０４５－０００－０００２", "phone", "110", f"+{fiction(3)}", "", "045-000"]
)


def test_normalize_says_how_cells_are_read_with_and_without_a_server(shared: Daemon) -> None:
    served = shared.ctl("normalize", "--json", input=CELLS)
    alone = shared.ctl("normalize", "--json", "--server", NOBODY, input=CELLS)

    lines = [json.loads(line) for line in served.stdout.splitlines()]
    assert (served.returncode, alone.returncode) == (0, 0)
    assert alone.stdout == served.stdout
    assert not served.stderr
    assert NOBODY in alone.stderr, "it says that the server did not answer"
    assert [line["raw"] for line in lines] == CELLS.split("\n")
    assert [line.get("e164") for line in lines[:2]] == ["+81450000001", "+81450000002"]
    assert all(list(line) in (["raw", "e164"], ["raw", "error"]) for line in lines)
    assert lines[3] == {"raw": "110", "error": "special_number"}
    american = shared.ctl("normalize", "--region", "US", "--json", input="202-555-0107\n")
    assert json.loads(american.stdout)["e164"] == f"+{fiction(7)}"
    assert shared.ctl("normalize", "--region", "usa", input="x\n").returncode == 2


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


def _report_keys(view: dict[str, Any]) -> list[str]:
    return list(view)


def test_a_refused_load_as_json_has_the_same_keys(shared: Daemon, files: Path) -> None:
    refused = shared.load("acme/optout", files / "empty.txt").report
    taken = shared.load("acme/optout", files / "one.txt").report
    assert [key for key in _report_keys(refused) if key != "refusal"] == _report_keys(taken)
    assert refused["refusal"]["reason"] == "EMPTY"
    assert refused["rejects"] == {"by_code": {}, "file": None}
