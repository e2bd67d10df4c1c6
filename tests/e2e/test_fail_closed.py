"""What is not provably allowed is not dialled: whatever is missing, old, unknown or unreadable blocks."""

import logging
import signal
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import pytest

from conftest import StartDaemon
from dncd.v1 import (
    ledger_pb2,
    policy_pb2,
    screening_pb2,
    screening_pb2_grpc,
    verdict_pb2,
)
from dncd_engine.chain import LEDGER_FORMAT, EventHeader
from e2e.asking import Asker
from e2e.ledgers import ledger_of, opened
from e2e.numbering import e164, fiction, yokohama
from e2e.planes import (
    DO_NOT_CONTACT,
    SECONDS,
    STARTS_EMPTY,
    Failure,
    apply,
    check,
    dialled_everywhere,
    failure,
    failure_of,
    health_of,
    list_of,
    said,
    upload,
    verdicts_of,
    version_of,
)
from harness.daemon import Daemon, Stubs

_log = logging.getLogger(__name__)
LISTED = ("BLOCK", "DROP", ["LISTED"])
ALLOWED: tuple[str, str, list[str]] = ("ALLOW", "DIAL", [])
NO_POLICY = ("BLOCK", "RETRY", ["NO_POLICY"])
NEVER_LOADED = ("BLOCK", "RETRY", ["LIST_EMPTY"])
STALE = ("BLOCK", "RETRY", ["LIST_STALE"])
FREE = e164(900_000)
REGISTRY = policy_pb2.ListDefinition(kind=verdict_pb2.LIST_KIND_REGISTRY)


def _day(days: int) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%d")


def _campaign(
    *block: str, countries: tuple[str, ...] = ("JP", "US", "CA")
) -> policy_pb2.CampaignDefinition:
    return policy_pb2.CampaignDefinition(countries=countries, block=block)


def _everywhere(stubs: Stubs, number: int, campaign: str) -> tuple[str, str, list[str]]:
    """Return what is said of a number, after holding both planes and a batch to it."""
    answers = [
        said(check(plane, number, campaign=campaign))
        for plane in (stubs.screening, stubs.screening_on_control)
    ]
    request = screening_pb2.CheckBatchRequest(e164=[number], campaign=campaign)
    batch = verdicts_of(stubs.screening.CheckBatch(request, timeout=SECONDS))
    answers += [said(screening_pb2.CheckResponse(verdict=verdict)) for verdict in batch]
    assert answers == [answers[0]] * 3
    return answers[0]


