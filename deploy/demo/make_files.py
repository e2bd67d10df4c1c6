"""Make the demo's data files: a Japanese opt-out list and a registry in the North American form.

Run it to write them again; they come out the same every time. Nobody has these numbers: fixed lines
are in exchanges that begin with 0, mobiles in a range that is not in use yet, and the American ones
in 555-0100 to 555-0199, which is kept for fiction.
"""

import random
from pathlib import Path

HERE = Path(__file__).parent
HEADER = "受付番号,氏名,電話番号,受付日時,理由"
FAMILY = ["電話", "架空", "見本", "試験", "仮名", "例題", "無名", "模擬"]
GIVEN = ["太郎", "次郎", "三郎", "花子", "桜子", "一子"]
REASONS = ("本人申出", "電話勧誘拒否", "契約意思なし", "クレーム", "")
SPELLINGS = (
    "045-000-0001",
    "０４５－０００－０００２",
    "045ー000ー0003",
    "045−000−0004",
    "045‐000‐0005",
    "045―000―0006",
    "(045)000-0007",
    "045(000)0008",
    "045 000 0009",
    "０４５　０００　００１０",
    "0450000011",
    "450000012",
    "+81-45-000-0013",
    "+81 45 000 0014",
    "060-9000-0015",
    "０６０－９０００－００１６",
    "06090000017",
    "6090000018",
    "+816090000019",
    "060 9000 0020",
    "060ー9000ー0021",
    "011-000-0022",
    "（０１１）０００－００２３",
    "052-000-0024",
    "052−000−0025",
    "0142-00-0026",
    "０１４２‐００‐００２７",
    "142000028",
    "+81 142 00 0029",
    "0450000030",
    "045-000-0031",
    "６０９０００００３２",
    "060-9000-0033",
    "０４５（０００）０００１",
)
"""One number each, but for the last, which is the first in another spelling."""

BAD = ("本人希望により削除", "045-000-0041／045-000-0042", "9.01E+09", "045-000-00", "110")
"""What cannot be read: a word, two numbers, a rounded number, a short one, the police."""

AREAS = (202, 212, 305, 312, 415)


def make_optout() -> bytes:
    """Return the opt-out list as Excel on Japanese Windows saves it: CP932, CRLF."""
    numbers = list(SPELLINGS)
    for place, bad in zip((7, 15, 22, 28, 36), BAD, strict=True):
        numbers.insert(place, bad)
    rows = [HEADER]
    for index, number in enumerate(numbers):
        name = f"{FAMILY[index % len(FAMILY)]} {GIVEN[index % len(GIVEN)]}"
        asked = f"2026/11/{1 + index % 20:02d} {9 + index % 9:02d}:{index % 60:02d}"
        reason = REASONS[index % len(REASONS)]
        rows.append(f"{1001 + index},{name},{number},{asked},{reason}")
    # The encoding by which Excel writes it: the minus sign proper shares its bytes with the
    # full-width hyphen, so it is given as that.
    text = "".join(f"{row}\r\n" for row in rows)
    return text.replace("−", "－").encode("cp932")


def make_registry() -> bytes:
    """Return a registry extract, one ``AAA,NNNNNNN`` a line."""
    every = [f"{area},55501{line:02d}" for area in AREAS for line in range(100)]
    random.Random(2026).shuffle(every)  # noqa: S311 - an order, not a secret
    return "".join(f"{line}\n" for line in every).encode("ascii")


def main() -> None:
    """Write the files beside this one."""
    (HERE / "optout_cp932.csv").write_bytes(make_optout())
    (HERE / "registry_us.txt").write_bytes(make_registry())


if __name__ == "__main__":
    main()
