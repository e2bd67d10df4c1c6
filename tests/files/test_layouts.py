"""Layouts: what is certain is found, what is not is asked for."""

import pytest

from dncd_engine.numbers import read_many
from dncd_files.layouts import Layout, Wish, find_layout
from dncd_files.refusal import FileRefused
from files.loading import load

A, B, C, D = "045-000-0001", "060-9000-0002", "011-000-0003", "052-000-0004"


def found(text: str, layout: str = "auto", *columns: str) -> Layout:
    return find_layout(text.splitlines(keepends=True), Wish("JP", layout, columns), read_many)


def refused(text: str, layout: str = "auto", *columns: str) -> str:
    with pytest.raises(FileRefused) as caught:
        found(text, layout, *columns)
    assert caught.value.reason == "LAYOUT"
    return caught.value.message


@pytest.mark.parametrize(
    "head", ["電話番号", " ＴＥＬ ", "Phone Number", "phone_number", "携帯", "E164"]
)
def test_known_heads_are_found_in_any_width_and_case(head: str) -> None:
    layout = found(f"名,{head}\n見本,{A}\n")
    assert layout == Layout("csv", ",", (1,), has_header=True, width=2)


def test_a_single_column_is_lines_whether_it_has_a_head_or_not() -> None:
    assert found(f"{A}\n{B}\n") == Layout("lines", "", (0,), has_header=False, width=1)
    assert found(f"電話番号\n{A}\n") == Layout("lines", "", (0,), has_header=True, width=1)


def test_quotes_make_a_single_column_a_csv() -> None:
    assert found(f'"{A}"\n"{B}"\n').name == "csv"


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_the_delimiter_is_the_one_that_most_rows_agree_on(delimiter: str) -> None:
    layout = found(f"1{delimiter}a b{delimiter}{A}\n2{delimiter}x{delimiter}{B}\n")
    assert (layout.delimiter, layout.columns, layout.has_header) == (delimiter, (2,), False)


def test_one_cell_of_two_numbers_does_not_make_a_table_of_lines() -> None:
    loaded = load(f"{A}\n{B},{C}\n{D}\n".encode())
    assert loaded.layout.name == "lines"
    assert [(cell.line, cell.code) for cell in loaded.rejected] == [(2, "multiple_numbers")]


def test_two_columns_of_numbers_are_not_chosen_from() -> None:
    assert '"TEL", "携帯"' in refused(f"TEL,携帯\n{A},{B}\n")
    assert "2 columns" in refused(f"{A},{B}\n{C},{D}\n")


def test_a_missing_column_names_the_heads_but_no_data() -> None:
    message = refused(f"番号欄,{A}\n1,{B}\n", "auto", "電話")
    assert "番号欄" in message
    assert "045" not in message


def test_several_declared_columns_are_all_read() -> None:
    text = f"TEL,携帯,備考\n{A},{B},\n,{B},\n{C},,メモ\n,,空\n{D},x,\n,,\n{A},,\n"
    loaded = load(text.encode(), Wish("JP", "auto", ("TEL", "携帯")))
    assert loaded.layout.columns == (0, 1)
    assert (loaded.tally.read, loaded.tally.rejected, len(loaded.numbers)) == (6, 2, 6)
    assert [(cell.line, cell.column, cell.code) for cell in loaded.rejected] == [
        (5, 0, "not_a_number"),
        (6, 2, "not_a_number"),
    ]


def test_a_registry_is_north_american_whatever_the_region() -> None:
    assert load(b"202,5550100\n305,5550101\n").layout.name == "npa-nxx-xxxx"
    content = b"202,5550100\n" * 3 + b"202,55501\n" + b"202,0110100\n" + b"305,5550101\n"
    loaded = load(content, Wish("JP", "npa-nxx-xxxx"))
    assert loaded.tally.read == 6
    assert sorted(set(loaded.numbers)) == [12025550100, 13055550101]
    assert [cell.line for cell in loaded.rejected] == [4, 5]


def test_a_registry_has_no_heads() -> None:
    assert "--column" in refused("202,5550100\n", "npa-nxx-xxxx", "電話")


def test_a_declared_layout_is_obeyed() -> None:
    assert found(f"{A},{B}\n", "lines").name == "lines"
    assert found(f"{A}\n", "csv").name == "csv"
    assert found(f"{A}\n", "npa-nxx-xxxx").name == "npa-nxx-xxxx"


def test_an_unreadable_file_says_what_is_most_often_wrong() -> None:
    with pytest.raises(FileRefused) as caught:
        load("電話番号,名\n045,1\n046,2\n0450000001,3\n".encode())
    assert caught.value.reason == "MOSTLY_UNREADABLE"
    assert "2 of 3 rows" in caught.value.message
    assert "2 special_number" in caught.value.message


def test_a_few_bad_numbers_leave_a_registry_whole() -> None:
    content = b"202,5550100\n" * 3 + b"911,5550100\n" + b"305,5550101\n"
    loaded = load(content)
    assert (loaded.tally.read, len(loaded.numbers)) == (5, 4)
    assert [(cell.line, cell.raw) for cell in loaded.rejected] == [(4, "911,5550100")]


def test_a_refusal_names_the_line_of_the_heads_and_shows_them_safely() -> None:
    with pytest.raises(FileRefused) as caught:
        found(f"\n\n欄\x1b[31m,二\n1,{A}\n", "auto", "電話")
    assert caught.value.line == 3
    assert '"欄[31m", "二"' in caught.value.message
