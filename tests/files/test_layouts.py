"""Layouts: what is certain is found, what is not is asked for."""

import pytest

from dncd_engine.numbers import read_many
from dncd_files.heads import is_number_head, says_number
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
    assert (loaded.tally.read, loaded.tally.rejected) == (6, 2)
    assert (len(loaded.numbers), len(loaded.beside)) == (5, 1)
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


NUMBER_HEADS = """
お電話番号（携帯） TEL1 ＴＥＬ② 電話番号（自宅） 自宅TEL 携帯TEL 会社携帯 電話番号【必須】 電話番号※
ご連絡先お電話番号 お客様電話番号 日中電話番号 電話番号（ハイフンなし） 電話番号12 phone1 home_phone
Mobile.Phone e164 TEL.
"""
OTHER_HEADS = """
電話対応者 電話受付日 電話（受付日） 携帯有無 受付番号 顧客番号 番号 TELEGRAM hotel FAX customer_number
日中連絡先 市外局番 電話番号123
"""


@pytest.mark.parametrize("head", NUMBER_HEADS.split())
def test_a_number_head_is_known_however_it_is_dressed(head: str) -> None:
    assert is_number_head(head)
    assert says_number(head)


@pytest.mark.parametrize("head", OTHER_HEADS.split())
def test_a_head_that_may_stand_over_something_else_is_not_known(head: str) -> None:
    assert not is_number_head(head)


def test_a_head_that_speaks_of_telephones_is_taken_if_numbers_stand_below() -> None:
    assert found(f"氏名,日中連絡先\n見本,{A}\n").columns == (1,)
    assert found(f"電話番号,連絡先時間,電話受付日,TEL可否\n{A},夜,20261101,可\n").columns == (0,)


@pytest.mark.parametrize(
    "cell",
    [
        "060-9000-0002",
        "06090000002",
        "０６０９００００００２",
        "+816090000002",
        "(060)9000-0002",
        "60-9000-0002",
        "060ー9000ー0002",
        "TEL:060-9000-0002",
        "TEL/060-9000-0002",
        "060.9000.0002",
        "+81_60_9000_0002",
        "（０６０）９０００－０００２",
        "携帯_060-9000-0002",
        "060_9000_0002",
    ],
)
def test_a_second_number_is_seen_in_every_spelling(cell: str) -> None:
    cell = cell.replace("_", " ")
    assert '"電話番号", "夜"' in refused(f"電話番号,夜\n{A},\n{C},{cell}\n")
    loaded = load(f"電話番号,夜\n{A},-\n{C},なし\n{D},{cell}\n{A},x\n".encode())
    assert [(c.line, c.column, c.code, c.raw) for c in loaded.rejected] == [
        (4, 2, "multiple_numbers", cell)
    ]
    assert loaded.beside == [81520000004]
    assert len(loaded.numbers) == 3


@pytest.mark.parametrize(
    "cell",
    [
        "1001",
        "20261101",
        "2026/11/01",
        "2026-11-01_09:00",
        "2026.11.1",
        "01-11-2026",
        "312345678",
        "6090000002",
        "0001234567",
        "231-0017",
        "〒060-0001",
        "12-3456789",
        "202611010900",
        "100%",
        "2026年11月1日",
        "045",
        "550e8400-e29b-41d4-a716-446655440000",
        "神奈川県横浜市1-2-3",
    ],
)
def test_ids_dates_and_addresses_are_no_second_number(cell: str) -> None:
    cell = cell.replace("_", " ")
    loaded = load(f"電話番号,欄\n{A},{cell}\n{C},{cell}\n".encode())
    assert (loaded.tally.read, loaded.tally.rejected) == (2, 0)


def test_dates_are_no_numbers_where_they_have_as_many_figures() -> None:
    text = "phone,day\n030 901820,01.11.2026\n030 901821,20261101\n"
    loaded = load(text.encode(), Wish("DE"))
    assert (loaded.tally.read, loaded.tally.rejected) == (2, 0)


