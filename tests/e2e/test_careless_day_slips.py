"""Slips that are taken: what can be known is in force, what cannot is open, and nobody is called for it."""

from pathlib import Path

import pytest

from conftest import StartDaemon
from e2e.careless import (
    FRIDAY,
    OPTOUT,
    OTHERS,
    POLICY,
    SERIES,
    SPRING,
    SURVEY,
    begin_week,
    lay_out,
    load,
    nobody_is_dialled,
    numbers,
    refusers,
)
from e2e.desk import attention, dialable, read, run, says
from e2e.numbering import yokohama
from e2e.uploads import days_ago, file_with
from harness.daemon import Daemon


@pytest.fixture(scope="module", autouse=True)
def folder(shared: Daemon, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Live until Friday evening."""
    folder = tmp_path_factory.mktemp("slips")
    begin_week(shared, folder)
    return folder


def test_a_purpose_misspelt_in_some_rows_leaves_those_open(shared: Daemon, tmp_path: Path) -> None:
    fine = [f"{yokohama(index)},survey" for index in range(30_000, 30_010)]
    wrong = [f"{yokohama(index)},serway" for index in range(30_010, 30_012)]
    path = file_with(tmp_path, "purposes.csv", "電話番号,利用目的", *fine, *wrong)

    told = run(shared, "load", OPTOUT, path, "--batch-id", "purposes")

    assert (told.code, told.state, told.flags) == (1, "ACTIVE", ["incomplete"])
    assert told.view["rejects"]["by_code"] == {"invalid_attribute": 2}
    nobody_is_dialled(shared, numbers(range(30_000, 30_010)), SURVEY)
    assert ("incomplete", OPTOUT, "purposes", 2) in attention(shared)
    english = read(shared, "load", OPTOUT, path, "--batch-id", "purposes")
    assert says(english.text, ("purpose", "not declared", "--mends purposes")) == []
    japanese = read(shared, "load", OPTOUT, path, "--batch-id", "purposes", lang="ja")
    assert says(japanese.text, ("利用目的", "--mends purposes")) == []

    mended = [f"{yokohama(index)},survey" for index in range(30_010, 30_012)]
    path = file_with(tmp_path, "mended.csv", "電話番号,利用目的", *mended)
    assert run(shared, "load", OPTOUT, path, "--mends", "purposes").code == 0
    nobody_is_dialled(shared, numbers(range(30_010, 30_012)), SURVEY)
    assert [item for item in attention(shared) if item[2] == "purposes"] == []


def test_a_campaign_without_lists_calls_nobody(shared: Daemon, tmp_path: Path) -> None:
    policy = file_with(tmp_path, "gamma.toml", '[campaigns."gamma/new"]', 'countries = ["JP"]')
    assert run(shared, "apply", "-f", policy).code == 0

    nobody_is_dialled(shared, numbers(range(40_000, 40_100)), "gamma/new")
    for lang, words in (("en", ("no list at all",)), ("ja", ("リストがありません", "保留"))):
        told = read(shared, "check", yokohama(40_000), "--campaign", "gamma/new", lang=lang)
        assert (told.code, says(told.text, ("NO_POLICY", "RETRY", *words))) == (1, [])


def test_a_list_that_was_never_loaded_calls_nobody(shared: Daemon) -> None:
    nobody_is_dialled(shared, numbers(range(40_000, 40_100)), "beta/calls")
    told = read(shared, "check", yokohama(40_000), "--campaign", "beta/calls")
    assert (told.code, says(told.text, ("LIST_EMPTY", "never loaded"))) == (1, [])
    assert ("never_loaded", "beta/optout", "", 0) in attention(shared)
    assert says(read(shared, "status", lang="ja").text, ("dncctl load beta/optout",)) == []


def test_one_client_never_stops_or_frees_for_another(shared: Daemon, tmp_path: Path) -> None:
    policy = file_with(
        tmp_path, "theft.toml", '[campaigns."beta/calls"]', 'block = ["acme/optout"]'
    )
    told = run(shared, "apply", "-f", policy)
    assert (told.code, told.reason) == (2, "POLICY_INVALID")
    assert says(told.message, ("beta/calls", "belongs to another client")) == []


def test_the_same_change_twice_counts_once(start_daemon: StartDaemon, tmp_path: Path) -> None:
    daemon = start_daemon()
    lay_out(daemon, tmp_path)
    series = file_with(tmp_path, "series.txt", *map(yokohama, SERIES[:200]))
    load(daemon, series, "--mode", "replace", "--published", days_ago(9), "--batch-id", "base")
    rows = [f"{yokohama(SERIES[0])},削除", f"{yokohama(SERIES[300])},追加"]
    path = file_with(tmp_path, "change.csv", "電話番号,区分", *rows)
    named = ("--base", "base", "--published", days_ago(8))
    dated = ("--base", days_ago(9), "--published", days_ago(8))

    first = load(daemon, path, "--mode", "change", *dated, "--batch-id", "change")

    assert first.view["numbers"] == {"added": 1, "removed": 1, "unchanged": 0, "released": 1}
    again = run(daemon, "load", OPTOUT, path, "--mode", "change", *dated, "--batch-id", "change")
    assert (again.code, again.view) == (0, first.view)
    for options in (named, dated):
        twice = run(daemon, "load", OPTOUT, path, "--mode", "change", *options)
        assert (twice.code, twice.reason) == (1, "BASE_OUT_OF_ORDER")
        assert says(twice.message, ('its newest load is "change"',)) == []
    nobody_is_dialled(daemon, numbers((*SERIES[1:200], SERIES[300])))
    assert dialable(daemon, numbers(SERIES[:1]), SPRING) == numbers(SERIES[:1])
    # a person who asked himself stands in nobody's way
    assert run(daemon, "stop", yokohama(FRIDAY[30]), "--campaign", SPRING).code == 0
    rows = [f"{yokohama(FRIDAY[30])},削除"]
    path = file_with(tmp_path, "next.csv", "電話番号,区分", *rows)
    load(daemon, path, "--mode", "change", "--base", "change", "--published", days_ago(7))
    nobody_is_dialled(daemon, numbers([FRIDAY[30]]))


def test_what_was_asked_after_the_day_of_a_file_outlives_it(
    start_daemon: StartDaemon, tmp_path: Path
) -> None:
    daemon = start_daemon()
    lay_out(daemon, tmp_path)
    path = file_with(tmp_path, "asked.txt", *map(yokohama, range(10)))
    full = file_with(tmp_path, "full.txt", *map(yokohama, range(20, 30)))
    # the same file twice, once of persons who asked before the day of the full list
    for name, asked, gone in ((OPTOUT, days_ago(0), 0), (OTHERS, days_ago(5), 10)):
        load(daemon, path, "--mode", "replace", "--asked", asked, to=name)
        told = load(daemon, full, "--mode", "replace", "--published", days_ago(2), to=name)
        assert told.view["numbers"]["removed"] == gone
    nobody_is_dialled(daemon, numbers((*range(10), *range(20, 30))))
    assert len(dialable(daemon, numbers(range(10)), "beta/calls")) == 10


def test_the_policy_loaded_from_another_client_prunes_nobody(
    shared: Daemon, tmp_path: Path
) -> None:
    """A file that forgot a list that is used is refused whole; one that forgot a campaign says that it goes."""
    forgotten = POLICY.replace('[lists."acme/suspended"]\nkind = "suspended_use"\n', "")
    path = file_with(tmp_path, "forgotten.toml", forgotten.replace("starts_empty = true\n", ""))
    told = run(shared, "apply", "-f", path, "--prune", "acme/")

    assert told.code in (1, 2)
    assert "acme/suspended" in told.message
    nobody_is_dialled(shared, refusers())
