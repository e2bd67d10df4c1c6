"""Strata: rows that say when and for what are told apart, and what is past is told as past."""

import asyncio
from pathlib import Path

import pytest

from dncd_engine.strata import OVER_BEFORE_IT_CAME_US, PLAIN, Stratum
from dncd_files.statements import Statement
from dncd_server.ingest.messages import RowCounts
from files.test_attributes import NOW, us
from ingest.uploading import Outcome, job, upload, work

A, B, C, D = 81450000001, 81450000002, 81450000003, 816090000004
AS_WRITTEN = {A: "045-000-0001", B: "０４５（０００）０００２", C: "0450000003", D: "060-9000-0004"}
JANUARY = us("2026-12-31T15:00")
END_OF_JANUARY = us("2027-01-31T15:00")
PURPOSES = ("sales:fiber", "survey")


def table(heads: str, *rows: str) -> str:
    """Return a file whose rows begin with one of A to D."""
    for number, written in AS_WRITTEN.items():
        rows = tuple(row.replace(f"{number},", f"{written},") for row in rows)
    return "".join(f"{line}\r\n" for line in (f"電話番号,{heads}", *rows))


def read(tmp_path: Path, text: str, **values: object) -> Outcome:
    usual = {"now_us": NOW, "tz": "Asia/Tokyo", "declared_purposes": PURPOSES}
    return work(job(tmp_path, **(usual | values)), text.encode())


@pytest.mark.parametrize("codec", ["cp932", "utf-8", "utf-8-sig", "utf-16"])
def test_a_file_of_a_spreadsheet_is_read_whatever_its_encoding(codec: str, tmp_path: Path) -> None:
    text = table(
        "受付日時,有効期限,開始日時,利用目的,根拠,理由,受付番号",
        f"{A},2026/11/17 18:30,2027/1/31,,,voluntary,もう電話しないで,R-001",
        f"{B},2026年11月17日,,2027-01-01T00:00,sales:fiber、survey,,,R-002",
        f"{C},,,,,,,",
        f"{D},いつか,,,,,,R-003",
    )
    values = {"now_us": NOW, "tz": "Asia/Tokyo", "declared_purposes": PURPOSES}
    pieces = [text.encode(codec)[at : at + 50] for at in range(0, 2 * len(text), 50)]
    outcome = asyncio.run(upload(job(tmp_path, **values), pieces))
    assert outcome.by_stratum() == {
        Stratum(expires_us=END_OF_JANUARY): [A],
        Stratum(effective_us=JANUARY, purposes=PURPOSES): [B],
        PLAIN: [C],
    }
    assert outcome.done.strata[0] == PLAIN
    assert outcome.said() == {
        A: [
            Statement(
                asked_us=us("2026-11-17T09:30"),
                expires_us=END_OF_JANUARY,
                ground="voluntary",
                reason="もう電話しないで",
                reference="R-001",
            )
        ],
        B: [
            Statement(
                asked_us=us("2026-11-16T15:00"),
                effective_us=JANUARY,
                purposes=PURPOSES,
                reference="R-002",
            )
        ],
    }
    assert [(row.line, row.column, row.code, row.raw) for row in outcome.rejected] == [
        (5, 2, "invalid_date", "いつか")
    ]
    assert outcome.done.rows == RowCounts(4, 3, 0, 1)
    assert (outcome.done.numbers, outcome.done.ended) == (3, 0)


def test_what_rows_leave_out_is_the_batchs_own(tmp_path: Path) -> None:
    own = Stratum(us("2027-01-10T00:00"), us("2027-06-01T00:00"), ("survey",), published_us=7)
    rows = (f"{A},,,", f"{B},2027-02-01,,", f"{C},,2027-05-31T00:00,", f"{D},,,sales:fiber")
    text = table("開始日時,有効期限,利用目的", *rows)
    outcome = read(tmp_path, text, terms=own)
    assert outcome.done.strata[0] == own
    assert outcome.by_stratum() == {
        own: [A],
        Stratum(us("2027-01-31T15:00"), own.expires_us, ("survey",), 7): [B],
        Stratum(own.effective_us, us("2027-05-30T15:00"), ("survey",), 7): [C],
        Stratum(own.effective_us, own.expires_us, ("sales:fiber",), 7): [D],
    }


