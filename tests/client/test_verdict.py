"""A verdict as a value."""

import pytest

from dncd_client import UNAVAILABLE, Action, Code, Decision, Verdict
from dncd_client.verdict import Basis, Outcome, Verdicts


def test_a_verdict_has_no_truth_value() -> None:
    """`if client.check(n):` raises, and says what to write."""
    with pytest.raises(TypeError, match=r"\.allowed"):
        bool(Verdict(Decision.ALLOW, Action.DIAL))


def test_verdicts_have_no_truth_value() -> None:
    """Neither has a batch, nor a negation, nor all()."""
    many = Verdicts([Outcome(Decision.ALLOW, Action.DIAL)], [1], Basis(), "")

    with pytest.raises(TypeError, match=r"\.allowed"):
        bool(many)
    with pytest.raises(TypeError, match=r"\.allowed"):
        all(many)
    with pytest.raises(TypeError, match=r"\.allowed"):
        assert not many


def test_only_allow_with_dial_is_allowed() -> None:
    """Of all pairs of words one is allowed."""
    allowed = [(d, a) for d in Decision for a in Action if Verdict(d, a).allowed]

    assert allowed == [(Decision.ALLOW, Action.DIAL)]


def test_a_verdict_cannot_be_changed() -> None:
    """A BLOCK stays one."""
    with pytest.raises(AttributeError):
        UNAVAILABLE.decision = Decision.ALLOW  # type: ignore[misc]


def test_unavailable_blocks_and_retries() -> None:
    """The verdict of no answer."""
    assert not UNAVAILABLE.allowed
    assert UNAVAILABLE.action is Action.RETRY
    assert UNAVAILABLE.reasons[0].code is Code.UNAVAILABLE
    assert UNAVAILABLE.version is None


def test_a_logged_verdict_shows_no_number() -> None:
    """Numbers are personal data: they stay out of the representation."""
    many = Verdicts([Outcome(Decision.ALLOW, Action.DIAL)], [819012345678], Basis(), "")

    assert "819012345678" not in repr(many[0]) + repr(many)
