"""Segments come back as what they were, or not at all."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from dncd_engine.chain import SALT_BYTES, salted_digest
from dncd_engine.segments import (
    LOW_MASK,
    MAX_NUMBER,
    MAX_PREFIX,
    MAX_SEGMENT_BYTES,
    PREFIX_SHIFT,
    Segment,
    SegmentDamagedError,
    cut,
    decode,
    encode,
    numbers_of,
)

SALT = bytes(range(SALT_BYTES))
SPARSE = BitMap([0, 1, 5, 70_000, LOW_MASK])
DENSE = BitMap(range(100, 9000))
ALTERNATING = BitMap(range(0, 20_000, 2))
SHAPES = {"sparse": SPARSE, "run": DENSE, "bitset": ALTERNATING}

numbers = st.sets(
    st.one_of(
        st.integers(0, MAX_NUMBER),
        st.integers(81_45000_0000, 81_45000_9999),
        st.integers(1_202_555_0100, 1_202_555_0199),
    ),
    max_size=200,
)


def signed(segment: Segment) -> bytes:
    return salted_digest(SALT, segment.data)


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@settings(max_examples=200, deadline=None)
@given(held=numbers, twice=st.booleans())
def test_numbers_cut_encoded_and_decoded_are_the_same_numbers(held: set[int], twice: bool) -> None:
    column = np.array(sorted([*held, *(held if twice else ())]), dtype=np.uint64)
    segments = [encode(prefix, bitmap) for prefix, bitmap in cut(column)]
    assert [segment.prefix for segment in segments] == sorted({n >> PREFIX_SHIFT for n in held})
    back = [
        number
        for segment in segments
        for number in numbers_of(segment.prefix, decode(segment, SALT, signed(segment))).tolist()
    ]
    assert back == sorted(held)
    assert sum(segment.count for segment in segments) == len(held)


def test_a_full_segment_fits() -> None:
    for bitmap in (BitMap(range(LOW_MASK + 1)), BitMap(range(0, LOW_MASK + 1, 2))):
        segment = encode(MAX_PREFIX, bitmap)
        assert len(segment.data) <= MAX_SEGMENT_BYTES
        assert decode(segment, SALT, signed(segment)) == bitmap


@pytest.mark.parametrize("bitmap", [SPARSE, BitMap(range(100, 900))], ids=["sparse", "run"])
def test_no_flipped_bit_of_the_bytes_is_believed(bitmap: BitMap) -> None:
    segment = encode(19, bitmap)
    digest = signed(segment)
    for bit in range(8 * len(segment.data)):
        damaged = Segment(19, segment.count, flipped(segment.data, bit))
        with pytest.raises(SegmentDamagedError, match="do not have their digest"):
            decode(damaged, SALT, digest)


def test_no_flipped_bit_of_digest_or_salt_is_believed() -> None:
    segment = encode(19, SPARSE)
    digest = signed(segment)
    for bit in range(8 * len(digest)):
        with pytest.raises(SegmentDamagedError):
            decode(segment, SALT, flipped(digest, bit))
        with pytest.raises(SegmentDamagedError):
            decode(segment, flipped(SALT, bit), digest)
    for other in (b"", digest[:-1], digest + b"\0"):
        with pytest.raises(SegmentDamagedError):
            decode(segment, SALT, other)


@pytest.mark.parametrize("shape", SHAPES)
def test_bytes_cut_short_or_prolonged_are_not_believed_even_under_their_own_digest(
    shape: str,
) -> None:
    segment = encode(19, SHAPES[shape].copy())
    lengths = {*range(0, len(segment.data), max(1, len(segment.data) // 200))}
    wrong = [segment.data[:length] for length in sorted(lengths)]
    wrong += [segment.data + tail for tail in (b"\0", b"\xff", segment.data)]
    for data in wrong:
        damaged = Segment(19, segment.count, data)
        with pytest.raises(SegmentDamagedError):
            decode(damaged, SALT, signed(segment))
        with pytest.raises(SegmentDamagedError):
            decode(damaged, SALT, signed(damaged))


@pytest.mark.parametrize("bitmap", [SPARSE, BitMap(range(100, 900))], ids=["sparse", "run"])
def test_flipped_bits_under_their_own_digest_are_refused_or_one_sound_segment(
    bitmap: BitMap,
) -> None:
    segment = encode(19, bitmap)
    for bit in range(8 * len(segment.data)):
        damaged = Segment(19, segment.count, flipped(segment.data, bit))
        try:
            held = decode(damaged, SALT, signed(damaged))
        except SegmentDamagedError:
            continue
        listed = list(held)
        assert len(listed) == segment.count
        assert listed == sorted(set(listed))
        assert listed[-1] <= LOW_MASK


@pytest.mark.parametrize("count", [-1, 0, 4, 6, 2**32 + 5])
def test_a_wrong_count_is_not_believed(count: int) -> None:
    segment = encode(19, SPARSE)
    with pytest.raises(SegmentDamagedError, match="does not hold what it says"):
        decode(Segment(19, count, segment.data), SALT, signed(segment))


@pytest.mark.parametrize("prefix", [-1, MAX_PREFIX + 1, 2**64])
def test_a_prefix_that_no_number_has_is_not_believed(prefix: int) -> None:
    segment = encode(19, SPARSE)
    with pytest.raises(SegmentDamagedError, match="does not hold what it says"):
        decode(Segment(prefix, segment.count, segment.data), SALT, signed(segment))


def test_an_empty_bitmap_is_no_segment() -> None:
    segment = encode(19, BitMap())
    with pytest.raises(SegmentDamagedError):
        decode(segment, SALT, signed(segment))


def _every_number() -> BitMap:
    bitmap = BitMap()
    bitmap.add_range(0, 1 << 32)
    bitmap.run_optimize()
    return bitmap


HOSTILE = {
    "nothing": b"",
    "many_containers": b"\x3a\x30\x00\x00\xff\xff\xff\xff" + bytes(64),
    "many_runs": b"\x3b\x30\xff\xff" + b"\xff" * 64,
    "all_32_bits": BitMap([*range(0, 1 << 32, 1 << 16)]).serialize(),
    "every_number": _every_number().serialize(),
    "low_bits_too_high": BitMap([LOW_MASK + 1]).serialize(),
    "larger_than_a_segment": bytes(MAX_SEGMENT_BYTES + 1),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_bytes_that_claim_more_than_a_segment_holds_are_refused(name: str) -> None:
    data = HOSTILE[name]
    for count in (1, 65_536, 2**32):
        segment = Segment(19, count, data)
        with pytest.raises(SegmentDamagedError):
            decode(segment, SALT, signed(segment))


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=80), count=st.integers(0, 100))
def test_any_bytes_are_refused_or_hold_what_they_say(data: bytes, count: int) -> None:
    segment = Segment(19, count, b"\x3a\x30\0\0" + data)
    try:
        held = decode(segment, SALT, signed(segment))
    except SegmentDamagedError:
        return
    assert len(list(held)) == count
    assert max(held) <= LOW_MASK
