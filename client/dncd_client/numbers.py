"""What callers hand in as numbers, checked before anything is sent."""

import operator
from collections.abc import Iterable, Sequence
from typing import Protocol, TypeAlias, cast

from dncd_client.errors import InvalidRequest

MAX_BATCH = 10_000
MAX_TEXT_LENGTH = 4_096
_MAX_FIXED64 = 2**64 - 1


class IntegerArray(Protocol):
    """An array of integers that can become a list, such as numpy's uint64."""

    def tolist(self) -> list[int]:
        """Return the integers."""


Numbers: TypeAlias = Sequence[str] | Sequence[int] | IntegerArray


def one(number: str | int) -> str | int:
    """Check one number.

    Raises:
        TypeError: It is neither a text nor an integer.
        InvalidRequest: The integer is outside 0 to 2^64-1.
    """
    if isinstance(number, str):
        return sendable(number)
    return _integers([number])[0]


def several(numbers: Numbers) -> tuple[list[str], list[int]]:
    """Check many numbers.

    Returns:
        Texts and integers, one of which is empty.

    Raises:
        TypeError: They are not all texts or all integers.
        InvalidRequest: There are more than 10,000, or an integer is outside 0 to 2^64-1.
    """
    if isinstance(numbers, str | bytes | bytearray):
        raise TypeError("numbers must be a sequence of numbers; for one number use check()")
    items = _as_list(numbers)
    if len(items) > MAX_BATCH:
        raise InvalidRequest(
            f"{len(items)} numbers exceed the limit of {MAX_BATCH} of one call: split them; "
            "each answer has its own version and instant",
            reason="TOO_MANY_NUMBERS",
        )
    if all(isinstance(item, str) for item in items):
        return [sendable(cast(str, item)) for item in items], []
    return [], _integers(items)


def _as_list(numbers: Numbers) -> list[object]:
    convert = getattr(numbers, "tolist", None)  # numpy and its like, without importing them
    return list(convert() if convert else cast(Iterable[object], numbers))


def _integers(items: Iterable[object]) -> list[int]:
    found = []
    for index, item in enumerate(items):
        if isinstance(item, bool) or not hasattr(item, "__index__"):
            raise TypeError(
                f"number {index} is {type(item).__name__}; numbers are all str or all int"
            )
        value = operator.index(item)
        if not 0 <= value <= _MAX_FIXED64:
            raise InvalidRequest(f"number {index} is outside 0 to 2^64-1", reason="OUT_OF_RANGE")
        found.append(value)
    return found


def sendable(text: str) -> str:
    """Make a text that fits a request, so that one bad text is one NUMBER_INVALID.

    What UTF-8 cannot carry is replaced. What is far too long for a number is cut: still far too
    long, and its beginning says why.
    """
    text = text[:MAX_TEXT_LENGTH]
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    return text
