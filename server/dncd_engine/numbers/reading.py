"""Any text to exactly one E.164 integer, or to the reason why not."""

import re
from collections.abc import Sequence

from dncd_engine.numbers import japan, nanp, world
from dncd_engine.numbers.alphabet import TABLE
from dncd_engine.numbers.clean import MAX_TEXT_LENGTH, clean
from dncd_engine.numbers.regions import NANP_REGIONS
from dncd_engine.numbers.rejects import Reject

# The spellings that fill most files, read by one match. Whatever they accept, the slow way reads
# to the same number (a property test says so); whatever they do not, the slow way decides.
_PLAIN_JAPAN = re.compile(
    # nothing before it: a spreadsheet dropped the 0, unless it begins as a dial prefix does
    r"(?:0|\+?81[- ]?|(?!1[- ]?(?:2[- ]?2|8[- ]?[46])))"
    r"([5-9]0[- ]?[1-9][0-9]{3}[- ]?[0-9]{4}"
    r"|(?!1[- ]?5[- ]?[019])[1-9][- ]?[1-9](?:[- ]?[0-9]){7})"
)
_PLAIN_NANP = re.compile(
    r"(?:\+?1[ -]?)?\(?([2-9](?!11)[0-9]{2})\)?[ -]?([2-9][0-9]{2})[ -]?([0-9]{4})"
)
_TEN_DIGITS = 81 * 10**10
_NINE_DIGITS = 81 * 10**9
_BILLION = 10**9
_NANP = 10**10

_LONGEST_SPECIAL = 6  # digits; no subscriber of these plans has so few

# The shortest "010 and country code" that is taken as such: below it stand Korean mobiles.
_SHORTEST_AFTER_010 = 9


def read(text: str, region: str) -> int | Reject:
    """Return the one number that a text plainly shows, or why it shows none. Never raises.

    Args:
        text: Whatever stands in the cell.
        region: The country in which a text without country code is read, as upper-case ISO 3166
            alpha-2. In an unknown one only international forms are read.
    """
    if region == "JP":
        return _read_japan(text)
    if region in NANP_REGIONS:
        return _read_nanp(text)
    return read_slowly(text, region)


def read_many(texts: Sequence[str], region: str) -> list[int | Reject]:
    """Return what `read` returns for each text, in the same order and of the same length."""
    if region == "JP":
        return [_read_japan(text) for text in texts]
    if region in NANP_REGIONS:
        return [_read_nanp(text) for text in texts]
    return [read_slowly(text, region) for text in texts]


def _fold(text: str) -> str:
    return text.translate(TABLE) if len(text) <= MAX_TEXT_LENGTH else ""


def _read_japan(text: str) -> int | Reject:
    plain = _PLAIN_JAPAN.fullmatch(text if text.isascii() else _fold(text))
    if plain is None:
        return read_slowly(text, "JP")
    nsn = int(plain[1].replace("-", "").replace(" ", ""))
    return nsn + (_NINE_DIGITS if nsn < _BILLION else _TEN_DIGITS)


def _read_nanp(text: str) -> int | Reject:
    plain = _PLAIN_NANP.fullmatch(text if text.isascii() else _fold(text))
    if plain is None:
        return read_slowly(text, "US")
    return _NANP + int("".join(plain.groups()))


def read_slowly(text: str, region: str) -> int | Reject:
    """Read a text of any form; `read` gives the same for all, but sooner for plain ones."""
    is_nanp = region in NANP_REGIONS
    written = clean(text, has_fixed_lengths=is_nanp or region == "JP")
    if isinstance(written, Reject):
        return written
    if written.is_international:
        return _read_international(written.digits)
    if region == "JP":
        return _read_in_japan(written.digits)
    if is_nanp:
        return _read_in_nanp(written.digits)
    return _read_elsewhere(written.digits, region)


def _read_international(digits: str) -> int | Reject:
    """Read what follows a plus sign: country code, perhaps a trunk prefix, national number."""
    if len(digits) <= _LONGEST_SPECIAL:
        return Reject.SPECIAL_NUMBER
    if digits[0] == "0":
        return Reject.INVALID_NUMBER  # no country code begins with 0
    if digits[:2] == "81":
        return japan.read_after_country_code(digits[2:])
    if digits[0] == "1":
        return nanp.read_after_country_code(digits[1:])
    return world.read_international(digits)


def _read_in_japan(digits: str) -> int | Reject:
    number = japan.strip_dial_prefixes(digits)
    if len(number) <= _LONGEST_SPECIAL:
        return Reject.SPECIAL_NUMBER
    if number[:3] == "010":
        if len(number) - 3 < _SHORTEST_AFTER_010:
            return Reject.INVALID_NUMBER
        return _read_international(number[3:])
    return japan.read_national(number)


def _read_in_nanp(digits: str) -> int | Reject:
    if len(digits) <= _LONGEST_SPECIAL:
        return Reject.SPECIAL_NUMBER
    # 011 is the plan's own prefix; 00 is ITU-T's, and no number of the plan begins with 0.
    if digits[:3] == "011":
        return _read_international(digits[3:])
    if digits[:2] == "00":
        return _read_international(digits[2:])
    return nanp.read_after_country_code(digits[1:] if digits[0] == "1" else digits)


def _read_elsewhere(digits: str, region: str) -> int | Reject:
    national = world.read_national(digits, region)
    abroad = world.strip_international_prefix(digits, region)
    if abroad is None or len(digits) <= _LONGEST_SPECIAL:
        return national
    international = _read_international(abroad)
    if isinstance(national, Reject):
        return international
    # The same digits read as a call abroad and at home: nothing plain.
    return national if isinstance(international, Reject) else Reject.INVALID_NUMBER
