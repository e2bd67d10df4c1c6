"""How many numbers stand, in columns; what fills a batch is worked out by numpy alone."""

from dataclasses import dataclass
from functools import cache
from typing import cast

import numpy as np
from numpy.typing import NDArray

from dncd_engine.numbers.regions import INDEX_BY_COUNTRY
from dncd_engine.numbers.rejects import CODE_BY_REJECT, Reject
from dncd_engine.numbers.standing import (
    NINE_DIGITS,
    TEN_DIGITS,
    Standing,
    inspect,
    nanp_standings,
)

_TOO_LONG = CODE_BY_REJECT[Reject.TOO_LONG]
_SPECIAL = CODE_BY_REJECT[Reject.SPECIAL_NUMBER]


@dataclass(frozen=True, slots=True)
class InspectedColumns:
    """Hold what `inspect` says of each number, in the order of the input.

    Attributes:
        reject: Code into `REJECT_BY_CODE`; 0 is none.
        never_dial: Whether no campaign may call the number.
        country: Index into `COUNTRIES`; 0 is none or unknown.
    """

    reject: NDArray[np.uint8]
    never_dial: NDArray[np.bool_]
    country: NDArray[np.int16]


def _pack(standing: Standing | None) -> int:
    """Return a standing in one integer: country, never_dial, reject."""
    if standing is None:
        return 0
    country = INDEX_BY_COUNTRY.get(standing.country, 0)
    return country << 8 | standing.never_dial << 7 | CODE_BY_REJECT[standing.reject]


_SLOW = -1  # left to `inspect`


@cache
def _table() -> NDArray[np.int32]:
    """Return by its first five digits how an 11-digit number stands, 100,000 to a length.

    The second half is for 12 digits. -1 where the tables do not decide.
    """
    table = np.full(200_000, _SLOW, np.int32)
    table[81_100:82_000] = [_pack(standing) for standing in NINE_DIGITS[100:]]
    table[181_100:182_000] = [_pack(standing) for standing in TEN_DIGITS[100:]]
    for area, (plain, _) in enumerate(nanp_standings()):
        if area >= 200 and area % 100 != 11:
            # 1, area code, first digit of the exchange
            table[10_000 + area * 10 + 2 : 10_000 + area * 10 + 10] = _pack(plain)
    return table


def inspect_many(numbers: NDArray[np.uint64]) -> InspectedColumns:
    """Return what `inspect` says of each number, in the same order."""
    numbers = np.asarray(numbers, np.uint64)
    table = _table()
    has_eleven = numbers < 100_000_000_000
    key = np.where(has_eleven, numbers // 1_000_000, numbers // 10_000_000 + 100_000)
    np.minimum(key, 199_999, out=key)
    packed = table[key.astype(np.intp)]
    # The exchange 976 lies below the table's five digits.
    is_976 = (numbers // 10_000 % 1000 == 976) & (numbers // 10_000_000_000 == 1) & (packed >= 0)
    packed[is_976] |= 1 << 7
    packed[numbers < 1_000_000] = _SPECIAL
    packed[numbers > 999_999_999_999_999] = _TOO_LONG
    (slow,) = np.nonzero(packed == _SLOW)
    for place, number in zip(slow.tolist(), numbers[slow].tolist(), strict=True):
        packed[place] = _pack(inspect(cast(int, number)))
    return InspectedColumns(
        reject=(packed & 0x7F).astype(np.uint8),
        never_dial=(packed & 0x80).astype(np.bool_),
        country=(packed >> 8).astype(np.int16),
    )
