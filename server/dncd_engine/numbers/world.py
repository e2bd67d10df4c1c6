"""The rest of the world, read by the phonenumbers library and believed only digit by digit.

The library is asked for countries and possible lengths (ITU-T E.164 and the national plans it
carries). It is never allowed to change a digit: what it gives back must be exactly what the text
shows, less the international and national prefixes. It is loaded on first need.
"""

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from dncd_engine.numbers.rejects import Reject

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

MEMO_SIZE = 32_768
"""How many numbers and texts of the slow path are remembered, about 8 MB a function."""

_LONGEST_SHORT = 8  # digits; what the library has beyond is for text messages

_INTERNATIONAL_PREMIUM = 979  # ITU-T E.164: international premium rate service


class Plan(NamedTuple):
    """What a country's plan says about what is dialled before the national number."""

    country_code: str
    trunk: str
    international: re.Pattern[str]


@cache
def plan_of(region: str) -> Plan | None:
    """Return the dialling plan of a region, or None if there is no such region."""
    from phonenumbers import PhoneMetadata

    meta = PhoneMetadata.metadata_for_region(region, None)
    if meta is None:
        return None
    return Plan(
        str(meta.country_code),
        meta.national_prefix or "",
        re.compile(meta.international_prefix or "00"),
    )


def _parse(digits: str) -> "PhoneNumber | Reject":
    from phonenumbers import NumberParseException, parse

    try:
        return parse("+" + digits, None)
    except NumberParseException as error:
        kind = NumberParseException
        if error.error_type == kind.TOO_LONG:
            return Reject.TOO_LONG
        if error.error_type in (kind.TOO_SHORT_NSN, kind.TOO_SHORT_AFTER_IDD):
            return Reject.TOO_SHORT
        return Reject.INVALID_NUMBER


@lru_cache(maxsize=MEMO_SIZE)
def read_exact(digits: str) -> int | Reject:
    """Read digits that begin with a country code other than 1 and 81, allowing no trunk prefix.

    Possible lengths decide, not the library's idea of validity, which lags behind the plans.
    """
    from phonenumbers import is_possible_number_with_reason, national_significant_number

    if len(digits) > 15:
        return Reject.TOO_LONG
    if len(digits) <= 6:
        return Reject.SPECIAL_NUMBER
    number = _parse(digits)
    if isinstance(number, Reject):
        return number
    nsn = national_significant_number(number)
    if f"{number.country_code}{nsn}" != digits:
        return Reject.INVALID_NUMBER
    return (
        _judge_unassigned(number, nsn)
        or _reject_of_length(is_possible_number_with_reason(number))
        or int(digits)
    )


def _judge_unassigned(number: "PhoneNumber", nsn: str) -> Reject | None:
    """Say what is wrong with a number that is no subscriber's, as far as that is plain."""
    from phonenumbers import is_valid_number, region_code_for_country_code

    if (len(nsn) > _LONGEST_SHORT and nsn[0] != "0") or is_valid_number(number):
        return None
    region = region_code_for_country_code(number.country_code or 0)
    if len(nsn) <= 6 or (len(nsn) <= _LONGEST_SHORT and _is_short_number(nsn, region)):
        return Reject.SPECIAL_NUMBER
    # A trunk prefix; the few plans that keep a leading 0 have it in valid numbers only.
    return Reject.INVALID_NUMBER if nsn[0] == "0" else None


def _reject_of_length(reason: int) -> Reject | None:
    from phonenumbers import ValidationResult

    if reason == ValidationResult.IS_POSSIBLE:
        return None
    if reason == ValidationResult.TOO_LONG:
        return Reject.TOO_LONG
    if reason in (ValidationResult.TOO_SHORT, ValidationResult.IS_POSSIBLE_LOCAL_ONLY):
        return Reject.TOO_SHORT
    return Reject.INVALID_NUMBER


def _is_short_number(nsn: str, region: str) -> bool:
    """Tell whether a region dials these digits for a service or in an emergency."""
    from phonenumbers import PhoneNumber, country_code_for_region, shortnumberinfo

    if shortnumberinfo.is_emergency_number(nsn, region):
        return True
    short = PhoneNumber(country_code_for_region(region), int(nsn))
    return nsn[0] != "0" and shortnumberinfo.is_valid_short_number_for_region(short, region)


