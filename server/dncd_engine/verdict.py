"""What an answer is made of. The values of the enumerations are the protocol's."""

from dataclasses import dataclass
from enum import IntEnum
from typing import NoReturn

from dncd_engine.model import ListKind


class Decision(IntEnum):
    """The answer in one word; 0 is never one."""

    ALLOW = 1
    BLOCK = 2


class Action(IntEnum):
    """What becomes of the lead."""

    DIAL = 1
    DROP = 2
    MEND = 3
    RETRY = 4


class Code(IntEnum):
    """Why."""

    NODE_BEHIND = 1
    NUMBER_INVALID = 2
    NEVER_DIAL = 3
    COUNTRY_NOT_DIALLED = 4
    NO_POLICY = 5
    LISTED = 6
    NOT_CLEARED = 7
    LIST_EMPTY = 8
    LIST_STALE = 9
    OUT_OF_COVERAGE = 10
    LIFTED = 11
    STALE_ALLOWED = 12
    ERASED = 13


ACTION_OF = {
    Code.NODE_BEHIND: Action.RETRY,
    Code.NUMBER_INVALID: Action.MEND,
    Code.NEVER_DIAL: Action.DROP,
    Code.COUNTRY_NOT_DIALLED: Action.MEND,
    Code.NO_POLICY: Action.RETRY,
    Code.LISTED: Action.DROP,
    Code.NOT_CLEARED: Action.RETRY,
    Code.LIST_EMPTY: Action.RETRY,
    Code.LIST_STALE: Action.RETRY,
    Code.OUT_OF_COVERAGE: Action.RETRY,
    Code.ERASED: Action.RETRY,
}
"""What a reason that blocks makes of the lead; a code that is not here does not block."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One cause of a verdict; ``detail`` is a word, never a number and never free text."""

    code: Code
    list: str = ""
    kind: ListKind | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer about one number: every reason that holds, the deciding one first.

    ``shadow_hits`` are the lists in shadow that would have blocked it; they are counted and never told.
    """

    decision: Decision
    action: Action
    reasons: tuple[Reason, ...] = ()
    shadow_hits: tuple[str, ...] = ()

    def __bool__(self) -> NoReturn:
        """Refuse to be a truth value: a blocked verdict is an object like any other."""
        raise TypeError("a verdict has no truth value; compare its decision")


ALLOWED = Verdict(Decision.ALLOW, Action.DIAL)


def verdict_of(reasons: tuple[Reason, ...], shadow_hits: tuple[str, ...] = ()) -> Verdict:
    """Return the verdict that reasons in the order of the rules make."""
    for reason in reasons:
        action = ACTION_OF.get(reason.code)
        if action is not None:
            return Verdict(Decision.BLOCK, action, reasons, shadow_hits)
    if not reasons and not shadow_hits:
        return ALLOWED
    return Verdict(Decision.ALLOW, Action.DIAL, reasons, shadow_hits)
