"""Every spelling of a number is that number, and no text is a number that it does not show."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dncd_engine.numbers import Reject, read, read_many
from dncd_engine.numbers.alphabet import TABLE
from dncd_engine.numbers.reading import read_slowly
from engine.numbers.strategies import (
    HYPHENS,
    REGIONS,
    any_text,
    japanese_nsn,
    nanp_digits,
    nine_digit_nsn,
    spelled,
    ten_digit_nsn,
)

many = settings(max_examples=400, deadline=None)


@many
@given(nsn=japanese_nsn, data=st.data())
def test_every_spelling_of_a_japanese_number_reads_as_it(nsn: str, data: st.DataObject) -> None:
    lead = data.draw(st.sampled_from(["0", "+81", "+810", "0081", "01081", "81", "00810"]))
    text = data.draw(spelled(lead + nsn))
    assert read(text, "JP") == int("81" + nsn)


@many
@given(nsn=japanese_nsn, data=st.data())
def test_dial_prefixes_are_no_part_of_the_number(nsn: str, data: st.DataObject) -> None:
    prefix = data.draw(
        st.sampled_from(["184", "186", "0077", "0033", "0036", "0088", "122", "1860077", "1220033"])
    )
    assert read(data.draw(spelled(f"{prefix}0{nsn}")), "JP") == int("81" + nsn)


@many
@given(nsn=nine_digit_nsn | ten_digit_nsn, data=st.data())
def test_a_zero_that_a_spreadsheet_dropped_is_known_to_be_missing(
    nsn: str, data: st.DataObject
) -> None:
    assert read(data.draw(spelled(nsn)), "JP") == int("81" + nsn)
    assert read(nsn + ".0", "JP") == int("81" + nsn)


@many
@given(digits=nanp_digits, data=st.data())
def test_every_spelling_of_a_nanp_number_reads_as_it(digits: str, data: st.DataObject) -> None:
    lead = data.draw(st.sampled_from(["", "1", "+1", "0111", "001"]))
    text = data.draw(spelled(lead + digits))
    assert read(text, data.draw(st.sampled_from(["US", "CA", "JM"]))) == int("1" + digits)


@many
@given(nsn=japanese_nsn, data=st.data())
def test_labels_and_extensions_leave_the_base_line(nsn: str, data: st.DataObject) -> None:
    before = data.draw(st.sampled_from(["", "TEL:", "電話 ", "☎", "℡", "（自宅）", "'", "tel:"]))
    after = data.draw(
        st.sampled_from(
            ["", " 携帯", "（代表）", "様", " 内線12", " ext.3", "x4", "（内線５）", "、"]
        )
    )
    assert read(f"{before}0{nsn}{after}", "JP") == int("81" + nsn)


@pytest.mark.parametrize("hyphen", list(HYPHENS))
def test_every_hyphen_look_alike_is_a_hyphen(hyphen: str) -> None:
    assert read(f"03{hyphen}1234{hyphen}5678", "JP") == 81312345678


@many
@given(first=japanese_nsn, second=japanese_nsn, mark=st.sampled_from(",、/・;|\n\r~〜～&＆／，"))
def test_two_numbers_are_never_one(first: str, second: str, mark: str) -> None:
    assert read(f"0{first}{mark}0{second}", "JP") is Reject.MULTIPLE_NUMBERS


@settings(max_examples=2000, deadline=None)
@given(text=any_text, region=st.sampled_from(REGIONS))
def test_a_number_is_always_shown_by_its_text(text: str, region: str) -> None:
    """The last digits of what is read are digits of the text, in order and unbroken by others."""
    number = read(text, region)
    assert not isinstance(number, bool)
    if isinstance(number, Reject):
        return
    shown = "".join(c for c in text.translate(TABLE) if c in "0123456789")
    digits = str(number)
    assert digits[3:] in shown


@settings(max_examples=2000, deadline=None)
@given(text=any_text, region=st.sampled_from(REGIONS))
def test_the_fast_way_reads_what_the_slow_way_reads(text: str, region: str) -> None:
    assert read(text, region) == read_slowly(text, region)
    assert read_many([text, text], region) == [read_slowly(text, region)] * 2


@many
@given(nsn=japanese_nsn | nanp_digits, data=st.data())
def test_the_fast_way_agrees_on_damaged_numbers(nsn: str, data: st.DataObject) -> None:
    text = data.draw(spelled(data.draw(st.sampled_from(["0", "+81", "81", "", "1", "+1"])) + nsn))
    place = data.draw(st.integers(0, len(text)))
    text = text[:place] + data.draw(st.text("0159-一x.+(\n", max_size=2)) + text[place + 1 :]
    for region in ("JP", "US"):
        assert read(text, region) == read_slowly(text, region)
