"""Reasons: why somebody changes a policy, kept with the change."""

from collections.abc import Iterator

from dncd_engine.problems import MAX_TEXT_BYTES
from dncd_server.errors import FieldProblem
from dncd_server.uploads.header import is_text


def reason_problems(reason: str, *, is_needed: bool = False) -> Iterator[FieldProblem]:
    """Name what is wrong with a reason: it is one line that fits into the evidence."""
    if is_needed and not reason.strip():
        yield FieldProblem("reason", "say why; it is kept with the change")
    if not is_text(reason):
        yield FieldProblem("reason", f"at most {MAX_TEXT_BYTES} bytes without control characters")
