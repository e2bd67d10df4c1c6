"""What an upload means rests on its list: its countries, its dates, and whether list and ledger are still the same."""

import json
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest

from conftest import StartDaemon
from dncd.v1 import batch_pb2, policy_pb2, verdict_pb2
from e2e.ledgers import is_whole, ledger_of, verifying
from e2e.numbering import e164, fiction, yokohama
from e2e.planes import (
    ACTIVE,
    ADD,
    DO_NOT_CONTACT,
    REFUSED,
    SECONDS,
    STARTS_EMPTY,
    apply,
    check,
    failure_of,
    list_of,
    said,
    upload,
    version_of,
)
from harness.daemon import Daemon, Stubs
from server.building import office, policy_request, run

LISTED = ("BLOCK", "DROP", ["LISTED"])
ALLOWED: tuple[str, str, list[str]] = ("ALLOW", "DIAL", [])


def _registry(*countries: str) -> policy_pb2.ListDefinition:
    return policy_pb2.ListDefinition(kind=verdict_pb2.LIST_KIND_REGISTRY, countries=countries)


def _own(*countries: str) -> policy_pb2.ListDefinition:
    return policy_pb2.ListDefinition(
        kind=verdict_pb2.LIST_KIND_DO_NOT_CONTACT, countries=countries, starts_empty=True
    )


def _campaign(*block: str, countries: tuple[str, ...]) -> policy_pb2.CampaignDefinition:
    return policy_pb2.CampaignDefinition(countries=countries, block=block)


def _file(folder: Path, name: str, *lines: str) -> Path:
    path = folder / name
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def _at_home(index: int) -> str:
    """Return a number of fiction as it is written in North America."""
    digits = str(fiction(index))
    return f"({digits[1:4]}) {digits[4:7]}-{digits[7:]}"


def _report(stubs: Stubs, batch_id: str) -> batch_pb2.BatchReport:
    request = batch_pb2.GetBatchRequest(batch_id=batch_id)
    return stubs.batch.GetBatch(request, timeout=SECONDS).report


def _error(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text.splitlines()[-1])["error"]
    return found


def _day(days: int) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%d")


# how a file is read


def test_a_file_is_read_as_its_lists_country_writes(shared: Daemon, tmp_path: Path) -> None:
    path = _file(tmp_path, "us.txt", *(_at_home(index) for index in range(3)))
    with shared.stubs() as stubs:
        apply(
            stubs,
            {"us-own": _own("US"), "us-other": _own("US")},
            {
                "us-first": _campaign("us-other", countries=("US", "JP")),
                "jp-first": _campaign("us-own", countries=("JP", "US")),
            },
        )

        other = shared.load("us-other", path, "--batch-id", "us-other-1")
        own = shared.load("us-own", path, "--batch-id", "us-own-1")
        told = shared.load("us-own", path, "--batch-id", "us-own-2", "--region", "US")

        assert (other.code, other.report["flags"]) == (0, [])
        # the campaign would read the same text as Japanese
        assert (own.code, own.report["flags"]) == (0, ["read_otherwise"])
        assert (told.code, told.report["flags"]) == (0, [])
        assert own.report["numbers"]["added"] == other.report["numbers"]["added"] == 3
        for batch_id in ("us-other-1", "us-own-1", "us-own-2"):
            assert _report(stubs, batch_id).region == "US"
        for campaign in ("us-first", "jp-first"):
            assert said(check(stubs.screening, fiction(0), campaign=campaign)) == LISTED


def test_a_list_without_countries_is_read_in_the_ledgers_region(shared: Daemon) -> None:
    with shared.stubs() as stubs:
        lists = {"plain": DO_NOT_CONTACT, "both": _own("US", "JP")}
        apply(stubs, lists, {"home": _campaign("plain", "both", countries=("JP",))})
        for name in lists:
            report = upload(stubs, name, f"{yokohama(1)}\n".encode(), f"{name}-1")
            assert (report.region, list(report.flags)) == ("JP", [])
            assert said(check(stubs.screening, e164(1), campaign="home"))[2][0] == "LISTED"


