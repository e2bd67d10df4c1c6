"""What the fast ways accept, the slow way reads to the same number."""

from hypothesis import given, settings
from hypothesis import strategies as st

from dncd_engine.numbers import reading


@settings(max_examples=3_000)
@given(st.from_regex(reading._PLAIN_JAPAN, fullmatch=True))
def test_the_fast_way_and_the_slow_way_agree_in_japan(text: str) -> None:
    assert reading.read(text, "JP") == reading.read_slowly(text, "JP")


@settings(max_examples=1_000)
@given(st.from_regex(reading._PLAIN_NANP, fullmatch=True))
def test_the_fast_way_and_the_slow_way_agree_in_north_america(text: str) -> None:
    assert reading.read(text, "US") == reading.read_slowly(text, "US")
