"""Segments: the numbers of one slice of the number space, as bytes.

A segment holds the numbers that share ``number >> 22`` as a Roaring bitmap of their low 22 bits, so it is at most
half a MiB whatever it holds. Bytes that come back from a disk are believed only after their digest has been compared:
about a third of single flipped bits in a serialized bitmap would otherwise load, without an error, as other numbers.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from dncd_engine.chain import digests_equal, salted_digest

PREFIX_SHIFT = 22
LOW_MASK = (1 << PREFIX_SHIFT) - 1
MAX_NUMBER = 999_999_999_999_999
MAX_PREFIX = MAX_NUMBER >> PREFIX_SHIFT
MAX_SEGMENT_BYTES = 1 << 20

Numbers = NDArray[np.uint64]


class SegmentDamagedError(Exception):
    """Stored bytes are not the segment that they should be; nothing of them may be used."""


@dataclass(frozen=True, slots=True)
class Segment:
    """The numbers that share a prefix, serialized.

    Attributes:
        prefix: ``number >> 22`` of all of them.
        count: How many there are, at least 1.
        data: Roaring bytes of their low 22 bits.
    """

    prefix: int
    count: int
    data: bytes


def cut(numbers: Numbers) -> Iterator[tuple[int, BitMap]]:
    """Yield (prefix, bitmap of low bits) for sorted numbers, in order of prefix.

    Args:
        numbers: Sorted, each at most ``MAX_NUMBER``; duplicates are harmless.
    """
    if numbers.size == 0:
        return
    prefixes = numbers >> np.uint64(PREFIX_SHIFT)
    starts = np.flatnonzero(np.concatenate(([True], prefixes[1:] != prefixes[:-1])))
    ends = np.append(starts[1:], numbers.size)
    low = (numbers & np.uint64(LOW_MASK)).astype(np.uint32)
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        yield int(prefixes[start]), BitMap(low[start:end])


def encode(prefix: int, bitmap: BitMap) -> Segment:
    """Serialize a bitmap of low bits; it may be run-optimised in place."""
    bitmap.run_optimize()
    return Segment(prefix, len(bitmap), bitmap.serialize())


def decode(segment: Segment, salt: bytes, digest: bytes) -> BitMap:
    """Return the bitmap of a stored segment.

    Raises:
        SegmentDamagedError: The digest, the range, the count or the length is not what it should be.
    """
    if len(segment.data) > MAX_SEGMENT_BYTES:
        raise SegmentDamagedError("a segment is larger than 1 MiB")
    if not digests_equal(salted_digest(salt, segment.data), digest):
        raise SegmentDamagedError("a segment's bytes do not have their digest")
    try:
        bitmap = BitMap.deserialize(segment.data)
    except (ValueError, IndexError) as error:  # IndexError where there are no bytes at all
        raise SegmentDamagedError("a segment's bytes are no bitmap") from error
    fits = 0 <= segment.prefix <= MAX_PREFIX and len(bitmap) == segment.count > 0
    if not fits or bitmap.max() > LOW_MASK or len(bitmap.serialize()) != len(segment.data):
        raise SegmentDamagedError("a segment does not hold what it says")
    return bitmap


def numbers_of(prefix: int, bitmap: BitMap) -> Numbers:
    """Return the numbers of a segment, sorted."""
    low = np.frombuffer(bitmap.to_array(), dtype=np.uint32)
    return low.astype(np.uint64) | np.uint64(prefix << PREFIX_SHIFT)
