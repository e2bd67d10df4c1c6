"""A publisher's date makes a registry newer; on a list of one's own it is evidence."""

from pathlib import Path

from dncd.v1 import policy_pb2
from e2e.definitions import campaign_of, registry
from e2e.numbering import fiction, yokohama
from e2e.planes import STARTS_EMPTY, apply, check, list_of, said, version_of
from e2e.uploads import days_ago, file_with
from e2e.verdicts import ALLOWED
from harness.daemon import Daemon


def test_only_a_date_makes_a_registry_newer(shared: Daemon, tmp_path: Path) -> None:
    old, new = days_ago(40), days_ago(2)
    with shared.stubs() as stubs:
        apply(stubs, {"dated": registry()}, {"uses-dated": campaign_of("dated", countries=("US",))})

        def stands() -> tuple[dict[str, int], tuple[str, str, list[str]]]:
            coverage = list_of(stubs, "dated").coverage
            verdict = said(check(stubs.screening, fiction(90), campaign="uses-dated"))
            return {each.prefix: each.published_unix_us for each in coverage}, verdict

        def load(index: int, *more: str, others: int = 0) -> list[str]:
            numbers = range(index - others, index + 1)
            lines = [f"+{fiction(n)}" for n in numbers] + ["x" for _ in range(not index)]
            path = file_with(tmp_path, f"dated-{index}.txt", *lines)
            options = ("--region", "US", "--batch-id", f"dated-{index}")
            loaded = shared.load("dated", path, *options, *more)
            assert loaded.report["state"] == "ACTIVE", loaded
            flags: list[str] = loaded.report["flags"]
            return flags

        assert load(0, "--published", old) == ["incomplete"]
        before = stands()
        assert before[1] == ("BLOCK", "RETRY", ["LIST_STALE"])

        assert load(1) == []
        assert load(2, "--mends", "dated-0") == []
        assert load(3, "--published", old) == []
        assert stands() == before

        # a few rows with a new date are no publication of four
        assert load(4, "--published", new) == ["date_kept"]
        assert stands() == before
        assert load(8, "--published", new, others=3) == ["freshened"]
        assert stands()[1] == ALLOWED
        newest = stands()
        assert load(5, "--published", old) == []
        assert load(6) == []
        assert stands() == newest

        for more in (("--published", new), ("--coverage", "1202")):
            path = file_with(tmp_path, "dated-7.txt", f"+{fiction(7)}")
            refused = shared.load("dated", path, "--mends", "dated-0", *more)
            assert refused.code == 2, refused
        assert stands() == newest


def test_a_list_of_ones_own_has_no_coverage_and_a_date_only_as_evidence(
    shared: Daemon, tmp_path: Path
) -> None:
    path = file_with(tmp_path, "own.txt", yokohama(30))
    with shared.stubs() as stubs:
        apply(stubs, {"undatable": STARTS_EMPTY})
        version = version_of(stubs)
        assert shared.load("undatable", path, "--coverage", "8145").code == 2
        assert version_of(stubs) == version
        assert shared.load("undatable", path, "--published", days_ago(400)).code == 0
        (listed,) = stubs.policy.ListLists(
            policy_pb2.ListListsRequest(name="undatable"), timeout=10
        ).lists
        assert (list(listed.coverage), listed.stale) == ([], False)
