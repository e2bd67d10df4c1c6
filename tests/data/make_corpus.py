"""Make the corpus: small files, each with one quirk or defect, and what is to come of each.

Run it to write `files/` and `expected.yaml` again; they come out the same every time. Nobody has
these numbers: Japanese exchanges that begin with 0, 060 mobiles, American 555-01XX.
"""

import codecs
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
HEADER = "受付番号,氏名,電話番号"
Outcome = int | str | tuple[str, int] | tuple[str, int, int]
"""A number, a reject code, or a reject code and the column where it is not the third; last the
number that is taken although its row is rejected."""


@dataclass(frozen=True)
class Case:
    """One file.

    Attributes:
        name: The file's name.
        content: Its bytes.
        rows: Each row's line and outcome, where the file is taken.
        refusal: Reason and line, where it is not.
        wish: What is declared.
    """

    name: str
    content: bytes
    rows: Sequence[tuple[int, Outcome]] = ()
    refusal: tuple[str, int] | None = None
    wish: dict[str, Any] = field(default_factory=dict)

    def expected(self) -> dict[str, Any]:
        """Return what `expected.yaml` says of the file."""
        result: dict[str, Any] = {"wish": self.wish} if self.wish else {}
        if self.refusal is not None:
            return result | {"refusal": dict(zip(("reason", "line"), self.refusal, strict=True))}
        return result | {"rows": [_row(line, outcome) for line, outcome in self.rows]}


def _row(line: int, outcome: Outcome) -> dict[str, Any]:
    match outcome:
        case int():
            return {"line": line, "number": outcome}
        case str():
            return {"line": line, "reject": outcome, "column": 3}
        case code, column:
            return {"line": line, "reject": code, "column": column}
        case code, column, number:
            return {"line": line, "reject": code, "column": column, "number": number}


def table(*cells: str, end: str = "\r\n", header: str = HEADER) -> str:
    """Return a table with the cells in its third column."""
    rows = [header, *(f"{1001 + at},見本 花子,{cell}" for at, cell in enumerate(cells))]
    return "".join(f"{row}{end}" for row in rows)


ONE, TWO, THREE = 81450000001, 816090000002, 81110000003
CELLS = ("045-000-0001", "060-9000-0002", "０１１－０００－０００３")
TAKEN = [(2, ONE), (3, TWO), (4, THREE)]
PLAIN = table(*CELLS)
MANY_BAD = ("なし", "045-000-0001", "未記入", "045-000-00", "不明")


