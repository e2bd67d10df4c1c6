"""The scout: encodings by declaration or strict trial, refusals while bytes arrive."""

import pytest

from dncd_files.encodings import MAX_LINE_CHARS, Encoding
from dncd_files.mixture import find_utf8_line
from dncd_files.refusal import FileRefused
from dncd_files.scout import Scout


def scouted(content: bytes, declared: str = "auto", piece: int = 3) -> Encoding:
    scout = Scout(declared)
    for start in range(0, len(content), piece):
        scout.feed(content[start : start + piece])
    return scout.finish()


def refusal_of(content: bytes, declared: str = "auto", piece: int = 3) -> tuple[str, int]:
    with pytest.raises(FileRefused) as caught:
        scouted(content, declared, piece)
    return caught.value.reason, caught.value.line


@pytest.mark.parametrize(
    ("content", "declared", "name", "codec", "bom"),
    [
        (b"045", "auto", "utf-8", "utf-8", 0),
        ("電話".encode(), "auto", "utf-8", "utf-8", 0),
        ("電話".encode("utf-8-sig"), "auto", "utf-8", "utf-8", 3),
        ("電話".encode("utf-8-sig"), "utf-8", "utf-8", "utf-8", 3),
        ("電話".encode("cp932"), "auto", "cp932", "cp932", 0),
        ("①℡髙".encode("cp932"), "auto", "cp932", "cp932", 0),
        (b"1\n\xc3\xb0\n", "cp932", "cp932", "cp932", 0),
        ("電話".encode("utf-16"), "auto", "utf-16", "utf-16-le", 2),
        (b"\xfe\xff" + "電話".encode("utf-16-be"), "auto", "utf-16", "utf-16-be", 2),
        (b"\xfe\xff" + "電話".encode("utf-16-be"), "utf-16", "utf-16", "utf-16-be", 2),
        ("電話".encode("utf-16"), "utf-16-le", "utf-16-le", "utf-16-le", 2),
        ("電話".encode("utf-16-be"), "utf-16-be", "utf-16-be", "utf-16-be", 0),
    ],
)
def test_an_encoding_is_declared_or_found(
    content: bytes, declared: str, name: str, codec: str, bom: int
) -> None:
    assert scouted(content, declared) == Encoding(name, codec, bom)


@pytest.mark.parametrize(
    ("content", "declared", "refusal"),
    [
        (b"", "auto", ("EMPTY", 0)),
        ("1\n電話".encode("cp932"), "utf-8", ("ENCODING", 2)),
        ("1\n2\n電話".encode(), "cp932", ("ENCODING", 3)),
        ("電話".encode("utf-16-le"), "utf-16", ("ENCODING", 1)),
        (b"1\x002\x00", "auto", ("LAYOUT", 1)),
        ("1\n\0".encode("utf-16"), "auto", ("LAYOUT", 2)),
        ("電話\r\n".encode() * 2 + b"\x93\x64\n", "auto", ("ENCODING", 3)),
        ("電話\r\n".encode("cp932") * 2 + "電話ー\r\n".encode(), "auto", ("ENCODING", 3)),
        ("電話\r\n".encode()[:-4], "auto", ("TRUNCATED", 1)),
        (b"1\n\xe9\x9b", "utf-8", ("TRUNCATED", 2)),
        ("1\n2".encode("utf-16")[:-1], "auto", ("TRUNCATED", 2)),
        (b"1\n\x00\xd8\n\x00".replace(b"1\n", b"1\x00\n\x00"), "utf-16-le", ("ENCODING", 2)),
    ],
)
@pytest.mark.parametrize("piece", [1, 2, 3, 1000])
def test_what_is_in_no_encoding_is_refused_with_its_line(
    content: bytes, declared: str, refusal: tuple[str, int], piece: int
) -> None:
    assert refusal_of(content, declared, piece) == refusal


def test_an_unknown_encoding_is_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match="one of"):
        Scout("shift_jis")


def test_a_line_without_end_is_refused_while_it_arrives() -> None:
    scout = Scout()
    scout.feed(b"1\n2\n")
    for _ in range(4):
        scout.feed(b"9" * MAX_LINE_CHARS)
    with pytest.raises(FileRefused) as caught:
        scout.feed(b"9")
    assert (caught.value.reason, caught.value.line) == ("LINE_TOO_LONG", 3)


def test_half_width_katakana_in_cp932_is_no_utf8_line() -> None:
    assert find_utf8_line("ﾃｰﾌﾞﾙ,ﾃｽﾄ\r\n".encode("cp932") * 10) is None
    assert find_utf8_line("電話 髙橋,見本 花子,繝\r\n".encode("cp932")) is None
    assert find_utf8_line(b"1\n" + "電話".encode()) == 2