def test_what_is_past_is_told_as_past_and_kept_as_written(tmp_path: Path) -> None:
    text = table(
        "開始日時,有効期限",
        f"{A},2026-01-01,2027-01-31",
        f"{B},2026-01-01,2026-02-01",
        f"{C},,2026-11-17",
        f"{D},2026-01-01,",
    )
    outcome = read(tmp_path, text)
    over = Stratum(expires_us=OVER_BEFORE_IT_CAME_US)
    assert outcome.by_stratum() == {
        Stratum(expires_us=END_OF_JANUARY): [A],
        over: [B, C],
        PLAIN: [D],
    }
    ((said,), (begun,)) = outcome.said()[B], outcome.said()[D]
    assert said.effective_us == us("2025-12-31T15:00")
    assert said.expires_us == us("2026-02-01T15:00")
    assert begun.effective_us == us("2025-12-31T15:00")


def test_the_very_instant_is_past_the_end_and_past_the_beginning(tmp_path: Path) -> None:
    now = us("2026-11-18T00:00")
    text = table("開始日時,有効期限", f"{A},,2026-11-18T00:00Z", f"{B},2026-11-18T00:00Z,")
    outcome = read(tmp_path, text, now_us=now)
    over = Stratum(expires_us=OVER_BEFORE_IT_CAME_US)
    assert outcome.by_stratum() == {over: [A], PLAIN: [B]}


def test_a_batch_that_is_over_stays_over_whenever_its_rows_begin(tmp_path: Path) -> None:
    over = Stratum(expires_us=OVER_BEFORE_IT_CAME_US)
    outcome = read(tmp_path, table("開始日時", f"{A},2027-01-01", f"{B},"), terms=over)
    assert outcome.by_stratum() == {over: [A, B]}


def test_a_number_stands_in_every_stratum_that_rows_give_it(tmp_path: Path) -> None:
    rows = (f"{A},2027-01-31", f"{A},", f"{B},2027-01-31", f"{A},2027-01-31")
    outcome = read(tmp_path, table("有効期限", *rows))
    assert outcome.by_stratum() == {PLAIN: [A], Stratum(expires_us=END_OF_JANUARY): [A, B]}
    assert outcome.done.rows == RowCounts(read=4, accepted=2, duplicate=2, rejected=0)
    assert outcome.done.numbers == 2
    assert [len(said) for said in outcome.said().values()] == [1, 1]


def test_where_the_latest_counts_the_last_row_does(tmp_path: Path) -> None:
    rows = (f"{A},2027-01-31,R-1", f"{A},,R-2", f"{B},,R-3", f"{B},2027-01-31,", f"{A},x,")
    outcome = read(tmp_path, table("有効期限,受付番号", *rows), keeps_last=True)
    assert outcome.by_stratum() == {PLAIN: [A], Stratum(expires_us=END_OF_JANUARY): [B]}
    assert outcome.said() == {
        A: [Statement(reference="R-2")],
        B: [Statement(expires_us=END_OF_JANUARY)],
    }
    assert outcome.done.rows == RowCounts(read=5, accepted=2, duplicate=2, rejected=1)


def test_evidence_alone_leaves_all_in_one_stratum(tmp_path: Path) -> None:
    rows = (f"{A},R-1", f"{A},R-2", f"{A},R-1", f"{D},")
    outcome = read(tmp_path, table("受付番号", *rows))
    assert outcome.by_stratum() == {PLAIN: [A, D]}
    assert outcome.done.strata == (PLAIN,)
    assert outcome.said() == {A: [Statement(reference="R-1"), Statement(reference="R-2")]}


