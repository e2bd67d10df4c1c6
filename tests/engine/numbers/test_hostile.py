"""No text makes the normaliser raise, or take long."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dncd_engine.numbers import Reject, read
from engine.numbers.strategies import REGIONS, any_text


@settings(max_examples=1500, deadline=None)
@given(text=any_text, region=st.sampled_from(REGIONS) | st.text(max_size=3))
def test_any_text_in_any_region_is_a_number_or_a_reject(text: str, region: str) -> None:
    got = read(text, region)
    assert isinstance(got, Reject) or (10**6 <= got < 10**15)


@pytest.mark.parametrize(
    "text",
    [
        "1" * 1_000_000,
        "０" * 1_000_000,
        " " * 1_000_000 + "x",
        "(" * 100_000,
        "-" * 128,
        " " * 127 + "x",
        "x" * 128,
        "1 " * 64,
        "1-" * 63 + "x",
        "内線1" * 40,
        "+" * 128,
        "." * 128,
        "9." * 64,
        "\ud800" * 128,
        "📞" * 128,
        "0,1" * 40,
    ],
    ids=range(16),
)
@pytest.mark.parametrize("region", ["JP", "US", "DE", "BR"])
def test_hostile_texts_are_rejected_soon(text: str, region: str) -> None:
    read("+442079460018", region)  # loads what is loaded on first need
    began = time.perf_counter()
    assert isinstance(read(text, region), Reject)
    assert time.perf_counter() - began < 0.25


def test_a_number_hidden_in_a_long_text_is_not_read() -> None:
    assert read("090-1234-5678" + "\u200b" * 200 + "9", "JP") is Reject.NOT_A_NUMBER
    assert read("090-1234-5678" + "\u200b" * 60 + "x", "JP") is Reject.LETTERS
    assert read(" " * 500 + "090-1234-5678" + " " * 500, "JP") == 819012345678
