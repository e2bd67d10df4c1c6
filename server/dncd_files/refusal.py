"""Refusals: why a file is not taken, where, and how to mend it."""

from enum import StrEnum


class Reason(StrEnum):
    """Stable reasons, as the protocol's ``Refusal`` lists them."""

    EMPTY = "EMPTY"
    TRUNCATED = "TRUNCATED"
    ENCODING = "ENCODING"
    LAYOUT = "LAYOUT"
    LINE_TOO_LONG = "LINE_TOO_LONG"
    MOSTLY_UNREADABLE = "MOSTLY_UNREADABLE"
    TOO_LARGE = "TOO_LARGE"
    ROW_COUNT = "ROW_COUNT"
    TOO_MANY_TERMS = "TOO_MANY_TERMS"


class FileRefused(Exception):  # noqa: N818 - a refusal is an answer about the file, not a failure of ours
    """The file is not what it says and nothing of it may be used.

    Attributes:
        reason: The stable reason.
        line: Where, from 1; 0 means the file.
        message: What is wrong and how to mend it. It repeats no number and no cell.
    """

    def __init__(self, reason: Reason, line: int, message: str) -> None:
        super().__init__(f"{reason} at line {line}: {message}")
        self.reason = reason
        self.line = line
        self.message = message
