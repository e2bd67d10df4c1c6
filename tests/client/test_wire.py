# ruff: noqa: S105, S106 - these tokens stand for versions and open nothing
"""Reading what a node sends, whatever it sends."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.peers import ALLOW, LISTED, NUMBER, basis, batch, checked
from dncd.v1 import screening_pb2, verdict_pb2
from dncd_client import Action, Code, Decision, ListKind
from dncd_client.verdict import Via
from dncd_client.wire import VIAS, read_batch, read_check, read_outcome

U64 = st.integers(0, 2**64 - 1)
ENUM = st.integers(-(2**31), 2**31 - 1) | st.integers(0, 14)


@st.composite
def _verdicts(draw: st.DrawFn) -> verdict_pb2.Verdict:
    words: Any = draw(st.tuples(st.sampled_from([0, 1, 2, 3, 9]), st.sampled_from([0, 1, 2, 4, 9])))
    codes: Any = draw(st.lists(ENUM, max_size=2))
    reasons = [verdict_pb2.Reason(code=code, list="optout", kind=code) for code in codes]
    return verdict_pb2.Verdict(decision=words[0], action=words[1], reasons=reasons)


def _says_dial(verdict: verdict_pb2.Verdict) -> bool:
    """Say, in the test's own words, whether a message plainly says ALLOW and DIAL."""
    accompanying = (verdict_pb2.REASON_CODE_LIFTED, verdict_pb2.REASON_CODE_STALE_ALLOWED)
    return (
        verdict.decision == verdict_pb2.DECISION_ALLOW
        and verdict.action == verdict_pb2.ACTION_DIAL
        and all(reason.code in accompanying for reason in verdict.reasons)
    )


@given(
    st.lists(_verdicts(), max_size=4),
    st.binary(max_size=12)
    | st.lists(st.integers(0, 5), max_size=6).map(
        lambda each: b"".join(index.to_bytes(2, "little") for index in each)
    ),
    st.lists(U64, max_size=6),
    st.booleans(),
    st.integers(0, 6),
    st.integers(-(2**63), 2**63 - 1),
    st.booleans(),
)
def test_nothing_is_allowed_that_the_message_does_not_allow(
    table: list[verdict_pb2.Verdict],
    verdict_of: bytes,
    e164: list[int],
    has_basis: bool,
    count: int,
    at: int,
    texts: bool,
) -> None:
    """Whatever bytes come, an item is allowed only by an index to a plain ALLOW with DIAL."""
    response = screening_pb2.CheckBatchResponse(verdicts=table, verdict_of=verdict_of, e164=e164)
    if has_basis:
        response.basis.CopyFrom(verdict_pb2.Basis(version=1, at_unix_us=at, token="t"))
    asked: Any = ["x"] * count if texts else list(range(1, count + 1))

    verdicts = read_batch(response, asked, "")

    assert len(verdicts) == count
    for position, verdict in enumerate(verdicts):
        if verdict.allowed:
            index = int.from_bytes(verdict_of[2 * position : 2 * position + 2], "little")
            assert has_basis
            assert index > 0
            assert _says_dial(table[index])
        else:
            assert verdict.decision is Decision.BLOCK
            assert verdict.action is not Action.DIAL


@given(_verdicts(), U64, st.booleans(), U64)
def test_one_answer_is_allowed_only_for_the_number_asked(
    verdict: verdict_pb2.Verdict, e164: int, has_basis: bool, asked: int
) -> None:
    """An answer about another number, or without a basis, allows nothing."""
    response = screening_pb2.CheckResponse(verdict=verdict, e164=e164)
    if has_basis:
        response.basis.CopyFrom(basis())

    read = read_check(response, asked, "")

    assert read.allowed is (_says_dial(verdict) and has_basis and e164 == asked)


