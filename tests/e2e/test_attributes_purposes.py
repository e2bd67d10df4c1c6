"""An entry for one purpose stops calls of that purpose, and calls that do not say theirs."""

from pathlib import Path

import pytest

from e2e.attributed import lay_out
from e2e.desk import dialable, run
from e2e.numbering import e164, yokohama
from e2e.uploads import file_with
from harness.daemon import Daemon


@pytest.fixture(scope="module", autouse=True)
def _loaded(shared: Daemon, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("purposes")
    lay_out(shared, folder)
    rows = [
        f"{yokohama(0)},survey",
        f"{yokohama(1)},sales:fiber",
        f'{yokohama(2)},"survey,sales:fiber"',
        f"{yokohama(3)},",
    ]
    by_row = file_with(folder, "rows.csv", "電話番号,利用目的", *rows)
    assert run(shared, "load", "purposed", by_row).code == 0
    by_option = file_with(folder, "option.txt", yokohama(4))
    assert run(shared, "load", "purposed", by_option, "--purpose", "survey").code == 0


WHO = [e164(index) for index in range(6)]


@pytest.mark.parametrize(
    ("campaign", "free"), [("fiber", [0, 4, 5]), ("survey", [1, 5]), ("unsaid", [5])]
)
def test_an_entry_holds_for_its_purposes(shared: Daemon, campaign: str, free: list[int]) -> None:
    assert dialable(shared, WHO, campaign) == [e164(index) for index in free]


def test_a_wider_entry_takes_in_a_narrower_and_is_not_taken_away_by_it(
    shared: Daemon, tmp_path: Path
) -> None:
    one = file_with(tmp_path, "one.txt", yokohama(10), yokohama(11))
    assert run(shared, "load", "purposed", one).code == 0
    assert run(shared, "load", "purposed", one, "--purpose", "survey").code == 0
    assert dialable(shared, [e164(10), e164(11)], "fiber") == []
    # the batch that came last is undone: what was there stays
    told = run(shared, "load", "purposed", one, "--purpose", "sales:fiber", "--batch-id", "last")
    assert told.code == 0
    undone = run(shared, "revert", "last", "--reason", "a slip")
    assert (undone.code, undone.flags, "released" in undone.view["numbers"]) == (0, [], False)
    assert dialable(shared, [e164(10), e164(11)], "fiber") == []


def test_a_replace_that_narrows_purposes_releases(shared: Daemon, tmp_path: Path) -> None:
    """Whoever was on the list for all purposes and is now for one may be called for the others: that opens."""
    path = file_with(tmp_path, "series.txt", *map(yokohama, range(20, 30)))
    assert run(shared, "load", "timed", path, "--mode", "replace").code == 0

    told = run(shared, "load", "timed", path, "--mode", "replace", "--purpose", "survey")

    assert (told.code, told.flags) == (0, ["unapproved"])
    assert told.view["numbers"] == {"added": 0, "removed": 0, "unchanged": 10, "released": 10}
