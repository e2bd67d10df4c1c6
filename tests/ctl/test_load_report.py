"""What `dncctl load` says of a batch: who must do what, and how rows are mended."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ctl.conftest import Dncctl
from ctl.control import control
from dncd.v1 import batch_pb2
from dncd_client.ctl import codes

Part = batch_pb2.UploadBatchResponse
WRONG_NUMBER = batch_pb2.RejectedRow(line=1, code=batch_pb2.REJECT_CODE_TOO_SHORT, raw="090")
WRONG_DATE = batch_pb2.RejectedRow(line=2, code=batch_pb2.REJECT_CODE_INVALID_DATE, raw="soon")


@pytest.fixture(name="file")
def _file(tmp_path: Path) -> str:
    path = tmp_path / "f.csv"
    path.write_text("045-000-0001\n")
    return str(path)


def _answers(*rows: batch_pb2.RejectedRow, **said: Any) -> Any:
    """Make a server that reports so of whatever comes."""

    def answer(requests: Iterator[Any], _context: object) -> Iterator[Part]:
        header = next(requests).header
        if rows:
            yield Part(rejected=batch_pb2.RejectedRows(rows=rows))
        report = batch_pb2.BatchReport(
            **{
                "batch_id": header.batch_id,
                "list": header.list,
                "mode": header.mode,
                "state": batch_pb2.BATCH_STATE_ACTIVE,
                "flags": ["incomplete"] if rows else [],
                **said,
            }
        )
        yield Part(report=report)

    return answer


def test_what_waits_says_who_must_do_what(dncctl: Dncctl, file: str) -> None:
    """And ends with 1."""
    numbers = batch_pb2.NumberCounts(removed=3, released=3)
    held = _answers(state=batch_pb2.BATCH_STATE_HELD, numbers=numbers, list_version=7)
    options = ("--mode", "remove", "--reason", "given back", "--batch-id", "B-1")
    with control(UploadBatch=held) as (target, _):
        ended = dncctl("load", "optout", file, *options, "--server", target)
        printed = dncctl("load", "optout", file, *options, "--json", "--server", target)

    assert (ended.code, printed.code) == (1, 1)
    assert "optout: HELD (waits for another person)" in ended.out
    assert "released: 3 (may be dialled where they could not before)" in ended.out
    assert "dncctl approve B-1" in ended.out
    assert "dncctl reject B-1 --reason" in ended.out
    assert (printed.json["state"], printed.json["mode"]) == ("HELD", "remove")
    assert printed.json["numbers"] == {"added": 0, "removed": 3, "unchanged": 0, "released": 3}


def test_a_dry_run_says_what_would_wait(dncctl: Dncctl, file: str) -> None:
    """It is fine: nothing was changed."""
    preview = _answers(state=batch_pb2.BATCH_STATE_PREVIEW, flags=["would_hold"])
    with control(UploadBatch=preview) as (target, _):
        ended = dncctl("load", "optout", file, "--dry-run", "--server", target)

    assert ended.code == 0
    assert "would wait for another person" in ended.out


@pytest.mark.parametrize("flag", ["unapproved", "unusual", "undated", "brand_new"])
def test_a_mark_alone_is_no_failure(dncctl: Dncctl, file: str, flag: str) -> None:
    """The batch is in force whole; the mark is told in words, or as it came."""
    with control(UploadBatch=_answers(flags=[flag])) as (target, _):
        ended = dncctl("load", "optout", file, "--server", target)

    assert ended.code == 0
    assert codes.FLAGS.get(flag, (flag,))[0] in ended.out


def test_a_file_that_releases_most_says_how_to_mean_it(dncctl: Dncctl, file: str) -> None:
    """In both languages, with the number that was worked out."""
    refused = _answers(
        state=batch_pb2.BATCH_STATE_REFUSED,
        numbers=batch_pb2.NumberCounts(released=900),
        refusal=batch_pb2.Refusal(reason="MOSTLY_RELEASES", message="it would release 900"),
    )
    with control(UploadBatch=refused) as (target, _):
        english, japanese = (
            dncctl("load", "ftc", file, "--mode", "replace", "--lang", language, "--server", target)
            for language in ("en", "ja")
        )

    assert (english.code, japanese.code) == (1, 1)
    for ended in (english, japanese):
        assert "MOSTLY_RELEASES" in ended.out
        assert "--releases 900" in ended.out
    assert "大半を開放" in japanese.out


def test_mended_rows_say_the_same_as_the_batch(dncctl: Dncctl, file: str) -> None:
    """The command that brings them carries every option that held for all rows."""
    options = (
        "--ground", "voluntary", "--asked", "2026-11-20", "--expires", "2027-03-31", "--purpose",
        "survey", "--purpose", "sales:fiber", "--source", "株式会社 名簿", "--batch-id", "B-1",
    )  # fmt: skip
    with control(UploadBatch=_answers(WRONG_NUMBER)) as (target, _):
        ended = dncctl("load", "optout", file, *options, "--server", target)

    said = (
        "--column raw --source '株式会社 名簿' --ground voluntary --asked 2026-11-20 "
        "--expires 2027-03-31 --purpose survey --purpose sales:fiber --mends B-1"
    )
    assert ended.code == 1
    assert f"dncctl load optout {file}.rejects.csv {said}" in ended.out
    assert "dncctl waive B-1 --reason" in ended.out


def test_rows_of_a_removal_come_again_as_a_removal(dncctl: Dncctl, file: str) -> None:
    """To add them would block whom the file wanted off the list."""
    options = ("--mode", "remove", "--reason", "given back", "--batch-id", "B-1")
    with control(UploadBatch=_answers(WRONG_NUMBER)) as (target, _):
        ended = dncctl("load", "optout", file, *options, "--server", target)

    assert "--column raw --mode remove --reason 'given back'" in ended.out
    assert "--mends" not in ended.out.split("dncctl load")[1].splitlines()[0]
    assert "dncctl waive B-1" in ended.out


@pytest.mark.parametrize(
    ("rows", "by_code", "by_column"),
    [
        ([WRONG_DATE], {"invalid_date": 1}, False),
        ([WRONG_DATE, WRONG_NUMBER], {"invalid_attribute": 1, "too_short": 1}, True),
    ],
)
def test_a_row_with_a_wrong_date_is_mended_in_its_own_file(
    dncctl: Dncctl, file: str, rows: Any, by_code: dict[str, int], by_column: bool
) -> None:
    """The rejects file holds the date, not the number."""
    with control(UploadBatch=_answers(*rows, rejects_by_code=by_code)) as (target, _):
        ended = dncctl("load", "optout", file, "--batch-id", "B-1", "--server", target)

    assert ended.code == 1
    assert "in your own file" in ended.out
    assert ("--column raw" in ended.out) is by_column
    for code in by_code:
        assert f"{code} 1: {codes.REJECTS[code][0]}" in ended.out


def test_a_rejected_date_is_told_in_the_rejects_file(dncctl: Dncctl, file: str) -> None:
    """In the chosen language."""
    with control(UploadBatch=_answers(WRONG_DATE)) as (target, _):
        dncctl("load", "optout", file, "--lang", "ja", "--server", target)

    text = Path(f"{file}.rejects.csv").read_text(encoding="utf-8-sig")
    assert f"2,,invalid_date,soon,{codes.REJECTS['invalid_date'][1]}" in text


def test_a_base_is_a_batch_or_a_date(dncctl: Dncctl, file: str) -> None:
    """Told apart by their form."""
    headers: list[batch_pb2.BatchHeader] = []

    def keep(requests: Iterator[Any], context: object) -> Iterator[Part]:
        first = next(requests)
        headers.append(first.header)
        yield from _answers()(iter([first]), context)

    with control(UploadBatch=keep) as (target, _):
        for base in ("2026-11-01", "B-7"):
            dncctl("load", "ftc", file, "--mode", "change", "--base", base, "--server", target)

    assert [(each.base_published_date, each.base_batch_id) for each in headers] == [
        ("2026-11-01", ""),
        ("", "B-7"),
    ]
    assert {each.mode for each in headers} == {batch_pb2.BATCH_MODE_CHANGE}


@pytest.mark.parametrize(
    "options",
    [
        ("--mode", "revert"),
        ("--mode", "policy"),
        ("--expires", "2027-02-30"),
        ("--asked", "24:00"),
        ("--effective", "2026-W01"),
        ("--review", "2026-12-31T25:00"),
        ("--releases", "-1"),
        ("--published", "2026-11-01T09:00"),
    ],
)
def test_wrong_usage_sends_nothing(dncctl: Dncctl, file: str, options: tuple[str, ...]) -> None:
    """It ends with 2 and names the option."""
    with control(UploadBatch=_answers()) as (target, requests):
        ended = dncctl("load", "optout", file, *options, "--server", target)

    assert (ended.code, requests) == (2, [])
    assert options[0] in ended.err