def test_a_removal_ends_whatever_its_rows_say(tmp_path: Path) -> None:
    own = Stratum(effective_us=JANUARY)
    text = table("有効期限,理由", f"{A},2027-01-31,誤登録", f"{B},,")
    outcome = read(tmp_path, text, mode="remove", terms=own, needs_source=True)
    assert (outcome.by_stratum(), outcome.done.strata) == ({PLAIN: [A, B]}, (PLAIN,))
    assert outcome.said() == {A: [Statement(expires_us=END_OF_JANUARY, reason="誤登録")]}


def test_numbers_without_rows_have_the_batchs_own_terms(tmp_path: Path) -> None:
    own = Stratum(effective_us=JANUARY, purposes=("survey",))
    for text in ("0450000001\r\n", table("氏名", f"{A},見本")):
        outcome = read(tmp_path, text, terms=own)
        assert outcome.by_stratum() == {own: [A]}
    packed = job(tmp_path, packed=True, terms=own)
    assert work(packed, A.to_bytes(8, "little")).by_stratum() == {own: [A]}
    removal = job(tmp_path, packed=True, terms=own, mode="remove")
    assert work(removal, A.to_bytes(8, "little")).by_stratum() == {PLAIN: [A]}


def test_a_row_that_is_rejected_for_its_number_gives_the_first_with_its_terms(
    tmp_path: Path,
) -> None:
    rows = (f"{A},2027-01-31,夜", f"{B},2027-01-31,060-9000-0009", f"{B},,夜")
    outcome = read(tmp_path, table("有効期限,備考", *rows))
    assert outcome.by_stratum() == {Stratum(expires_us=END_OF_JANUARY): [A, B], PLAIN: [B]}
    assert outcome.done.rows == RowCounts(read=3, accepted=2, duplicate=0, rejected=1)


def test_every_row_of_a_list_of_origins_names_its_source(tmp_path: Path) -> None:
    text = table("取得元", f"{A},応募はがき", f"{B},", f"{C},名簿")
    outcome = read(tmp_path, text, needs_source=True)
    assert outcome.numbers() == [A, C]
    assert [(row.line, row.column, row.code) for row in outcome.rejected] == [
        (3, 2, "invalid_attribute")
    ]
    for refused in (
        read(tmp_path, "0450000001\r\n", needs_source=True),
        work(job(tmp_path, packed=True, needs_source=True), A.to_bytes(8, "little")),
    ):
        assert refused.refused.reason == "LAYOUT"
        assert "source" in refused.refused.message


@pytest.mark.parametrize(("distinct", "own", "is_taken"), [(100, 0, True), (99, 1, True)])
def test_a_file_may_have_so_many_terms(
    distinct: int, own: int, is_taken: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dncd_server.ingest.notes.MAX_STRATA", 100)
    rows = [f"045000{at:04d},2027-01-01T{at // 60:02d}:{at % 60:02d}" for at in range(distinct)]
    rows += ["0450009999,"] * own
    assert len(read(tmp_path, table("有効期限", *rows)).by_stratum()) == 100
    rows.append("0450009998,2028-01-01")
    refused = read(tmp_path, table("有効期限", *rows)).refused
    assert (refused.reason, refused.line) == ("TOO_MANY_TERMS", 0)


def test_unreadable_dates_refuse_a_file_as_unreadable_numbers_do(tmp_path: Path) -> None:
    text = table("有効期限", f"{A},46000", f"{B},46001", f"{C},")
    refused = read(tmp_path, text).refused
    assert refused.reason == "MOSTLY_UNREADABLE"
    assert refused.rejects_by_code == {"invalid_date": 2}


def test_a_zone_and_a_mode_that_are_none_are_the_callers_mistake(tmp_path: Path) -> None:
    for values in ({"tz": "Asia/Nowhere"}, {"tz": "../etc"}, {"tz": "Asia"}, {"mode": "revert"}):
        with pytest.raises(ValueError, match=r"a zone is|a mode is"):
            job(tmp_path, **values)
