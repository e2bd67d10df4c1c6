"""What waits for another person waits through a restart and through a power cut, with all that it brought."""

import time
from pathlib import Path

import pytest

from conftest import StartDaemon
from e2e.careless import (
    FRIDAY,
    LEFT,
    NEW,
    OPTOUT,
    SERIES,
    SPRING,
    begin_week,
    monday,
    nobody_is_dialled,
    numbers,
    refusers,
)
from e2e.desk import attention, dialable, gauge, run
from e2e.ledgers import contents, copied, is_whole, ledger_of, opened, verifying
from e2e.uploads import days_ago
from harness.daemon import Daemon

FREED = [index for index in LEFT if index not in FRIDAY]
ALWAYS = ("--two-persons", "always")


def _hold_all(daemon: Daemon, folder: Path) -> str:
    """Put a replace, a revert and a policy change to wait; return the last one's id."""
    path, day = monday(folder / "monday.csv"), days_ago(1)
    options = ("--mode", "replace", "--published", day, "--batch-id", "monday")
    assert run(daemon, "load", OPTOUT, path, *options, actor="taro").state == "HELD"
    words = ("revert", "friday", "--reason", "the wrong file", "--id", "undo")
    assert run(daemon, *words, actor="taro").state == "HELD"
    policy = folder / "shadow.toml"
    policy.write_text('[campaigns."acme/survey"]\nblock = ["acme/suspended"]\n', encoding="utf-8")
    told = run(daemon, "apply", "-f", policy, actor="taro")
    assert (told.code, told.view["applied"]) == (1, False)
    return str(told.view["held_id"])


def _held(daemon: Daemon) -> set[str]:
    return {item[2] for item in attention(daemon) if item[0] == "held"}


def _segments_of(daemon: Daemon, batch_id: str) -> int:
    """Count the segments that a batch has, as a process that died left them."""
    with opened(ledger_of(daemon.data)) as connection:
        ask = "SELECT count(*) FROM segment WHERE upload = (SELECT upload FROM batch WHERE batch_id = ?)"
        return int(connection.execute(ask, (batch_id,)).fetchone()[0])


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_what_waits_outlives_the_process(
    start_daemon: StartDaemon, tmp_path: Path, end: str
) -> None:
    daemon = start_daemon(*ALWAYS)
    begin_week(daemon, tmp_path)
    policy_id = _hold_all(daemon, tmp_path)
    before = _held(daemon)
    assert before == {"monday", "undo", policy_id}

    getattr(daemon, end)()
    staged = _segments_of(daemon, "monday")
    assert staged > 0
    daemon.start()

    assert _held(daemon) == before
    assert gauge(daemon, "dncd_batches_held", OPTOUT) == 2
    nobody_is_dialled(daemon, (*refusers(), *numbers(LEFT)))
    again = run(daemon, "approve", "monday", actor="taro")
    assert (again.code, again.reason) == (4, "SAME_PERSON")
    done = run(daemon, "approve", "monday", actor="hanako")
    assert (done.code, done.state) == (0, "ACTIVE"), done
    assert sorted(dialable(daemon, numbers(LEFT), SPRING)) == numbers(FREED)
    nobody_is_dialled(daemon, (*refusers(), *numbers(NEW)))
    # the others wait still; one is turned down, and the last has to be looked at anew
    assert run(daemon, "reject", policy_id, "--reason", "no", actor="hanako").state == "REJECTED"
    assert run(daemon, "approve", "undo", actor="hanako").reason == "LIST_MOVED"
    assert _held(daemon) == {"undo"}
    assert daemon.stop() == 0
    ledger = ledger_of(daemon.data)
    assert is_whole(verifying(ledger)) == ""
    left = contents(ledger)
    assert (left.staged, left.stray_segments) == ([], 0)


def test_a_power_cut_right_after_the_approval_loses_neither(
    start_daemon: StartDaemon, tmp_path: Path
) -> None:
    daemon = start_daemon(*ALWAYS)
    begin_week(daemon, tmp_path)
    _hold_all(daemon, tmp_path)
    done = run(daemon, "approve", "monday", actor="hanako")
    daemon.kill()
    assert is_whole(verifying(copied(daemon.data, tmp_path / "copy"))) == ""

    daemon.start()

    told = run(daemon, "approve", "monday", actor="hanako")
    assert (done.state, told.reason) == ("ACTIVE", "NOT_HELD")
    assert sorted(dialable(daemon, numbers(LEFT), SPRING)) == numbers(FREED)
    nobody_is_dialled(daemon, (*refusers(), *numbers(NEW)))
    # what was rejected after all is gone with what it brought, however the process ends
    assert run(daemon, "reject", "undo", "--reason", "no", actor="hanako").code == 0
    daemon.kill()
    daemon.start()
    assert "undo" not in _held(daemon)
    nobody_is_dialled(daemon, refusers())


def test_what_waits_long_is_not_taken_for_abandoned(
    start_daemon: StartDaemon, tmp_path: Path
) -> None:
    """A start removes what a dead upload left behind, and nothing of what waits, however often it starts."""
    daemon = start_daemon(*ALWAYS)
    begin_week(daemon, tmp_path)
    _hold_all(daemon, tmp_path)
    daemon.kill()
    staged = _segments_of(daemon, "monday")
    for _ in range(3):
        daemon.start()
        time.sleep(0.2)
        daemon.kill()
        assert _segments_of(daemon, "monday") == staged
    daemon.start()
    report = run(
        daemon,
        "load",
        OPTOUT,
        tmp_path / "monday.csv",
        "--mode",
        "replace",
        "--published",
        days_ago(1),
        "--batch-id",
        "monday",
        actor="taro",
    )
    assert (report.code, report.state) == (1, "HELD")
    assert report.view["numbers"]["released"] == len(FREED)
    assert run(daemon, "approve", "monday", actor="hanako").state == "ACTIVE"
    assert len(dialable(daemon, numbers(SERIES), SPRING)) == len(FREED)
