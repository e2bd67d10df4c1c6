"""Values: a cell says one thing, or its row is rejected with the cell that is wrong."""

import pytest

from dncd_files.refusal import FileRefused
from files.test_attributes import A, B, C, read, us

FUTURE = "2026-11-19T00:00"


@pytest.mark.parametrize(
    ("head", "cell", "code"),
    [
        ("有効期限", "いつか", "invalid_date"),
        ("有効期限", "46000", "invalid_date"),
        ("有効期限", "-", "invalid_date"),
        ("有効期限", "2026/02/30", "invalid_date"),
        ("開始日時", "20261201", "invalid_date"),
        ("見直し日", "来年", "invalid_date"),
        ("受付日時", "11月1日", "invalid_date"),
        ("受付日時", FUTURE, "invalid_date"),
        ("受付日時", "2026-11-19", "invalid_date"),
        ("利用目的", "sales", "invalid_attribute"),
        ("利用目的", "survey;sales", "invalid_attribute"),
        ("利用目的", ";", "invalid_attribute"),
        ("利用目的", "survey;", "invalid_attribute"),
        ("利用目的", "Survey", "invalid_attribute"),
        ("根拠", "任意", "invalid_attribute"),
        ("根拠", "Voluntary", "invalid_attribute"),
        ("請求者", "本人", "invalid_attribute"),
        ("受付番号", "R" * 257, "invalid_attribute"),
        ("取得元", "あ" * 86, "invalid_attribute"),
        ("理由", "a\x07b", "invalid_attribute"),
        ("理由", "a\x85b", "invalid_attribute"),
        ("理由", "電話\x1b[31m", "invalid_attribute"),
    ],
)
def test_a_cell_that_cannot_be_taken_rejects_its_row(head: str, cell: str, code: str) -> None:
    loaded = read(f"電話番号,{head}\n{A},\n{B},{cell}\n{C},\n")
    assert loaded.numbers == [81450000001, 81110000003]
    assert loaded.beside == []
    assert [(bad.line, bad.column, bad.code, bad.raw) for bad in loaded.rejected] == [
        (3, 2, code, cell[:200])
    ]
    assert (loaded.tally.read, loaded.tally.rejected, loaded.tally.by_code[code]) == (3, 1, 1)


@pytest.mark.parametrize(
    ("head", "cell", "field", "value"),
    [
        ("受付日時", "2026-11-18", "asked_us", us("2026-11-17T15:00")),
        ("有効期限", "2026-11-18", "expires_us", us("2026-11-18T15:00")),
        ("有効期限", "9999/12/31", "expires_us", us("9999-12-31T15:00")),
        ("利用目的", "survey", "purposes", ("survey",)),
        ("利用目的", "survey ； sales:fiber", "purposes", ("sales:fiber", "survey")),
        ("利用目的", "survey;survey", "purposes", ("survey",)),
        ("利用目的", "a;b", "purposes", ("a;b",)),
        ("利用目的", "survey，sales:fiber", "purposes", ("sales:fiber", "survey")),
        ("請求者", " agent ", "requester", "agent"),
        ("受付番号", "R" * 256, "reference", "R" * 256),
        ("取得元", "あ" * 85, "source", "あ" * 85),
    ],
)
def test_a_cell_is_taken_as_it_stands(head: str, cell: str, field: str, value: object) -> None:
    ((_, said),) = read(f"電話番号,{head}\n{A},{cell}\n").said
    assert getattr(said, field) == value


def test_blanks_leave_all_to_the_batch() -> None:
    loaded = read(f"電話番号,有効期限,利用目的,理由\n{A}, ,\u3000,\n{B}\n")
    assert [said for _, said in loaded.said if any(said)] == []


@pytest.mark.parametrize(
    ("effective", "expires", "column"),
    [
        ("2027-01-02", "2027-01-01", 3),
        ("2027-01-01T00:00", "2027-01-01T00:00", 3),
        ("2027-01-01", "2027-01-01T00:00", 3),
        ("2020-01-02", "2020-01-01", 3),
        ("2028-01-01", "", 2),
        ("", "2026-11-19", 3),
    ],
)
def test_an_entry_that_ends_before_it_begins_is_rejected(
    effective: str, expires: str, column: int
) -> None:
    begins, ends = us("2026-11-20T00:00"), us("2026-12-31T15:00")
    text = f"電話番号,開始日時,有効期限\n{A},{effective},{expires}\n{B},,\n"
    loaded = read(text, effective_us=begins, expires_us=ends)
    raw = expires if column == 3 else effective
    assert [(bad.line, bad.column, bad.code, bad.raw) for bad in loaded.rejected] == [
        (2, column, "invalid_date", raw)
    ]