def test_an_unknown_campaign_or_list_is_not_found(shared: Daemon, tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    path.write_text(f"{yokohama(1)}\n", encoding="utf-8")
    with shared.stubs() as stubs:
        for plane in (stubs.screening, stubs.screening_on_control):
            failed = failure_of(lambda: check(plane, FREE, campaign="nobody"))  # noqa: B023
            assert failed.code is grpc.StatusCode.NOT_FOUND
            assert (failed.reason, failed.domain) == ("CAMPAIGN_NOT_FOUND", "dncd")

    assert shared.ctl("check", yokohama(1), "--campaign", "nobody").returncode == 2
    assert shared.load("nowhere", path).code == 2
    assert shared.ctl("list", "show", "nowhere").returncode == 2


def test_an_empty_ledger_allows_nothing(start_daemon: StartDaemon) -> None:
    daemon = start_daemon()
    with daemon.stubs() as stubs:
        assert _everywhere(stubs, FREE, "") == NO_POLICY
    assert daemon.ctl("check", yokohama(1)).returncode == 1
    assert daemon.get("/readyz")[0] == 200


def test_a_campaign_without_any_list_allows_nothing(shared: Daemon) -> None:
    with shared.stubs() as stubs:
        lists = {"c1/optout": STARTS_EMPTY}
        excluding = dialled_everywhere()
        getattr(excluding, "except").append("c1/optout")
        apply(stubs, lists, {"c1/none": excluding, "c2/none": dialled_everywhere()})
        assert _everywhere(stubs, FREE, "c1/none") == NO_POLICY
        assert _everywhere(stubs, FREE, "c2/none") == NO_POLICY


def test_a_list_never_loaded_blocks_unless_it_rightly_begins_empty(shared: Daemon) -> None:
    with shared.stubs() as stubs:
        lists = {"fresh": DO_NOT_CONTACT, "begun": STARTS_EMPTY, "reg": REGISTRY}
        campaigns = {f"use-{name}": _campaign(name) for name in lists}
        apply(stubs, lists, campaigns)
        assert _everywhere(stubs, FREE, "use-fresh") == NEVER_LOADED
        assert _everywhere(stubs, FREE, "use-begun") == ALLOWED
        assert _everywhere(stubs, FREE, "use-reg") == NEVER_LOADED
        upload(stubs, "fresh", yokohama(10).encode(), "fresh-1")
        assert _everywhere(stubs, e164(10), "use-fresh") == LISTED
        assert _everywhere(stubs, FREE, "use-fresh") == ALLOWED


def test_a_country_that_is_not_named_is_not_dialled(shared: Daemon) -> None:
    with shared.stubs() as stubs:
        campaigns = {
            "jp": _campaign("abroad", countries=("JP",)),
            "us": _campaign("abroad", countries=("US",)),
            "unsaid": _campaign("abroad", countries=()),
        }
        apply(stubs, {"abroad": STARTS_EMPTY}, campaigns)
        elsewhere = ("BLOCK", "MEND", ["COUNTRY_NOT_DIALLED"])
        assert _everywhere(stubs, FREE, "jp") == ALLOWED
        assert _everywhere(stubs, fiction(0), "jp") == elsewhere
        assert _everywhere(stubs, FREE, "us") == elsewhere
        assert _everywhere(stubs, fiction(0), "us") == ALLOWED
        # a campaign that names none dials the ledger's region
        assert _everywhere(stubs, FREE, "unsaid") == ALLOWED
        assert _everywhere(stubs, fiction(0), "unsaid") == elsewhere
        assert _everywhere(stubs, 999_123_456_789, "jp")[0] == "BLOCK"


def test_a_registry_counts_its_age_from_its_publisher(shared: Daemon, tmp_path: Path) -> None:
    path = tmp_path / "registry.txt"
    path.write_text(f"+{fiction(1)}\n", encoding="utf-8")
    names = ("old", "young", "undated", "exact")
    with shared.stubs() as stubs:
        definitions = {name: policy_pb2.ListDefinition() for name in names}
        for definition in definitions.values():
            definition.CopyFrom(REGISTRY)
        definitions["exact"].max_age_seconds = 3
        apply(stubs, definitions, {f"rests-on-{name}": _campaign(name) for name in names})
        for name, options in (
            ("old", ("--published", _day(40))),
            ("young", ("--published", _day(20))),
            ("undated", ()),
        ):
            loaded = shared.load(name, path, *options)
            assert loaded.code == 0, loaded
            assert loaded.report["flags"] == (["undated"] if name == "undated" else [])
        for name in ("old", "undated"):
            assert _everywhere(stubs, fiction(2), f"rests-on-{name}") == STALE
            # a hit decides before the age does, and both are said
            told = _everywhere(stubs, fiction(1), f"rests-on-{name}")
            assert told == ("BLOCK", "DROP", ["LISTED", "LIST_STALE"])
            assert list_of(stubs, name).stale
        assert _everywhere(stubs, fiction(2), "rests-on-young") == ALLOWED

        # time acts by itself, with no upload
        begun = time.time()
        published = int(begun * 1e6)
        upload(stubs, "exact", f"+{fiction(1)}\n".encode(), "exact", published_unix_us=published)
        seen = {}
        while time.time() < begun + 3.5:
            answer = check(stubs.screening, fiction(2), campaign="rests-on-exact")
            is_stale = answer.basis.at_unix_us >= published + 3_000_000
            seen[is_stale] = said(answer)
            assert said(answer) == (STALE if is_stale else ALLOWED)
            time.sleep(0.02)
        assert seen == {False: ALLOWED, True: STALE}


def test_a_number_that_a_registry_does_not_cover_is_not_dialled(shared: Daemon) -> None:
    with shared.stubs() as stubs:
        apply(stubs, {"part": REGISTRY}, {"rests-on-part": _campaign("part")})
        day = _day(2)
        upload(
            stubs,
            "part",
            f"+{fiction(1)}\n".encode(),
            "part-1",
            published_date=day,
            coverage=["1202"],
        )
        uncovered = ("BLOCK", "RETRY", ["OUT_OF_COVERAGE"])
        assert _everywhere(stubs, fiction(2), "rests-on-part") == ALLOWED
        assert _everywhere(stubs, 13055550123, "rests-on-part") == uncovered
        assert _everywhere(stubs, FREE, "rests-on-part") == uncovered


def test_the_default_campaign_stands_in_where_none_is_named(start_daemon: StartDaemon) -> None:
    daemon = start_daemon()
    with daemon.stubs() as stubs:
        apply(stubs, {"one": STARTS_EMPTY, "two": DO_NOT_CONTACT})
        # every blocking list, so the one that was never loaded blocks
        assert _everywhere(stubs, FREE, "") == NEVER_LOADED
        upload(stubs, "two", yokohama(1).encode(), "two-1")
        assert _everywhere(stubs, FREE, "") == ALLOWED
        assert _everywhere(stubs, e164(1), "") == LISTED
        # with a slash in any name a call must say for whom it is
        apply(stubs, {"acme/optout": STARTS_EMPTY})
        for plane in (stubs.screening, stubs.screening_on_control):
            failed = failure_of(lambda: check(plane, FREE))  # noqa: B023
            assert failed.code is grpc.StatusCode.INVALID_ARGUMENT
            assert (failed.reason, failed.fields) == ("CAMPAIGN_NEEDED", ["campaign"])
        assert daemon.ctl("check", yokohama(2)).returncode == 2
        # and where default is defined it is that one
        apply(stubs, campaigns={"default": _campaign("one")})
        assert _everywhere(stubs, e164(1), "") == ALLOWED


def test_clients_are_kept_apart(shared: Daemon) -> None:
    with shared.stubs() as stubs:
        lists = {"acme/optout": STARTS_EMPTY, "beta/optout": STARTS_EMPTY, "common": STARTS_EMPTY}
        campaigns = {"acme/spring": dialled_everywhere(), "beta/spring": dialled_everywhere()}
        for name in campaigns:
            client = name.partition("/")[0]
            campaigns[name].block.extend((f"{client}/optout", "common"))
        apply(stubs, lists, campaigns)
        upload(stubs, "acme/optout", yokohama(20).encode(), "acme-1")
        upload(stubs, "common", yokohama(21).encode(), "common-1")
        assert _everywhere(stubs, e164(20), "acme/spring") == LISTED
        assert _everywhere(stubs, e164(20), "beta/spring") == ALLOWED
        for name in campaigns:
            assert _everywhere(stubs, e164(21), name) == LISTED
        version = version_of(stubs)
        foreign = {"beta/spring": _campaign("acme/optout")}
        failed = failure_of(lambda: apply(stubs, campaigns=foreign))
        assert failed.code is grpc.StatusCode.INVALID_ARGUMENT
        assert failed.fields == ['campaigns["beta/spring"].block']
        assert version_of(stubs) == version


def test_a_checkpoint_of_another_ledger_is_set_aside(start_daemon: StartDaemon) -> None:
    daemon = start_daemon()
    with daemon.stubs() as stubs:
        apply(stubs, {"optout": STARTS_EMPTY})
        upload(stubs, "optout", yokohama(1).encode(), "one")
        assert _everywhere(stubs, FREE, "") == ALLOWED
    assert daemon.stop() == 0
    assert (daemon.data / "checkpoint").exists()
    for path in daemon.data.glob("ledger.sqlite3*"):
        path.rename(daemon.data.parent / path.name)

    daemon.start()

    # a volume that was not mounted looks just so: nothing of the old index may answer
    with daemon.stubs() as stubs:
        assert _everywhere(stubs, FREE, "") == NO_POLICY
        assert _everywhere(stubs, e164(1), "") == NO_POLICY
    assert (daemon.data / "checkpoint.set-aside").exists()
    warned = {event["event"] for event in daemon.events()}
    assert {"checkpoint_set_aside", "ledger_created"} <= warned
    # mounted again, the old ledger answers as before
    assert daemon.stop() == 0
    for path in daemon.data.glob("ledger.sqlite3*"):
        path.unlink()
    for path in daemon.data.parent.glob("ledger.sqlite3*"):
        path.rename(daemon.data / path.name)
    daemon.start()
    with daemon.stubs() as stubs:
        assert _everywhere(stubs, e164(1), "") == LISTED
        assert _everywhere(stubs, FREE, "") == ALLOWED


def test_a_damaged_checkpoint_is_set_aside(start_daemon: StartDaemon) -> None:
    daemon = start_daemon()
    with daemon.stubs() as stubs:
        apply(stubs, {"optout": STARTS_EMPTY})
        upload(stubs, "optout", yokohama(1).encode(), "one")
    for damage in (_flip_a_bit, _cut_short):
        assert daemon.stop() == 0
        damage(daemon.data / "checkpoint")
        daemon.start()
        with daemon.stubs() as stubs:
            assert _everywhere(stubs, e164(1), "") == LISTED
        assert "checkpoint_set_aside" in {event["event"] for event in daemon.events()}


def _flip_a_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)


