"""Lists that open: an exemption lifts a registry alone, and what a campaign requires is asked for number by number."""

import time
from pathlib import Path

import pytest

from e2e.attributed import lay_out, soon
from e2e.desk import attention, dialable, read, run, says
from e2e.numbering import e164, yokohama
from e2e.planes import SECONDS
from e2e.uploads import days_ago, file_with
from e2e.verdicts import ALLOWED, everywhere
from harness.daemon import Daemon

NOT_CLEARED = ("BLOCK", "RETRY", ["NOT_CLEARED"])
STALE = ("BLOCK", "RETRY", ["LIST_STALE"])


@pytest.fixture(scope="module", autouse=True)
def _policy(shared: Daemon, tmp_path_factory: pytest.TempPathFactory) -> None:
    lay_out(shared, tmp_path_factory.mktemp("policy"))


def _who(*indexes: int) -> list[int]:
    return [e164(index) for index in indexes]


def _load(daemon: Daemon, name: str, folder: Path, who: range, *options: str) -> None:
    path = file_with(folder, f"{name}-{who.start}.txt", *map(yokohama, who))
    told = run(daemon, "load", name, path, *options)
    assert (told.code, told.state) == (0, "ACTIVE"), told


def test_an_exemption_lifts_a_registry_and_no_refusal(shared: Daemon, tmp_path: Path) -> None:
    _load(shared, "authority", tmp_path, range(10), "--published", days_ago(1))
    _load(shared, "own", tmp_path, range(2, 4))
    _load(shared, "suspended", tmp_path, range(4, 6))
    _load(shared, "customers", tmp_path, range(8))

    assert dialable(shared, _who(*range(10)), "lifted") == _who(0, 1, 6, 7)
    assert dialable(shared, _who(*range(10)), "unlifted") == []
    with shared.stubs() as stubs:
        lifted = ("ALLOW", "DIAL", ["LIFTED", "LIFTED"])
        assert everywhere(stubs, e164(0), "lifted") == lifted
        assert everywhere(stubs, e164(2), "lifted") == ("BLOCK", "DROP", ["LISTED"])
        assert everywhere(stubs, e164(8), "lifted") == ("BLOCK", "DROP", ["LISTED"])
    told = run(shared, "check", yokohama(0), "--campaign", "lifted")
    assert [item["list"] for item in told.view["reasons"]] == ["authority", "customers"]
    # a relationship that has ended lifts nothing any more
    path = file_with(tmp_path, "ended.txt", yokohama(0))
    assert run(shared, "load", "customers", path, "--mode", "remove", "--reason", "left").code == 0
    assert dialable(shared, _who(0, 1), "lifted") == _who(1)


def test_a_lift_over_a_refusal_cannot_be_defined(shared: Daemon, tmp_path: Path) -> None:
    path = file_with(
        tmp_path,
        "lift.toml",
        "[campaigns.lifted]",
        'block = ["authority", "own"]',
        'lift = [{ list = "customers", over = "own" }]',
    )
    told = run(shared, "apply", "-f", path)
    assert (told.code, told.reason) == (2, "POLICY_INVALID")
    assert says(told.message, ("lift", '"own" is no registry', "remove")) == []


def test_consent_is_for_its_purpose_and_only_while_it_lasts(shared: Daemon, tmp_path: Path) -> None:
    ends = soon(4)
    rows = [
        f"{yokohama(100)},survey,",
        f"{yokohama(101)},sales:fiber,",
        f"{yokohama(102)},,",
        f"{yokohama(103)},survey,{ends}",
    ]
    path = file_with(tmp_path, "consent.csv", "電話番号,利用目的,有効期限", *rows)
    assert run(shared, "load", "opted", path).code == 0

    who = _who(*range(100, 105))
    assert dialable(shared, who, "consented")[:2] == _who(100, 102)
    with shared.stubs() as stubs:
        assert everywhere(stubs, e164(101), "consented") == NOT_CLEARED
        assert everywhere(stubs, e164(104), "consented") == NOT_CLEARED
        # a refusal outweighs it
        _load(shared, "own", tmp_path, range(100, 101))
        assert dialable(shared, who, "consented")[:1] == _who(102)
        _wait_for(shared, e164(103), NOT_CLEARED)