def test_the_us_registrys_own_layout_is_read_as_american(shared: Daemon) -> None:
    data = "".join(f"{str(fiction(index))[1:4]},{str(fiction(index))[4:]}\n" for index in range(3))
    with shared.stubs() as stubs:
        apply(stubs, {"npa": _registry()}, {"uses-npa": _campaign("npa", countries=("US",))})
        report = upload(stubs, "npa", data.encode(), "npa-1", published_date=_day(2), region="JP")

        assert (report.state, report.layout, report.region) == (ACTIVE, "npa-nxx-xxxx", "US")
        assert said(check(stubs.screening, fiction(1), campaign="uses-npa")) == LISTED


def test_numbers_of_other_countries_are_told_and_most_of_them_refused(
    shared: Daemon, tmp_path: Path
) -> None:
    some = _file(tmp_path, "some.txt", f"+{fiction(1)}", f"+{fiction(2)}", f"+{e164(1)}")
    half = _file(tmp_path, "half.txt", f"+{fiction(3)}", f"+{e164(2)}")
    most = _file(tmp_path, "most.txt", f"+{fiction(4)}", f"+{e164(3)}", f"+{e164(4)}")
    with shared.stubs() as stubs:
        apply(
            stubs,
            {"american": _own("US")},
            {"uses-american": _campaign("american", countries=("US", "JP"))},
        )
        for path in (some, half):
            loaded = shared.load("american", path)
            assert (loaded.code, loaded.report["flags"]) == (0, ["foreign_numbers"])
        # what blocks acts: the foreign ones are blocked as well
        assert said(check(stubs.screening, e164(1), campaign="uses-american")) == LISTED

        before = version_of(stubs), list_of(stubs, "american").numbers
        for options in (("--dry-run",), ()):
            refused = shared.load("american", most, "--batch-id", "most-1", *options)
            assert (refused.code, refused.report["state"]) == (1, "REFUSED")
            assert refused.report["numbers"] == {"added": 0, "removed": 0, "unchanged": 0}
            assert refused.report["version"] is None
            assert (version_of(stubs), list_of(stubs, "american").numbers) == before
            known = batch_pb2.GetBatchRequest(batch_id="most-1")
            if options:
                failed = failure_of(lambda: stubs.batch.GetBatch(known, timeout=SECONDS))  # noqa: B023
                assert failed.code is grpc.StatusCode.NOT_FOUND
        report = _report(stubs, "most-1")
        assert (report.state, report.refusal.reason) == (REFUSED, "WRONG_COUNTRY")
        assert "2 of 3 numbers, as read in US, are not of US" in report.refusal.message
        assert report.rows.read == 3
        assert said(check(stubs.screening, fiction(4), campaign="uses-american")) == ALLOWED
        assert said(check(stubs.screening, e164(3), campaign="uses-american")) == ALLOWED

    # a list of its own takes it, with the same id
    mended = _file(tmp_path, "mended.txt", f"+{fiction(4)}")
    assert shared.load("american", mended, "--batch-id", "most-1").code == 0


# dates


def test_only_a_date_makes_a_registry_newer(shared: Daemon, tmp_path: Path) -> None:
    old, new = _day(40), _day(2)
    with shared.stubs() as stubs:
        apply(stubs, {"dated": _registry()}, {"uses-dated": _campaign("dated", countries=("US",))})

        def stands() -> tuple[dict[str, int], tuple[str, str, list[str]]]:
            coverage = list_of(stubs, "dated").coverage
            verdict = said(check(stubs.screening, fiction(90), campaign="uses-dated"))
            return {each.prefix: each.published_unix_us for each in coverage}, verdict

        def load(index: int, *more: str) -> list[str]:
            lines = [f"+{fiction(index)}", *("x" for _ in range(not index))]
            path = _file(tmp_path, f"dated-{index}.txt", *lines)
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

        assert load(4, "--published", new) == ["freshened"]
        assert stands()[1] == ALLOWED
        newest = stands()
        assert load(5, "--published", old) == []
        assert load(6) == []
        assert stands() == newest

        for more in (("--published", new), ("--coverage", "1202")):
            path = _file(tmp_path, "dated-7.txt", f"+{fiction(7)}")
            refused = shared.load("dated", path, "--mends", "dated-0", *more)
            assert refused.code == 2, refused
        assert stands() == newest