def _cut_short(path: Path) -> None:
    # the one that was set aside before is written anew when the daemon stops
    path.write_bytes(path.read_bytes()[:-40])


@pytest.fixture(params=["a newer format", "an unknown kind"])
def unreadable(start_daemon: StartDaemon, request: pytest.FixtureRequest, tmp_path: Path) -> Daemon:
    """Serve a ledger whose newest event this version cannot know."""
    daemon = start_daemon()
    with daemon.stubs() as stubs:
        apply(stubs, {"optout": STARTS_EMPTY})
        upload(stubs, "optout", yokohama(1).encode(), "one")
        assert _everywhere(stubs, FREE, "") == ALLOWED
    assert daemon.stop() == 0
    is_newer = request.param == "a newer format"
    _write_event(
        ledger_of(daemon.data),
        needs=LEDGER_FORMAT + is_newer,
        kind=ledger_pb2.EVENT_KIND_POLICY_APPLIED if is_newer else 99,
    )
    daemon.start()
    return daemon


def _write_event(path: Path, *, needs: int, kind: int) -> None:
    with opened(path) as ledger:
        epoch, version, head, at_us = ledger.execute(
            "SELECT epoch, version, hash, at_us FROM head"
        ).fetchone()
        # bodies as the event before has them: the format is looked at before anything of theirs
        effect, evidence = ledger.execute(
            "SELECT effect_digest, evidence_digest FROM event WHERE version = ?", (version,)
        ).fetchone()
        header = EventHeader(version + 1, epoch, at_us + 1, kind, needs, effect, evidence, head)
        columns = ", ".join(EventHeader.__slots__)
        ledger.execute(
            f"INSERT INTO event ({columns}, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - our own names
            (*(getattr(header, name) for name in EventHeader.__slots__), header.hash()),
        )
        ledger.execute(
            "INSERT INTO body SELECT version + 1, part, salt, data FROM body WHERE version = ?",
            (version,),
        )
        ledger.execute(
            "UPDATE head SET version = ?, hash = ?, at_us = ?",
            (version + 1, header.hash(), at_us + 1),
        )


