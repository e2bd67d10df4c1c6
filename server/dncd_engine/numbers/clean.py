"""From a raw cell to the digits that it plainly shows, whatever the country."""

import re
from typing import NamedTuple

from dncd_engine.numbers.alphabet import TABLE
from dncd_engine.numbers.labels import are_labels
from dncd_engine.numbers.rejects import Reject

MAX_TEXT_LENGTH = 128
"""Longest text looked at, in characters after trimming; it bounds the time of every pattern."""


class Written(NamedTuple):
    """The digits of one number as written, and whether a plus sign led them."""

    digits: str
    is_international: bool


# U+FFFD, lone surrogates, NUL and C1 controls never belong to a text that was decoded rightly.
# Full-width figures in CP932 begin with byte 82, which cp1252 shows as U+201A before O to X; in
# UTF-8 they begin with EF BC, dashes with E2 80, the wide space with E3 80, and the mark with EF BB.
_MOJIBAKE = re.compile(
    "[\ufffd\ud800-\udfff\x00\x80-\x9f]|\u201a[O-X]|\u00ef[\u00bb\u00bc]|[\u00e2\u00e3]\u20ac"
)
_EXPONENT = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]*)?e[+-]?[0-9]{1,4}")
_WHOLE_FLOAT = re.compile(r"([1-9][0-9]*)\.00?")
_WHOLE_FLOAT_WITH_ZERO = re.compile(r"(0[1-9][0-9]*)\.0")
_DECIMAL = re.compile(r"(?:0|[1-9][0-9]*)\.[0-9]+")
_EXTENSION = re.compile(
    r"(?<=[0-9)])[ ,(]*(?:内線(?:番号)?|ext(?:ension|n)?\.?|x|#)[ :.=-]*[0-9]{1,6}[ )]*$",
)
_CORE = re.compile(r"[+#*0-9](?:.*[0-9])?", re.DOTALL)
_BETWEEN_WORDS = re.compile(r"[ (),:\"'=]+|(?<![^ ])-|-(?![^ ])")
_PUNCTUATION = re.compile(r"[-.() ]+")
_LONG_RUN = re.compile(r"[0-9](?:[-.() ]{0,3}[0-9]){6}")
_ENDS_IN_ONE_DIGIT = re.compile(r"\.[0-9]$")


def clean(text: str, *, has_fixed_lengths: bool) -> Written | Reject:
    """Return the digits that a text plainly shows, or why it shows no one number.

    Args:
        text: Whatever stands in the cell.
        has_fixed_lengths: Whether the region's numbers tell by their length if a digit is left
            over, as Japan's do and Germany's do not.
    """
    text = text.strip()
    if len(text) > MAX_TEXT_LENGTH:
        return _judge_long(text)
    if _MOJIBAKE.search(text):
        return Reject.ENCODING_ERROR
    cell = text.translate(TABLE).strip(" ,'\"=").lower()
    whole = _WHOLE_FLOAT.fullmatch(cell)
    if whole is None and has_fixed_lengths:
        whole = _WHOLE_FLOAT_WITH_ZERO.fullmatch(cell)
    # A spreadsheet column read as floats shows every digit and adds ".0".
    return _read_cell(whole[1] if whole else cell)


def _judge_long(text: str) -> Reject:
    head = text[:MAX_TEXT_LENGTH]
    return Reject.TOO_LONG if head.isascii() and head.isdigit() else Reject.NOT_A_NUMBER


def _read_cell(cell: str) -> Written | Reject:
    if _EXPONENT.fullmatch(cell) or _DECIMAL.fullmatch(cell):
        return Reject.PRECISION_LOST
    # The base line is what is called, whatever the extension.
    cell = _EXTENSION.sub("", cell, count=1)
    found = _CORE.search(cell)
    if found is None or not any("0" <= c <= "9" for c in found[0]):
        return Reject.NOT_A_NUMBER
    core = found[0]
    return (
        _judge_surroundings(cell[: found.start()], cell[found.end() :])
        or _judge_core(core)
        or Written(_PUNCTUATION.sub("", core.lstrip("+")), core[0] == "+")
    )


def _judge_surroundings(before: str, after: str) -> Reject | None:
    """Say what is wrong with the words around the number, if they say anything at all."""
    if "~" in before or "~" in after:
        return Reject.MULTIPLE_NUMBERS
    if after[:1].isascii() and after[:1].isalpha():
        return Reject.LETTERS  # grown onto the digits: keypad letters, as in 1-800-...
    words = [word for word in _BETWEEN_WORDS.split(before) if word]
    if not words and "-" in before:
        return Reject.NOT_A_NUMBER  # a minus sign, or the rest of a number cut off
    words += [word for word in _BETWEEN_WORDS.split(after) if word and word != "."]
    if not words or are_labels(words, has_colon=":" in before):
        return None
    return _judge_unknown("".join(words))


def _judge_core(core: str) -> Reject | None:
    """Say what is wrong between the first digit and the last."""
    if core[0] in "#*":
        return Reject.SPECIAL_NUMBER
    rest = _PUNCTUATION.sub("", core[1:] if core[0] == "+" else core)
    if rest.isascii() and rest.isdigit():
        if len(rest) > 15 and sum(_is_whole(part) for part in core.split(" ")) > 1:
            return Reject.MULTIPLE_NUMBERS
        return Reject.NOT_A_NUMBER if _ENDS_IN_ONE_DIGIT.search(core) else None
    if "," in rest or "~" in rest or "+" in rest or sum(1 for _ in _LONG_RUN.finditer(core)) > 1:
        return Reject.MULTIPLE_NUMBERS
    return _judge_unknown(rest)


def _is_whole(part: str) -> bool:
    """Tell whether a part between spaces has the digits of a whole number by itself."""
    return len(_PUNCTUATION.sub("", part)) >= 9


def _judge_unknown(rest: str) -> Reject:
    """Tell letters from other characters that no number holds."""
    return Reject.LETTERS if any(c.isalpha() for c in rest) else Reject.NOT_A_NUMBER
