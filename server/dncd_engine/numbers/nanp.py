"""Numbers of the North American Numbering Plan (country code 1), by their shape.

The shape NXX-NXX-XXXX with N from 2 to 9, and no area code N11, is NANPA's. Which area codes are
in service is not asked, and the fictional 555-0100 to 555-0199 are numbers like any other.
"""

from functools import cache

from dncd_engine.numbers.rejects import Reject

_COUNTRY_CODE = 10**10


def read_after_country_code(rest: str) -> int | Reject:
    """Read the ten digits that follow +1."""
    if len(rest) != 10:
        if len(rest) <= 6:
            return Reject.SPECIAL_NUMBER
        return Reject.TOO_SHORT if len(rest) < 10 else Reject.TOO_LONG
    if rest[0] in "01" or rest[3] in "01" or rest[1:3] == "11":
        return Reject.INVALID_NUMBER
    return _COUNTRY_CODE + int(rest)


def is_never_dialled(area: int, exchange: int) -> bool:
    """Tell whether the caller pays for information: area code 900 or exchange 976 (NANPA)."""
    return area == 900 or exchange == 976


@cache
def country_by_area() -> tuple[str, ...]:
    """Return the country of each area code from 000 to 999, "" where it is not known.

    Codes that the countries share, such as 800, are with the United States, as the library has
    it. Made on first need: it takes about 30 ms.
    """
    from phonenumbers import PhoneNumber, region_code_for_number

    # Three exchanges, because some patterns name the exchanges of an area code.
    samples = (2_345_678, 5_552_345, 7_212_345)
    return tuple(
        next(
            (
                country
                for sample in samples
                if (country := region_code_for_number(PhoneNumber(1, area * 10**7 + sample)))
            ),
            "",
        )
        if area >= 200
        else ""
        for area in range(1000)
    )
