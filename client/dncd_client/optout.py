"""What a person said, "do not call me again", once it is in force; and how that is read.

It is taken for done only where the node says so, about this very request.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NoReturn, TypeAlias

from dncd.v1 import batch_pb2, optout_pb2

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Asked: TypeAlias = Sequence[str] | Sequence[int]


@dataclass(frozen=True, slots=True)
class Reading:
    """How one number of an opt-out was read.

    Attributes:
        e164: The number as an integer of its E.164 digits; None where it could not be read.
        reject: Why not, such as "too_short"; "" where it was read.
    """

    e164: int | None = field(default=None, repr=False)  # a result may be logged, a number not
    reject: str = ""


@dataclass(frozen=True, slots=True)
class OptOut:
    """An opt-out that is in force. It has no truth value: ask for `complete`.

    Attributes:
        batch_id: The request's id.
        list: The list that was written to.
        version: The version of the ledger from which it holds.
        at: The instant of that, in UTC.
        token: Stands for the version; the client that made the request sends it along from now on.
        readings: How each number was read, in the request's order and as many.
        added: How many were not on the list before.
    """

    batch_id: str
    list: str
    version: int
    at: datetime
    token: str
    readings: tuple[Reading, ...]
    added: int

    @property
    def complete(self) -> bool:
        """Say whether every number was read; one that was not is NOT blocked."""
        return all(each.e164 is not None for each in self.readings)

    def __bool__(self) -> NoReturn:
        """Refuse: a number that could not be read must not pass for one that was taken."""
        raise TypeError("an OptOut has no truth value; use opt_out.complete")


def read_opt_out(
    response: optout_pb2.OptOutResponse, request: optout_pb2.OptOutRequest
) -> OptOut | None:
    """Read an answer; None where it does not plainly acknowledge this very request."""
    basis = response.basis
    asked: Asked = request.e164 or request.numbers
    if len(response.readings) != len(asked):
        return None
    readings = [_reading(each, sent) for each, sent in zip(response.readings, asked, strict=True)]
    known = tuple(each for each in readings if each)
    is_plain = (
        len(known) == len(asked)
        and any(each.e164 for each in known)
        and response.batch_id == request.request_id
        and response.list
        and basis.version
        and basis.token
    )
    at = _instant(basis.at_unix_us)
    if not is_plain or at is None:
        return None
    added = response.added
    return OptOut(response.batch_id, response.list, basis.version, at, basis.token, known, added)


def reject_word(code: int) -> str:
    """Return a reject code in lower case; a number for one that this version does not know."""
    try:
        name = batch_pb2.RejectCode.Name(code)  # type: ignore[arg-type]
    except ValueError:
        return f"code_{code}"
    return name.removeprefix("REJECT_CODE_").lower()


def _reading(message: batch_pb2.Reading, sent: object) -> Reading | None:
    """Read how a number was read; None for nothing, and for another number than was sent."""
    if message.WhichOneof("outcome") == "reject":
        return Reading(None, reject_word(message.reject))
    if not message.e164 or (isinstance(sent, int) and sent != message.e164):
        return None
    return Reading(message.e164)


def _instant(unix_us: int) -> datetime | None:
    try:
        return _EPOCH + timedelta(microseconds=unix_us)
    except OverflowError:
        return None
