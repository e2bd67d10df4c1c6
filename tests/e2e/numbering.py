"""Numbers that nobody has, as many as a test wants.

In Japan no exchange begins with 0 or 1, so an area code followed by one is nobody's; in North America 555-0100 to
555-0199 are kept for fiction in every area.
"""

import random
from collections.abc import Sequence

_JAPANESE_AREAS = (42, 43, 44, 45, 46, 47, 48, 49, 52, 53, 54, 72, 73, 75, 76, 77, 78, 79)
_AMERICAN_AREAS = tuple(area for area in range(201, 800) if area % 100 != 11 and area % 100 != 0)
_A_JAPANESE_AREA = 2_000_000


def yokohama(index: int) -> str:
    """Return 045-000-0000 and the following as they are written at home."""
    return f"045-{index // 10_000:03}-{index % 10_000:04}"


def e164(index: int) -> int:
    """Return the same number as an integer."""
    return 81_450_000_000 + index


def fiction(index: int) -> int:
    """Return +1 202 555 0100 and the following, as an integer."""
    assert index < 100
    return 12_025_550_100 + index


def batch_of(turn: int, *, size: int = 50_000) -> list[int]:
    """Return a turn's own numbers, over hundreds of the index's prefixes and shared by no other turn."""
    assert turn < 30
    found = [
        10**10 + area * 10**7 + 555_0100 + 3 * turn + step
        for area in _AMERICAN_AREAS
        for step in range(3)
    ]
    each = -(-(size - len(found)) // len(_JAPANESE_AREAS))
    assert (turn + 1) * each < _A_JAPANESE_AREA
    for area in _JAPANESE_AREAS:
        first = (8100 + area) * 10**7 + turn * each
        found += range(first, first + each)
    return found[:size]


def file_of(numbers: Sequence[int], dice: random.Random) -> bytes:
    """Return a file of numbers, a line each, in a shuffled order."""
    shuffled = list(numbers)
    dice.shuffle(shuffled)
    return "".join(f"+{number}\n" for number in shuffled).encode()
