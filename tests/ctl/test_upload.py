"""`dncctl load` against servers that answer as they please."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ctl.conftest import Dncctl
from ctl.control import control
from dncd.v1 import batch_pb2

Part = batch_pb2.UploadBatchResponse


def _report(request: Any, state: int = batch_pb2.BATCH_STATE_ACTIVE, **more: Any) -> Part:
    header = request.header
    report = batch_pb2.BatchReport(
        batch_id=header.batch_id,
        list=header.list,
        mode=header.mode,
        state=state,  # type: ignore[arg-type]
        version=12,
        token="t12",  # noqa: S106 - a version's token
        **more,
    )
    return Part(report=report)


def _takes_all(requests: Iterator[Any], _context: object) -> Iterator[Part]:
    """Read to the end, report the digest."""
    first = next(requests)
    digest = hashlib.sha256()
    for each in requests:
        digest.update(each.file_bytes)
    yield _report(first, file_sha256=digest.hexdigest(), encoding="utf-8", layout="lines")


def test_a_file_arrives_whole_and_the_report_is_json(dncctl: Dncctl, numbers: Path) -> None:
    """The JSON is the contract's."""
    with control(UploadBatch=_takes_all) as (target, requests):
        ended = dncctl("load", "optout", str(numbers), "--json", "--server", target)

    assert ended.code == 0
    batch_id = ended.json["batch_id"]
    assert ended.json == {
        "batch_id": batch_id,
        "list": "optout",
        "mode": "add",
        "state": "ACTIVE",
        "flags": [],
        "version": 12,
        "token": "t12",
        "rows": {"read": 0, "accepted": 0, "duplicate": 0, "rejected": 0},
        "numbers": {"added": 0, "removed": 0, "unchanged": 0},
        "rejects": {"by_code": {}, "file": None},
        "file_sha256": hashlib.sha256(numbers.read_bytes()).hexdigest(),
        "encoding": "utf-8",
        "layout": "lines",
        "region": None,
    }
    assert batch_id in ended.err
    assert requests[0][2]["dncd-actor"]


def test_the_header_says_what_the_options_say(dncctl: Dncctl, numbers: Path) -> None:
    """Each option arrives in its field."""
    headers = []

    def keep(requests: Iterator[Any], _context: object) -> Iterator[Part]:
        first = next(requests)
        headers.append(first.header)
        yield _report(first)

    options = (
        "--mode replace --region JP --encoding cp932 --layout csv --column tel --column fax "
        "--source meibo --ground voluntary --purpose survey --asked 2026-11-20T00:00:00Z "
        "--effective 2026-12-01 --expires 2027-03-31 --review 2027-01-31 "
        "--ref R-1 --requester self --reason why --published 2026-11-01 --coverage +81 "
        "--mends B-0 --base B-1 --batch-id B-2 --everything --releases 31 --dry-run"
    )
    with control(UploadBatch=keep) as (target, _):
        dncctl("--server", target, "load", "optout", str(numbers), *options.split())

    (header,) = headers
    assert (header.batch_id, header.list, header.region) == ("B-2", "optout", "JP")
    assert header.mode == batch_pb2.BATCH_MODE_REPLACE
    assert (header.encoding, header.layout) == ("cp932", "csv")
    assert list(header.columns) == ["tel", "fax"]
    assert header.published_date == "2026-11-01"
    assert list(header.coverage) == ["81"]
    assert (header.mends, header.base_batch_id, header.reason) == ("B-0", "B-1", "why")
    assert header.dry_run
    assert (header.file_name, header.file_size_bytes) == ("numbers.txt", 2_800_000)
    given = header.attributes
    assert (given.source, given.ground, given.reference) == ("meibo", "voluntary", "R-1")
    assert (given.requester, list(given.purposes)) == ("self", ["survey"])
    assert (header.dates.effective, header.dates.expires) == ("2026-12-01", "2027-03-31")
    assert (header.dates.asked, header.dates.review) == ("2026-11-20T00:00:00Z", "2027-01-31")
    assert (header.everything, header.expected_releases) == (True, 31)


def test_a_refusal_in_the_middle_stops_the_sending(dncctl: Dncctl, numbers: Path) -> None:
    """What is not sent yet stays here, and the exit code is 1."""

    def refuse(requests: Iterator[Any], _context: object) -> Iterator[Part]:
        first = next(requests)
        next(requests)
        refusal = batch_pb2.Refusal(reason="ENCODING", line=3, message="say --encoding cp932")
        yield _report(first, batch_pb2.BATCH_STATE_REFUSED, refusal=refusal)

    with control(UploadBatch=refuse) as (target, _):
        ended = dncctl("load", "optout", str(numbers), "--json", "--server", target)

    assert ended.code == 1
    assert ended.json["state"] == "REFUSED"
    assert ended.json["refusal"] == {
        "reason": "ENCODING",
        "line": 3,
        "message": "say --encoding cp932",
    }