def test_an_entry_of_one_day_is_one() -> None:
    ((_, said),) = read(f"電話番号,開始日時,有効期限\n{A},2027-01-01,2027-01-01\n").said
    assert said.effective_us is not None
    assert said.expires_us == said.effective_us + 86_400_000_000


def test_every_cell_that_is_wrong_is_told_and_the_row_counted_once() -> None:
    text = f"有効期限,電話番号,根拠\nx,なし,y\n{FUTURE},{A},y\n,{B},\n,{C},\n,{A},\n"
    loaded = read(text)
    assert [(bad.line, bad.column, bad.code) for bad in loaded.rejected] == [
        (2, 2, "not_a_number"),
        (2, 1, "invalid_date"),
        (2, 3, "invalid_attribute"),
        (3, 3, "invalid_attribute"),
    ]
    assert (loaded.tally.read, loaded.tally.rejected) == (5, 2)
    assert dict(loaded.tally.by_code) == {"not_a_number": 1, "invalid_attribute": 1}


def test_a_shifted_row_is_rejected_where_its_terms_could_be_anothers() -> None:
    text = f"電話番号,有効期限,利用目的\n{A},2027-01-01,survey,sales:fiber\n{B},,,\n{C},,\n"
    loaded = read(text)
    assert loaded.numbers == [816090000002, 81110000003]
    assert [(bad.line, bad.column, bad.code) for bad in loaded.rejected] == [
        (2, 0, "invalid_attribute")
    ]
    # Where rows bring evidence alone, the number is worth more than its last words.
    assert read(f"電話番号,理由\n{A},もう,かけないで\n").numbers == [81450000001]


def test_a_blank_row_is_none_whatever_is_asked_of_rows() -> None:
    text = f"区分,電話番号,取得元\nA,{A},はがき\n,,\nD,{B},\nA,{C},\n"
    loaded = read(text, is_change=True, needs_source=True)
    assert (loaded.tally.read, loaded.numbers) == (3, [81450000001, 816090000002])
    assert [(bad.line, bad.column, bad.code, bad.raw) for bad in loaded.rejected] == [
        (5, 3, "invalid_attribute", "")
    ]


def test_rows_of_several_numbers_say_the_same_of_all() -> None:
    text = f"電話番号,携帯,有効期限\n{A},{B},2027-01-01\n{C},x,2028-01-01\n{C},{A},x\n,,\n{A},,\n"
    loaded = read(text, "電話番号", "携帯")
    assert [
        number for number, said in loaded.said if said.expires_us == us("2027-01-01T15:00")
    ] == [
        81450000001,
        816090000002,
    ]
    assert loaded.numbers == [81450000001, 816090000002, 81450000001]
    assert loaded.beside == [81110000003]
    assert [(bad.line, bad.column, bad.code) for bad in loaded.rejected] == [
        (3, 2, "not_a_number"),
        (4, 3, "invalid_date"),
    ]
    assert loaded.tally.read == 4


def test_a_last_row_that_may_be_cut_within_its_date_is_refused() -> None:
    with pytest.raises(FileRefused) as caught:
        read(f"電話番号,有効期限\n{A},2027-01-01\n{B},2027-01-0")
    assert caught.value.reason == "TRUNCATED"


def test_a_file_of_unreadable_dates_says_how_they_are_written() -> None:
    with pytest.raises(FileRefused) as caught:
        read(f"電話番号,有効期限\n{A},46000\n{B},46001\n{C},\n")
    assert caught.value.reason == "MOSTLY_UNREADABLE"
    assert "2 invalid_date" in caught.value.message
    assert "2026-11-24" in caught.value.message


def test_rows_that_say_much_are_read_as_rows_that_say_little() -> None:
    text = "電話番号,受付番号,有効期限\n" + "".join(
        f"0450{at:06d},{'x' * (at % 300)},{2027 + at % 100}-01-01\n" for at in range(3_000)
    )
    loaded = read(text)
    good = [at for at in range(3_000) if at % 300 <= 256]
    assert [number - 81450000000 for number in loaded.numbers] == good
    assert [said.reference for _, said in loaded.said] == ["x" * (at % 300) for at in good]