def _wait_for(daemon: Daemon, number: int, verdict: tuple[str, str, list[str]]) -> None:
    deadline = time.monotonic() + SECONDS
    with daemon.stubs() as stubs:
        while everywhere(stubs, number, "consented") != verdict:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_a_consent_that_is_named_again_is_what_was_named_last(
    shared: Daemon, tmp_path: Path
) -> None:
    path = file_with(tmp_path, "wide.txt", yokohama(120), yokohama(121))
    assert run(shared, "load", "opted", path).code == 0
    assert dialable(shared, _who(120, 121), "consented") == _who(120, 121)

    narrow = file_with(tmp_path, "narrow.txt", yokohama(120))
    told = run(shared, "load", "opted", narrow, "--purpose", "sales:fiber", "--batch-id", "narrow")

    assert (told.code, told.flags) == (0, [])
    assert dialable(shared, _who(120, 121), "consented") == _who(121)
    assert run(shared, "revert", "narrow", "--reason", "a slip").code == 0
    assert dialable(shared, _who(120, 121), "consented") == _who(120, 121)


def test_an_opening_list_takes_a_file_whole_or_not_at_all(shared: Daemon, tmp_path: Path) -> None:
    path = file_with(tmp_path, "bad.txt", yokohama(130), yokohama(131), "045-000")
    told = run(shared, "load", "opted", path)
    assert (told.code, told.state, told.reason) == (1, "REFUSED", "UNREADABLE_ROWS")
    assert dialable(shared, _who(130, 131), "consented") == []
    japanese = read(shared, "load", "opted", path, lang="ja")
    assert says(japanese.text, ("読めない行", "ファイル全体")) == []


def test_a_clearance_is_as_old_as_its_number(shared: Daemon, tmp_path: Path) -> None:
    _load(shared, "washed", tmp_path, range(200, 203), "--published", days_ago(40))
    _load(shared, "washed", tmp_path, range(201, 204), "--published", days_ago(1))
    with shared.stubs() as stubs:
        assert everywhere(stubs, e164(200), "cleared") == STALE
        for index in (201, 202, 203):
            assert everywhere(stubs, e164(index), "cleared") == ALLOWED
        assert everywhere(stubs, e164(204), "cleared") == NOT_CLEARED
    assert ("stale", "washed", "", 0) in attention(shared)
    # what was washed last counts, though an older wash comes in later
    _load(shared, "washed", tmp_path, range(203, 205), "--published", days_ago(35))
    with shared.stubs() as stubs:
        assert everywhere(stubs, e164(203), "cleared") == STALE
        assert everywhere(stubs, e164(202), "cleared") == ALLOWED


def test_an_undated_wash_clears_nobody(shared: Daemon, tmp_path: Path) -> None:
    path = file_with(tmp_path, "undated.txt", yokohama(210))
    told = run(shared, "load", "washed", path)
    assert (told.code, "undated" in told.flags) == (0, True)
    with shared.stubs() as stubs:
        assert everywhere(stubs, e164(210), "cleared") == STALE


def test_a_lead_is_called_only_if_somebody_says_where_it_came_from(
    shared: Daemon, tmp_path: Path
) -> None:
    unsaid = file_with(tmp_path, "unsaid.txt", yokohama(300))
    told = run(shared, "load", "leads", unsaid)
    assert (told.code, told.state, told.reason) == (1, "REFUSED", "LAYOUT")
    assert says(told.message, ("取得元", "--source")) == []
    rows = [f"{yokohama(300)},meibo", f"{yokohama(301)},"]
    half = file_with(tmp_path, "half.csv", "電話番号,取得元", *rows)
    told = run(shared, "load", "leads", half)
    assert (told.code, told.state, told.reason) == (1, "REFUSED", "UNREADABLE_ROWS")
    assert told.view["rejects"]["by_code"] == {"invalid_attribute": 1}
    assert dialable(shared, _who(300, 301), "bought") == []

    # broker one supplied three, broker two supplied two of these and one of his own
    one = [f"{yokohama(index)},meibo" for index in (300, 301, 302)]
    path = file_with(tmp_path, "one.csv", "電話番号,取得元", *one)
    assert run(shared, "load", "leads", path, "--batch-id", "broker-1").code == 0
    two = file_with(tmp_path, "two.txt", *map(yokohama, (301, 302, 303)))
    told = run(shared, "load", "leads", two, "--source", "名簿屋二号", "--batch-id", "broker-2")
    assert told.code == 0
    assert dialable(shared, _who(*range(300, 305)), "bought") == _who(300, 301, 302, 303)
    with shared.stubs() as stubs:
        assert everywhere(stubs, e164(304), "bought") == NOT_CLEARED


def test_whom_only_one_broker_supplied_is_not_called_once_he_is_reverted(shared: Daemon) -> None:
    told = run(shared, "revert", "broker-2", "--reason", "the broker had no right to them")

    # that only blocks, so it waits for nobody
    assert (told.code, told.state, told.flags) == (0, "ACTIVE", [])
    assert dialable(shared, _who(*range(300, 305)), "bought") == _who(300, 301, 302)
    assert run(shared, "revert", "broker-1", "--reason", "nor had this one").code == 0
    assert dialable(shared, _who(*range(300, 305)), "bought") == []