def read_international(digits: str) -> int | Reject:
    """Read digits that begin with a country code, with or without a trunk prefix left in."""
    exact = read_exact(digits)
    if not isinstance(exact, Reject):
        return exact
    number = _parse(digits)
    if isinstance(number, Reject):
        return exact
    from phonenumbers import region_code_for_country_code

    code = str(number.country_code)
    plan = plan_of(region_code_for_country_code(number.country_code or 0))
    if plan is None or not plan.trunk or not digits.startswith(code + plan.trunk):
        return exact
    without = read_exact(code + digits[len(code) + len(plan.trunk) :])
    # The library knows carrier prefixes and the like, by which the same digits are another number.
    theirs = _ask_library("+" + digits, None)
    return without if theirs in (None, without) else exact


@lru_cache(maxsize=MEMO_SIZE)
def read_national(digits: str, region: str) -> int | Reject:
    """Read digits that were written without a plus sign in a text of a region.

    Every way to read them is tried; two different numbers are no number.
    """
    plan = plan_of(region)
    if plan is None:
        return Reject.INVALID_NUMBER
    bare = read_exact(plan.country_code + digits)
    reason = bare if isinstance(bare, Reject) else Reject.TOO_SHORT
    found: set[int] = set()
    if plan.trunk and digits.startswith(plan.trunk):
        reason = _collect(read_exact(plan.country_code + digits[len(plan.trunk) :]), found)
    if not isinstance(bare, Reject) and (not plan.trunk or _is_plainly_whole(bare)):
        found.add(bare)
    # "442079460018" without its plus sign, as long as it is no national number as well.
    with_code = read_exact(digits) if digits.startswith(plan.country_code) else reason
    if not isinstance(with_code, Reject) and (bare is Reject.TOO_LONG or _is_valid(with_code)):
        if any(map(_is_valid, [bare, *found])):
            return Reject.INVALID_NUMBER
        found = {with_code}
    if not found:
        return Reject.SPECIAL_NUMBER if len(digits) <= 6 else reason
    number = found.pop()
    theirs = _ask_library(digits, region)
    return Reject.INVALID_NUMBER if found or theirs not in (None, number) else number


def _collect(judged: int | Reject, found: set[int]) -> Reject:
    """Add a reading to those found; return the reason to give if there is none."""
    if isinstance(judged, Reject):
        return judged
    found.add(judged)
    return Reject.INVALID_NUMBER


def _ask_library(text: str, region: str | None) -> int | None:
    """Return what the library alone makes of a text, if it calls it valid."""
    from phonenumbers import (
        NumberParseException,
        is_valid_number,
        national_significant_number,
        parse,
    )

    try:
        parsed = parse(text, region)
    except NumberParseException:
        return None
    if not is_valid_number(parsed):
        return None
    return int(f"{parsed.country_code}{national_significant_number(parsed)}")


def strip_international_prefix(digits: str, region: str) -> str | None:
    """Return what follows the prefix for calls abroad, or None where there is none."""
    plan = plan_of(region)
    prefix = plan.international.match(digits) if plan else None
    return digits[prefix.end() :] if prefix and prefix.end() else None


def _is_valid(number: int | Reject) -> bool:
    if isinstance(number, Reject):
        return False
    from phonenumbers import is_valid_number

    parsed = _parse(str(number))
    return not isinstance(parsed, Reject) and is_valid_number(parsed)


def _is_plainly_whole(number: int) -> bool:
    """Tell whether nothing can be missing in front of a number written without its trunk prefix.

    "30123456" may be a Berlin number or a local one of any German town, so it is not plain. Where
    no number of the plan, or no valid one of its kind, is longer, nothing can be missing.
    """
    from phonenumbers import (
        PhoneNumberType,
        ValidationResult,
        is_possible_number_for_type_with_reason,
        is_possible_number_with_reason,
        number_type,
    )

    parsed, longer = _parse(str(number)), _parse(f"{number}0")
    if isinstance(parsed, Reject):
        return False
    too_long = ValidationResult.TOO_LONG
    if isinstance(longer, Reject) or is_possible_number_with_reason(longer) == too_long:
        return True
    kind = number_type(parsed)
    return (
        kind != PhoneNumberType.UNKNOWN
        and is_possible_number_for_type_with_reason(longer, kind) == too_long
    )


@lru_cache(maxsize=MEMO_SIZE)
def describe(digits: str) -> tuple[str, bool]:
    """Return the country of a number that was read, "" if unknown, and whether it is premium."""
    from phonenumbers import (
        PhoneNumberType,
        number_type,
        region_code_for_number,
        region_codes_for_country_code,
    )

    number = _parse(digits)
    if isinstance(number, Reject):
        return "", False
    regions = region_codes_for_country_code(number.country_code or 0)
    country = regions[0] if len(regions) == 1 else region_code_for_number(number) or ""
    is_premium = (
        number_type(number) == PhoneNumberType.PREMIUM_RATE
        or number.country_code == _INTERNATIONAL_PREMIUM
    )
    return ("" if country == "001" else country), is_premium