def quirks() -> list[Case]:
    """Return files that are odd and right."""
    tabs = table(*CELLS).replace(",", "\t")
    mixed = PLAIN.replace("\r\n", "\n", 2)
    quoted = f'{HEADER},備考\n1,"架空, 太郎",{CELLS[0]},"二行の\n備考"\n2,"「""」",{CELLS[1]},\n'
    return [
        Case("cp932_excel.csv", PLAIN.encode("cp932"), TAKEN),
        Case("utf8_bom.csv", codecs.BOM_UTF8 + PLAIN.encode(), TAKEN),
        Case("utf16_excel.txt", codecs.BOM_UTF16_LE + tabs.encode("utf-16-le"), TAKEN),
        Case(
            "utf16_no_bom_declared.txt",
            tabs.encode("utf-16-le"),
            TAKEN,
            wish={"encoding": "utf-16-le"},
        ),
        Case("crlf_and_lf.csv", mixed.encode(), TAKEN),
        Case("cr_only.csv", table(*CELLS, end="\r").encode(), TAKEN),
        Case("semicolons.csv", PLAIN.replace(",", ";").encode(), TAKEN),
        Case("quoted_newlines.csv", quoted.encode(), [(2, ONE), (4, TWO)]),
        Case(
            "blank_lines.csv",
            f"\n{PLAIN}\n,,\n1009,見本,{CELLS[0]}\n \n".encode(),
            [(3, ONE), (4, TWO), (5, THREE), (8, ONE)],
        ),
        Case("lines.txt", b"045-000-0001\n060-9000-0002\n", [(1, ONE), (2, TWO)]),
        Case("no_final_break.txt", b"045-000-0001\n060-9000-0002", [(1, ONE), (2, TWO)]),
        Case("npa.txt", b"202,5550100\n305,5550199\n", [(1, 12025550100), (2, 13055550199)]),
        Case(
            "few_bad_rows.csv",
            table(*CELLS, "なし", *CELLS, "045-000-0001/0002", "045-000-00", "110").encode("cp932"),
            [
                *TAKEN,
                (5, "not_a_number"),
                (6, ONE),
                (7, TWO),
                (8, THREE),
                (9, "multiple_numbers"),
                (10, "too_short"),
                (11, "special_number"),
            ],
        ),
        Case(
            "number_past_the_last_column.csv",
            f"{HEADER}\n1,見本,{CELLS[0]}\n2,見本,{CELLS[1]},{CELLS[0]}\n3,見本,{CELLS[1]},メモ\n".encode(),
            [(2, ONE), (3, ("multiple_numbers", 0, TWO)), (4, TWO)],
        ),
        Case(
            "short_row.csv",
            f"{HEADER}\n1,見本,{CELLS[0]}\n2,見本\n3,見本,{CELLS[1]}\n".encode(),
            [(2, ONE), (3, "not_a_number"), (4, TWO)],
        ),
        Case(
            "column_declared.csv",
            table(*CELLS, header="受付番号,電話,TEL").encode(),
            TAKEN,
            wish={"columns": ["ＴＥＬ"]},
        ),
        Case(
            "second_number_in_few_rows.csv",
            (
                f"電話番号,備考\n{CELLS[0]},メモ\n{CELLS[1]},携帯 060-9000-0004\n"
                f"{CELLS[2]},+81 11 000 0003\n{CELLS[0]},2026-11-01\n,{CELLS[1]}\n{CELLS[2]},4\n"
            ).encode(),
            [
                (2, ONE),
                (3, ("multiple_numbers", 2, TWO)),
                (4, THREE),
                (5, ONE),
                (6, ("not_a_number", 1)),
                (7, THREE),
            ],
        ),
        Case(
            "ids_and_dates.csv",
            (
                "顧客番号,会員ID,電話番号,受付日,更新日,FAX\n"
                f"312345678,0001234567,{CELLS[0]},20261101,2026/11/01 09:00,\n"
                f"312345679,0001234568,{CELLS[1]},20261102,2026/11/02 10:00,\n"
            ).encode(),
            TAKEN[:2],
        ),
        Case(
            "second_number_declared.csv",
            f"TEL,携帯TEL\n{CELLS[0]},{CELLS[1]}\n{CELLS[2]},\n".encode(),
            [(2, ONE), (3, THREE)],
            wish={"columns": ["TEL"]},
        ),
        Case(
            "honorific_head.csv",
            table(*CELLS, header="受付番号,氏名,お電話番号（携帯）").encode("cp932"),
            TAKEN,
        ),
        Case(
            "sep_line.csv",
            b"sep=;\r\n" + PLAIN.replace(",", ";").encode("cp932"),
            [(line + 1, number) for line, number in TAKEN],
        ),
        Case("ctrl_z.csv", PLAIN.encode("cp932") + b"\x1a", TAKEN),
    ]


