"""The chain: every field of a header counts, and a state follows only the event that comes next."""

from collections.abc import Callable
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dncd_engine.chain import (
    DIGEST_BYTES,
    LEDGER_FORMAT,
    SALT_BYTES,
    EventHeader,
    digests_equal,
    salted_digest,
)
from dncd_engine.state import ChainBrokenError, State

digests = st.binary(min_size=DIGEST_BYTES, max_size=DIGEST_BYTES)
headers = st.builds(
    EventHeader,
    version=st.integers(1, 2**64 - 1),
    epoch=st.integers(0, 2**64 - 1),
    at_us=st.integers(1, 2**63 - 1),
    kind=st.integers(0, 2**16 - 1),
    needs=st.integers(0, 2**16 - 1),
    effect_digest=digests,
    evidence_digest=digests,
    prev_hash=digests,
)
FIELDS = [field.name for field in fields(EventHeader)]


@given(one=headers, other=headers, name=st.sampled_from(FIELDS))
def test_the_hash_depends_on_every_field(one: EventHeader, other: EventHeader, name: str) -> None:
    mixed: EventHeader = replace(one, **{name: getattr(other, name)})
    assert (mixed.hash() == one.hash()) == (mixed == one)
    assert len(one.hash()) == DIGEST_BYTES


@given(one=headers, name=st.sampled_from(FIELDS[:5]), bit=st.integers(0, 15))
def test_the_hash_depends_on_every_bit_of_a_number(one: EventHeader, name: str, bit: int) -> None:
    mixed: EventHeader = replace(one, **{name: getattr(one, name) ^ 1 << bit})
    assert mixed.hash() != one.hash()


@pytest.mark.parametrize("name", ["effect_digest", "evidence_digest", "prev_hash"])
@pytest.mark.parametrize("digest", [b"", bytes(31), bytes(33)], ids=["none", "short", "long"])
def test_a_digest_of_another_length_is_not_padded_and_not_cut(name: str, digest: bytes) -> None:
    as_it_is = next_header(State())
    headers_of = {
        "effect_digest": replace(as_it_is, effect_digest=digest),
        "evidence_digest": replace(as_it_is, evidence_digest=digest),
        "prev_hash": replace(as_it_is, prev_hash=digest),
    }
    header = headers_of[name]
    with pytest.raises(ValueError, match="out of range"):
        header.hash()


@given(
    body=st.binary(max_size=64),
    salt=st.binary(min_size=SALT_BYTES, max_size=SALT_BYTES),
    bit=st.integers(0, 8 * SALT_BYTES - 1),
)
def test_a_digest_depends_on_salt_and_body(body: bytes, salt: bytes, bit: int) -> None:
    digest = salted_digest(salt, body)
    changed = bytearray(salt)
    changed[bit // 8] ^= 1 << bit % 8
    assert len(digest) == DIGEST_BYTES
    assert digests_equal(digest, salted_digest(salt, body))
    assert not digests_equal(digest, salted_digest(bytes(changed), body))
    assert not digests_equal(digest, salted_digest(salt, body + b"\0"))
    assert not digests_equal(digest, digest[:-1])


@pytest.mark.parametrize("length", [0, 1, 16, 31, 33, 64])
def test_a_salt_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="a salt has 32 bytes"):
        salted_digest(bytes(length), b"body")


def next_header(state: State) -> EventHeader:
    return EventHeader(
        version=state.version + 1,
        epoch=state.epoch or 7,
        at_us=state.at_us + 1,
        kind=1,
        needs=LEDGER_FORMAT,
        effect_digest=bytes(DIGEST_BYTES),
        evidence_digest=bytes(DIGEST_BYTES),
        prev_hash=state.head,
    )


def state_after(events: int) -> State:
    state = State()
    for _ in range(events):
        header = next_header(state)
        state = state.follow(header, header.hash())
    return state


@pytest.mark.parametrize("events", [0, 1, 5])
def test_a_state_follows_the_event_that_comes_next(events: int) -> None:
    state = state_after(events)
    header = next_header(state)
    after = state.follow(header, header.hash())
    assert (after.version, after.epoch, after.at_us) == (events + 1, 7, events + 1)
    assert after.head == header.hash()
    assert after.token.version == events + 1
    assert after.token.hash_prefix == header.hash()[:8]
    assert replace(after, version=0) == replace(
        state, version=0, epoch=7, head=after.head, at_us=after.at_us
    )


Damage = Callable[[EventHeader], EventHeader]
BREAKS: dict[str, Damage] = {
    "gap": lambda header: replace(header, version=header.version + 1),
    "repeated_version": lambda header: replace(header, version=header.version - 1),
    "version_zero": lambda header: replace(header, version=0),
    "other_past": lambda header: replace(header, prev_hash=bytes(31) + b"\1"),
    "empty_past": lambda header: replace(header, prev_hash=b""),
    "other_epoch": lambda header: replace(header, epoch=8),
    "no_epoch": lambda header: replace(header, epoch=0),
    "newer_format": lambda header: replace(header, needs=LEDGER_FORMAT + 1),
    "same_instant": lambda header: replace(header, at_us=header.at_us - 1),
    "time_goes_back": lambda header: replace(header, at_us=header.at_us - 2),
    "negative_epoch": lambda header: replace(header, epoch=-1),
    "negative_needs": lambda header: replace(header, needs=-1),
    "kind_too_large": lambda header: replace(header, kind=1 << 16),
    "digest_too_short": lambda header: replace(header, effect_digest=b"\0"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_an_event_that_does_not_come_next_breaks_the_chain(name: str) -> None:
    state = state_after(3)
    header = BREAKS[name](next_header(state))
    try:
        header_hash = header.hash()
    except ValueError:
        header_hash = bytes(DIGEST_BYTES)
    with pytest.raises(ChainBrokenError):
        state.follow(header, header_hash)


@pytest.mark.parametrize("bit", range(0, 8 * DIGEST_BYTES, 5))
def test_an_event_with_another_hash_breaks_the_chain(bit: int) -> None:
    state = state_after(2)
    header = next_header(state)
    changed = bytearray(header.hash())
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(ChainBrokenError):
        state.follow(header, bytes(changed))


def test_the_first_event_follows_on_nothing_only() -> None:
    header = replace(next_header(State()), prev_hash=b"\1" * DIGEST_BYTES)
    with pytest.raises(ChainBrokenError):
        State().follow(header, header.hash())
