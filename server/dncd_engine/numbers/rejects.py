"""Why a text or an integer is not plainly one dialable number."""

from enum import StrEnum


class Reject(StrEnum):
    """Name the reason for which a number was not read; the values are part of the contract."""

    NOT_A_NUMBER = "not_a_number"
    LETTERS = "letters"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    INVALID_NUMBER = "invalid_number"
    SPECIAL_NUMBER = "special_number"
    MULTIPLE_NUMBERS = "multiple_numbers"
    PRECISION_LOST = "precision_lost"
    NON_VOICE = "non_voice"
    ENCODING_ERROR = "encoding_error"


REJECT_BY_CODE: tuple[Reject | None, ...] = (None, *Reject)
"""Turns the code of a column back into its reason; code 0 is a number that was read."""

CODE_BY_REJECT: dict[Reject | None, int] = {reject: i for i, reject in enumerate(REJECT_BY_CODE)}
"""Turns a reason into the code that columns carry."""
