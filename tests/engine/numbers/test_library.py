"""The rules and the phonenumbers library agree wherever both accept."""

import subprocess
import sys

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dncd_engine.numbers import COUNTRIES, Reject, inspect, read
from dncd_engine.numbers.regions import NANP_REGIONS
from engine.numbers.strategies import japanese_nsn, nanp_digits

_CODES = sorted(set(phonenumbers.COUNTRY_CODE_TO_REGION_CODE) - {1, 81})


def ask_library(text: str, region: str) -> int | None:
    """Return what the library alone makes of a text, if it calls it valid."""
    try:
        parsed = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    return int(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def test_the_regions_are_those_of_the_library() -> None:
    assert set(COUNTRIES[1:]) == set(phonenumbers.SUPPORTED_REGIONS)
    assert set(phonenumbers.COUNTRY_CODE_TO_REGION_CODE[1]) == NANP_REGIONS


@settings(max_examples=600, deadline=None)
@given(nsn=japanese_nsn)
def test_japanese_rules_and_library_agree(nsn: str) -> None:
    theirs = ask_library("0" + nsn, "JP")
    assert theirs is None or theirs == read("0" + nsn, "JP")


@settings(max_examples=600, deadline=None)
@given(digits=nanp_digits)
def test_nanp_rules_and_library_agree(digits: str) -> None:
    theirs = ask_library(digits, "US")
    assert theirs is None or theirs == read(digits, "US")
    standing = inspect(int("1" + digits))
    parsed = phonenumbers.parse("+1" + digits)
    country = phonenumbers.region_code_for_number(parsed)
    assert country is None or country == standing.country


@settings(max_examples=1000, deadline=None)
@given(digits=st.integers(10**7, 10**12).map(str), region=st.sampled_from(COUNTRIES[1:]))
def test_what_both_accept_is_the_same_number_in_every_region(digits: str, region: str) -> None:
    for text in ("0" + digits, digits):
        ours, theirs = read(text, region), ask_library(text, region)
        if not isinstance(ours, Reject) and theirs is not None:
            assert ours == theirs


@settings(max_examples=1000, deadline=None)
@given(code=st.sampled_from(_CODES), nsn=st.integers(10**6, 10**12))
def test_international_forms_are_the_same_number_to_both(code: int, nsn: int) -> None:
    ours, theirs = read(f"+{code} {nsn}", "JP"), ask_library(f"+{code}{nsn}", "ZZ")
    if not isinstance(ours, Reject) and theirs is not None:
        assert ours == theirs


@pytest.mark.parametrize("region", COUNTRIES[1:])
def test_example_numbers_of_every_region_read_back(region: str) -> None:
    """International forms always; national ones as the same number or not at all."""
    formats = phonenumbers.PhoneNumberFormat
    for kind in (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE):
        example = phonenumbers.example_number_for_type(region, kind)
        if example is None:
            continue
        number = int(phonenumbers.format_number(example, formats.E164))
        for form in (formats.E164, formats.INTERNATIONAL, formats.RFC3966):
            assert read(phonenumbers.format_number(example, form), region) == number
        national = read(phonenumbers.format_number(example, formats.NATIONAL), region)
        assert isinstance(national, Reject) or national == number
        assert inspect(number).country in ("", region, phonenumbers.region_code_for_number(example))


def test_national_forms_are_read_nearly_everywhere() -> None:
    """A plan whose national form is not plain to us is rare, and its rows are rejected."""
    rejected = []
    for region in COUNTRIES[1:]:
        example = phonenumbers.example_number(region)
        assert example is not None
        text = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.NATIONAL)
        if isinstance(read(text, region), Reject):
            rejected.append(region)
    assert len(rejected) <= 5


@pytest.mark.parametrize(
    ("text", "region"), [("62812345678", "ID"), ("468123456", "SE"), ("318001234", "NL")]
)
def test_digits_with_two_valid_readings_are_no_number(text: str, region: str) -> None:
    assert read(text, region) is Reject.INVALID_NUMBER


def test_the_library_is_loaded_only_when_needed() -> None:
    code = (
        "import sys, numpy\n"
        "from dncd_engine.numbers import inspect, read\n"
        "read('090-1234-5678', 'JP'), read('2025550123', 'US'), inspect(819012345678)\n"
        "sys.exit('phonenumbers' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_warming_loads_the_library() -> None:
    code = (
        "import sys\n"
        "from dncd_engine.numbers import warm\n"
        "warm()\n"
        "sys.exit('phonenumbers' not in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
