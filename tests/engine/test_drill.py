"""The drill: each answer has its number, and no other number is ever allowed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dncd_engine.drill import DRILL_VERDICTS, FIRST_NUMBER, drill_reject, drill_verdict
from dncd_engine.numbers import Reject, read
from dncd_engine.verdict import ACTION_OF, Action, Code, Decision, Reason

ALLOWING = {FIRST_NUMBER, *(n for n, v in DRILL_VERDICTS.items() if v.action is Action.DIAL)}


def test_each_code_is_answered_for_exactly_one_number() -> None:
    first = [verdict.reasons[0].code for verdict in DRILL_VERDICTS.values() if verdict.reasons]
    assert sorted(first) == sorted(Code)


def test_each_answer_is_decided_as_a_real_one_would_be() -> None:
    for verdict in DRILL_VERDICTS.values():
        action = ACTION_OF[verdict.reasons[0].code] if blocking(verdict.reasons) else Action.DIAL
        wanted = Decision.ALLOW if action is Action.DIAL else Decision.BLOCK
        assert (verdict.decision, verdict.action) == (wanted, action)


def blocking(reasons: tuple[Reason, ...]) -> bool:
    return any(reason.code in ACTION_OF for reason in reasons)


def test_every_action_can_be_drilled() -> None:
    assert {verdict.action for verdict in DRILL_VERDICTS.values()} == set(Action)


def test_the_numbers_are_those_that_are_kept_for_fiction_and_read_from_texts() -> None:
    for number in DRILL_VERDICTS:
        assert 1_202_555_0100 <= number <= 1_202_555_0199
        line = number % 10_000
        for text in (f"+{number}", f"+1 202-555-{line:04}"):
            assert read(text, "JP") == read(text, "US") == number
        assert drill_verdict(number) is DRILL_VERDICTS[number]


@given(number=st.integers(-(2**64), 2**64) | st.integers(FIRST_NUMBER - 20, FIRST_NUMBER + 120))
def test_no_other_number_is_allowed(number: int) -> None:
    verdict = drill_verdict(number)
    if number not in ALLOWING:
        assert verdict.decision is Decision.BLOCK
    if number not in DRILL_VERDICTS:
        assert verdict.reasons == (Reason(Code.NO_POLICY),)


@pytest.mark.parametrize("reject", Reject)
def test_a_text_that_was_not_read_is_answered_as_outside_the_drill(reject: Reject) -> None:
    verdict = drill_reject(reject)
    assert verdict.decision is Decision.BLOCK
    if reject is Reject.SPECIAL_NUMBER:
        assert verdict.reasons == (Reason(Code.NEVER_DIAL),)
    else:
        assert verdict.reasons == (Reason(Code.NUMBER_INVALID, detail=reject.value),)
