"""Files that are not what they say are refused whole; a few bad rows keep no good one out; nobody's check suffers."""

import csv
import json
import logging
import re
import stat
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

import pytest

from dncd.v1 import policy_pb2
from e2e.asking import Asker, Said
from e2e.numbering import e164, yokohama
from e2e.planes import (
    STARTS_EMPTY,
    apply,
    dialled_everywhere,
    list_of,
    memory_bytes,
    upload,
    version_of,
)
from harness.canary import Canary
from harness.daemon import BIN, Daemon

LISTED: Said = ("BLOCK", "DROP", ["LISTED"])
ALLOWED: Said = ("ALLOW", "DIAL", [])
MIB = 1 << 20
_log = logging.getLogger(__name__)


def _csv(rows: int, first: int = 2_000) -> str:
    lines = (f"{at},{yokohama(first + at)},架電不可" for at in range(rows))
    return "\r\n".join(("受付番号,電話番号,備考", *lines, ""))


@pytest.fixture(scope="module", autouse=True)
def asker(shared: Daemon) -> Iterator[Asker]:
    """Ask from the first test of the file to the last."""
    with shared.stubs() as stubs:
        apply(stubs, {"optout": STARTS_EMPTY}, {"default": dialled_everywhere()})
        upload(stubs, "optout", "".join(f"{yokohama(at)}\n" for at in range(50)).encode(), "base")
    right = {e164(at): LISTED for at in range(5)} | {e164(9_000 + at): ALLOWED for at in range(5)}
    with Asker(shared, right) as asker:
        yield asker
    _log.info("%d calls meanwhile, the slowest %.3f s", asker.asked, asker.slowest_seconds)


@pytest.fixture(autouse=True)
def _nobody_is_disturbed(asker: Asker) -> Iterator[None]:
    asked = asker.asked
    yield
    assert asker.problems == []
    assert asker.asked > asked


_WHOLE = _csv(40)
FILES: dict[str, tuple[bytes, str, int | None]] = {
    "empty": (b"", "EMPTY", None),
    "blank": (b"\r\n  \r\n\r\n", "EMPTY", None),
    "header only": (_csv(0).encode(), "EMPTY", None),
    "ends in a number": (
        _WHOLE.encode()[: -len(",架電不可\r\n".encode()) - 2],
        "TRUNCATED",
        41,
    ),
    "ends before the number": (_WHOLE.encode() + b"40", "TRUNCATED", 42),
    "ends within a character": (_WHOLE.encode()[:-4], "TRUNCATED", 41),
    "ends within a character of CP932": (_WHOLE.encode("cp932")[:-3], "TRUNCATED", 41),
    "ends within quotes": (_WHOLE.encode() + b'40,"045-0', "TRUNCATED", 42),
    "a line of digits cut short": (
        "".join(f"{yokohama(2_000 + at)}\n" for at in range(40)).encode() + b"045-0",
        "TRUNCATED",
        41,
    ),
    "CP932 in UTF-8": (
        _csv(20).encode() + "x,045-000-3000,架電不可\r\n".encode("cp932") + b"y,045-000-3001,z\r\n",
        "ENCODING",
        22,
    ),
    "more than half unreadable": (
        (_csv(10) + "".join(f"{at},12,x\r\n" for at in range(11))).encode(),
        "MOSTLY_UNREADABLE",
        None,
    ),
    "NUL bytes": (_csv(20).encode() + b"20,045-000-\x003000,z\r\n", "LAYOUT", 22),
    "an archive": (b"PK\x03\x04" + bytes(range(256)) * 40, "LAYOUT", None),
    "no column of numbers": (b"name,city\r\nA,B\r\nC,D\r\n", "", None),
}


@pytest.mark.parametrize("what", FILES)
def test_a_file_that_is_not_what_it_says_is_refused_whole(
    shared: Daemon, tmp_path: Path, what: str
) -> None:
    data, reason, line = FILES[what]
    path = tmp_path / "file.csv"
    path.write_bytes(data)
    with shared.stubs() as stubs:
        version, before = version_of(stubs), list_of(stubs, "optout").numbers

    loaded = shared.load("optout", path)

    assert (loaded.code, loaded.report["state"]) == (1, "REFUSED"), loaded
    refusal = loaded.report["refusal"]
    assert reason in ("", refusal["reason"]), refusal
    assert line in (None, refusal["line"]), refusal
    assert refusal["message"].rstrip(".").count(" ") > 4, "it says what and how to mend it"
    assert not re.search(r"\d{6,}", refusal["message"].replace(",", ""))
    assert (loaded.report["version"], loaded.report["token"]) == (None, None)
    assert set(loaded.report["numbers"].values()) == {0}
    with shared.stubs() as stubs:
        assert version_of(stubs) == version
        assert list_of(stubs, "optout").numbers == before
        assert list_of(stubs, "optout").open_rejects == 0


