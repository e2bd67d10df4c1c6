"""What can go wrong for a caller, in the words that callers switch on.

The class says what kind of fault it is, ``reason`` is stable and goes to clients as google.rpc.ErrorInfo, ``message``
says what, where and how to mend it and never repeats a number. The api room turns each into a status.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One field of a request that is wrong."""

    field: str
    message: str


class DncdError(Exception):
    """The root of all that dncd tells a caller.

    Attributes:
        reason: A stable word in capitals.
        message: For people.
        metadata: Facts for programs, such as both figures of a limit.
    """

    def __init__(
        self, reason: str, message: str, metadata: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.metadata = dict(metadata or {})


class InvalidRequestError(DncdError):
    """A request is malformed; ``fields`` names every field that is wrong."""

    def __init__(self, reason: str, message: str, fields: Sequence[FieldProblem] = ()) -> None:
        super().__init__(reason, message)
        self.fields = tuple(fields)


def invalid_fields(reason: str, problems: Sequence[FieldProblem]) -> InvalidRequestError:
    """Return the error that names every wrong field; its message tells the first and counts the rest."""
    first = problems[0]
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return InvalidRequestError(reason, f"{first.field}: {first.message}{more}", problems)


def invalid_field(field: str, message: str) -> InvalidRequestError:
    """Return the error that names the one field that is wrong."""
    return invalid_fields("INVALID_ARGUMENT", [FieldProblem(field, message)])


class NotFoundError(DncdError):
    """A list, campaign or batch does not exist."""


class AlreadyExistsError(DncdError):
    """A name or batch id is taken by something else."""


class ConflictError(DncdError):
    """What the request rests on has moved: another version, another epoch, a list in use."""


class ForbiddenError(DncdError):
    """The caller may not do this."""


class UnavailableError(DncdError):
    """The node cannot answer now; another may."""


class LimitExceededError(DncdError):
    """A limit was passed."""


class LedgerError(Exception):
    """The ledger cannot be used; the node must not answer from it."""
