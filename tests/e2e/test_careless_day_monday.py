"""Monday morning: the client's full list, exported before Friday's refusals came in, takes nobody's refusal away."""

from pathlib import Path

from conftest import StartDaemon
from e2e.careless import (
    FRIDAY,
    LATE,
    LEFT,
    NEW,
    OPTOUT,
    STOPPED,
    Rows,
    asked_on,
    begin_week,
    excel,
    load,
    monday,
    nobody_is_dialled,
    numbers,
    refusers,
)
from e2e.desk import dialable, read, run, says
from e2e.uploads import days_ago
from harness.daemon import Daemon

FREED = [index for index in LEFT if index not in FRIDAY]
"""Whom nothing held but the earlier full list."""


def _freed(daemon: Daemon, *who: int) -> int:
    return len(dialable(daemon, numbers(who), "acme/spring"))


def test_it_spares_whoever_asked_and_releases_whom_only_the_earlier_list_held(
    start_daemon: StartDaemon, tmp_path: Path
) -> None:
    daemon = start_daemon()
    begin_week(daemon, tmp_path)

    told = load(
        daemon, monday(tmp_path / "monday.csv"), "--mode", "replace", "--published", days_ago(1)
    )

    assert told.flags == ["unapproved"]
    assert told.view["numbers"]["released"] == len(FREED)
    assert told.view["numbers"]["added"] == len(NEW)
    nobody_is_dialled(daemon, (*refusers(), *numbers(NEW)))
    assert sorted(dialable(daemon, numbers(LEFT), "acme/spring")) == numbers(FREED)


def test_without_its_day_it_counts_as_of_now_and_spares_what_came_by_itself(
    start_daemon: StartDaemon, tmp_path: Path
) -> None:
    daemon = start_daemon()
    begin_week(daemon, tmp_path)

    told = load(daemon, monday(tmp_path / "monday.csv"), "--mode", "replace")

    # of those who asked lately but came by a full list, this one knows better
    assert told.view["numbers"]["released"] == len(FREED) + len(LATE)
    spared = set(refusers()) - set(numbers(LATE))
    nobody_is_dialled(daemon, (*spared, *numbers(NEW)))


def test_everything_means_everything(start_daemon: StartDaemon, tmp_path: Path) -> None:
    """Whoever says --everything takes refusals away, and is asked for the number of them first."""
    daemon = start_daemon()
    begin_week(daemon, tmp_path)
    path = monday(tmp_path / "monday.csv")
    options = ("--mode", "replace", "--everything", "--published", days_ago(1))

    refused = run(daemon, "load", OPTOUT, path, *options)

    assert (refused.code, refused.state, refused.reason) == (1, "REFUSED", "MOSTLY_RELEASES")
    nobody_is_dialled(daemon, refusers())
    preview = run(daemon, "load", OPTOUT, path, *options, "--dry-run")
    assert (preview.code, preview.state) == (0, "PREVIEW")
    assert "mostly_releases" in preview.flags
    released = preview.view["numbers"]["released"]
    assert released == len({*LEFT, *LATE, *FRIDAY, *STOPPED})
    few = run(daemon, "load", OPTOUT, path, *options, "--releases", str(released - 1))
    assert few.reason == "MOSTLY_RELEASES"
    nobody_is_dialled(daemon, refusers())

    told = run(daemon, "load", OPTOUT, path, *options, "--releases", str(released))
    assert (told.code, told.state) == (0, "ACTIVE")
    assert "unapproved" in told.flags
    assert _freed(daemon, *FRIDAY) == len(FRIDAY)


def test_a_removal_ends_what_a_replace_spares_and_says_who_did_it(
    start_daemon: StartDaemon, tmp_path: Path
) -> None:
    daemon = start_daemon()
    begin_week(daemon, tmp_path)
    path = excel(tmp_path / "moved.csv", Rows(STOPPED[:1], asked_on(0, "00:00")))
    options = ("--mode", "remove", "--reason", "the number was given back")

    told = run(daemon, "load", OPTOUT, path, *options, actor="hanako")

    assert (told.code, told.flags) == (0, ["unapproved"])
    assert told.view["numbers"] == {"added": 0, "removed": 1, "unchanged": 0, "released": 1}
    assert _freed(daemon, STOPPED[0]) == 1
    nobody_is_dialled(daemon, set(refusers()) - set(numbers(STOPPED[:1])))


def test_what_it_releases_is_said_before_and_after(
    start_daemon: StartDaemon, tmp_path: Path
) -> None:
    daemon = start_daemon()
    begin_week(daemon, tmp_path)
    path = monday(tmp_path / "monday.csv")
    options = ("--mode", "replace", "--published", days_ago(1))
    told = {"en": f"released: {len(FREED)}", "ja": f"開放: {len(FREED)}"}

    for lang in ("en", "ja"):
        before = read(daemon, "load", OPTOUT, path, *options, "--dry-run", lang=lang)
        assert (before.code, says(before.text, (told[lang],))) == (0, [])
    nobody_is_dialled(daemon, numbers(LEFT))

    alone = {"en": "without a second person", "ja": "二人目の承認なし"}
    for lang in ("en", "ja"):
        after = read(daemon, "load", OPTOUT, path, *options, "--batch-id", "monday", lang=lang)
        assert (after.code, says(after.text, (told[lang], alone[lang]))) == (0, [])
