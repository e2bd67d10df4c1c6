"""A real child turns bytes into counted rows and segments, or refuses."""

import asyncio
import hashlib
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from dncd_engine.numbers import NORMALISER_VERSION
from dncd_server.ingest.messages import RowCounts
from files.loading import load
from ingest.uploading import job, upload

DATA = Path(__file__).parents[1] / "data"
EXPECTED: dict[str, Any] = yaml.safe_load((DATA / "expected.yaml").read_text(encoding="utf-8"))
A_FEW = ("cp932_excel.csv", "utf16_excel.txt", "few_bad_rows.csv", "npa.txt", "lines.txt")
MIB = 1 << 20


@pytest.mark.parametrize("name", A_FEW)
def test_a_child_comes_to_what_the_files_room_does(name: str, tmp_path: Path) -> None:
    content = (DATA / "files" / name).read_bytes()
    outcome = asyncio.run(upload(job(tmp_path), [content]))
    plain = load(content)
    distinct = sorted(set(plain.numbers))
    assert outcome.numbers() == distinct
    tally = plain.tally
    duplicate = len(plain.numbers) - len(distinct)
    assert outcome.done.rows == RowCounts(tally.read, len(distinct), duplicate, tally.rejected)
    assert outcome.done.rejects_by_code == dict(tally.by_code)
    assert outcome.done.sha256 == hashlib.sha256(content).digest()
    assert (outcome.done.encoding, outcome.done.layout) == (plain.encoding, plain.layout.name)
    assert outcome.done.normaliser_version == NORMALISER_VERSION
    assert [(row.line, row.column, row.code, row.raw) for row in outcome.rejected] == [
        (cell.line, cell.column, cell.code, cell.raw) for cell in plain.rejected
    ]


def test_a_large_file_comes_to_the_plain_computation(tmp_path: Path) -> None:
    drawn = random.Random(7)  # noqa: S311 - test data
    wanted = [81450000000 + drawn.randrange(9000) for _ in range(60_000)]
    wanted += [816090000000 + drawn.randrange(10_000) for _ in range(60_000)]
    drawn.shuffle(wanted)
    rows = [f"0{number - 81 * 10 ** (len(str(number)) - 2)}" for number in wanted]
    for place in range(0, len(rows), 100):
        rows[place] = "なし"
    good = [number for place, number in enumerate(wanted) if place % 100]
    content = "".join(f"{row}\r\n" for row in ["電話番号", *rows]).encode("cp932")
    pieces = [content[start : start + 300_000] for start in range(0, len(content), 300_000)]
    outcome = asyncio.run(upload(job(tmp_path, expected_bytes=len(content)), pieces))
    assert outcome.numbers() == sorted(set(good))
    assert outcome.done.numbers == len(set(good))
    assert outcome.done.rows == RowCounts(
        120_000, len(set(good)), len(good) - len(set(good)), 120_000 - len(good)
    )
    assert [row.line for row in outcome.rejected] == list(range(2, 120_002, 100))
    assert outcome.progress[-1].rows_read == 120_000


def test_rows_of_several_numbers_are_counted_once(tmp_path: Path) -> None:
    content = (
        "TEL,携帯\n045-000-0001,060-9000-0001\n045-000-0001,\n0450000002,06090000001\n"
        "x,045-000-0003\n045-000-0003,\n,\n"
    )
    outcome = asyncio.run(upload(job(tmp_path, columns=("TEL", "携帯")), [content.encode()]))
    assert outcome.numbers() == [81450000001, 81450000002, 81450000003, 816090000001]
    # The number of the rejected row is taken, but the row that brings it again is the second.
    assert outcome.done.rows == RowCounts(read=5, accepted=2, duplicate=2, rejected=1)


