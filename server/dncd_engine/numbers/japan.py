"""Japan's numbers by their shape alone, never by which area codes happen to be assigned.

The shapes and lengths are those of the numbering plan of the Ministry of Internal Affairs and
Communications (電気通信番号計画). A table of assigned ranges lags behind it: the 060 mobiles were
unknown to libraries for years. "NSN" is the national significant number: what follows +81.
"""

import re

from dncd_engine.numbers.rejects import Reject

COUNTRY_CODE = 81

_TEN_DIGITS = 81 * 10**10
_NINE_DIGITS = 81 * 10**9

# 0570 makes the called party's caller pay, 0990 charges for information, 0180 takes mass calls,
# 0600 follows a person at the caller's cost: numbers that nobody's sales call may reach.
NEVER_DIAL_PREFIXES = frozenset({"570", "990", "180", "600"})

# Carriers that a caller selects (事業者識別番号), and 184/186, which hide or show the caller's own
# number, 122, which lifts a carrier's preselection. They are no part of the number.
_DIAL_PREFIX = re.compile(
    r"(?:18[46])?(?:122)?(?:0033|0036|0039|0041|0061|0077|0088|001(?=0))?(?=0)"
)


def read_nsn(nsn: str) -> int | Reject:
    """Return the number of an NSN, held to the lengths of its class.

    Args:
        nsn: ASCII digits, without country code and without trunk 0.
    """
    expected = expected_length(nsn)
    if isinstance(expected, Reject):
        return expected
    if len(nsn) != expected:
        return Reject.TOO_SHORT if len(nsn) < expected else Reject.TOO_LONG
    if nsn[0] == "2" and nsn[1] == "0":
        return Reject.NON_VOICE
    return (_NINE_DIGITS if expected == 9 else _TEN_DIGITS) + int(nsn)


def expected_length(nsn: str) -> int | Reject:
    """Return how many digits an NSN that begins like this one has."""
    if len(nsn) <= 6:
        return Reject.SPECIAL_NUMBER
    if nsn[0] == "0":
        return Reject.INVALID_NUMBER
    if nsn[1] != "0":
        # Of 015x the plan uses 0152 to 0158 (eastern Hokkaido).
        return Reject.INVALID_NUMBER if nsn[:3] in ("150", "151", "159") else 9
    if nsn[0] in "134":
        return Reject.INVALID_NUMBER
    if nsn[0] == "2":
        return 13 if nsn[2] == "0" else 10  # 0200 and 020: machines, which have no voice
    if nsn[2] != "0" or nsn[0] == "8":
        return 10  # 050, 060, 070, 080, 090 and 0800
    # No block 0A0 has a number whose next digit is 0; 0600 is the personal number.
    return 9 if nsn[0] == "6" and len(nsn) <= 9 else Reject.INVALID_NUMBER


def read_after_country_code(rest: str) -> int | Reject:
    """Read what follows +81, with or without a trunk 0 that was left in.

    No Japanese NSN begins with 0, so the 0 in "+81 (0)90" can be nothing but the trunk prefix.
    """
    if rest[:1] == "0" and rest[1:2] != "0":
        rest = rest[1:]
    return read_nsn(rest)


def strip_dial_prefixes(digits: str) -> str:
    """Return the digits without the prefixes that are dialled before a full number."""
    found = _DIAL_PREFIX.match(digits)
    return digits[found.end() :] if found else digits


def read_national(digits: str) -> int | Reject:
    """Read digits that were written without a plus sign in a Japanese text.

    The caller has taken care of dial prefixes and of 010, the international prefix.
    """
    length = len(digits)
    if length <= 6:
        return Reject.SPECIAL_NUMBER
    if digits[0] == "0":
        # 00 selects a carrier; only 0081 is plainly "00 and country code".
        return read_after_country_code(digits[4:]) if digits[:4] == "0081" else read_nsn(digits[1:])
    if digits[:2] == "81" and length >= 11:
        return read_after_country_code(digits[2:])  # no area code begins 081
    return _read_without_zero(digits)


def _read_without_zero(digits: str) -> int | Reject:
    """Read a number whose leading 0 a spreadsheet dropped."""
    length = len(digits)
    if length < 9:
        return Reject.TOO_SHORT
    begins_like_ten = digits[1] == "0" and (digits[0] in "256789")
    if length == 9 or (begins_like_ten and (length == 10 or digits[:3] == "200")):
        return read_nsn(digits)
    return Reject.INVALID_NUMBER if length == 10 else Reject.TOO_LONG
