"""Rows: limits are kept in bounded memory, and what is wrong is named by its line."""

import io

import pytest

from dncd_files.encodings import MAX_LINE_CHARS, Encoding
from dncd_files.lines import LineSource
from dncd_files.refusal import FileRefused
from dncd_files.rows import MAX_COLUMNS, CsvRows, read_lines

UTF8 = Encoding("utf-8", "utf-8")


class Endless(io.RawIOBase):
    """Repeats a text for ever and counts how much of it was read."""

    def __init__(self, first: bytes, then: bytes) -> None:
        self.first, self.then = first, then
        self.given = 0

    def read(self, size: int = -1) -> bytes:
        """Return the first text once, then the other for ever."""
        text = self.first if self.given == 0 else self.then * (size // len(self.then))
        self.given += len(text)
        return text

    def seek(self, offset: int, whence: int = 0) -> int:
        """Stay where it is."""
        return offset


def refusal_of(first: bytes, then: bytes = b"") -> tuple[str, int, int]:
    file = Endless(first, then) if then else io.BytesIO(first)
    rows = CsvRows(LineSource(file, UTF8), ",")  # type: ignore[arg-type]
    with pytest.raises(FileRefused) as caught:
        for _ in rows.slices():
            pass
    return caught.value.reason, caught.value.line, getattr(file, "given", 0)


def test_a_line_without_end_is_refused_after_a_few_mebibytes() -> None:
    reason, line, given = refusal_of(b"1,2\n", b"9")
    assert (reason, line) == ("LINE_TOO_LONG", 2)
    assert given < 4 << 20


def test_a_quote_without_end_is_refused_after_a_few_mebibytes() -> None:
    reason, line, given = refusal_of(b'1,2\n3,"4\n', b"5,6\n")
    assert (reason, line) == ("LAYOUT", 2)
    assert given < 8 << 20


def test_a_row_without_end_is_refused_in_bounded_memory() -> None:
    reason, line, given = refusal_of(b'1,2\n3,"\n', b'","\n')
    assert (reason, line) == ("LAYOUT", 2)
    assert given < 64 << 20


def test_a_long_row_of_several_lines_is_refused() -> None:
    row = b'1,"' + b"2\n" * MAX_LINE_CHARS + b'"\n'
    reason, line, _ = refusal_of(b"1,2\n" + row[: MAX_LINE_CHARS + 9] + b'"\n')
    assert (reason, line) == ("LINE_TOO_LONG", 2)


def test_a_line_over_the_limit_is_refused_and_one_at_it_is_not() -> None:
    assert refusal_of(b"1\n" + b"2" * MAX_LINE_CHARS + b"\n")[:2] == ("LINE_TOO_LONG", 2)
    source = LineSource(io.BytesIO(b"2" * (MAX_LINE_CHARS - 1) + b"\n"), UTF8)
    assert [len(part.rows) for part in read_lines(source)] == [1]


def test_too_many_columns_are_refused() -> None:
    assert refusal_of(b"1\n" + b"," * MAX_COLUMNS + b"\n")[:2] == ("LAYOUT", 2)


def test_rows_before_a_bad_quote_do_not_shift_its_line() -> None:
    content = b'"a\nb",2\n' * 150 + b'3,"4"5\n'
    assert refusal_of(content)[:2] == ("LAYOUT", 301)


def test_an_open_quote_at_the_end_is_a_truncation() -> None:
    assert refusal_of(b'1,2\n3,"4')[:2] == ("TRUNCATED", 2)
    assert refusal_of(b'1,2\n3,"4\n5,6\n')[:2] == ("TRUNCATED", 2)


def test_lines_split_at_line_breaks_alone() -> None:
    text = "1\x0b2\x0c3\x1c4\x855\u20286\n7\r8\r\n"
    parts = read_lines(LineSource(io.BytesIO(text.encode()), UTF8))
    assert [list(part.lines) for part in parts] == [[1, 2, 3]]