def defects() -> list[Case]:
    """Return files that are refused."""
    lines = PLAIN.encode("cp932").split(b"\r\n")
    lines[2] = "1002,電話ー太郎,060-9000-0002".encode()
    two = table(*CELLS, header="受付番号,電話,携帯").encode()
    twice = b"045-000-0001,060-9000-0002\n045-000-0003,060-9000-0004\n"
    digitless = table("０４５−０００−０００１".replace("−", "－"), header="番号,名,電").encode(
        "cp932"
    )
    number_first = "携帯,060-9000-0016\n060-9000-0017,\n060-9000-0018,\n"
    mojibake = digitless.split(b"\r\n", 1)[1].replace(b"1001,", b"").decode("cp1252", "ignore")
    return [
        Case("empty.csv", b"", refusal=("EMPTY", 0)),
        Case("blank.csv", b"\r\n \r\n,,\r\n", refusal=("EMPTY", 0)),
        Case("header_only.csv", f"{HEADER}\r\n".encode("cp932"), refusal=("EMPTY", 0)),
        Case("truncated_last_row.csv", PLAIN.encode()[:-12], refusal=("TRUNCATED", 4)),
        Case("truncated_short_row.csv", PLAIN.encode() + b"1004", refusal=("TRUNCATED", 5)),
        Case(
            "truncated_after_number.csv",
            f"電話番号,備考\n{CELLS[0]},あ\n{CELLS[1]},い".encode(),
            refusal=("TRUNCATED", 3),
        ),
        Case(
            "truncated_variable_plan.txt",
            b"+49 30 901820\n+49 30 901820",
            refusal=("TRUNCATED", 2),
        ),
        Case("truncated_multibyte.csv", PLAIN.encode()[:-3], refusal=("TRUNCATED", 4)),
        Case(
            "truncated_multibyte_cp932.csv",
            PLAIN.encode("cp932")[:-3],
            refusal=("TRUNCATED", 4),
        ),
        Case(
            "open_quote.csv",
            f'{HEADER}\n1,"見本",{CELLS[0]}\n2,"見本,{CELLS[1]}\n3,見本,{CELLS[0]}\n'.encode(),
            refusal=("TRUNCATED", 3),
        ),
        Case(
            "stray_quote.csv",
            f'{HEADER}\n1,"見本,{CELLS[0]}\n2,見本,{CELLS[1]}\n3,"見本",{CELLS[0]}\n'.encode(),
            refusal=("LAYOUT", 2),
        ),
        Case(
            "wrong_encoding_utf8_line_in_cp932.csv",
            b"\r\n".join(lines),
            refusal=("ENCODING", 3),
        ),
        Case(
            "cp932_line_in_utf8.csv",
            PLAIN.encode() + "1004,見本,045-000-0004\r\n".encode("cp932"),
            refusal=("ENCODING", 5),
        ),
        Case(
            "cp932_declared_utf8.csv",
            PLAIN.encode("cp932"),
            refusal=("ENCODING", 1),
            wish={"encoding": "utf-8"},
        ),
        Case(
            "latin1.csv", "name,phone\n\xe4\xff\xfd,1\n".encode("latin-1"), refusal=("ENCODING", 2)
        ),
        Case("mojibake.csv", (mojibake * 3).encode(), refusal=("ENCODING", 0)),
        Case(
            "more_than_half_unreadable.csv",
            table(*MANY_BAD).encode("cp932"),
            refusal=("MOSTLY_UNREADABLE", 0),
        ),
        Case("nul_bytes.csv", PLAIN.encode().replace(b"060-", b"\0\0\0-"), refusal=("LAYOUT", 3)),
        Case("utf16_no_bom.txt", PLAIN.encode("utf-16-le"), refusal=("LAYOUT", 1)),
        Case("two_number_columns.csv", two, refusal=("LAYOUT", 1)),
        Case("two_number_columns_no_header.csv", twice, refusal=("LAYOUT", 1)),
        Case(
            "second_number_by_its_head.csv",
            "TEL,携帯TEL\n045-000-0001,060-9000-0002\n".encode(),
            refusal=("LAYOUT", 1),
        ),
        Case(
            "second_number_by_a_count.csv",
            "電話番号1,電話番号4\n045-000-0001,045-000-0002\n".encode(),
            refusal=("LAYOUT", 1),
        ),
        Case(
            "second_number_by_its_cells.csv",
            "電話番号,夜\n045-000-0001,\n045-000-0002,060-9000-0002\n".encode(),
            refusal=("LAYOUT", 1),
        ),
        Case(
            "second_number_in_bare_figures.csv",
            "電話番号,FAX番号\n045-000-0001,450000002\n".encode(),
            refusal=("LAYOUT", 1),
        ),
        Case(
            "second_number_no_header.csv",
            b"060-9000-0005,060-9000-0015\n060-9000-0006,\n060-9000-0007,\n",
            refusal=("LAYOUT", 1),
        ),
        Case("number_among_heads.csv", number_first.encode(), refusal=("LAYOUT", 1)),
        Case(
            "number_among_heads_declared.csv",
            number_first.encode(),
            refusal=("LAYOUT", 1),
            wish={"columns": ["携帯"]},
        ),
        Case("title_line.csv", f"架電禁止,,\n\n{PLAIN}".encode(), refusal=("LAYOUT", 3)),
        Case(
            "title_line_declared.csv",
            f"架電禁止,,\n\n{PLAIN}".encode(),
            refusal=("LAYOUT", 3),
            wish={"columns": ["電話番号"]},
        ),
        Case(
            "sep_line_of_another.csv",
            b"sep=|\r\n" + PLAIN.replace(",", "|").encode(),
            refusal=("LAYOUT", 1),
        ),
        Case(
            "split_number.csv",
            "市外局番,市内局番,番号\n045,000,0001\n011,000,0003\n".encode(),
            refusal=("LAYOUT", 1),
        ),
        Case("two_ctrl_z.csv", PLAIN.encode() + b"\x1a\x1a", refusal=("TRUNCATED", 5)),
        Case("no_number_column.csv", b"a1,b,c\nd2,e,f\n", refusal=("LAYOUT", 1)),
        Case("missing_column.csv", two, refusal=("LAYOUT", 1), wish={"columns": ["固定"]}),
        Case("zipped.xlsx", b"PK\x03\x04\x14\x00\x06\x00", refusal=("LAYOUT", 0)),
        Case("gzipped.csv.gz", b"\x1f\x8b\x08\x00\x00\x00\x00\x00", refusal=("LAYOUT", 0)),
        Case("old_excel.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00", refusal=("LAYOUT", 0)),
        Case("too_many_columns.csv", b"1," * 1001 + b"\n", refusal=("LAYOUT", 1)),
    ]


def main() -> None:
    """Write the files and what is expected of them."""
    files = HERE / "files"
    files.mkdir(exist_ok=True)
    expected = {}
    for case in quirks() + defects():
        (files / case.name).write_bytes(case.content)
        expected[case.name] = case.expected()
    text = yaml.safe_dump(expected, allow_unicode=True, sort_keys=False)
    (HERE / "expected.yaml").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
