"""Verdicts: blocked by any reason that blocks, and never a truth value."""

import itertools

import pytest

from dncd_engine.drill import DRILL_VERDICTS
from dncd_engine.verdict import (
    ACTION_OF,
    ALLOWED,
    Action,
    Code,
    Decision,
    Reason,
    Verdict,
    verdict_of,
)

NOT_BLOCKING = (Code.LIFTED, Code.STALE_ALLOWED)


@pytest.mark.parametrize("verdict", [ALLOWED, *DRILL_VERDICTS.values()])
def test_a_verdict_has_no_truth_value(verdict: Verdict) -> None:
    with pytest.raises(TypeError, match="compare its decision"):
        bool(verdict)
    with pytest.raises(TypeError, match="compare its decision"):
        assert not verdict


def test_every_code_blocks_but_the_two_that_accompany_an_allow() -> None:
    assert set(ACTION_OF) == set(Code) - set(NOT_BLOCKING)
    assert Action.DIAL not in ACTION_OF.values()


@pytest.mark.parametrize("codes", [(), *itertools.permutations(NOT_BLOCKING), NOT_BLOCKING[:1]])
def test_reasons_that_do_not_block_make_an_allow_and_are_kept(codes: tuple[Code, ...]) -> None:
    reasons = tuple(map(Reason, codes))
    assert verdict_of(reasons) == Verdict(Decision.ALLOW, Action.DIAL, reasons)


@pytest.mark.parametrize("code", [*ACTION_OF])
def test_one_reason_that_blocks_is_enough_wherever_it_stands(code: Code) -> None:
    for others in ((), *itertools.permutations(NOT_BLOCKING)):
        for place in range(len(others) + 1):
            codes = (*others[:place], code, *others[place:])
            verdict = verdict_of(tuple(map(Reason, codes)))
            assert (verdict.decision, verdict.action) == (Decision.BLOCK, ACTION_OF[code])


@pytest.mark.parametrize("pair", [*itertools.permutations(ACTION_OF, 2)])
def test_the_first_reason_that_blocks_says_the_action(pair: tuple[Code, Code]) -> None:
    assert verdict_of(tuple(map(Reason, pair))).action is ACTION_OF[pair[0]]
