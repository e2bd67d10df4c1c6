"""How fresh a registry is follows from what was loaded, and what waits ends nothing that came after it was proposed."""

from pathlib import Path

import pytest

from e2e.definitions import campaign_of, registry
from e2e.desk import Told, dialable, run
from e2e.numbering import fiction, yokohama
from e2e.planes import STARTS_EMPTY, apply
from e2e.uploads import days_ago, file_with
from harness.daemon import Daemon

ELSEWHERE = fiction(99)
CAMPAIGN = "uses-registry"


@pytest.fixture
def listed(shared: Daemon, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """A registry of four numbers, published forty days ago, and a campaign that it blocks."""
    name = f"r-{request.node.name.removeprefix('test_').replace('_', '-')[:40]}"
    with shared.stubs() as stubs:
        apply(stubs, {name: registry()}, {CAMPAIGN: campaign_of(name, countries=("US",))})
    assert _load(shared, tmp_path, name, range(4), "--published", days_ago(40)).code == 0
    return name


def _load(daemon: Daemon, folder: Path, name: str, which: range, *more: str) -> Told:
    path = file_with(folder, "rows.txt", *(f"+{fiction(index)}" for index in which))
    return run(daemon, "load", name, path, "--region", "US", *more)


def _may_be_dialled(daemon: Daemon) -> bool:
    return dialable(daemon, [ELSEWHERE], CAMPAIGN) == [ELSEWHERE]


def test_one_row_with_a_new_date_is_no_publication(
    shared: Daemon, tmp_path: Path, listed: str
) -> None:
    told = _load(shared, tmp_path, listed, range(4, 5), "--published", days_ago(1))

    assert told.flags == ["date_kept"]
    assert not _may_be_dialled(shared)


def test_a_replace_brings_its_own_date(shared: Daemon, tmp_path: Path, listed: str) -> None:
    told = _load(
        shared, tmp_path, listed, range(4), "--mode", "replace", "--published", days_ago(1)
    )
    assert told.flags == []
    assert _may_be_dialled(shared)


def test_a_replace_without_a_date_lets_nothing_through(
    shared: Daemon, tmp_path: Path, listed: str
) -> None:
    fresh = ("--mode", "replace", "--published", days_ago(1))
    assert _load(shared, tmp_path, listed, range(4), *fresh).code == 0
    assert _may_be_dialled(shared)

    told = _load(shared, tmp_path, listed, range(4), "--mode", "replace")

    assert told.flags == ["undated"]
    assert not _may_be_dialled(shared)


def test_a_file_of_other_parts_than_it_says_is_refused(
    shared: Daemon, tmp_path: Path, listed: str
) -> None:
    words = ("--mode", "replace", "--published", days_ago(1))
    told = _load(shared, tmp_path, listed, range(4), *words, "--coverage", "1305")

    assert (told.code, told.state, told.reason) == (1, "REFUSED", "WRONG_COVERAGE")
    assert "--coverage" in told.message
    assert not _may_be_dialled(shared)


def test_a_base_that_nobody_knows_is_not_found(shared: Daemon, tmp_path: Path, listed: str) -> None:
    path = file_with(tmp_path, "change.csv", "number,op", f"+{fiction(7)},A")
    told = run(shared, "load", listed, path, "--mode", "change", "--base", "nobody-knows")

    assert (told.code, told.reason) == (2, "BATCH_NOT_FOUND")


def test_a_removal_that_waited_ends_nothing_that_came_since(
    careful: Daemon, tmp_path: Path
) -> None:
    """Whoever asks again after it was proposed is not let go by it, whoever approves."""
    with careful.stubs() as stubs:
        apply(stubs, {"optout": STARTS_EMPTY}, {"default": campaign_of("optout")})
    path = file_with(tmp_path, "two.txt", yokohama(1), yokohama(2))
    assert run(careful, "load", "optout", path, "--batch-id", "load").code == 0
    words = ("--mode", "remove", "--reason", "moved away")
    assert run(careful, "load", "optout", path, *words, "--batch-id", "out", actor="ann").code == 1
    assert run(careful, "stop", yokohama(1), "--campaign", "default").code == 0

    for _ in range(2):
        told = run(careful, "approve", "out", "--yes", actor="bob")
        assert (told.code, told.reason) == (1, "ASKED_SINCE"), told
        assert "propose" in told.message
    assert dialable(careful, [81_450_000_001, 81_450_000_002], "default") == []


def test_a_name_in_capitals_is_no_other_person(careful: Daemon, tmp_path: Path) -> None:
    with careful.stubs() as stubs:
        apply(stubs, {"second": STARTS_EMPTY})
    path = file_with(tmp_path, "one.txt", yokohama(3))
    assert run(careful, "load", "second", path).code == 0
    words = ("--mode", "remove", "--reason", "moved away", "--batch-id", "out-2")
    assert run(careful, "load", "second", path, *words, actor="ann").code == 1

    told = run(careful, "approve", "out-2", "--yes", actor=" ANN")

    assert (told.code, told.reason) == (4, "SAME_PERSON")
