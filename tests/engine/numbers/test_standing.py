"""An integer is held to the same rules as a text, one by one or in columns."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dncd_engine.numbers import (
    COUNTRIES,
    REJECT_BY_CODE,
    Reject,
    Standing,
    inspect,
    inspect_many,
    read,
)
from engine.numbers.strategies import REGIONS, any_text, integers, japanese_nsn, nanp_digits

many = settings(max_examples=1500, deadline=None)


@many
@given(text=any_text, region=st.sampled_from(REGIONS))
def test_whatever_a_text_reads_as_stands_as_an_integer(text: str, region: str) -> None:
    number = read(text, region)
    if not isinstance(number, Reject):
        assert inspect(number).reject is None


@many
@given(number=integers, region=st.sampled_from(REGIONS))
def test_an_integer_stands_exactly_if_its_plus_form_reads_as_it(number: int, region: str) -> None:
    assert (inspect(number).reject is None) == (read(f"+{number}", region) == number)


@settings(max_examples=300, deadline=None)
@given(numbers=st.lists(integers, max_size=30))
def test_columns_say_of_each_number_what_inspect_says(numbers: list[int]) -> None:
    columns = inspect_many(np.array(numbers, np.uint64))
    assert len(columns.reject) == len(columns.never_dial) == len(columns.country) == len(numbers)
    for i, number in enumerate(numbers):
        assert inspect(number) == Standing(
            REJECT_BY_CODE[columns.reject[i]],
            never_dial=bool(columns.never_dial[i]),
            country=COUNTRIES[columns.country[i]],
        )


def test_columns_hold_at_every_edge_of_the_tables() -> None:
    edges = {0, 1, 999_999, 10**6, 10**15 - 1, 10**15, 2**64 - 1}
    edges |= {81 * 10**9 + k * 10**6 + d for k in range(1000) for d in (-1, 0, 1)}
    edges |= {81 * 10**10 + k * 10**7 + d for k in range(1000) for d in (-1, 0, 1)}
    edges |= {10**10 + k * 10**6 + d for k in range(0, 10_000, 7) for d in (-1, 0, 1)}
    edges |= {12_029_760_000, 12_029_759_999, 12_029_769_999, 12_029_770_000, 19_765_550_123}
    edges |= {10**k + d for k in range(7, 16) for d in (-1, 0, 1)}
    numbers = sorted(edges)
    columns = inspect_many(np.array(numbers, np.uint64))
    got = [
        Standing(REJECT_BY_CODE[r], never_dial=bool(n), country=COUNTRIES[c])
        for r, n, c in zip(columns.reject, columns.never_dial, columns.country, strict=True)
    ]
    assert got == [inspect(number) for number in numbers]


def test_columns_of_nothing_are_empty() -> None:
    assert len(inspect_many(np.array([], np.uint64)).reject) == 0


@pytest.mark.parametrize(
    ("number", "wanted"),
    [
        (819012345678, Standing(None, never_dial=False, country="JP")),
        (81570123456, Standing(None, never_dial=True, country="JP")),
        (81990123456, Standing(None, never_dial=True, country="JP")),
        (81180123456, Standing(None, never_dial=True, country="JP")),
        (81600123456, Standing(None, never_dial=True, country="JP")),
        (12025550123, Standing(None, never_dial=False, country="US")),
        (14165550123, Standing(None, never_dial=False, country="CA")),
        (18765550123, Standing(None, never_dial=False, country="JM")),
        (12215550123, Standing(None, never_dial=False, country="")),
        (19005550123, Standing(None, never_dial=True, country="US")),
        (12029765550, Standing(None, never_dial=True, country="US")),
        (442079460018, Standing(None, never_dial=False, country="GB")),
        (449098790000, Standing(None, never_dial=True, country="GB")),
        (979123456789, Standing(None, never_dial=True, country="")),
        (80012345678, Standing(None, never_dial=False, country="")),
    ],
)
def test_a_number_that_reads_has_a_country_and_may_be_barred(number: int, wanted: Standing) -> None:
    assert inspect(number) == wanted


@pytest.mark.parametrize(
    ("number", "reject"),
    [
        (-1, Reject.NOT_A_NUMBER),
        (0, Reject.SPECIAL_NUMBER),
        (110, Reject.SPECIAL_NUMBER),
        (911, Reject.SPECIAL_NUMBER),
        (81110, Reject.SPECIAL_NUMBER),
        (81_188_188, Reject.SPECIAL_NUMBER),
        (8109012345678, Reject.INVALID_NUMBER),
        (810312345678, Reject.INVALID_NUMBER),
        (8190123456, Reject.TOO_SHORT),
        (81_901_234_567, Reject.TOO_SHORT),
        (8190123456789, Reject.TOO_LONG),
        (812012345678, Reject.NON_VOICE),
        (812001234512345, Reject.NON_VOICE),
        (12025550, Reject.TOO_SHORT),
        (11115550123, Reject.INVALID_NUMBER),
        (13115550123, Reject.INVALID_NUMBER),
        (120255501234, Reject.TOO_LONG),
        (4402079460018, Reject.INVALID_NUMBER),
        (44999, Reject.SPECIAL_NUMBER),
        (999123456789, Reject.INVALID_NUMBER),
        (10**15, Reject.TOO_LONG),
        (2**64 - 1, Reject.TOO_LONG),
    ],
)
def test_what_no_text_reads_as_is_rejected(number: int, reject: Reject) -> None:
    assert inspect(number).reject is reject


@many
@given(nsn=japanese_nsn, digits=nanp_digits)
def test_every_japanese_and_nanp_number_stands(nsn: str, digits: str) -> None:
    assert inspect(int("81" + nsn)).country == "JP"
    assert inspect(int("1" + digits)).reject is None


def test_codes_and_rejects_are_one_to_one() -> None:
    assert REJECT_BY_CODE[0] is None
    assert set(REJECT_BY_CODE[1:]) == set(Reject)
    assert len(REJECT_BY_CODE) == len(Reject) + 1
    assert COUNTRIES[0] == ""
    assert len(set(COUNTRIES)) == len(COUNTRIES)
