"""The campaign ``dncd-test``: fixed numbers that always get each answer, as payment test cards do.

The numbers are +1 202 555 0100 and following, which the North American plan keeps for fiction (NANPA: 555-0100 to
555-0199), so that every branch of a dialer can be tried against a real node without a real person's number.
"""

from dncd_engine.model import ListKind
from dncd_engine.numbers import Reject
from dncd_engine.verdict import Code, Reason, Verdict, verdict_of

FIRST_NUMBER = 12025550100
DRILL_LIST = "dncd-test-list"
_REASONS: tuple[tuple[Reason, ...], ...] = (
    (),
    (Reason(Code.NODE_BEHIND),),
    (Reason(Code.NUMBER_INVALID, detail=Reject.NOT_A_NUMBER.value),),
    (Reason(Code.NEVER_DIAL),),
    (Reason(Code.COUNTRY_NOT_DIALLED, detail="US"),),
    (Reason(Code.NO_POLICY),),
    (Reason(Code.LISTED, DRILL_LIST, ListKind.DO_NOT_CONTACT),),
    (Reason(Code.NOT_CLEARED, DRILL_LIST, ListKind.CONSENT),),
    (Reason(Code.LIST_EMPTY, DRILL_LIST, ListKind.REGISTRY, "never_loaded"),),
    (Reason(Code.LIST_STALE, DRILL_LIST, ListKind.REGISTRY),),
    (Reason(Code.OUT_OF_COVERAGE, DRILL_LIST, ListKind.REGISTRY),),
    (Reason(Code.LIFTED, DRILL_LIST, ListKind.EXEMPTION),),
    (Reason(Code.STALE_ALLOWED, DRILL_LIST, ListKind.REGISTRY),),
    (Reason(Code.ERASED),),
)
DRILL_VERDICTS: dict[int, Verdict] = {
    FIRST_NUMBER + index: verdict_of(reasons) for index, reasons in enumerate(_REASONS)
}
_NOT_IN_THE_DRILL = verdict_of((Reason(Code.NO_POLICY),))


def drill_verdict(number: int) -> Verdict:
    """Return the fixed answer about a number of the drill; any other number is ``NO_POLICY``."""
    return DRILL_VERDICTS.get(number, _NOT_IN_THE_DRILL)


def drill_reject(reject: Reject) -> Verdict:
    """Return the answer about a text that is not plainly one number."""
    if reject is Reject.SPECIAL_NUMBER:
        return verdict_of((Reason(Code.NEVER_DIAL),))
    return verdict_of((Reason(Code.NUMBER_INVALID, detail=reject.value),))
