"""Entries begin and end at their instant, by themselves; a day is a whole day where the list lives."""

import time
from collections import Counter
from collections.abc import Callable
from csv import DictReader
from pathlib import Path

import pytest

from e2e.attributed import days_there, lay_out, soon
from e2e.desk import attention, dialable, read, run, says
from e2e.numbering import e164, yokohama
from e2e.planes import SECONDS, version_of
from e2e.uploads import days_ago, file_with
from e2e.verdicts import ALLOWED, LISTED, everywhere
from harness.daemon import Daemon

SPAN_SECONDS = 3.0
"""Until something begins or ends: long enough to look before, short enough to wait."""


@pytest.fixture(scope="module", autouse=True)
def _policy(shared: Daemon, tmp_path_factory: pytest.TempPathFactory) -> None:
    lay_out(shared, tmp_path_factory.mktemp("policy"))


def _load(daemon: Daemon, name: str, path: Path, *options: str) -> float:
    """Load a file; return a span of time in which several more can be."""
    begun = time.monotonic()
    told = run(daemon, "load", name, path, *options)
    assert (told.code, told.state, told.flags) == (0, "ACTIVE", []), told
    return max(SPAN_SECONDS, 6 * (time.monotonic() - begun))


def _until(is_so: Callable[[], bool]) -> float:
    """Wait until something is so; return how long that took."""
    begun = time.monotonic()
    while not is_so():
        assert time.monotonic() - begun < SECONDS
        time.sleep(0.05)
    return time.monotonic() - begun


def test_entries_begin_and_end_by_themselves(shared: Daemon, tmp_path: Path) -> None:
    span = _load(shared, "timed", file_with(tmp_path, "plain.txt", yokohama(0)))
    begins = ends = soon(span)
    rows = [f"{yokohama(1)},{begins},", f"{yokohama(2)},,{ends}", f"{yokohama(3)},,"]
    path = file_with(tmp_path, "rows.csv", "電話番号,開始日時,有効期限", *rows)
    _load(shared, "timed", path)
    _load(shared, "timed", file_with(tmp_path, "a.txt", yokohama(4)), "--effective", begins)
    _load(shared, "timed", file_with(tmp_path, "b.txt", yokohama(5)), "--expires", ends)
    begin, end = [e164(1), e164(4)], [e164(2), e164(5)]
    everybody = [*begin, *end, e164(3)]
    with shared.stubs() as stubs:
        version = version_of(stubs)
        assert dialable(shared, everybody, "timed") == begin
        told = read(shared, "check", yokohama(1), yokohama(2), "--campaign", "timed")
        assert (told.code, says(told.text, ("ALLOW", "LISTED"))) == (1, [])

        _until(lambda: dialable(shared, everybody, "timed") == end)

        for number in begin:
            assert everywhere(stubs, number, "timed") == LISTED
        for number in end:
            assert everywhere(stubs, number, "timed") == ALLOWED
        assert everywhere(stubs, e164(3), "timed") == LISTED
        # and nothing was loaded for it
        assert version_of(stubs) == version


def test_an_end_never_shortens_what_somebody_else_asked(shared: Daemon, tmp_path: Path) -> None:
    path = file_with(tmp_path, "asked.txt", yokohama(10), yokohama(11))
    span = _load(shared, "timed", path)
    ends = soon(span)
    _load(shared, "timed", path, "--expires", ends)
    _load(shared, "timed", file_with(tmp_path, "x.txt", yokohama(12)), "--expires", ends)
    _load(shared, "timed", file_with(tmp_path, "y.txt", yokohama(12)), "--expires", soon(600))
    _load(shared, "timed", file_with(tmp_path, "z.txt", yokohama(13)), "--expires", ends)
    assert dialable(shared, [e164(13)], "timed") == []
    _until(lambda: dialable(shared, [e164(13)], "timed") == [e164(13)])

    assert dialable(shared, [e164(10), e164(11), e164(12)], "timed") == []


def test_a_day_is_the_whole_day_where_the_list_lives(shared: Daemon, tmp_path: Path) -> None:
    """Of two lists a day apart, the one's today is the other's yesterday or tomorrow."""
    for name, hours in (("kiribati", 14.0), ("pago", -11.0)):
        today, tomorrow = days_there(0, hours), days_there(1, hours)
        rows = [
            f"{yokohama(20)},,{today}",
            f"{yokohama(21)},{today},",
            f"{yokohama(22)},{tomorrow},",
            f"{yokohama(23)},{tomorrow.replace('-', '/')} 00:00,",
            f"{yokohama(24)},,{tomorrow}",
        ]
        path = file_with(tmp_path, f"{name}.csv", "電話番号,開始日時,有効期限", *rows)
        _load(shared, name, path)
        # until the end of today, and from the beginning of tomorrow
        who = [e164(index) for index in range(20, 25)]
        assert dialable(shared, who, name) == [e164(22), e164(23)], name


def test_an_end_that_has_passed_is_told_and_blocks_nobody(shared: Daemon, tmp_path: Path) -> None:
    _load(shared, "timed", file_with(tmp_path, "first.txt", yokohama(30)))
    path = file_with(tmp_path, "over.csv", "電話番号,有効期限", f"{yokohama(31)},{days_ago(3)}")
    told = run(shared, "load", "timed", path)
    assert (told.code, told.state) == (0, "ACTIVE")
    assert dialable(shared, [e164(31)], "timed") == [e164(31)]
    all_over = run(shared, "load", "timed", path, "--expires", days_ago(3))
    assert (all_over.code, all_over.reason) == (2, "HEADER_INVALID")
    assert "--expires" in all_over.message


HEADS = ("電話番号", "有効期限", "開始日時", "受付日時", "見直し日", "利用目的", "根拠")
WRONG = (
    ("有効期限", "2026/13/45", "invalid_date"),
    ("有効期限", "45678", "invalid_date"),
    ("有効期限", "20271231", "invalid_date"),
    ("有効期限", "31/12/2027", "invalid_date"),
    ("開始日時", "あした", "invalid_date"),
    ("受付日時", "2999/01/01", "invalid_date"),
    ("見直し日", "R8.11.24", "invalid_date"),
    ("利用目的", "sales:fibre", "invalid_attribute"),
    ("根拠", "本人の申し出", "invalid_attribute"),
)


def test_what_cannot_be_read_is_a_reject_and_stays_open(shared: Daemon, tmp_path: Path) -> None:
    fine = range(40, 60)
    rows = [",".join([yokohama(index), *[""] * (len(HEADS) - 1)]) for index in fine]
    for place, (head, cell, _) in enumerate(WRONG):
        cells = [cell if head == name else "" for name in HEADS[1:]]
        rows.append(",".join([yokohama(60 + place), *cells]))
    path = file_with(tmp_path, "rows.csv", ",".join(HEADS), *rows)

    told = run(shared, "load", "purposed", path)

    assert (told.code, told.state, told.flags) == (1, "ACTIVE", ["incomplete"])
    assert told.view["rejects"]["by_code"] == Counter(code for _, _, code in WRONG)
    with Path(told.view["rejects"]["file"]).open(encoding="utf-8-sig", newline="") as file:
        rejected = [
            (row["line"], row["column"], row["code"], row["raw"]) for row in DictReader(file)
        ]
    first = 2 + len(fine)
    assert rejected == [
        (str(first + place), str(1 + HEADS.index(head)), code, cell)
        for place, (head, cell, code) in enumerate(WRONG)
    ]
    assert dialable(shared, [e164(index) for index in fine], "unsaid") == []
    assert ("incomplete", "purposed", told.view["batch_id"], len(WRONG)) in attention(shared)
