"""What is said of a number, in words."""

from dncd.v1 import screening_pb2
from e2e.planes import SECONDS, check, said, verdicts_of
from harness.daemon import Stubs

LISTED = ("BLOCK", "DROP", ["LISTED"])
ALLOWED: tuple[str, str, list[str]] = ("ALLOW", "DIAL", [])
NO_POLICY = ("BLOCK", "RETRY", ["NO_POLICY"])


def everywhere(stubs: Stubs, number: int, campaign: str) -> tuple[str, str, list[str]]:
    """Return what is said of a number, after holding both planes and a batch to it."""
    answers = [
        said(check(plane, number, campaign=campaign))
        for plane in (stubs.screening, stubs.screening_on_control)
    ]
    request = screening_pb2.CheckBatchRequest(e164=[number], campaign=campaign)
    batch = verdicts_of(stubs.screening.CheckBatch(request, timeout=SECONDS))
    answers += [said(screening_pb2.CheckResponse(verdict=verdict)) for verdict in batch]
    assert answers == [answers[0]] * 3
    return answers[0]