def test_a_list_of_ones_own_has_no_coverage_and_a_date_only_as_evidence(
    shared: Daemon, tmp_path: Path
) -> None:
    path = _file(tmp_path, "own.txt", yokohama(30))
    with shared.stubs() as stubs:
        apply(stubs, {"undatable": STARTS_EMPTY})
        version = version_of(stubs)
        assert shared.load("undatable", path, "--coverage", "8145").code == 2
        assert version_of(stubs) == version
        assert shared.load("undatable", path, "--published", _day(400)).code == 0
        (listed,) = stubs.policy.ListLists(
            policy_pb2.ListListsRequest(name="undatable"), timeout=10
        ).lists
        assert (list(listed.coverage), listed.stale) == ([], False)


# a list of the same name


def test_a_list_that_was_made_again_takes_over_nothing(
    start_daemon: StartDaemon, tmp_path: Path
) -> None:
    daemon = start_daemon()
    path = _file(tmp_path, "first.txt", yokohama(1), yokohama(2), "x")
    mend = _file(tmp_path, "mend.txt", yokohama(3))
    other = _file(tmp_path, "other.txt", yokohama(4))
    with daemon.stubs() as stubs:
        apply(stubs, {"again": STARTS_EMPTY})
        assert daemon.load("again", path, "--batch-id", "again-1").code == 1
        assert daemon.load("again", other, "--batch-id", "again-2").code == 0
        assert _attention(daemon) == [("incomplete", "again-1")]
        assert list_of(stubs, "again").last_batch_id == "again-2"

        stubs.policy.ApplyPolicy(
            policy_pb2.ApplyPolicyRequest(delete_lists=["again"]), timeout=SECONDS
        )
        assert _attention(daemon) == []
        apply(stubs, {"again": STARTS_EMPTY})

    def holds() -> None:
        with daemon.stubs() as stubs:
            version = version_of(stubs)
            for sent, batch_id in ((path, "again-1"), (mend, "again-1"), (other, "again-2")):
                loaded = daemon.load("again", sent, "--batch-id", batch_id)
                assert loaded.code == 1, loaded
                assert "LIST_RECREATED" in loaded.stderr
            failed = failure_of(lambda: upload(stubs, "again", path.read_bytes(), "again-1"))
            assert failed.code is grpc.StatusCode.FAILED_PRECONDITION
            assert (failed.reason, failed.domain) == ("LIST_RECREATED", "dncd")
            assert failed.metadata == {"batch_id": "again-1", "list": "again"}
            mending = daemon.load("again", mend, "--mends", "again-1")
            assert mending.code == 2
            assert "BATCH_NOT_FOUND" in mending.stderr

            item = list_of(stubs, "again")
            assert version_of(stubs) == version
            assert (item.numbers, item.open_rejects, item.last_batch_id) == (0, 0, "")
            assert _attention(daemon) == []
            assert daemon.ctl("status").returncode == 0
            assert said(check(stubs.screening, e164(1))) == ALLOWED

    holds()
    # over a checkpoint, and from the ledger's first event
    assert daemon.stop() == 0
    daemon.start()
    holds()
    assert daemon.stop() == 0
    (daemon.data / "checkpoint").unlink()
    daemon.start()
    holds()
    assert daemon.load("again", path, "--batch-id", "again-3").code == 1
    with daemon.stubs() as stubs:
        item = list_of(stubs, "again")
        assert (item.numbers, item.open_rejects, item.last_batch_id) == (2, 1, "again-3")


def _attention(daemon: Daemon) -> list[tuple[str, str]]:
    told = json.loads(daemon.ctl("status", "--json").stdout)["attention"]
    return [(each["code"], each["batch_id"]) for each in told]


# the same id again


def _sent(stubs: Stubs, name: str, data: bytes, **fields: Any) -> tuple[list[Any], Any]:
    header = batch_pb2.BatchHeader(list=name, mode=ADD, **fields)
    answers = stubs.upload(header, data)
    rows = [row for answer in answers for row in answer.rejected.rows]
    assert answers[-1].WhichOneof("part") == "report"
    return [(row.line, row.column, row.code, row.raw) for row in rows], answers[-1].report