def test_a_ledger_that_needs_a_newer_dncd_stops_every_answer(
    unreadable: Daemon, tmp_path: Path
) -> None:
    assert unreadable.get("/readyz")[0] == 503
    assert unreadable.get("/healthz")[0] == 200
    assert "dncd_ready 0.0" in unreadable.get("/metrics")[1]
    for address in (unreadable.listen, unreadable.control):
        with grpc.insecure_channel(address) as channel:
            assert health_of(channel) == "NOT_SERVING"
    with unreadable.stubs() as stubs:
        for plane in (stubs.screening, stubs.screening_on_control):
            for number in (FREE, e164(1)):
                failed = failure_of(lambda: check(plane, number))  # noqa: B023
                assert failed.code is grpc.StatusCode.UNAVAILABLE
                assert (failed.reason, failed.domain) == ("LEDGER_UNUSABLE", "dncd")
        failed = failure_of(lambda: upload(stubs, "optout", yokohama(2).encode(), "two"))
        assert failed.code is grpc.StatusCode.UNAVAILABLE
        failed = failure_of(lambda: apply(stubs, {"another": DO_NOT_CONTACT}))
        assert failed.code is grpc.StatusCode.UNAVAILABLE
    path = tmp_path / "file.txt"
    path.write_text(f"{yokohama(2)}\n", encoding="utf-8")
    assert unreadable.ctl("check", yokohama(1)).returncode == 3
    assert unreadable.ctl("status").returncode == 3
    assert unreadable.load("optout", path).code == 3
    # it goes on trying, and stays shut
    time.sleep(1.2)
    assert unreadable.get("/readyz")[0] == 503
    assert unreadable.stop() == 0


