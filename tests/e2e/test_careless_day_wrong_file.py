"""The wrong file was loaded: undoing it frees whom only that file held, and nobody who asked elsewhere."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from e2e.careless import (
    FRIDAY,
    OPTOUT,
    SPRING,
    STOPPED,
    SUSPENDED,
    Rows,
    asked_on,
    begin_week,
    excel,
    load,
    nobody_is_dialled,
    numbers,
    refusers,
)
from e2e.desk import dialable, read, run, says
from e2e.numbering import yokohama
from harness.daemon import Daemon

ONLY_HERE = range(9_000, 9_300)
ALSO_FRIDAY = FRIDAY[100:105]
SUSPENDS = range(9_300, 9_305)
STOPS_LATER = range(9_305, 9_310)
WRONG = (*ONLY_HERE, *ALSO_FRIDAY, *STOPPED, *SUSPENDS, *STOPS_LATER)
HELD_ELSEWHERE = (*ALSO_FRIDAY, *STOPPED, *SUSPENDS, *STOPS_LATER)


def _wrong_day(daemon: Daemon, folder: Path) -> None:
    begin_week(daemon, folder)
    load(daemon, excel(folder / "wrong.csv", Rows(WRONG, asked_on(2))), "--batch-id", "wrong")
    load(daemon, excel(folder / "suspend.csv", Rows(SUSPENDS, asked_on(1))), to=SUSPENDED)
    assert run(daemon, "stop", *map(yokohama, STOPS_LATER), "--campaign", SPRING).code == 0
    nobody_is_dialled(daemon, (*refusers(), *numbers(WRONG)))


@pytest.fixture(scope="module")
def alone(shared: Daemon, tmp_path_factory: pytest.TempPathFactory) -> Daemon:
    """Return a daemon that takes anybody's word."""
    _wrong_day(shared, tmp_path_factory.mktemp("wrong"))
    return shared


@pytest.fixture(scope="module")
def watched(careful: Daemon, tmp_path_factory: pytest.TempPathFactory) -> Daemon:
    """Return a daemon on which what opens waits."""
    _wrong_day(careful, tmp_path_factory.mktemp("wrong"))
    return careful


def _nobody_who_asked(daemon: Daemon) -> None:
    nobody_is_dialled(daemon, (*refusers(), *numbers(HELD_ELSEWHERE)))


def _freed(daemon: Daemon, who: Sequence[int]) -> list[int]:
    return sorted(dialable(daemon, numbers(who), SPRING))


def test_a_revert_frees_only_whom_nothing_else_holds(alone: Daemon) -> None:
    options = ("wrong", "--reason", "the file of another client")
    preview = run(alone, "revert", *options, "--dry-run")
    assert (preview.code, preview.state) == (0, "PREVIEW")
    nobody_is_dialled(alone, numbers(WRONG))

    done = run(alone, "revert", *options, "--id", "undo", actor="hanako")

    assert (done.code, done.state, done.flags) == (0, "ACTIVE", ["unapproved"])
    # the list lets those go whom another list holds, too: what it counts are its own
    assert done.view["numbers"]["released"] == len(ONLY_HERE) + len(SUSPENDS)
    assert done.view["numbers"] == preview.view["numbers"]
    assert (done.view["reverts"], done.view["actor"]) == ("wrong", "hanako")
    assert _freed(alone, WRONG) == numbers(ONLY_HERE)
    _nobody_who_asked(alone)


def test_the_same_revert_again_is_the_same_and_another_is_refused(alone: Daemon) -> None:
    same = ("revert", "wrong", "--reason", "the file of another client", "--id", "undo")
    first = run(alone, *same)
    assert (first.code, first.state) == (0, "ACTIVE")
    assert run(alone, *same).view == first.view

    again = run(alone, "revert", "wrong", "--reason", "once more")
    assert (again.code, again.reason) == (1, "ALREADY_REVERTED")
    assert "revert the batch that did so" in again.message
    told = read(alone, "revert", "wrong", "--reason", "once more", lang="ja")
    assert (told.code, "取り消" in told.text) == (1, True)
    taken = run(alone, "revert", "friday", "--reason", "another", "--id", "undo")
    assert (taken.code, taken.reason) == (2, "BATCH_ID_TAKEN")
    _nobody_who_asked(alone)


def test_a_revert_of_the_revert_brings_all_of_them_back(alone: Daemon) -> None:
    done = run(alone, "revert", "undo", "--reason", "it was the right file after all")

    assert (done.code, done.state, done.flags) == (0, "ACTIVE", [])
    nobody_is_dialled(alone, (*refusers(), *numbers(WRONG)))
    assert run(alone, "revert", "wrong", "--reason", "no, it was not").code == 0
    assert _freed(alone, WRONG) == numbers(ONLY_HERE)
    _nobody_who_asked(alone)


def test_a_removal_that_is_reverted_ends_nobody(alone: Daemon, tmp_path: Path) -> None:
    path = tmp_path / "removed.txt"
    path.write_text("".join(f"{yokohama(index)}\n" for index in FRIDAY[:200]), encoding="utf-8")
    options = ("--mode", "remove", "--reason", "the wrong column", "--batch-id", "removal")
    assert run(alone, "load", OPTOUT, path, *options).code == 0
    assert len(_freed(alone, FRIDAY)) == 200

    done = run(alone, "revert", "removal", "--reason", "they had asked")

    assert (done.code, done.flags) == (0, [])
    _nobody_who_asked(alone)


def test_with_two_persons_a_revert_waits_for_the_other(watched: Daemon) -> None:
    options = ("wrong", "--reason", "the file of another client")
    held = run(watched, "revert", *options, "--id", "undo", actor="taro")

    assert (held.code, held.state) == (1, "HELD")
    nobody_is_dialled(watched, (*refusers(), *numbers(WRONG)))
    text = read(watched, "revert", *options, "--id", "undo", actor="taro")
    assert says(text.text, ("waits for another person", "dncctl approve undo")) == []
    assert run(watched, "approve", "undo", actor="taro").reason == "SAME_PERSON"
    nobody_is_dialled(watched, numbers(WRONG))

    done = run(watched, "approve", "undo", actor="hanako")

    assert (done.code, done.state) == (0, "ACTIVE")
    assert _freed(watched, WRONG) == numbers(ONLY_HERE)
    _nobody_who_asked(watched)


def test_what_only_blocks_comes_back_without_another_person(watched: Daemon) -> None:
    done = run(watched, "revert", "undo", "--reason", "it was right after all", actor="taro")

    assert (done.code, done.state) == (0, "ACTIVE")
    nobody_is_dialled(watched, (*refusers(), *numbers(WRONG)))