def test_a_good_answer_is_read_whole() -> None:
    """Each field arrives, in the library's own words."""
    read = read_check(checked(LISTED), NUMBER, "acme/spring")

    assert read.decision is Decision.BLOCK
    assert read.action is Action.DROP
    assert read.reasons[0].code is Code.LISTED
    assert read.reasons[0].list == "optout"
    assert read.reasons[0].kind is ListKind.DO_NOT_CONTACT
    assert read.e164 == NUMBER
    assert read.version == 7
    assert read.token == "token-7"
    assert read.at is not None
    assert read.at.isoformat() == "2023-11-14T22:13:20.000001+00:00"
    assert read.normaliser_version == 1
    assert read.campaign == "acme/spring"


def test_a_good_batch_is_in_order() -> None:
    """Indices are little endian and in the request's order."""
    read = read_batch(batch(b"\1\0\2\0\1\0", [5, 6, 7]), ["a", "b", "c"], "")

    assert read.allowed == [True, False, True]
    assert [each.e164 for each in read] == [5, 6, 7]
    assert read[1:].allowed == [False, True]


@pytest.mark.parametrize(
    "verdict_of",
    [b"", b"\1\0", b"\1\0\1", b"\1\0\1\0\1\0", b"\0\0\0\0", b"\3\0\xff\xff", b"\0\1\0\1"],
    ids=["empty", "short", "odd", "long", "zero", "out_of_range", "big_endian"],
)
def test_a_wrong_index_blocks(verdict_of: bytes) -> None:
    """An index that is missing, 0 or out of range allows nothing."""
    read = read_batch(batch(verdict_of), [5, 6], "")

    assert read.allowed == [False, False]
    assert read[0].reasons[0].code is Code.UNAVAILABLE
    assert read[0].action is Action.RETRY


@pytest.mark.parametrize("e164", [[], [5], [5, 0], [5, 6, 7]])
def test_an_allowed_text_names_its_number(e164: list[int]) -> None:
    """A text whose number the answer does not name is not allowed."""
    assert not read_batch(batch(b"\1\0\1\0", e164), ["a", "b"], "")[1].allowed


def test_an_allow_at_index_0_is_never_used() -> None:
    """Index 0 is blocked even where the node put an ALLOW there."""
    response = batch(b"\0\0", verdicts=[ALLOW, ALLOW])

    assert read_batch(response, [5], "").allowed == [False]


@pytest.mark.parametrize(
    ("decision", "action"), [(0, 1), (1, 0), (3, 1), (1, 9), (1, 2), (2, 1), (9, 9)]
)
def test_words_that_are_not_understood_are_block_and_retry(decision: Any, action: Any) -> None:
    """Unknown words, and words that contradict each other, are BLOCK and RETRY."""
    read = read_outcome(verdict_pb2.Verdict(decision=decision, action=action))

    assert (read.decision, read.action) == (Decision.BLOCK, Action.RETRY)
    assert read.reasons[0].code is Code.UNAVAILABLE


def test_a_new_code_is_retried_and_the_known_ones_are_kept() -> None:
    """A reason that this library does not know turns the verdict into a RETRY."""
    new: Any = 99
    message = verdict_pb2.Verdict()
    message.CopyFrom(LISTED)
    message.reasons.add(code=new)

    read = read_outcome(message)

    assert read.action is Action.RETRY
    assert [each.code for each in read.reasons] == [Code.UNAVAILABLE, Code.LISTED]


def test_every_word_of_the_protocol_is_known() -> None:
    """The library's enumerations are the protocol's, plus UNAVAILABLE."""
    codes = {
        name.removeprefix("REASON_CODE_")
        for name in verdict_pb2.ReasonCode.DESCRIPTOR.values_by_name
    }
    kinds = {
        name.removeprefix("LIST_KIND_").lower()
        for name in verdict_pb2.ListKind.DESCRIPTOR.values_by_name
    }
    unspecified = {"UNSPECIFIED"}

    assert {each.value for each in Code} == codes - unspecified | {"UNAVAILABLE"}
    assert {each.value for each in ListKind} == kinds - {"unspecified"}
    assert {f"ACTION_{each}" for each in Action} == set(verdict_pb2.Action.keys()) - {
        "ACTION_UNSPECIFIED"
    }
    assert set(VIAS) == set(Via)
