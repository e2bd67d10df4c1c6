"""Friday evening: thousands of refusals in an Excel file, some of which cannot be read, and nobody waits for Monday."""

import csv
import json
from pathlib import Path

import pytest

from e2e.careless import (
    FRIDAY,
    GARBLED,
    OPTOUT,
    OTHERS,
    SPRING,
    SURVEY,
    UNREAD,
    Rows,
    asked_on,
    excel,
    friday,
    lay_out,
    nobody_is_dialled,
    numbers,
)
from e2e.desk import Told, attention, gauge, read, run, says
from e2e.numbering import yokohama
from harness.daemon import Daemon


@pytest.fixture(scope="module", autouse=True)
def loaded(shared: Daemon, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Load Friday's file."""
    folder = tmp_path_factory.mktemp("friday")
    lay_out(shared, folder)
    return run(shared, "load", OPTOUT, friday(folder / "friday.csv"), "--batch-id", "friday")


def _mended(rejects: Path, target: Path) -> Path:
    """Write the numbers that somebody found out into the column that the rejects file asks for."""
    with rejects.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(UNREAD)
    for row, index in zip(rows, UNREAD, strict=True):
        row["raw"] = yokohama(index)
    with target.open("w", encoding="cp932", newline="") as file:
        sheet = csv.DictWriter(file, fieldnames=list(rows[0]))
        sheet.writeheader()
        sheet.writerows(rows)
    return target


def test_all_that_can_be_read_is_in_force_at_once(shared: Daemon, loaded: Told) -> None:
    assert (loaded.code, loaded.state, loaded.flags) == (1, "ACTIVE", ["incomplete"])
    assert loaded.view["rows"] == {
        "read": len(FRIDAY) + len(GARBLED),
        "accepted": len(FRIDAY),
        "duplicate": 0,
        "rejected": len(GARBLED),
    }
    assert loaded.view["encoding"] == "cp932"
    assert sum(loaded.view["rejects"]["by_code"].values()) == len(GARBLED)
    for campaign in (SPRING, SURVEY):
        nobody_is_dialled(shared, numbers(FRIDAY), campaign)


def test_dncctl_says_the_same_of_every_one_of_them(shared: Daemon) -> None:
    asked = "".join(f"{yokohama(index)}\r\n" for index in FRIDAY)

    done = shared.ctl("check", "-", "--campaign", SPRING, "--json", input=asked)

    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode, len(told)) == (1, len(FRIDAY))
    assert {(item["decision"], item["action"]) for item in told} == {("BLOCK", "DROP")}
    assert {reason["list"] for item in told for reason in item["reasons"]} == {OPTOUT}
    assert len({(item["version"], item["at"]) for item in told}) == 1


def test_the_rows_that_could_not_be_read_are_open_until_they_are_mended(
    shared: Daemon, loaded: Told, tmp_path: Path
) -> None:
    open_rows = len(GARBLED)
    assert ("incomplete", OPTOUT, "friday", open_rows) in attention(shared)
    assert gauge(shared, "dncd_open_rejects", OPTOUT) == open_rows
    status = read(shared, "status")
    assert status.code == 1
    assert says(status.text, ("--mends friday", "dncctl waive friday --reason")) == []
    assert says(read(shared, "status", lang="ja").text, ("直して", "--mends friday", "断念")) == []

    path = _mended(Path(loaded.view["rejects"]["file"]), tmp_path / "mended.csv")
    mended = run(shared, "load", OPTOUT, path, "--column", "raw", "--mends", "friday")

    assert (mended.code, mended.state, mended.flags) == (0, "ACTIVE", [])
    nobody_is_dialled(shared, numbers((*FRIDAY, *UNREAD)))
    assert [item for item in attention(shared) if item[0] == "incomplete"] == []
    assert gauge(shared, "dncd_open_rejects", OPTOUT) == 0


def test_half_of_them_mended_leaves_the_other_half_open(shared: Daemon, tmp_path: Path) -> None:
    path = excel(tmp_path / "half.csv", Rows(range(7_000, 7_020), asked_on(4), GARBLED[:4]))
    first = run(shared, "load", OPTOUT, path, "--batch-id", "half")
    assert (first.code, first.flags) == (1, ["incomplete"])

    part = excel(tmp_path / "part.csv", Rows(range(7_020, 7_023), asked_on(4)))
    assert run(shared, "load", OPTOUT, part, "--mends", "half").code == 0

    assert ("incomplete", OPTOUT, "half", 1) in attention(shared)
    last = excel(tmp_path / "last.csv", Rows(range(7_023, 7_024), asked_on(4)))
    assert run(shared, "load", OPTOUT, last, "--mends", "half").code == 0
    assert [item for item in attention(shared) if item[0] == "incomplete"] == []
    nobody_is_dialled(shared, numbers(range(7_000, 7_024)))


def test_rows_that_nobody_can_mend_are_waived_by_name(shared: Daemon, tmp_path: Path) -> None:
    path = excel(tmp_path / "beta.csv", Rows(range(8_000, 8_020), asked_on(4), GARBLED[:3]))
    first = run(shared, "load", OTHERS, path, "--batch-id", "beta-friday")
    assert (first.code, first.flags) == (1, ["incomplete"])
    told = read(shared, "load", OTHERS, path, "--batch-id", "beta-friday", lang="ja")
    words = ("読めない行が残っています", "dncctl waive beta-friday", "--mends beta-friday")
    assert says(told.text, words) == []
    assert gauge(shared, "dncd_open_rejects", OTHERS) == 3

    reason = "extensions of our own switchboard"
    waived = run(shared, "waive", "beta-friday", "--reason", reason, actor="hanako")

    assert (waived.code, waived.state, waived.flags) == (0, "ACTIVE", [])
    assert (waived.view["waived"], waived.view["reason"]) == (True, reason)
    assert [item for item in attention(shared) if item[1] == OTHERS] == []
    assert gauge(shared, "dncd_open_rejects", OTHERS) == 0
    again = run(shared, "waive", "beta-friday", "--reason", reason)
    assert (again.code, again.reason) == (1, "NOTHING_TO_WAIVE")
    nobody_is_dialled(shared, numbers(range(8_000, 8_020)), "beta/calls")
