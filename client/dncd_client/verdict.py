"""The words of an answer: what a caller holds after asking about a number."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal, NoReturn, overload


class Decision(StrEnum):
    """The answer in one word."""

    ALLOW = "ALLOW"
    BLOCK = "BLOCK"


class Action(StrEnum):
    """What becomes of the lead."""

    DIAL = "DIAL"
    DROP = "DROP"
    MEND = "MEND"
    RETRY = "RETRY"


class Code(StrEnum):
    """Why. All but UNAVAILABLE come from the node; UNAVAILABLE is the library's own."""

    NODE_BEHIND = "NODE_BEHIND"
    NUMBER_INVALID = "NUMBER_INVALID"
    NEVER_DIAL = "NEVER_DIAL"
    COUNTRY_NOT_DIALLED = "COUNTRY_NOT_DIALLED"
    NO_POLICY = "NO_POLICY"
    LISTED = "LISTED"
    NOT_CLEARED = "NOT_CLEARED"
    LIST_EMPTY = "LIST_EMPTY"
    LIST_STALE = "LIST_STALE"
    OUT_OF_COVERAGE = "OUT_OF_COVERAGE"
    LIFTED = "LIFTED"
    STALE_ALLOWED = "STALE_ALLOWED"
    ERASED = "ERASED"
    UNAVAILABLE = "UNAVAILABLE"


class ListKind(StrEnum):
    """What a list means."""

    DO_NOT_CONTACT = "do_not_contact"
    SUSPENDED_USE = "suspended_use"
    REGISTRY = "registry"
    EXEMPTION = "exemption"
    CONSENT = "consent"
    CLEARANCE = "clearance"
    ORIGIN = "origin"


class Via(StrEnum):
    """Which path asks; it only tells the hit-rate metrics apart."""

    DIAL = "dial"
    GUARD = "guard"
    SCRUB = "scrub"
    DESK = "desk"


@dataclass(frozen=True, slots=True)
class Reason:
    """One cause of a verdict.

    Attributes:
        code: Why.
        list: The list that it rests on, or "" where no list does.
        kind: That list's kind, or None where there is none or the library does not know it.
        detail: One more word, such as a reject code, or for UNAVAILABLE what went wrong.
    """

    code: Code
    list: str = ""
    kind: ListKind | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer about one number. It has no truth value: ask for `allowed`.

    Attributes:
        decision: ALLOW or BLOCK.
        action: What becomes of the lead. DIAL if and only if the decision is ALLOW.
        reasons: All reasons that hold, the deciding one first; an ALLOW may have none.
        e164: The number as it was read, as an integer of its E.164 digits; None where it was not.
        version: The version of the ledger that the answer rests on; None where there was no answer.
        at: The instant that the answer holds for, in UTC; None where there was no answer.
        token: Stands for the version; hand it on as `at_least`. "" where there was no answer.
        normaliser_version: The rules by which texts were read; 0 where there was no answer.
        campaign: The campaign that was asked for; "" for the default.
    """

    decision: Decision
    action: Action
    reasons: tuple[Reason, ...] = ()
    e164: int | None = field(default=None, repr=False)  # a verdict may be logged, a number not
    version: int | None = None
    at: datetime | None = None
    token: str = ""
    normaliser_version: int = 0
    campaign: str = ""

    @property
    def allowed(self) -> bool:
        """Say whether the number may be dialled: the only way to True is ALLOW with DIAL."""
        return self.decision is Decision.ALLOW and self.action is Action.DIAL

    def __bool__(self) -> NoReturn:
        """Refuse: `if client.check(n):` must never dial."""
        raise TypeError("a Verdict has no truth value; use verdict.allowed")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a verdict says, apart from the number and the basis that it is about."""

    decision: Decision
    action: Action
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Basis:
    """What an answer rests on; as in Verdict."""

    version: int | None = None
    at: datetime | None = None
    token: str = ""
    normaliser_version: int = 0


def unavailable(detail: str = "") -> Outcome:
    """Make the outcome for an answer that did not come or was not understood.

    Args:
        detail: One word that says what went wrong, for example "DEADLINE_EXCEEDED".
    """
    return Outcome(Decision.BLOCK, Action.RETRY, (Reason(Code.UNAVAILABLE, detail=detail),))


def verdict_of(outcome: Outcome, basis: Basis, e164: int | None, campaign: str) -> Verdict:
    """Put an outcome, its basis and its number together."""
    return Verdict(
        outcome.decision,
        outcome.action,
        outcome.reasons,
        e164,
        basis.version,
        basis.at,
        basis.token,
        basis.normaliser_version,
        campaign,
    )


class Verdicts(Sequence[Verdict]):
    """The answers about many numbers, in the order in which they were asked, and as many.

    A sequence of Verdict that makes each one when it is asked for: 10,000 numbers mostly share a
    handful of outcomes. All of them rest on one basis. It has no truth value either.
    """

    __slots__ = ("_basis", "_campaign", "_e164", "_outcomes")

    def __init__(
        self,
        outcomes: Sequence[Outcome],
        e164: Sequence[int | None],
        basis: Basis,
        campaign: str,
    ) -> None:
        self._outcomes = outcomes
        self._e164 = e164
        self._basis = basis
        self._campaign = campaign

    @property
    def version(self) -> int | None:
        """Return the version that all of them rest on, as in Verdict."""
        return self._basis.version

    @property
    def at(self) -> datetime | None:
        """Return the instant that all of them hold for, as in Verdict."""
        return self._basis.at

    @property
    def token(self) -> str:
        """Return the token of that version, as in Verdict."""
        return self._basis.token

    @property
    def allowed(self) -> list[bool]:
        """Say of each number, in order, whether it may be dialled."""
        return [
            outcome.decision is Decision.ALLOW and outcome.action is Action.DIAL
            for outcome in self._outcomes
        ]

    def __len__(self) -> int:
        """Count the numbers asked about."""
        return len(self._outcomes)

    @overload
    def __getitem__(self, index: int) -> Verdict: ...
    @overload
    def __getitem__(self, index: slice) -> "Verdicts": ...
    def __getitem__(self, index: int | slice) -> "Verdict | Verdicts":
        """Return the verdict at an index, or the verdicts of a slice."""
        if isinstance(index, slice):
            return Verdicts(self._outcomes[index], self._e164[index], self._basis, self._campaign)
        return verdict_of(self._outcomes[index], self._basis, self._e164[index], self._campaign)

    def __bool__(self) -> Literal[True]:
        """Refuse, as a Verdict does."""
        raise TypeError("Verdicts have no truth value; use verdicts.allowed, or len(verdicts)")

    def __repr__(self) -> str:
        """Say how many, and of how many kinds."""
        return f"<Verdicts of {len(self)} numbers, {sum(self.allowed)} allowed>"


UNAVAILABLE = verdict_of(unavailable(), Basis(), None, "")
"""The verdict of an answer that did not come."""
