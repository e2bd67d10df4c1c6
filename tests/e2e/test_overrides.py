"""A list that is too old stops calls until it is loaded anew, or two persons let it through for a time."""

import time
from pathlib import Path

import pytest

from e2e.attributed import lay_out, soon
from e2e.desk import attention, dialable, read, run, says
from e2e.numbering import e164, yokohama
from e2e.planes import SECONDS
from e2e.uploads import days_ago, file_with
from e2e.verdicts import ALLOWED, LISTED, everywhere
from harness.daemon import Daemon

STALE = ("BLOCK", "RETRY", ["LIST_STALE"])
LET_THROUGH = ("ALLOW", "DIAL", ["STALE_ALLOWED"])


def _stale(daemon: Daemon, folder: Path) -> None:
    lay_out(daemon, folder)
    path = file_with(folder, "old.txt", *map(yokohama, range(5)))
    assert run(daemon, "load", "old", path, "--published", days_ago(40)).code == 0
    with daemon.stubs() as stubs:
        assert everywhere(stubs, e164(10), "old") == STALE


@pytest.fixture(scope="module")
def alone(shared: Daemon, tmp_path_factory: pytest.TempPathFactory) -> Daemon:
    """Return a daemon that takes anybody's word, with a list that is too old."""
    _stale(shared, tmp_path_factory.mktemp("old"))
    return shared


@pytest.fixture(scope="module")
def watched(careful: Daemon, tmp_path_factory: pytest.TempPathFactory) -> Daemon:
    """Return the same where an override waits for another person."""
    _stale(careful, tmp_path_factory.mktemp("old"))
    return careful


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("--until", "73h", "--reason", "x"), ("--until", "72 hours")),
        (("--until", "2999-12-31", "--reason", "x"), ("--until", "72 hours")),
        (("--until", days_ago(2), "--reason", "x"), ("--until", "to come")),
        (("--until", "1h"), ("--reason", "say why")),
        (("--until", "1h", "--reason", " "), ("--reason", "say why")),
        (("--until", "73h"), ("--until", "--reason")),
    ],
)
def test_too_long_or_for_no_reason_is_refused(
    alone: Daemon, words: tuple[str, ...], what: tuple[str, ...]
) -> None:
    told = run(alone, "override", "old", *words)
    assert (told.code, told.reason) == (2, "OVERRIDE_INVALID")
    assert says(read(alone, "override", "old", *words).text, what) == []
    assert dialable(alone, [e164(10)], "old") == []


def test_it_lets_through_with_its_end_and_ends_by_itself(alone: Daemon) -> None:
    until = soon(5, hours_ahead=0).split(".")[0] + "+00:00"
    told = run(alone, "override", "old", "--until", until, "--reason", "the site is down")

    assert (told.code, told.view["applied"], told.flags) == (0, True, ["unapproved"])
    with alone.stubs() as stubs:
        assert everywhere(stubs, e164(10), "old") == LET_THROUGH
        assert everywhere(stubs, e164(1), "old") == LISTED
    reasons = run(alone, "check", yokohama(10), "--campaign", "old").view["reasons"]
    assert [(item["code"], item["list"]) for item in reasons] == [("STALE_ALLOWED", "old")]
    assert reasons[0]["detail"] == until.replace("+00:00", "Z")
    assert {"overridden", "stale"} <= {item[0] for item in attention(alone) if item[1] == "old"}
    assert run(alone, "list", "show", "old").view["override_until"] is not None
    assert says(read(alone, "status", lang="ja").text, ("一時的に許可",)) == []

    deadline = time.monotonic() + SECONDS
    while dialable(alone, [e164(10)], "old"):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    with alone.stubs() as stubs:
        assert everywhere(stubs, e164(10), "old") == STALE
    assert "overridden" not in {item[0] for item in attention(alone)}


def test_it_is_ended_before_its_time_by_one_person(alone: Daemon) -> None:
    assert run(alone, "override", "old", "--until", "2h", "--reason", "x").code == 0
    assert dialable(alone, [e164(10)], "old") == [e164(10)]

    told = run(alone, "override", "old", "--end", "--reason", "no need any more")

    assert (told.code, told.flags) == (0, [])
    assert dialable(alone, [e164(10)], "old") == []


def test_a_new_publication_needs_none(alone: Daemon, tmp_path: Path) -> None:
    path = file_with(tmp_path, "new.txt", *map(yokohama, range(6)))
    options = ("--mode", "replace", "--published", days_ago(1))
    assert run(alone, "load", "old", path, *options).code == 0
    with alone.stubs() as stubs:
        assert everywhere(stubs, e164(10), "old") == ALLOWED
        assert everywhere(stubs, e164(5), "old") == LISTED


def test_with_two_persons_it_waits_for_the_other(watched: Daemon) -> None:
    words = ("override", "old", "--until", "2h", "--reason", "the site is down")
    held = run(watched, *words, actor="taro")
    assert (held.code, held.view["applied"]) == (1, False)
    held_id = held.view["held_id"]
    assert dialable(watched, [e164(10)], "old") == []
    assert _approved(watched, held_id, "taro") == (4, "SAME_PERSON")
    assert dialable(watched, [e164(10)], "old") == []

    assert _approved(watched, held_id, "hanako") == (0, "")

    with watched.stubs() as stubs:
        assert everywhere(stubs, e164(10), "old") == LET_THROUGH
    # to make it shorter blocks, so it waits for nobody; to make it longer opens
    shorter = run(watched, "override", "old", "--until", "1h", "--reason", "x", actor="taro")
    assert (shorter.code, shorter.view["applied"]) == (0, True)
    longer = run(watched, "override", "old", "--until", "3h", "--reason", "x", actor="taro")
    assert (longer.code, longer.view["applied"]) == (1, False)
    rejected = run(watched, "reject", longer.view["held_id"], "--reason", "no", actor="hanako")
    assert rejected.state == "REJECTED"
    assert run(watched, "override", "old", "--end", "--reason", "x", actor="taro").code == 0
    assert dialable(watched, [e164(10)], "old") == []


def _approved(daemon: Daemon, held_id: str, actor: str) -> tuple[int, str]:
    told = run(daemon, "approve", held_id, actor=actor)
    return told.code, told.reason


def test_an_override_is_not_approved_after_its_time(watched: Daemon) -> None:
    """OVERRIDE_OVER: who approves too late approves nothing, and is told to ask anew."""
    words = ("override", "old", "--until", "2s", "--reason", "x")
    held_id = run(watched, *words, actor="taro").view["held_id"]
    time.sleep(2.1)

    late = run(watched, "approve", held_id, actor="hanako")

    assert (late.code, late.reason) == (1, "OVERRIDE_OVER")
    assert says(late.message, ("over", "reject it", "ask anew")) == []
    assert dialable(watched, [e164(10)], "old") == []
    assert run(watched, "reject", held_id, "--reason", "too late", actor="hanako").code == 0