def test_the_same_number_in_another_spelling_is_not_lost() -> None:
    loaded = load(f"電話番号,正規化\n{A},+81 45 000 0001\n{A},{A}\n".encode())
    assert loaded.tally.rejected == 0


def test_a_second_number_after_the_sample_is_seen_in_its_row() -> None:
    rows = [f"{A},\n"] * 300
    rows[250] = f"{A},{B}\n"
    rows[252] = f'"{A}","二行の\n{B}"\n'
    loaded = load(("電話番号,夜\n" + "".join(rows)).encode())
    assert [(cell.line, cell.column) for cell in loaded.rejected] == [(252, 2)]
    assert (len(loaded.numbers), loaded.beside) == (299, [81450000001])


def test_a_file_of_second_numbers_after_the_sample_is_refused() -> None:
    text = "電話番号,夜\n" + f"{A},\n" * 200 + f"{A},{B}\n" * 400
    with pytest.raises(FileRefused, match="--column"):
        load(text.encode())


def test_columns_that_were_named_are_not_doubted() -> None:
    loaded = load(f"電話番号,夜\n{A},{B}\n".encode(), Wish("JP", "auto", ("電話番号",)))
    assert (loaded.numbers, loaded.tally.rejected) == ([81450000001], 0)


def test_a_line_of_heads_and_data_is_refused_as_both() -> None:
    text = "携帯,060-9000-0016\n060-9000-0017,\n"
    for columns in ((), ("携帯",)):
        message = refused(text, "auto", *columns)
        assert "heads and like data" in message
        assert "060" not in message


def test_a_column_without_a_head_needs_one_to_be_named() -> None:
    assert "no head" in refused(f"電話番号,\n{A},{B}\n")


@pytest.mark.parametrize("columns", [(), ("電話番号",)])
@pytest.mark.parametrize("title", ["架電禁止", "電話", "2026年11月,"])
def test_lines_above_the_heads_are_to_be_taken_out(title: str, columns: tuple[str, ...]) -> None:
    with pytest.raises(FileRefused) as caught:
        found(f"{title}\n\n受付番号,電話番号\n1,{A}\n2,{B}\n", "auto", *columns)
    assert caught.value.line == 3
    assert "lines above" in caught.value.message


def test_a_delimiter_set_for_excel_is_used() -> None:
    layout = found(f"\nsep=;\n1;a,b;{A}\n2;c,d;{B}\n")
    assert (layout.delimiter, layout.columns, layout.preamble) == (";", (2,), 1)
    loaded = load(f"SEP=,\r\n電話番号\r\n{A}\r\nx\r\n{B}\r\n".encode())
    assert len(loaded.numbers) == 2
    assert [(cell.line, cell.code) for cell in loaded.rejected] == [(4, "not_a_number")]
    assert "delimiter" in refused(f"sep=|\n1|{A}\n")


@pytest.mark.parametrize("codec", ["utf-8", "cp932", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_one_end_mark_of_old_is_left_out(codec: str, end: str) -> None:
    text = f"電話番号{end}{A}{end}{B}{end}"
    loaded = load((text + "\x1a").encode(codec))
    assert (loaded.tally.read, len(loaded.numbers)) == (2, 2)
    for other in (text.rstrip("\r\n") + "\x1a", text + "\x1a\x1a"):
        with pytest.raises(FileRefused) as caught:
            load(other.encode(codec))
        assert caught.value.reason == "TRUNCATED"
    loaded = load((text + "\x1a" + end).encode(codec))
    assert (loaded.tally.read, loaded.tally.rejected) == (3, 1)


def test_a_split_number_is_to_be_joined() -> None:
    assert "Join them" in refused("市外局番,市内局番,番号\n045,000,0001\n011,000,0003\n")
    assert "join the columns" in refused("045,000,0001\n011,000,0003\n")