def test_nothing_is_answered_from_a_ledger_half_read(start_daemon: StartDaemon) -> None:
    """The listing stands at the ledger's end; from process start on no answer may come from before it."""
    daemon = start_daemon()
    with daemon.stubs() as stubs:
        apply(stubs, {"optout": STARTS_EMPTY}, {"default": dialled_everywhere()})
        for turn in range(300):
            title = policy_pb2.CampaignDefinition(countries=["JP"], title=f"turn {turn}")
            apply(stubs, campaigns={"titled": title})
        upload(stubs, "optout", yokohama(1).encode(), "last")
        version = version_of(stubs)
    listen, control, http = daemon.listen, daemon.control, daemon.http
    for _ in range(2):
        daemon.kill()
        flags = ("--listen", listen, "--control", control, "--http", http)
        daemon = start_daemon(*flags, wait=False)
        daemon.listen, daemon.control, daemon.http = listen, control, http
        answers = _watched_until_ready(daemon)
        assert answers == {("DROP", version)}


def _watched_until_ready(daemon: Daemon) -> set[tuple[str, int]]:
    """Ask without a pause until the node has been ready for a while; return every (action, version) answered."""
    answers: set[tuple[str, int]] = set()
    deadline, ready_at = time.monotonic() + SECONDS, 0.0
    # a connection of its own for every question: one that was refused would be waited with
    own = [("grpc.use_local_subchannel_pool", 1)]
    while not ready_at or time.monotonic() < ready_at + 0.3:
        assert time.monotonic() < deadline, daemon.log()
        is_ready = _is_ready(daemon)
        with grpc.insecure_channel(daemon.listen, options=own) as channel:
            try:
                answer = check(screening_pb2_grpc.ScreeningServiceStub(channel), e164(1), timeout=1)
            except grpc.RpcError as error:
                said_why = failure(error)
                if is_ready or said_why.code is not grpc.StatusCode.UNAVAILABLE:
                    raise AssertionError(f"ready is {is_ready}, {said_why}") from error
                continue
        answers.add((said(answer)[1], answer.basis.version))
        if is_ready:
            ready_at = ready_at or time.monotonic()
    return answers


def _is_ready(daemon: Daemon) -> bool:
    try:
        return daemon.get("/readyz")[0] == 200
    except OSError:
        return False


def test_a_node_that_was_stopped_still_answers_nothing_too_old(start_daemon: StartDaemon) -> None:
    daemon = start_daemon("--max-staleness", "1")
    assert daemon.process is not None
    with daemon.stubs() as stubs:
        apply(stubs, {"optout": STARTS_EMPTY})
        # undisturbed it hears its ledger often enough
        until = time.monotonic() + 2.5
        while time.monotonic() < until:
            assert said(check(stubs.screening, FREE)) == ALLOWED
        behind = ("BLOCK", "RETRY", ["NODE_BEHIND"])
        seen: set[str] = set()
        for _ in range(3):
            daemon.process.send_signal(signal.SIGSTOP)
            time.sleep(1.2)
            request = screening_pb2.CheckRequest(e164=FREE)
            waiting = [stubs.screening.Check.future(request, timeout=10) for _ in range(20)]
            time.sleep(0.1)
            daemon.process.send_signal(signal.SIGCONT)
            for call in waiting:
                answer = call.result()
                # either it has heard its ledger since, or it says that it has not
                assert said(answer) in (behind, ALLOWED)
                seen.add(said(answer)[0])
            until = time.monotonic() + 5
            while said(check(stubs.screening, FREE)) != ALLOWED:
                assert time.monotonic() < until
            assert daemon.get("/readyz")[0] == 200
        _log.info("after a pause it said %s", seen)


def test_changes_and_looks_at_the_ledger_at_once_disturb_no_answer(shared: Daemon) -> None:
    """An upload looks at the ledger's head when it begins; a change may come just then."""
    over = threading.Event()
    problems: list[Failure] = []

    def change() -> None:
        with shared.stubs() as stubs:
            for turn in range(300):
                title = policy_pb2.CampaignDefinition(countries=["JP"], title=f"at once {turn}")
                try:
                    apply(stubs, campaigns={"at-once": title})
                except grpc.RpcError as error:
                    problems.append(failure(error))
        over.set()

    def look() -> None:
        with shared.stubs() as stubs:
            while not over.is_set():
                failed = failure_of(lambda: upload(stubs, "nowhere", b"x", "looks"))
                if failed.code is not grpc.StatusCode.NOT_FOUND:
                    problems.append(failed)

    with shared.stubs() as stubs:
        apply(stubs, {"calm": STARTS_EMPTY}, {"calm": _campaign("calm")})
    workers = [threading.Thread(target=work) for work in (change, look, look, look)]
    with Asker(shared, {FREE: ALLOWED}, "calm") as asker:
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(60)
            assert not worker.is_alive()
    assert problems == []
    assert asker.problems == []
    assert asker.asked > 100
