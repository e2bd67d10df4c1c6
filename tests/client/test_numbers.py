"""What callers hand in as numbers."""

from typing import Any

import numpy as np
import pytest

from dncd_client.errors import InvalidRequest
from dncd_client.numbers import one, several


def test_arrays_of_integers_are_taken() -> None:
    """A numpy array, numpy scalars, tuples and ranges are all integers."""
    scalars: Any = [np.uint64(1), np.uint64(2)]
    expected: Any = ([], [1, 2])

    assert several(np.array([1, 2], dtype=np.uint64)) == expected
    assert several(scalars) == expected
    assert several((1, 2)) == expected
    assert several(range(1, 3)) == expected


def test_texts_are_taken_as_they_are() -> None:
    """A text is not touched, so long as UTF-8 can carry it."""
    assert several(["090", "+81 90"]) == (["090", "+81 90"], [])
    assert one("０９０") == "０９０"


def test_a_text_that_cannot_be_sent_spoils_only_itself() -> None:
    """A lone surrogate becomes a character that no number holds."""
    texts, _ = several(["090\udc80", "091"])

    assert texts[1] == "091"
    assert "\ufffd" in texts[0]
    assert "\ufffd" in str(one("\ud800"))


def test_a_huge_text_spoils_only_itself() -> None:
    """It is cut so that the request fits, and is still far too long for a number."""
    assert len(several(["9" * 10_000_000, "091"])[0][0]) == 4_096


@pytest.mark.parametrize(
    "wrong",
    ["0901234567", b"090", [1, "2"], ["1", 2], [True], [1.0], [None], np.array([1.5]), [[1]]],
    ids=repr,
)
def test_what_is_no_sequence_of_numbers_raises(wrong: Any) -> None:
    """A wrong type is the caller's mistake, and a single text is not many."""
    with pytest.raises(TypeError):
        several(wrong)


@pytest.mark.parametrize("wrong", [True, 1.0, None, b"090"])
def test_what_is_no_number_raises(wrong: Any) -> None:
    """Neither a truth value nor a float is a number."""
    with pytest.raises(TypeError):
        one(wrong)


@pytest.mark.parametrize("wrong", [-1, 2**64])
def test_an_integer_out_of_range_raises(wrong: int) -> None:
    """A fixed64 holds 0 to 2^64-1; the message repeats no number."""
    with pytest.raises(InvalidRequest) as caught:
        one(wrong)
    with pytest.raises(InvalidRequest):
        several([1, wrong])

    assert str(2**64) not in str(caught.value)


def test_more_than_one_answer_can_hold_says_to_split() -> None:
    """One answer has one version, so the library does not split by itself."""
    assert len(several([1] * 10_000)[1]) == 10_000
    with pytest.raises(InvalidRequest, match=r"10001 numbers exceed the limit of 10000.*split"):
        several([1] * 10_001)
