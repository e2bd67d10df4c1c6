"""Changes: each row adds or deletes, and of rows that disagree the last one counts."""

from pathlib import Path

import pytest

from dncd_engine.strata import PLAIN, Stratum
from dncd_files.statements import Statement
from dncd_server.ingest.messages import RowCounts
from ingest.test_strata import END_OF_JANUARY, A, B, C, D, read, table
from ingest.uploading import Outcome, job, work


def change(tmp_path: Path, heads: str, *rows: str, **values: object) -> Outcome:
    return read(tmp_path, table(heads, *rows), mode="change", **values)


def test_rows_add_and_delete(tmp_path: Path) -> None:
    rows = (f"{D},A", f"{A},削除", f"{B},追加", f"{C},D")
    outcome = change(tmp_path, "変更区分", *rows)
    assert (outcome.by_stratum(), outcome.ended()) == ({PLAIN: [B, D]}, [A, C])
    assert (outcome.done.numbers, outcome.done.ended) == (2, 2)
    assert outcome.done.rows == RowCounts(4, 4, 0, 0)
    assert outcome.attributes == []


@pytest.mark.parametrize("keeps_last", [False, True])
def test_the_last_row_of_a_number_counts(keeps_last: bool, tmp_path: Path) -> None:
    rows = (f"{A},D", f"{B},A", f"{A},A", f"{B},D", f"{C},D", f"{C},D")
    outcome = change(tmp_path, "op", *rows, keeps_last=keeps_last)
    assert (outcome.by_stratum(), outcome.ended()) == ({PLAIN: [A]}, [B, C])
    assert (outcome.done.numbers, outcome.done.ended) == (1, 2)
    assert outcome.done.rows == RowCounts(read=6, accepted=3, duplicate=3, rejected=0)


def test_a_deletion_ends_what_rows_before_it_said(tmp_path: Path) -> None:
    rows = [f"{A},A,2027-01-31,R-1", f"{A},D,,R-2", f"{A},A,,R-3", f"{B},A,2027-01-31,R-4"]
    rows += [f"{B},A,,R-5", f"{C},A,2027-01-31,R-6", f"{C},D,2027-01-31,R-7"]
    outcome = change(tmp_path, "change,有効期限,受付番号", *rows)
    ends = Stratum(expires_us=END_OF_JANUARY)
    assert (outcome.by_stratum(), outcome.ended()) == ({PLAIN: [A, B], ends: [B]}, [C])
    assert all(found.stratum == 0 for found in outcome.segments if found.ends)
    references = {
        number: [each.reference for each in said] for number, said in outcome.said().items()
    }
    assert references == {A: ["R-3"], B: ["R-4", "R-5"], C: ["R-7"]}


def test_a_row_without_a_readable_change_is_rejected(tmp_path: Path) -> None:
    outcome = change(tmp_path, "区分", f"{A},変更", f"{B},A", f"{C},", f"{D},D")
    assert (outcome.numbers(), outcome.ended()) == ([B], [D])
    assert [(row.line, row.column, row.code, row.raw) for row in outcome.rejected] == [
        (2, 2, "invalid_attribute", "変更"),
        (4, 2, "invalid_attribute", ""),
    ]


def test_a_deletion_needs_no_source(tmp_path: Path) -> None:
    rows = (f"{A},A,はがき", f"{B},D,", f"{C},D,")
    outcome = change(tmp_path, "op,source", *rows, needs_source=True)
    assert (outcome.numbers(), outcome.ended()) == ([A], [B, C])
    outcome = change(tmp_path, "op", f"{A},A", f"{B},D", f"{C},D", needs_source=True)
    assert (outcome.numbers(), outcome.ended()) == ([], [B, C])
    assert [(row.line, row.column, row.code) for row in outcome.rejected] == [
        (2, 0, "invalid_attribute")
    ]


def test_a_file_that_says_nothing_of_changes_is_refused(tmp_path: Path) -> None:
    for text in ("0450000001\r\n", table("備考", f"{A},追加"), "202,5550100\r\n"):
        outcome = read(tmp_path, text, mode="change")
        assert outcome.refused.reason == "LAYOUT"
        assert "変更区分" in outcome.refused.message
        assert outcome.segments == []


def test_packed_numbers_of_a_change_are_all_added(tmp_path: Path) -> None:
    content = A.to_bytes(8, "little") + B.to_bytes(8, "little")
    outcome = work(job(tmp_path, packed=True, mode="change"), content)
    assert (outcome.numbers(), outcome.ended()) == ([A, B], [])


def test_a_column_of_that_name_changes_nothing_in_an_addition(tmp_path: Path) -> None:
    outcome = read(tmp_path, table("区分,理由", f"{A},削除,x", f"{B},?,"), mode="add")
    assert (outcome.numbers(), outcome.ended()) == ([A, B], [])
    assert outcome.said() == {A: [Statement(reason="x")]}
