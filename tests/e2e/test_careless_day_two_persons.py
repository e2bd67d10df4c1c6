"""Where names count as persons: what Monday's list would release waits, and nobody approves his own."""

from pathlib import Path

import pytest

from e2e.careless import (
    FRIDAY,
    LEFT,
    NEW,
    OPTOUT,
    SPRING,
    begin_week,
    monday,
    nobody_is_dialled,
    numbers,
    refusers,
)
from e2e.desk import attention, dialable, gauge, read, run, says
from e2e.numbering import yokohama
from e2e.uploads import days_ago
from harness.daemon import Daemon

FREED = [index for index in LEFT if index not in FRIDAY]


@pytest.fixture(scope="module", autouse=True)
def week(careful: Daemon, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Live until Friday evening; what began the week was the first of its kind and released nobody."""
    folder = tmp_path_factory.mktemp("week")
    begin_week(careful, folder)
    monday(folder / "monday.csv")
    return folder


def _hold(daemon: Daemon, folder: Path, batch_id: str, actor: str) -> None:
    options = ("--mode", "replace", "--published", days_ago(1), "--batch-id", batch_id)
    told = run(daemon, "load", OPTOUT, folder / "monday.csv", *options, actor=actor)
    assert (told.code, told.state, told.reason) == (1, "HELD", ""), told
    assert told.view["numbers"]["released"] == len(FREED)
    # it is an event of the ledger, and a check can be told to see it
    assert told.view["version"] > 1
    assert told.view["token"]


def test_it_waits_and_changes_nothing_until_another_has_seen_what_it_does(
    careful: Daemon, week: Path
) -> None:
    _hold(careful, week, "monday", "taro")

    nobody_is_dialled(careful, (*refusers(), *numbers(LEFT)))
    # not even what it would block is in force: all of it or nothing
    assert len(dialable(careful, numbers(NEW), SPRING)) == len(NEW)
    assert ("held", OPTOUT, "monday", len(FREED)) in attention(careful)
    assert gauge(careful, "dncd_batches_held", OPTOUT) == 1
    status = read(careful, "status")
    assert says(status.text, ("waits for another person", "dncctl approve monday")) == []

    own = run(careful, "approve", "monday", actor="taro")
    assert (own.code, own.reason) == (4, "SAME_PERSON")
    assert says(read(careful, "approve", "monday", actor="taro").text, ("another person",)) == []
    japanese = read(careful, "approve", "monday", actor="taro", lang="ja")
    assert says(japanese.text, ("別の担当者が承認してください",)) == []
    nobody_is_dialled(careful, numbers(LEFT))


def test_if_somebody_asks_in_between_the_approver_is_shown_the_new_difference(
    careful: Daemon,
) -> None:
    asks = FREED[0]
    assert run(careful, "stop", yokohama(asks), "--campaign", SPRING, actor="jiro").code == 0

    moved = read(careful, "approve", "monday", actor="jiro")

    # what is shown is made anew before it is approved, so the stop is in it or the approval is refused
    assert moved.code == 1
    assert says(moved.text, ("LIST_MOVED", f"released: {len(FREED) - 1}")) == []
    nobody_is_dialled(careful, (*refusers(), *numbers(LEFT)))
    done = run(careful, "approve", "monday", actor="hanako")
    assert (done.code, done.state, done.flags) == (0, "ACTIVE", [])
    assert (done.view["actor"], done.view["approved_by"]) == ("taro", "hanako")
    assert sorted(dialable(careful, numbers(LEFT), SPRING)) == numbers(FREED[1:])
    nobody_is_dialled(careful, (*refusers(), *numbers(NEW), *numbers([asks])))
    assert [item for item in attention(careful) if item[0] == "held"] == []
    assert gauge(careful, "dncd_batches_held", OPTOUT) == 0


def test_it_is_not_approved_twice_and_what_was_rejected_stays_so(
    careful: Daemon, week: Path
) -> None:
    again = run(careful, "approve", "monday", actor="hanako")
    assert (again.code, again.reason) == (1, "NOT_HELD")

    # the list of the week before, brought once more, would take Monday's new ones away
    options = ("--mode", "replace", "--published", days_ago(0), "--batch-id", "old")
    held = run(careful, "load", OPTOUT, week / "full.csv", *options, actor="taro")
    assert (held.code, held.state) == (1, "HELD")
    assert held.view["numbers"]["released"] == len(NEW)
    rejected = run(careful, "reject", "old", "--reason", "the old file", actor="hanako")

    assert (rejected.code, rejected.state) == (0, "REJECTED")
    assert rejected.view["reason"] == "the old file"
    assert run(careful, "approve", "old", actor="hanako").reason == "NOT_HELD"
    nobody_is_dialled(careful, (*refusers(), *numbers(NEW)))
    assert [item for item in attention(careful) if item[0] == "held"] == []


def test_the_same_id_again_tells_that_it_waits(careful: Daemon, week: Path) -> None:
    options = ("--mode", "remove", "--reason", "as told", "--batch-id", "gone")
    path = week / "gone.txt"
    path.write_text(f"{yokohama(FRIDAY[50])}\n", encoding="utf-8")
    first = run(careful, "load", OPTOUT, path, *options, actor="taro")

    again = run(careful, "load", OPTOUT, path, *options, actor="taro")

    assert (first.code, first.state) == (again.code, again.state) == (1, "HELD")
    assert again.view == first.view
    assert [item[2] for item in attention(careful) if item[0] == "held"] == ["gone"]
    told = read(careful, "load", OPTOUT, path, *options, actor="taro", lang="ja")
    assert says(told.text, ("別の担当者の承認待ち", "dncctl approve gone")) == []
    # the proposer may take it back himself
    assert run(careful, "reject", "gone", "--reason", "a mistake", actor="taro").code == 0
    nobody_is_dialled(careful, refusers())