def test_rejected_rows_are_kept_beside_the_file(dncctl: Dncctl, numbers: Path) -> None:
    """And an incomplete batch ends with 1."""

    def reject(requests: Iterator[Any], context: object) -> Iterator[Part]:
        row = batch_pb2.RejectedRow(line=1, code=batch_pb2.REJECT_CODE_LETTERS, raw="=abc")
        yield Part(rejected=batch_pb2.RejectedRows(rows=[row]))
        for each in _takes_all(requests, context):
            each.report.flags.append("incomplete")
            each.report.rejects_by_code["letters"] = 1
            yield each

    with control(UploadBatch=reject) as (target, _):
        ended = dncctl("load", "optout", str(numbers), "--json", "--server", target)

    assert ended.code == 1
    assert ended.json["rejects"] == {"by_code": {"letters": 1}, "file": f"{numbers}.rejects.csv"}
    assert "1,,letters,'=abc," in Path(f"{numbers}.rejects.csv").read_text()


def test_rows_that_come_again_are_written_again(dncctl: Dncctl, numbers: Path) -> None:
    """To a fresh file, with the command that brings them back once they are mended."""

    def reject(requests: Iterator[Any], context: object) -> Iterator[Part]:
        yield Part(rejected=batch_pb2.RejectedRows(rows=[batch_pb2.RejectedRow(line=1)]))
        for each in _takes_all(requests, context):
            each.report.flags.append("incomplete")
            each.report.region = "US"
            yield each

    options = ("--batch-id", "B-1", "--region", "US")
    with control(UploadBatch=reject) as (target, _):
        first, again = (
            dncctl("load", "optout", str(numbers), *options, "--server", target) for _ in range(2)
        )

    mend = "--column raw --region US --mends B-1"
    assert f"dncctl load optout {numbers}.rejects.csv {mend}" in first.out
    assert f"dncctl load optout {numbers}.rejects.csv.1 {mend}" in again.out
    assert "read as: US" in first.out


def test_rows_that_do_not_come_again_are_had_by_a_dry_run(dncctl: Dncctl, numbers: Path) -> None:
    """No file is named that was not written."""

    def silent(requests: Iterator[Any], context: object) -> Iterator[Part]:
        for each in _takes_all(requests, context):
            each.report.flags.append("incomplete")
            yield each

    with control(UploadBatch=silent) as (target, _):
        ended = dncctl("load", "optout", str(numbers), "--server", target)

    assert ended.code == 1
    assert "--dry-run" in ended.out
    assert ".rejects.csv" not in ended.out


def test_a_refusal_is_told_in_japanese(dncctl: Dncctl, numbers: Path) -> None:
    """The server's own words follow where they hold more."""

    def refuse(requests: Iterator[Any], _context: object) -> Iterator[Part]:
        refusal = batch_pb2.Refusal(reason="ENCODING", line=3, message="say --encoding cp932")
        yield _report(next(requests), batch_pb2.BATCH_STATE_REFUSED, refusal=refusal)

    with control(UploadBatch=refuse) as (target, _):
        ended = dncctl("load", "optout", str(numbers), "--lang", "ja", "--server", target)

    assert "ENCODING、3 行目: 文字コードが合っていません" in ended.out
    assert "サーバーの説明: say --encoding cp932" in ended.out


def test_rejected_rows_that_cannot_be_kept_are_an_error(dncctl: Dncctl, numbers: Path) -> None:
    """The batch stands, but nobody is told that all is well."""

    def reject(requests: Iterator[Any], context: object) -> Iterator[Part]:
        yield Part(rejected=batch_pb2.RejectedRows(rows=[batch_pb2.RejectedRow(line=1)]))
        yield from _takes_all(requests, context)

    nowhere = str(numbers.parent / "missing" / "r.csv")
    with control(UploadBatch=reject) as (target, _):
        ended = dncctl("load", "optout", str(numbers), "--rejects", nowhere, "--server", target)

    assert ended.code == 1
    assert "could not be written" in ended.err


def test_standard_input_is_loaded_by_the_program_itself(tmp_path: Path) -> None:
    """A pipe has no size and no name, and is sent as it comes."""
    with control(UploadBatch=_takes_all) as (target, requests):
        command = [sys.executable, "-c", "from dncd_client.ctl.cli import main; main()"]
        ended = subprocess.run(
            [*command, "load", "optout", "-", "--server", target, "--json"],
            input=b"090-1234-5678\n" * 100_000,
            capture_output=True,
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"]},
            timeout=30,
            check=False,
        )

    assert ended.returncode == 0, ended.stderr
    digest = hashlib.sha256(b"090-1234-5678\n" * 100_000).hexdigest()
    assert digest.encode() in ended.stdout
    assert len(requests) == 1
