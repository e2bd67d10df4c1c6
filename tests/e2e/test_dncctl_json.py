"""dncctl against a real daemon: the JSON that the contract promises."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from conftest import StartDaemon
from e2e.ctl_files import lay_out
from e2e.numbering import yokohama
from harness.daemon import Daemon


@pytest.fixture(scope="module", autouse=True)
def files(shared: Daemon, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Put a policy in force and files beside it."""
    folder = tmp_path_factory.mktemp("files")
    lay_out(shared, folder)
    return folder


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


def _report_keys(view: dict[str, Any]) -> list[str]:
    return list(view)


def test_a_refused_load_as_json_has_the_same_keys(shared: Daemon, files: Path) -> None:
    refused = shared.load("acme/optout", files / "empty.txt").report
    taken = shared.load("acme/optout", files / "one.txt").report
    assert [key for key in _report_keys(refused) if key != "refusal"] == _report_keys(taken)
    assert refused["refusal"]["reason"] == "EMPTY"
    assert refused["rejects"] == {"by_code": {}, "file": None}