def test_the_same_id_again_brings_the_same_rejects_and_report(shared: Daemon) -> None:
    lines = [yokohama(index) for index in range(400, 420)]
    lines[3:3] = ["phone", "045-000", "110"]
    data = "".join(f"{line}\n" for line in lines).encode()
    with shared.stubs() as stubs:
        apply(stubs, {"rejecting": STARTS_EMPTY})
        rows, report = _sent(stubs, "rejecting", data, batch_id="rejecting-1")
        version = version_of(stubs)
        assert [row[3] for row in rows] == ["phone", "045-000", "110"]
        assert [row[0] for row in rows] == [4, 5, 6]

        for _ in range(2):
            assert _sent(stubs, "rejecting", data, batch_id="rejecting-1") == (rows, report)

        for changed in (data + b"\n", data.replace(b"phone", b"Phone"), data[: len(data) // 2]):
            failed = failure_of(
                lambda: _sent(stubs, "rejecting", changed, batch_id="rejecting-1")  # noqa: B023
            )
            assert failed.code is grpc.StatusCode.ALREADY_EXISTS
            assert failed.reason == "BATCH_ID_TAKEN"

        # a dry run is worked out anew, whoever has its id
        for tried in (data, f"{yokohama(500)}\n".encode()):
            _, preview = _sent(stubs, "rejecting", tried, batch_id="rejecting-1", dry_run=True)
            assert preview.state == batch_pb2.BATCH_STATE_PREVIEW
            assert (preview.version, preview.token) == (0, "")
        assert version_of(stubs) == version
        assert _report(stubs, "rejecting-1") == report


def test_rejects_come_again_after_they_were_mended_and_the_list_was_redefined(
    shared: Daemon,
) -> None:
    """A file is read again as it was the first time, so that nobody gets another list of what to mend."""
    data = f"{yokohama(430)}\nphone\n{yokohama(431)}\n".encode()
    with shared.stubs() as stubs:
        apply(stubs, {"redefined": STARTS_EMPTY})
        rows, report = _sent(stubs, "redefined", data, batch_id="redefined-1")
        assert len(rows) == 1

        apply(stubs, {"redefined": _own("US")})
        assert _sent(stubs, "redefined", data, batch_id="redefined-1") == (rows, report)

        mended = f"+{fiction(40)}\n".encode()
        mending = upload(stubs, "redefined", mended, "redefined-2", mends="redefined-1")
        assert mending.state == ACTIVE
        again, told = _sent(stubs, "redefined", data, batch_id="redefined-1")
        assert again == rows
        assert (report.open_rejects, told.open_rejects) == (1, 0)
        report.open_rejects = 0
        assert told == report


def test_the_rejects_file_is_written_again(shared: Daemon, tmp_path: Path) -> None:
    path = _file(tmp_path, "file.txt", yokohama(440), "phone", yokohama(441))
    with shared.stubs() as stubs:
        apply(stubs, {"rewritten": STARTS_EMPTY})
    first = shared.load("rewritten", path, "--batch-id", "rewritten-1")
    # the answer was lost on its way, and with it the file
    written = Path(first.report["rejects"]["file"])
    kept = written.read_bytes()
    written.unlink()
    again = shared.load("rewritten", path, "--batch-id", "rewritten-1")

    assert (first.code, again.code) == (1, 1)
    assert again.report == first.report
    assert written.read_bytes() == kept


# the ledger's file


def _backed_up(daemon: Daemon, aside: Path) -> None:
    """Keep what a backup of the last moment would hold: file and log."""
    for path in daemon.data.glob("ledger.sqlite3*"):
        shutil.copy(path, aside / path.name)


def _deleted(daemon: Daemon, aside: Path) -> None:
    _backed_up(daemon, aside)
    for path in daemon.data.glob("ledger.sqlite3*"):
        path.unlink()


def _moved(daemon: Daemon, aside: Path) -> None:
    for path in daemon.data.glob("ledger.sqlite3*"):
        path.rename(aside / path.name)


def _file_moved(daemon: Daemon, aside: Path) -> None:
    """Move the file alone; its log stays where it was."""
    ledger_of(daemon.data).rename(aside / "ledger.sqlite3")


def _replaced(daemon: Daemon, aside: Path) -> None:
    _moved(daemon, aside)
    another = aside / "another"

    async def make() -> None:
        async with office(another) as it:
            await it.apply(policy_request({"house": DO_NOT_CONTACT}))

    run(make())
    another.rename(ledger_of(daemon.data))


LOSSES: list[tuple[Callable[[Daemon, Path], None], str]] = [
    (_deleted, "the ledger's file is gone"),
    (_moved, "the ledger's file is gone"),
    (_file_moved, "the ledger's file is gone"),
    (_replaced, "the ledger's file was replaced while it was open"),
]


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("end", ["stop", "kill"])
@pytest.mark.parametrize(("lose", "told"), LOSSES, ids=lambda value: getattr(value, "__name__", ""))
def test_a_ledger_whose_file_is_gone_is_not_written_and_nothing_acknowledged_is_lost(
    start_daemon: StartDaemon,
    tmp_path: Path,
    lose: Callable[[Daemon, Path], None],
    told: str,
    end: str,
) -> None:
    daemon = start_daemon()
    aside = tmp_path / "aside"
    aside.mkdir()
    with daemon.stubs() as stubs:
        apply(stubs, {"house": STARTS_EMPTY})
        for index in range(5):
            path = _file(tmp_path, f"{index}.txt", yokohama(600 + index))
            assert daemon.load("house", path, "--batch-id", f"house-{index}").code == 0
        version = version_of(stubs)

        lose(daemon, aside)
        late = _file(tmp_path, "late.txt", yokohama(700))
        refused = daemon.load("house", late, "--batch-id", "house-late")
        assert refused.code == 3, refused
        for plane in (stubs.screening, stubs.screening_on_control):
            failed = failure_of(lambda: check(plane, e164(1)))  # noqa: B023
            assert (failed.code, failed.reason) == (
                grpc.StatusCode.UNAVAILABLE,
                "LEDGER_UNUSABLE",
            )
        failed = failure_of(lambda: apply(stubs, {"late": STARTS_EMPTY}))
        assert failed.code is grpc.StatusCode.UNAVAILABLE
    assert daemon.ctl("check", yokohama(600)).returncode == 3
    _until(lambda: daemon.get("/readyz")[0] == 503)
    assert daemon.get("/healthz")[0] == 200
    events = [event for event in daemon.events() if event["event"] == "ledger_unusable"]
    assert events
    assert told in events[0]["error"]

    if end == "stop":
        assert daemon.stop() == 0
    else:
        daemon.kill()
    if lose is _replaced:
        for path in daemon.data.glob("ledger.sqlite3*"):
            path.unlink()
    for path in aside.glob("ledger.sqlite3*"):
        path.rename(daemon.data / path.name)
    daemon.start()

    with daemon.stubs() as stubs:
        assert version_of(stubs) == version
        assert list_of(stubs, "house").numbers == 5
        for index in range(5):
            assert said(check(stubs.screening, e164(600 + index))) == LISTED
        assert said(check(stubs.screening, e164(700))) == ALLOWED
        assert daemon.load("house", late, "--batch-id", "house-late").code == 0
    assert daemon.stop() == 0
    assert is_whole(verifying(ledger_of(daemon.data))) == ""


def test_a_file_that_is_back_in_its_place_serves_again(
    start_daemon: StartDaemon, tmp_path: Path
) -> None:
    daemon = start_daemon()
    with daemon.stubs() as stubs:
        apply(stubs, {"house": STARTS_EMPTY})
    path = _file(tmp_path, "file.txt", yokohama(610))
    _file_moved(daemon, tmp_path)
    assert daemon.load("house", path, "--batch-id", "house-1").code == 3
    _until(lambda: daemon.get("/readyz")[0] == 503)

    (tmp_path / "ledger.sqlite3").rename(ledger_of(daemon.data))

    _until(lambda: daemon.get("/readyz")[0] == 200)
    assert daemon.load("house", path, "--batch-id", "house-1").code == 0
    with daemon.stubs() as stubs:
        assert said(check(stubs.screening, e164(610))) == LISTED


# the clock


@pytest.fixture
def ahead(start_daemon: StartDaemon, monkeypatch: pytest.MonkeyPatch) -> Daemon:
    """Serve a ledger whose newest event was written while the clock stood an hour ahead."""
    daemon = start_daemon()
    with daemon.stubs() as stubs:
        apply(stubs, {"house": STARTS_EMPTY})
        upload(stubs, "house", f"{yokohama(620)}\n".encode(), "house-1")
    assert daemon.stop() == 0
    right = time.time_ns

    async def write() -> None:
        async with office(ledger_of(daemon.data)) as it:
            await it.apply(policy_request({"late": STARTS_EMPTY}))

    with monkeypatch.context() as clock:
        clock.setattr(time, "time_ns", lambda: right() + 3_600 * 10**9)
        run(write())
    daemon.start()
    return daemon


def test_behind_its_ledger_a_clock_lets_nothing_be_written(ahead: Daemon, tmp_path: Path) -> None:
    path = _file(tmp_path, "file.txt", yokohama(621))
    with ahead.stubs() as stubs:
        version = version_of(stubs)
        refused = ahead.load("house", path, "--batch-id", "house-2")
        assert refused.code == 3
        assert "CLOCK_BEHIND" in refused.stderr
        failed = failure_of(lambda: upload(stubs, "house", path.read_bytes(), "house-2"))
        assert (failed.code, failed.reason) == (grpc.StatusCode.UNAVAILABLE, "CLOCK_BEHIND")
        failed = failure_of(lambda: apply(stubs, {"later": STARTS_EMPTY}))
        assert (failed.code, failed.reason) == (grpc.StatusCode.UNAVAILABLE, "CLOCK_BEHIND")
        assert version_of(stubs) == version
        # what it has it goes on answering from
        assert said(check(stubs.screening, e164(620))) == LISTED
        assert said(check(stubs.screening, e164(621))) == ALLOWED
        assert ahead.load("house", path, "--dry-run").report["state"] == "PREVIEW"

    status = ahead.ctl("status", "--json")
    assert status.returncode == 1
    codes = [each["code"] for each in json.loads(status.stdout)["attention"]]
    assert codes == ["clock_behind"]
    assert "clock_behind" in ahead.ctl("status").stdout


def test_a_clock_that_is_right_again_lets_all_be_written(
    start_daemon: StartDaemon, tmp_path: Path
) -> None:
    """Half a minute is no matter: clocks are set."""
    daemon = start_daemon()
    with daemon.stubs() as stubs:
        apply(stubs, {"house": STARTS_EMPTY})
    assert daemon.ctl("status").returncode == 0
    path = _file(tmp_path, "file.txt", yokohama(622))
    assert daemon.load("house", path).code == 0


# names and answers


def test_a_name_that_could_be_a_number_is_none(shared: Daemon, tmp_path: Path) -> None:
    path = _file(tmp_path, "file.txt", yokohama(630))
    name = str(e164(630))
    with shared.stubs() as stubs:
        version = version_of(stubs)
        for made in (name, f"acme/{name}", f"optout-{name[:9]}"):
            failed = failure_of(lambda: apply(stubs, {made: STARTS_EMPTY}))  # noqa: B023
            assert failed.code is grpc.StatusCode.INVALID_ARGUMENT
            assert name[:9] not in failed.text
            assert shared.ctl("list", "create", made, "--kind", "do_not_contact").returncode == 2
            assert shared.load(made, path).code == 2
        assert version_of(stubs) == version


def test_an_answer_stands_under_a_reason_code(shared: Daemon, tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    with shared.stubs() as stubs:
        version = version_of(stubs)
        for answers in ('WHY = "because"', 'listed = "no"', f'LISTED = "{"x" * 257}"'):
            policy.write_text(f"[answers]\n{answers}\n", encoding="utf-8")
            assert shared.ctl("apply", "-f", str(policy)).returncode == 2
        assert version_of(stubs) == version
        policy.write_text('[answers]\nLISTED = "二度とおかけしません"\n', encoding="utf-8")
        assert shared.ctl("apply", "-f", str(policy)).returncode == 0
        got = stubs.policy.GetPolicy(policy_pb2.GetPolicyRequest(), timeout=SECONDS)
        assert dict(got.policy.answers) == {"LISTED": "二度とおかけしません"}
