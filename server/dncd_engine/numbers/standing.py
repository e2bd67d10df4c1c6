"""How a number that arrives as an integer stands: held to the same rules as a text."""

from dataclasses import dataclass
from functools import cache

from dncd_engine.numbers import japan, nanp, world
from dncd_engine.numbers.rejects import Reject

_LARGEST = 10**15 - 1  # ITU-T E.164: at most 15 digits
_LARGEST_SPECIAL = 999_999  # six digits or fewer reach services, never a subscriber


@dataclass(frozen=True, slots=True)
class Standing:
    """Say what dncd may do with a number.

    Attributes:
        reject: Why no text could have been read as this number; None if one could.
        never_dial: Whether the number is readable but no campaign may call it.
        country: ISO 3166 alpha-2, or "" if the number has none or it is not known.
    """

    reject: Reject | None
    never_dial: bool
    country: str


_REJECTED = {reject: Standing(reject, never_dial=False, country="") for reject in Reject}
_JAPAN = Standing(None, never_dial=False, country="JP")
_JAPAN_NEVER = Standing(None, never_dial=True, country="JP")


def _judge_nsn(nsn: int) -> Standing:
    judged = japan.read_nsn(str(nsn))
    if isinstance(judged, Reject):
        return _REJECTED[judged]
    return _JAPAN_NEVER if str(nsn)[:3] in japan.NEVER_DIAL_PREFIXES else _JAPAN


# The first three digits of an NSN of nine or ten digits decide everything about it.
NINE_DIGITS = tuple(_judge_nsn(first * 10**6) if first >= 100 else None for first in range(1000))
TEN_DIGITS = tuple(_judge_nsn(first * 10**7) if first >= 100 else None for first in range(1000))


@cache
def nanp_standings() -> tuple[tuple[Standing, Standing], ...]:
    """Return by area code how its numbers stand: those that may be called, those that may not."""
    return tuple(
        (
            Standing(None, never_dial=nanp.is_never_dialled(area, 200), country=country),
            Standing(None, never_dial=True, country=country),
        )
        for area, country in enumerate(nanp.country_by_area())
    )


def inspect(number: int) -> Standing:
    """Return how a number stands; its `reject` is None exactly if "+number" reads as it."""
    lead, rest = divmod(number, 10**9)
    if lead == 81:
        return NINE_DIGITS[rest // 10**6] or _inspect_slowly(number)
    if 810 <= lead < 820:
        return TEN_DIGITS[number // 10**7 - 81_000] or _inspect_slowly(number)
    if 12 <= lead < 20:
        area, line = divmod(number - 10**10, 10**7)
        if area % 100 != 11 and line >= 2_000_000:
            return nanp_standings()[area][line // 10_000 == 976]
    return _inspect_slowly(number)


def warm() -> None:
    """Load what is loaded on first need, so that no call waits for it; takes about 50 ms."""
    nanp_standings()
    _inspect_world("442079460018")


def _inspect_slowly(number: int) -> Standing:
    if number < 0:
        return _REJECTED[Reject.NOT_A_NUMBER]
    if number <= _LARGEST_SPECIAL:
        return _REJECTED[Reject.SPECIAL_NUMBER]
    if number > _LARGEST:
        return _REJECTED[Reject.TOO_LONG]
    digits = str(number)
    if digits[:2] == "81":
        judged = japan.read_nsn(digits[2:])
    elif digits[0] == "1":
        judged = nanp.read_after_country_code(digits[1:])
    else:
        return _inspect_world(digits)
    # What is of Japan or the NANP and in order has been answered from the tables.
    return _REJECTED[judged if isinstance(judged, Reject) else Reject.INVALID_NUMBER]


def _inspect_world(digits: str) -> Standing:
    judged = world.read_exact(digits)
    if isinstance(judged, Reject):
        return _REJECTED[judged]
    country, is_premium = world.describe(digits)
    return Standing(None, never_dial=is_premium, country=country)
