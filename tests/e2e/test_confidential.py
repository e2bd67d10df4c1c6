"""A list whose existence nobody may know of acts as the list that it is shown as, and is seen nowhere."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from dncd.v1 import batch_pb2, optout_pb2, optout_pb2_grpc, policy_pb2, screening_pb2
from e2e.desk import attention, read, run, samples, says
from e2e.numbering import e164, fiction, yokohama
from e2e.planes import SECONDS
from e2e.uploads import file_with
from harness.canary import Canary
from harness.daemon import Daemon

SHOWN, HIDDEN, WORD = "acme/optout", "acme/restricted", "restricted"
CAMPAIGN = "acme/spring"
POLICY = """
[lists."acme/optout"]
kind = "do_not_contact"
title = "アクメ 架電禁止"

[campaigns."acme/spring"]
countries = ["JP", "US"]
block = ["acme/optout"]
opt_out = "acme/optout"
"""
RESTRICTED = """
[lists."acme/restricted"]
kind = "do_not_contact"
confidential = true
shown_as = "acme/optout"
confidential_ground = "order of a court"
confidential_review = "2999-12-31"
"""
PLAIN, SECRET, FREE = range(40), range(40, 90), range(200, 230)
BOTH = range(20, 60)
TIMINGS = re.compile(r"process_|python_|dncd_check_duration|_seconds|dncd_(ledger|node)_version")
MASKS = (
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)"), "TIME"),
    (re.compile(r"AQ[A-Za-z0-9_-]{20,}"), "TOKEN"),
    (re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{12}"), "BATCH"),
    (re.compile(r"127\.0\.0\.1:\d+"), "ADDRESS"),
    (re.compile(r'"(duration_seconds|at)": [\d.]+'), r'"\1": TIME'),
)


def _policy(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def _live(daemon: Daemon, folder: Path, *, hides: bool) -> None:
    """Load the same numbers in the same order: some to the list, some to the other, some by telephone."""
    policy = _policy(folder, "policy.toml", POLICY + RESTRICTED if hides else POLICY)
    assert run(daemon, "apply", "-f", policy).code == 0
    plain = file_with(folder, "plain.txt", *map(yokohama, PLAIN))
    secret = file_with(folder, "secret.txt", *map(yokohama, SECRET), "045-000")
    other = HIDDEN if hides else SHOWN
    assert run(daemon, "load", SHOWN, plain, "--batch-id", "first").code == 0
    assert run(daemon, "load", other, secret, "--batch-id", "second").code == 1
    american = file_with(folder, "usa.txt", *(f"+{fiction(at)}" for at in range(10)))
    assert run(daemon, "load", other, american, "--batch-id", "third").code == 0
    for index in (45, 300):
        stopped = ("stop", yokohama(index), "--campaign", CAMPAIGN, "--request-id", f"said-{index}")
        assert run(daemon, *stopped).code == 0


@pytest.fixture(scope="module")
def pair(
    tmp_path_factory: pytest.TempPathFactory, canary: Canary
) -> Iterator[tuple[Daemon, Daemon]]:
    """Return a daemon that hides a list and one that has no such list."""
    daemons = []
    for name in ("hiding", "plain"):
        folder = tmp_path_factory.mktemp(name)
        (folder / "node").mkdir()
        daemon = Daemon(folder / "node", canary)
        daemon.start()
        daemons.append(daemon)
        _live(daemon, folder, hides=name == "hiding")
    yield daemons[0], daemons[1]
    for daemon in daemons:
        assert daemon.stop() == 0


def _masked(text: str) -> str:
    for pattern, mask in MASKS:
        text = pattern.sub(mask, text)
    return text


def _ctl(*words: str) -> Callable[[Daemon], str]:
    def ask(daemon: Daemon) -> str:
        done = daemon.ctl(*words)
        return f"{done.returncode}\n{done.stdout}\n{done.stderr}"

    return ask


def _call(plane: str, method: str, request: Any) -> Callable[[Daemon], str]:
    def ask(daemon: Daemon) -> str:
        with daemon.stubs() as stubs:
            answer = getattr(getattr(stubs, plane), method)(request, timeout=SECONDS)
        if hasattr(answer, "basis"):
            answer.basis.at_unix_us = 0
        if hasattr(answer, "report"):
            answer.report.at_unix_us = 0
        return str(answer)

    return ask


def _batches(daemon: Daemon) -> str:
    request = batch_pb2.ListBatchesRequest()
    with daemon.stubs() as stubs:
        reports = stubs.batch.ListBatches(request, timeout=SECONDS).reports
    for report in reports:
        report.ClearField("at_unix_us")
        report.ClearField("actor")
    return "\n".join(map(str, reports))


def _metrics(daemon: Daemon) -> str:
    told = samples(daemon).items()
    return "\n".join(f"{name} {value}" for name, value in told if not TIMINGS.search(name))


def _log(daemon: Daemon) -> str:
    kept = []
    for event in daemon.events():
        left_out = ("timestamp", "duration_seconds", "listen", "control", "http", "changes")
        kept.append(json.dumps({key: event[key] for key in event if key not in left_out}))
    return "\n".join(kept)


NUMBERS = [e164(index) for index in (*PLAIN, *SECRET, *FREE, 300)] + [fiction(0), fiction(50)]
SEEN: dict[str, Callable[[Daemon], str]] = {
    "Check": _call(
        "screening", "Check", screening_pb2.CheckRequest(e164=e164(80), campaign=CAMPAIGN)
    ),
    "CheckBatch": _call(
        "screening", "CheckBatch", screening_pb2.CheckBatchRequest(e164=NUMBERS, campaign=CAMPAIGN)
    ),
    "CheckBatch of the control plane": _call(
        "screening_on_control",
        "CheckBatch",
        screening_pb2.CheckBatchRequest(e164=NUMBERS, campaign=CAMPAIGN),
    ),
    "check": _ctl("check", yokohama(80), yokohama(210), "--campaign", CAMPAIGN),
    "check --json": _ctl("check", yokohama(80), yokohama(35), "--campaign", CAMPAIGN, "--json"),
    "status": _ctl("status"),
    "status --json": _ctl("status", "--json"),
    "list ls": _ctl("list", "ls"),
    "list ls --json": _ctl("list", "ls", "--json"),
    "list show": _ctl("list", "show", SHOWN),
    "list show --json": _ctl("list", "show", SHOWN, "--json"),
    "list show of no list": _ctl("list", "show", "acme/unknown"),
    "policy": _ctl("policy"),
    "policy --json": _ctl("policy", "--json"),
    "policy of then": _ctl("policy", "--as-of", "2"),
    "ListLists": _call("policy", "ListLists", policy_pb2.ListListsRequest()),
    "ListCampaigns": _call("policy", "ListCampaigns", policy_pb2.ListCampaignsRequest()),
    "ListBatches": _batches,
    "GetBatch": _call("batch", "GetBatch", batch_pb2.GetBatchRequest(batch_id="second")),
    "/metrics": _metrics,
    "the log": _log,
}


@pytest.mark.parametrize("what", SEEN)
def test_nothing_that_is_seen_tells_the_two_apart(pair: tuple[Daemon, Daemon], what: str) -> None:
    hiding, plain = (_masked(SEEN[what](daemon)) for daemon in pair)

    assert WORD not in hiding
    assert hiding.splitlines() == plain.splitlines()


def test_an_opt_out_of_a_number_that_is_hidden_there_tells_nothing(
    pair: tuple[Daemon, Daemon],
) -> None:
    request = optout_pb2.OptOutRequest(
        request_id="again", e164=[e164(index) for index in (80, 35, 5, 310)], campaign=CAMPAIGN
    )
    told = []
    for daemon in pair:
        answer = _opt_out(daemon, request)
        version = answer.basis.version
        batches = _masked(_batches(daemon))
        told.append((answer.list, answer.added, str(answer.readings), version, batches))
    assert told[0] == told[1]


def test_who_is_on_both_is_one_number(pair: tuple[Daemon, Daemon], tmp_path: Path) -> None:
    """Sizes and counts of what comes and goes are those of the list that is seen."""
    path = file_with(tmp_path, "both.txt", *map(yokohama, BOTH))
    more = file_with(tmp_path, "more.txt", *map(yokohama, range(50, 100)))
    gone = file_with(tmp_path, "gone.txt", *map(yokohama, range(10, 30)))
    counted = []
    for daemon, other in zip(pair, (HIDDEN, SHOWN), strict=True):
        assert run(daemon, "load", other, path, "--batch-id", "both").code == 0
        added = run(daemon, "load", SHOWN, more, "--batch-id", "more").view["numbers"]
        removal = ("--mode", "remove", "--reason", "moved", "--batch-id", "gone")
        removed = run(daemon, "load", SHOWN, gone, *removal).view["numbers"]
        size = run(daemon, "list", "show", SHOWN).view["numbers"]
        gauge = samples(daemon)[f'dncd_list_numbers{{list="{SHOWN}"}}']
        counted.append((added, size == gauge, _log(daemon)))
        # what is hidden stays when the list that is seen lets go: only the hidden list can end it
        assert removed["removed"] <= len(range(10, 30))
    assert counted[0][:2] == counted[1][:2]
    assert [line for line in counted[0][2].splitlines() if WORD in line] == []


def _opt_out(daemon: Daemon, request: optout_pb2.OptOutRequest) -> optout_pb2.OptOutResponse:
    with grpc.insecure_channel(daemon.control) as channel:
        return optout_pb2_grpc.OptOutServiceStub(channel).OptOut(request, timeout=SECONDS)


def test_whoever_names_it_is_told_what_an_unknown_name_is_told(
    pair: tuple[Daemon, Daemon], tmp_path: Path
) -> None:
    """Who guesses its name learns nothing: neither by asking for it nor by using it."""
    hiding, plain = pair
    uses = _policy(tmp_path, "uses.toml", f'[campaigns."acme/x"]\nblock = ["{HIDDEN}"]\n')
    mended = file_with(tmp_path, "mended.txt", yokohama(91))
    for words in (
        ("list", "show", HIDDEN),
        ("override", HIDDEN, "--until", "1h", "--reason", "x"),
        ("apply", "-f", str(uses), "--dry-run"),
        ("load", SHOWN, str(mended), "--mends", "who"),
    ):
        told = [run(daemon, *words) for daemon in (hiding, plain)]
        assert told[0].code == told[1].code == 2
        assert _masked(told[0].text) == _masked(told[1].text), words


def test_whoever_mends_what_is_open_there_is_told_alike(
    pair: tuple[Daemon, Daemon], tmp_path: Path
) -> None:
    """The rows that are open are told of the list that is seen, so they are mended and waived there."""
    told = []
    path = file_with(tmp_path, "mended.txt", yokohama(92))
    for daemon in pair:
        assert ("incomplete", SHOWN, "second", 1) in attention(daemon)
        mending = ("--mends", "second", "--batch-id", "mending")
        mended = run(daemon, "load", SHOWN, path, *mending)
        waived = run(daemon, "waive", "second", "--reason", "given up")
        again = run(daemon, "load", SHOWN, path, "--batch-id", "second")
        texts = [each.text for each in (mended, waived, again)]
        told.append((texts, attention(daemon)))
    for hiding, plain in zip(*(each[0] for each in told), strict=True):
        assert WORD not in hiding
        assert _masked(hiding) == _masked(plain)
    assert told[0][1] == told[1][1]


def test_an_auditor_sees_it(pair: tuple[Daemon, Daemon]) -> None:
    hiding = pair[0]
    for words in (
        ("policy", "--confidential"),
        ("list", "ls", "--confidential"),
        ("list", "show", HIDDEN, "--confidential"),
        ("status", "--confidential"),
    ):
        assert says(read(hiding, *words).text, (HIDDEN,)) == [], words
    shown = run(hiding, "list", "show", HIDDEN, "--confidential").view
    assert shown["numbers"] >= len(SECRET) + 10
    assert (shown["confidential"], shown["shown_as"]) == (True, SHOWN)
    own = run(hiding, "list", "show", SHOWN, "--confidential").view
    assert own["numbers"] < run(hiding, "list", "show", SHOWN).view["numbers"]
    with hiding.stubs() as stubs:
        request = batch_pb2.ListBatchesRequest(list=HIDDEN, confidential=True)
        reports = stubs.batch.ListBatches(request, timeout=SECONDS).reports
    assert {"second", "third"} <= {report.batch_id for report in reports}


def test_made_by_one_person_alone_it_is_marked(daemon: Daemon, tmp_path: Path) -> None:
    assert run(daemon, "apply", "-f", _policy(tmp_path, "policy.toml", POLICY)).code == 0
    told = run(daemon, "apply", "-f", _policy(tmp_path, "hidden.toml", RESTRICTED))
    assert (told.code, told.view["applied"], told.flags) == (0, True, ["unapproved"])


def test_with_two_persons_it_waits_and_that_is_seen_by_auditors_only(
    careful: Daemon, tmp_path: Path
) -> None:
    assert run(careful, "apply", "-f", _policy(tmp_path, "policy.toml", POLICY)).code == 0
    hidden = _policy(tmp_path, "hidden.toml", RESTRICTED)
    held = run(careful, "apply", "-f", hidden, actor="taro")
    assert (held.code, held.view["applied"]) == (1, False)
    held_id = held.view["held_id"]
    assert [item for item in attention(careful) if item[0] == "held"] == []
    assert says(read(careful, "status", "--confidential").text, (held_id,)) == []
    assert says(read(careful, "policy", "--confidential").text, (HIDDEN,)) == [HIDDEN]

    own = run(careful, "approve", held_id, actor="taro")
    assert (own.code, own.reason) == (4, "SAME_PERSON")
    done = run(careful, "approve", held_id, actor="hanako")

    assert (done.code, done.state) == (0, "ACTIVE")
    assert says(read(careful, "policy", "--confidential").text, (HIDDEN,)) == []
    assert WORD not in read(careful, "policy").text
    assert WORD not in careful.log()