def test_a_refusal_says_the_same_to_people(shared: Daemon, tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(FILES["NUL bytes"][0])
    message = shared.load("optout", path).report["refusal"]["message"]

    told = shared.ctl("load", "optout", str(path))

    assert told.returncode == 1
    assert message in told.stdout
    assert "line 22" in told.stdout


def test_a_declared_encoding_that_does_not_hold_is_refused(shared: Daemon, tmp_path: Path) -> None:
    path = tmp_path / "cp932.csv"
    path.write_bytes(_csv(20).encode("cp932"))

    loaded = shared.load("optout", path, "--encoding", "utf-8")

    assert (loaded.code, loaded.report["refusal"]["reason"]) == (1, "ENCODING")
    assert loaded.report["refusal"]["line"] == 1


def test_a_file_dated_in_the_future_is_refused(shared: Daemon, tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(_csv(3).encode())
    with shared.stubs() as stubs:
        version = version_of(stubs)

    loaded = shared.load("optout", path, "--published", "2999-12-31")

    assert (loaded.code, loaded.report["refusal"]["reason"]) == (1, "FUTURE_DATED")
    with shared.stubs() as stubs:
        assert version_of(stubs) == version


def _feed(pipe: IO[bytes], total: int, written: list[int]) -> None:
    part = b"0" * (256 << 10)
    try:
        for _ in range(total // len(part)):
            pipe.write(part)
            written[0] += len(part)
        pipe.close()
    except (BrokenPipeError, ValueError):
        pass


def test_two_gigabytes_of_one_line_are_refused_long_before_their_end(
    shared: Daemon, tmp_path: Path
) -> None:
    with shared.stubs() as stubs:
        version = version_of(stubs)
    before = peak = memory_bytes(shared)
    started = time.monotonic()
    done = subprocess.Popen(
        [str(BIN / "dncctl"), "load", "optout", "-", "--json", "--server", shared.control],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=tmp_path,
    )
    assert done.stdin is not None
    assert done.stdout is not None
    written = [0]
    feeder = threading.Thread(target=_feed, args=(done.stdin, 2 << 30, written), daemon=True)
    feeder.start()
    while done.poll() is None:
        peak = max(peak, memory_bytes(shared))
        assert time.monotonic() - started < 30, "it takes too long to refuse"
        time.sleep(0.01)
    report = json.loads(done.stdout.read())
    done.stdout.close()
    feeder.join(10)
    assert not feeder.is_alive()
    with suppress(BrokenPipeError):
        done.stdin.close()

    _log.info(
        "refused in %.1f s after %.1f MiB; the daemon grew by %.1f MiB",
        time.monotonic() - started,
        written[0] / MIB,
        (peak - before) / MIB,
    )
    assert (done.returncode, report["state"]) == (1, "REFUSED")
    assert (report["refusal"]["reason"], report["refusal"]["line"]) == ("LINE_TOO_LONG", 1)
    # some run on while the refusal is on its way
    assert written[0] < 256 * MIB
    assert peak - before < 100 * MIB
    with shared.stubs() as stubs:
        assert version_of(stubs) == version


BAD = [
    ("電話番号なし", "not_a_number"),
    ("045-000-1100 045-000-1101", "multiple_numbers"),
    ("045-000-11", "too_short"),
    ("０４５－０００－１１０２－１１０３", None),
    ('=cmd|"calc"', None),
]


def _metric(daemon: Daemon, name: str, list_name: str) -> float:
    _, text = daemon.get("/metrics")
    for line in text.splitlines():
        if line.startswith(f'{name}{{list="{list_name}"}}'):
            return float(line.split()[-1])
    raise AssertionError(f"no {name}")


def test_a_few_bad_rows_keep_no_good_one_out_and_are_mended_later(
    shared: Daemon, tmp_path: Path, canary: Canary
) -> None:
    with shared.stubs() as stubs:
        apply(stubs, {"partial": STARTS_EMPTY}, {"partial": _only("partial")})
    path = tmp_path / "partial.csv"
    rows = [f"{at},{yokohama(1_000 + at)}" for at in range(30)]
    lines = []
    for at, (raw, _) in enumerate(BAD):
        place = 5 * (at + 1)
        quoted = raw.replace('"', '""')
        rows.insert(place, f'x,"{quoted}"')
    for at, row in enumerate(rows):
        if row.startswith("x,"):
            lines.append(at + 2)
    path.write_text("\n".join(("受付番号,電話番号", *rows, "")), encoding="utf-8")

    loaded = shared.load("partial", path, "--batch-id", "partial-1")

    assert (loaded.code, loaded.report["state"], loaded.report["flags"]) == (
        1,
        "ACTIVE",
        ["incomplete"],
    )
    assert loaded.report["rows"] == {"read": 35, "accepted": 30, "duplicate": 0, "rejected": 5}
    assert loaded.report["numbers"]["added"] == 30
    assert sum(loaded.report["rejects"]["by_code"].values()) == 5
    rejects = Path(loaded.report["rejects"]["file"])
    assert rejects == tmp_path / "partial.csv.rejects.csv"
    assert stat.S_IMODE(rejects.stat().st_mode) == 0o600
    with rejects.open(encoding="utf-8-sig", newline="") as file:
        told = list(csv.DictReader(file))
    assert [int(item["line"]) for item in told] == lines
    assert [item["raw"].removeprefix("'") for item in told] == [raw for raw, _ in BAD]
    for item, (_, code) in zip(told, BAD, strict=True):
        assert code in (None, item["code"])
        assert item["reason"]
    # their raw text is stored nowhere
    stored = b"".join(file.read_bytes() for file in shared.data.iterdir() if file.is_file())
    for raw, _ in BAD:
        for encoding in ("utf-8", "cp932", "utf-16-le"):
            assert raw.encode(encoding) not in stored

    assert [verdict["decision"] for verdict in _checked(shared, 1_000, 1_029, 1_100)] == [
        "BLOCK",
        "BLOCK",
        "ALLOW",
    ]
    status = shared.ctl("status", "--json")
    wanted = {"code": "incomplete", "list": "partial", "batch_id": "partial-1", "count": 5}
    assert status.returncode == 1
    assert wanted in json.loads(status.stdout)["attention"]
    assert "partial-1" in shared.ctl("status").stdout
    assert _metric(shared, "dncd_open_rejects", "partial") == 5

    mended = tmp_path / "mended.csv"
    mended.write_text(
        "line,raw\n" + "".join(f"{line},{yokohama(1_100 + line)}\n" for line in lines),
        encoding="utf-8",
    )
    # one mended row more than was rejected would be a lie, one fewer leaves one open
    some = tmp_path / "some.csv"
    some.write_text("\n".join(mended.read_text().splitlines()[:3]) + "\n", encoding="utf-8")
    first = shared.load("partial", some, "--column", "raw", "--mends", "partial-1")
    assert first.code == 0
    assert _metric(shared, "dncd_open_rejects", "partial") == 3
    rest = tmp_path / "rest.csv"
    kept = mended.read_text().splitlines()
    rest.write_text("\n".join((kept[0], *kept[3:])) + "\n", encoding="utf-8")
    second = shared.load("partial", rest, "--column", "raw", "--mends", "partial-1")
    assert second.code == 0

    assert _metric(shared, "dncd_open_rejects", "partial") == 0
    attention = json.loads(shared.ctl("status", "--json").stdout)["attention"]
    assert [item for item in attention if item["list"] == "partial"] == []
    assert shared.ctl("status").returncode == (1 if attention else 0)
    assert attention == []
    decided = _checked(shared, *(1_100 + line for line in lines))
    assert {verdict["decision"] for verdict in decided} == {"BLOCK"}
    canary.used("045-000-1100")


def _only(name: str) -> policy_pb2.CampaignDefinition:
    campaign = dialled_everywhere()
    campaign.block.append(name)
    return campaign


def _checked(daemon: Daemon, *indexes: int) -> list[dict[str, str]]:
    options = ("--campaign", "partial")
    return daemon.check(*map(yokohama, indexes), options=options)


@pytest.mark.parametrize(
    ("mends", "code"), [("nowhere", 2), ("base", 2)], ids=["unknown", "of another list"]
)
def test_what_mends_names_must_be_a_batch_of_the_list(
    shared: Daemon, tmp_path: Path, mends: str, code: int
) -> None:
    with shared.stubs() as stubs:
        apply(stubs, {"partial": STARTS_EMPTY})
        version = version_of(stubs)
    path = tmp_path / "file.csv"
    path.write_text(f"{yokohama(1_500)}\n", encoding="utf-8")

    loaded = shared.load("partial", path, "--mends", mends)

    assert (loaded.code, loaded.report) == (code, {})
    with shared.stubs() as stubs:
        assert version_of(stubs) == version


def test_a_transfer_that_breaks_off_changes_nothing(shared: Daemon) -> None:
    with shared.stubs() as stubs:
        version, before = version_of(stubs), list_of(stubs, "optout").numbers
    done = subprocess.Popen(
        [str(BIN / "dncctl"), "load", "optout", "-", "--batch-id", "cut"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={"DNCCTL_SERVER": shared.control, "PATH": "/usr/bin:/bin"},
    )
    assert done.stdin is not None
    done.stdin.write("".join(f"{yokohama(4_000 + at)}\n" for at in range(2_000)).encode())
    done.stdin.flush()
    time.sleep(0.8)
    done.kill()
    done.wait(10)
    done.stdin.close()
    time.sleep(0.3)

    with shared.stubs() as stubs:
        assert version_of(stubs) == version
        assert list_of(stubs, "optout").numbers == before
        # and the id is free
        report = upload(stubs, "optout", f"{yokohama(4_000)}\n".encode(), "cut")
        assert report.numbers.added == 1