def test_the_first_number_of_a_rejected_row_is_taken_but_its_row_not_accepted(
    tmp_path: Path,
) -> None:
    rows = ["045-000-0001,", "045-000-0002,060-9000-0001", "045-000-0002,", "045-000-0003,なし"]
    rows += ["045-000-0004,060-9000-0001", "045-000-0001,", "x,", "045-000-0005,空"]
    content = "\n".join(("電話番号,備考", *rows, ""))
    outcome = asyncio.run(upload(job(tmp_path), [content.encode()]))
    assert outcome.numbers() == [81450000001 + at for at in range(5)]
    assert outcome.done.numbers == 5
    assert outcome.done.rows == RowCounts(read=8, accepted=4, duplicate=1, rejected=3)
    assert outcome.done.rejects_by_code == {"multiple_numbers": 2, "not_a_number": 1}
    assert [(row.line, row.column, row.raw) for row in outcome.rejected] == [
        (3, 2, "060-9000-0001"),
        (6, 2, "060-9000-0001"),
        (8, 1, "x"),
    ]


def test_packed_numbers_are_held_to_the_same_rules(tmp_path: Path) -> None:
    numbers = [81450000002, 810450000002, 81450000001, 81450000002, 110, 2**60]
    content = np.array(numbers, dtype="<u8").tobytes()
    outcome = asyncio.run(
        upload(job(tmp_path, packed=True), [content[:13], content[13:] + content[:8]])
    )
    assert outcome.numbers() == [81450000001, 81450000002]
    assert outcome.done.rows == RowCounts(read=7, accepted=2, duplicate=2, rejected=3)
    assert [(row.line, row.column, row.raw) for row in outcome.rejected] == [
        (2, 0, ""),
        (5, 0, ""),
        (6, 0, ""),
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "EMPTY"), (b"1234567", "TRUNCATED")],
)
def test_packed_numbers_may_be_refused(content: bytes, reason: str, tmp_path: Path) -> None:
    outcome = asyncio.run(upload(job(tmp_path, packed=True), [content]))
    assert outcome.refused.reason == reason


@pytest.mark.parametrize(
    "name", ["empty.csv", "mojibake.csv", "nul_bytes.csv", "more_than_half_unreadable.csv"]
)
def test_a_refused_file_sends_no_segment(name: str, tmp_path: Path) -> None:
    content = (DATA / "files" / name).read_bytes()
    outcome = asyncio.run(upload(job(tmp_path), [content]))
    assert outcome.segments == []
    expected = EXPECTED[name]["refusal"]
    assert (outcome.refused.reason, outcome.refused.line) == (expected["reason"], expected["line"])


def test_mojibake_is_counted_as_encoding_errors(tmp_path: Path) -> None:
    content = (DATA / "files" / "mojibake.csv").read_bytes()
    refused = asyncio.run(upload(job(tmp_path), [content])).refused
    assert refused.rejects_by_code == {"encoding_error": refused.rows.rejected}


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"expected_rows": 4}, "ROW_COUNT"),
        ({"expected_bytes": 100}, "TRUNCATED"),
        ({"max_bytes": 10}, "TOO_LARGE"),
        ({"expected_bytes": 1 << 40}, "TOO_LARGE"),
        ({"memory_bytes": 512 * MIB}, "TOO_LARGE"),
    ],
)
def test_what_was_announced_is_held_to(values: dict[str, int], reason: str, tmp_path: Path) -> None:
    content = b"0450000001\n0450000002\n0450000003\n"
    outcome = asyncio.run(upload(job(tmp_path, **values), [content]))
    assert outcome.refused.reason == reason
    assert outcome.segments == []


def test_a_huge_line_is_refused_after_its_first_pieces(tmp_path: Path) -> None:
    pieces = (b"9" * MIB for _ in range(64))
    outcome = asyncio.run(upload(job(tmp_path), pieces))
    assert (outcome.refused.reason, outcome.refused.line) == ("LINE_TOO_LONG", 1)
    assert outcome.progress == []  # the first comes at 8 MiB


def test_a_job_that_cannot_be_is_the_callers_mistake(tmp_path: Path) -> None:
    for values in ({"encoding": "shift_jis"}, {"layout": "xlsx"}, {"salt": b"short"}):
        with pytest.raises(ValueError, match=r"one of|has 32 bytes"):
            job(tmp_path, **values)
