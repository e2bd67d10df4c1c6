"""Whatever is written reads back; whatever comes gives rows or a refusal."""

import io
from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dncd_files.encodings import Encoding
from dncd_files.layouts import Wish
from dncd_files.lines import LineSource, count_text_breaks
from dncd_files.refusal import FileRefused
from dncd_files.rows import CsvRows
from dncd_files.scout import Scout
from files.loading import load

CODECS = ("utf-8", "cp932", "utf-16-le", "utf-16-be")
CELL = st.text(
    st.sampled_from('0123456789-－ー−电電話 \'""\r\n\n,;\tｱ～\u2028\x0b\x85a'), max_size=8
)
TABLE = st.lists(st.lists(CELL, min_size=2, max_size=4), min_size=1, max_size=12)


def read_back(content: bytes, codec: str, delimiter: str) -> list[tuple[int, list[str]]]:
    source = LineSource(io.BytesIO(content), Encoding(codec, codec))
    return [
        (line, list(row))
        for part in CsvRows(source, delimiter).slices()
        for line, row in zip(part.lines, part.rows, strict=True)
    ]


def write_row(row: list[str], delimiter: str, *, quotes_all: bool) -> str:
    special = {delimiter, '"', "\r", "\n"}
    doubled = [cell.replace('"', '""') for cell in row]
    return delimiter.join(
        f'"{cell}"' if quotes_all or special & set(cell) else cell for cell in doubled
    )


@given(
    TABLE,
    st.sampled_from(CODECS),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(",;\t"),
    st.booleans(),
)
def test_cells_read_back_as_written_in_their_lines(
    cells: list[list[str]], codec: str, end: str, delimiter: str, quotes_all: bool
) -> None:
    cells = [[cell.encode(codec, "ignore").decode(codec) for cell in row] for row in cells]
    text = ""
    expected = []
    for row in cells:
        expected.append((1 + count_text_breaks(text), row))
        text += write_row(row, delimiter, quotes_all=quotes_all) + end
    assert read_back(text.encode(codec), codec, delimiter) == expected


@given(st.binary(max_size=400), st.sampled_from(["auto", *CODECS, "utf-16"]), st.integers(1, 9))
@example(b"\xff\xfe0", "auto", 1)
@example(b"\xef\xbb\xbf", "auto", 2)
@example(b'"', "auto", 1)
@example(b"\r\n\r\n", "cp932", 1)
@settings(max_examples=300)
def test_any_bytes_give_rows_or_a_refusal(content: bytes, encoding: str, piece: int) -> None:
    with suppress(FileRefused):
        load(content, Wish("JP"), encoding, piece)


@given(
    st.lists(st.sampled_from(["0", "9", "-", ",", '"', "\n", "\r", "é", "電", "話", " ", "\t"])),
    st.sampled_from(["auto", "lines", "csv", "npa-nxx-xxxx"]),
    st.sampled_from([(), ("電",)]),
)
@settings(max_examples=300)
def test_any_text_gives_rows_or_a_refusal(
    text: list[str], layout: str, columns: tuple[str, ...]
) -> None:
    with suppress(FileRefused):
        loaded = load("".join(text).encode(), Wish("JP", layout, columns))
        assert loaded.tally.read == loaded.tally.rejected + len(loaded.numbers)


@given(st.text(max_size=60), st.sampled_from(CODECS), st.integers(1, 5))
def test_a_scout_counts_lines_however_the_bytes_are_cut(text: str, codec: str, piece: int) -> None:
    try:
        content = text.replace("\0", "").encode(codec)
    except UnicodeEncodeError:
        return
    scout = Scout(codec)
    try:
        for start in range(0, len(content), piece):
            scout.feed(content[start : start + piece])
        scout.finish()
    except FileRefused:
        return
    breaks = text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n").count("\n")
    assert scout.lines == breaks + 1


@pytest.mark.parametrize("codec", CODECS)
def test_a_line_is_counted_to_the_end_of_a_long_file(codec: str) -> None:
    content = ("0450000001\r\n" * 200_000).encode(codec)
    rows = read_back(content, codec, ",")
    assert (len(rows), rows[-1][0]) == (200_000, 200_000)
