"""Attributes: columns are found by their heads alone, and never taken for what they are not."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from dncd_client.ctl.rejects import COLUMNS
from dncd_files.attributes import Attribute, attribute_of
from dncd_files.heads import NUMBER_HEADS, is_number_head, says_number
from dncd_files.layouts import Wish
from dncd_files.refusal import FileRefused
from dncd_files.statements import Statement
from dncd_files.values import AttributeRules
from files.loading import Loaded, load

A, B, C, D = "045-000-0001", "060-9000-0002", "011-000-0003", "052-000-0004"
NOW = 1_795_000_000_000_000  # 2026-11-18


def us(utc: str) -> int:
    """Return an instant in microseconds since 1970."""
    return int(datetime.fromisoformat(utc + "+00:00").timestamp()) * 1_000_000


def rules(**values: object) -> AttributeRules:
    """Return rules as most tests want them."""
    usual = {
        "zone": ZoneInfo("Asia/Tokyo"),
        "now_us": NOW,
        "purposes": frozenset(("sales:fiber", "survey", "a;b")),
        "grounds": frozenset(("voluntary", "breach")),
        "requesters": frozenset(("self", "agent")),
    }
    return AttributeRules(**(usual | values))  # type: ignore[arg-type]


def read(text: str, *columns: str, layout: str = "auto", **values: object) -> Loaded:
    return load(text.encode(), Wish("JP", layout, columns, rules(**values)))


def refused(text: str, *columns: str, layout: str = "auto", **values: object) -> str:
    with pytest.raises(FileRefused) as caught:
        read(text, *columns, layout=layout, **values)
    assert caught.value.reason == "LAYOUT"
    return caught.value.message


HEADS = {
    Attribute.EFFECTIVE: "effective Effective ＥＦＦＥＣＴＩＶＥ 開始日時 開始日時※",
    Attribute.EXPIRES: "expires 有効期限 有効期限（任意） 有効期限[YYYY-MM-DD] 【必須】有効期限 有効期限:",
    Attribute.REVIEW: "review 見直し日 見直日",
    Attribute.ASKED: "asked 受付日時 受付_日時 *受付日時",
    Attribute.PURPOSES: "purpose purposes PURPOSES 利用目的",
    Attribute.GROUND: "ground 根拠",
    Attribute.REQUESTER: "requester 請求者",
    Attribute.REFERENCE: "reference ref Ref. 受付番号",
    Attribute.SOURCE: "source 取得元",
    Attribute.REASON: "reason 理由",
}
CHANGE_HEADS = ("change", "op", "action", "type", "区分", "変更区分", "変更 区分")
OTHERS = """
有効期限切れ 契約終了日 開始日 受付日 受付者 番号 備考 期限 目的 expires_in sources reasons referrer
有効期限(旧) 理由コード 変更 operator actions
"""


@pytest.mark.parametrize(
    ("head", "kind"), [(head, kind) for kind, heads in HEADS.items() for head in heads.split()]
)
def test_a_known_head_is_found_however_it_is_dressed(head: str, kind: Attribute) -> None:
    assert attribute_of(head, is_change=False) is kind
    assert attribute_of(head, is_change=True) is kind
    assert not is_number_head(head)
    assert not says_number(head)


@pytest.mark.parametrize("head", CHANGE_HEADS)
def test_a_change_is_looked_for_in_a_change_alone(head: str) -> None:
    assert attribute_of(head, is_change=True) is Attribute.CHANGE
    assert attribute_of(head, is_change=False) is None


@pytest.mark.parametrize("head", [*OTHERS.split(), "", " "])
def test_a_head_that_merely_resembles_one_is_none(head: str) -> None:
    assert attribute_of(head, is_change=True) is None


def test_no_head_of_numbers_is_one_of_attributes() -> None:
    assert not [head for head in NUMBER_HEADS if attribute_of(head, is_change=True)]


def test_every_column_is_read() -> None:
    heads = "受付番号,電話番号,受付日時,有効期限,開始日時,見直し日,利用目的,根拠,請求者,取得元,理由"
    row = (
        f'R-1,{A},2026-11-01 09:00,2027年3月31日,2026/12/1,2027-01-01,"survey、sales:fiber",'
        'voluntary,self, 応募はがき ,"もう\nかけないで"'
    )
    loaded = read(f"{heads}\n{row}\n,{B},,,,,,,,,\n")
    assert loaded.layout.columns == (1,)
    assert loaded.said == [
        (
            81450000001,
            Statement(
                effective_us=us("2026-11-30T15:00"),
                expires_us=us("2027-03-31T15:00"),
                review_us=us("2026-12-31T15:00"),
                asked_us=us("2026-11-01T00:00"),
                purposes=("sales:fiber", "survey"),
                ground="voluntary",
                requester="self",
                reference="R-1",
                source="応募はがき",
                reason="もう かけないで",
            ),
        ),
        (816090000002, Statement()),
    ]


def test_nothing_is_read_where_nobody_asks_for_it() -> None:
    loaded = load(f"電話番号,有効期限,理由\n{A},いつか,\n".encode())
    assert (loaded.layout.attributes, loaded.said, loaded.tally.rejected) == ((), [], 0)


def test_rows_without_heads_say_nothing() -> None:
    loaded = read(f"{A},2027-01-01\n{B},x\n")
    assert (loaded.layout.attributes, len(loaded.numbers)) == ((), 2)


def test_a_receipt_full_of_digits_is_no_number() -> None:
    rows = "".join(f"045-000-000{at},{number}\n" for at, number in enumerate((A, B, C)))
    loaded = read(f"受付番号,TEL\n{rows}")
    assert (loaded.layout.columns, loaded.tally.rejected) == ((1,), 0)
    assert [said.reference for _, said in loaded.said] == [
        "045-000-0000",
        "045-000-0001",
        "045-000-0002",
    ]


def test_heads_of_attributes_make_the_first_row_heads() -> None:
    loaded = read(f"受付番号,番号,有効期限\n0450000009,{A},2027-01-01\n0450000008,{B},\n")
    assert (loaded.layout.columns, loaded.layout.has_header) == ((1,), True)
    assert loaded.numbers == [81450000001, 816090000002]


@pytest.mark.parametrize(
    "text",
    [
        "受付番号,有効期限\n0450000001,2027-01-01\n",
        f"受付番号,番号,別\n1,{A},{B}\n",
        "受付番号,番号\n1,なし\n",
        f"受付番号,1234567\n1,{A}\n",
        "受付番号\n0450000001\n",
        "有効期限\n",
    ],
)
def test_a_column_of_attributes_is_never_the_one_of_numbers(text: str) -> None:
    message = refused(text)
    assert "--column" in message
    assert "045" not in message


def test_a_column_that_is_named_is_one_of_numbers_and_says_nothing_else() -> None:
    loaded = read(f"reference,reason\n{A},x\n{B},\n", "reference")
    assert loaded.numbers == [81450000001, 816090000002]
    assert [said.reference for _, said in loaded.said] == ["", ""]
    assert loaded.said[0][1].reason == "x"


@pytest.mark.parametrize(
    "heads", ["有効期限,TEL,expires", "purpose,TEL,利用目的", "ref,TEL,受付番号", "理由,TEL,理由"]
)
def test_two_columns_that_say_the_same_are_refused_by_name(heads: str) -> None:
    message = refused(f"{heads}\n,{A},\n")
    assert all(f'"{head}"' in message for head in heads.split(",") if head != "TEL")


def test_a_number_beside_a_head_of_attributes_is_refused() -> None:
    assert "heads and like data" in refused(f"有効期限,{A}\n2027-01-01,{B}\n")


def test_lines_above_heads_of_attributes_are_to_be_taken_out() -> None:
    assert "lines above" in refused(f"2026年11月\n番号,有効期限\n{A},2027-01-01\n")


def test_a_second_number_in_a_text_is_still_seen() -> None:
    loaded = read(f"電話番号,理由,受付番号\n{A},,\n{C},{B},{B}\n{D},夜,\n")
    assert [(cell.line, cell.column, cell.code) for cell in loaded.rejected] == [
        (3, 2, "multiple_numbers")
    ]
    assert loaded.beside == [81110000003]
    assert dict(loaded.said)[81110000003].reference == B


def test_why_a_row_was_rejected_is_nobodys_reason() -> None:
    heads = ",".join(COLUMNS)
    loaded = read(f"{heads},受付番号\n3,1,too_short,{A},桁が足りません,R-1\n", "raw")
    assert loaded.said == [(81450000001, Statement(reference="R-1"))]


@pytest.mark.parametrize("codec", ["cp932", "utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_heads_are_found_in_every_encoding(codec: str, delimiter: str) -> None:
    text = f"電話番号,有効期限,根拠\r\n{A},2027年1月1日,voluntary\r\n".replace(",", delimiter)
    loaded = load(text.encode(codec), Wish("JP", attributes=rules()))
    assert loaded.said == [
        (81450000001, Statement(expires_us=us("2027-01-01T15:00"), ground="voluntary"))
    ]


@pytest.mark.parametrize(
    ("text", "layout"),
    [
        (f"{A}\n{B}\n", "auto"),
        (f"電話番号\n{A}\n", "auto"),
        (f"電話番号,理由\n{A},\n", "auto"),
        (f"{A},A\n{B},D\n", "auto"),
        (f"変更区分\n{A}\n", "lines"),
        ("202,5550100\n", "npa-nxx-xxxx"),
    ],
)
def test_a_change_without_a_column_for_it_is_refused(text: str, layout: str) -> None:
    assert "変更区分" in refused(text, layout=layout, is_change=True) or layout == "lines"


def test_a_change_is_read_in_every_spelling() -> None:
    adds = ("A", "add", "ADD", "追加", "+", "ａ", " Add ")
    ends = ("D", "DEL", "delete", "remove", "削除", "-", "－", "−", "Ｄ")
    for op in adds + ends:
        loaded = read(f"区分,電話番号\n{op},{A}\n", is_change=True)
        assert loaded.said == [(81450000001, Statement(ends=op in ends))]


@pytest.mark.parametrize("op", ["", "x", "変更", "0", "AD", "ー"])
def test_a_change_that_cannot_be_read_rejects_its_row(op: str) -> None:
    loaded = read(f"op,電話番号\n{op},{A}\nA,{B}\nD,{C}\n", is_change=True)
    assert loaded.numbers == [816090000002, 81110000003]
    assert [(cell.line, cell.column, cell.code, cell.raw) for cell in loaded.rejected] == [
        (2, 1, "invalid_attribute", op)
    ]


def test_a_list_that_needs_sources_needs_a_column_for_them() -> None:
    for text in (f"{A}\n", f"電話番号,理由\n{A},\n", f"{A},はがき\n"):
        assert "取得元" in refused(text, needs_source=True)
