"""What a change makes of a slice of a list: what comes, what goes, and whom it newly lets through."""

from collections.abc import Mapping
from dataclasses import dataclass

from pyroaring import BitMap

from dncd_engine.history import Strata
from dncd_engine.model import ListKind
from dncd_engine.strata import Stratum

MAX_PAIRS = 1_024
"""Past so many pairs of strata, numbers are looked at one by one: that costs by number and not by pair."""


@dataclass(frozen=True, slots=True)
class SliceDifference:
    """What changes under one prefix.

    Attributes:
        enter: Low bits that come into a stratum.
        leave: Low bits that leave a stratum.
        added: How many numbers were in no stratum before.
        removed: How many are in none any more.
        released: How many may be dialled where they could not before, as far as this list goes.
    """

    enter: Strata
    leave: Strata
    added: int
    removed: int
    released: int


def difference(
    kind: ListKind, before: Mapping[Stratum, BitMap], after: Mapping[Stratum, BitMap], at_us: int
) -> SliceDifference:
    """Return what changes between two states of a slice at an instant, in microseconds since 1970."""
    enter = _gained(before, after)
    leave = _gained(after, before)
    held, holds = _union(before), _union(after)
    # on a list that blocks, what goes may let through; on one that opens, what comes
    loosened, kept = (leave, after) if kind.blocks else (enter, before)
    current = {
        stratum: bitmap for stratum, bitmap in loosened.items() if not _is_over(stratum, at_us)
    }
    return SliceDifference(
        enter, leave, len(holds - held), len(held - holds), len(_uncovered(current, kept))
    )


def _gained(before: Mapping[Stratum, BitMap], after: Mapping[Stratum, BitMap]) -> Strata:
    gained = {}
    for stratum, bitmap in after.items():
        old = before.get(stratum)
        new = bitmap if old is None else bitmap - old
        if new:
            gained[stratum] = new
    return gained


def _union(strata: Mapping[Stratum, BitMap]) -> BitMap:
    return BitMap.union(BitMap(), *strata.values())


def _is_over(stratum: Stratum, at_us: int) -> bool:
    return 0 < stratum.expires_us <= at_us


def _uncovered(loosened: Mapping[Stratum, BitMap], kept: Mapping[Stratum, BitMap]) -> BitMap:
    """Return the numbers of which some stratum is covered by none of those that are kept."""
    if len(loosened) * len(kept) > MAX_PAIRS:
        return _uncovered_one_by_one(loosened, kept)
    found = BitMap()
    for stratum, bitmap in loosened.items():
        left = bitmap
        for other, others in kept.items():
            if left and other.covers(stratum):
                left = left - others
        found |= left
    return found


def _uncovered_one_by_one(
    loosened: Mapping[Stratum, BitMap], kept: Mapping[Stratum, BitMap]
) -> BitMap:
    strata_of: dict[int, list[Stratum]] = {
        low: [] for bitmap in loosened.values() for low in bitmap
    }
    touched = BitMap(strata_of)
    for stratum, bitmap in kept.items():
        for low in bitmap & touched:
            strata_of[low].append(stratum)
    found = BitMap()
    for stratum, bitmap in loosened.items():
        for low in bitmap:
            if not any(other.covers(stratum) for other in strata_of[low]):
                found.add(low)
    return found
