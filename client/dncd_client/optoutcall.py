"""An opt-out on its way: one request, sent under the same id until it is acknowledged."""

import re
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import cast

import grpc
from google.protobuf.message import DecodeError

from dncd.v1 import batch_pb2, optout_pb2
from dncd_client.errors import (
    DncdError,
    InvalidRequest,
    LimitExceeded,
    NotAcknowledged,
    Unavailable,
    error_of,
)
from dncd_client.numbers import Numbers, several
from dncd_client.optout import OptOut, read_opt_out

MAX_NUMBERS = 100
DEFAULT_TIMEOUT_SECONDS = 5.0
"""Longer than that of a check: nobody waits to dial, and a disk has to have it."""
_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 1.0
_FULL = "TOO_MANY_OPT_OUTS"  # under way at once: a moment later there is room
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sending of the request.

    Attributes:
        pause_seconds: How long to wait before it.
        timeout_seconds: Its deadline, counted from then.
    """

    pause_seconds: float
    timeout_seconds: float


class OptOutCall:
    """Leads one opt-out through its attempts. It never touches the network: it is told what came.

    Args:
        request: What to send, the same each time.
        timeout_seconds: The deadline of all attempts together.
        remember: Takes the version and the token once it is in force.

    Raises:
        ValueError: The deadline is not above 0 and finite.
    """

    def __init__(
        self,
        request: optout_pb2.OptOutRequest,
        timeout_seconds: float,
        remember: Callable[[int, str], None] = lambda _version, _token: None,
    ) -> None:
        if not 0 < timeout_seconds < float("inf"):
            raise ValueError(
                "timeout_seconds must be above 0 and finite: every call has a deadline"
            )
        self.request = request
        self._timeout_seconds = timeout_seconds
        self._remember = remember
        self._again = True
        self._taken: OptOut | None = None
        self._failure: DncdError = Unavailable("there was no time to send it")

    def attempts(self) -> Iterator[Attempt]:
        """Yield each sending: the first at once, others while the node is away or has no room."""
        ends = time.monotonic() + self._timeout_seconds
        pause = 0.0
        while self._again and (left := ends - time.monotonic() - pause) > 0:
            self._again = False
            yield Attempt(pause, left)
            pause = min(max(_FIRST_PAUSE_SECONDS, 2 * pause), _LONGEST_PAUSE_SECONDS)

    def heard(self, response: optout_pb2.OptOutResponse | None) -> None:
        """Take an answer; None is what grpc.aio makes of bytes that are no message."""
        taken = read_opt_out(response, self.request) if response is not None else None
        if taken is None:
            self._failure = Unavailable("the answer does not acknowledge it")
            return
        self._taken = taken
        self._remember(taken.version, taken.token)

    def failed(self, failure: grpc.RpcError | DecodeError) -> None:
        """Take a failure.

        Raises:
            DncdError: The node refused it; asking again would not help.
        """
        error = error_of(failure)
        if not _is_silence(error):
            raise error from None
        self._failure = error
        self._again = error.status is grpc.StatusCode.UNAVAILABLE or error.reason == _FULL

    def cut(self) -> None:
        """Take it that the connection was closed under the request."""
        self._failure = Unavailable("the connection was closed", status=grpc.StatusCode.CANCELLED)

    def outcome(self) -> OptOut:
        """Return what came of it.

        Raises:
            NotAcknowledged: It must not be taken for done; the same request_id may be sent again.
        """
        if self._taken is None:
            raise NotAcknowledged(self.request.request_id, self._failure)
        return self._taken


def opt_out_request(
    numbers: str | int | Numbers,
    campaign: str,
    client: str,
    region: str,
    asked: datetime | None,
    ground: str,
    reference: str,
    requester: str,
    review: date | None,
    request_id: str,
) -> optout_pb2.OptOutRequest:
    """Make a request.

    Raises:
        TypeError: The numbers are not all texts or all integers.
        InvalidRequest: There are none or more than 100; campaign and client are both given;
            `asked` names no offset; the id is malformed.
    """
    several_given = cast(Numbers, [numbers] if isinstance(numbers, str | int) else numbers)
    texts, integers = several(several_given)
    if not 0 < len(texts or integers) <= MAX_NUMBERS:
        raise _wrong("numbers", f"give 1 to {MAX_NUMBERS} numbers of one person")
    if campaign and client:
        raise _wrong("client", "name the campaign or the client, not both")
    if asked is not None and asked.tzinfo is None:
        raise _wrong("asked", "the time names no offset: give a datetime with tzinfo")
    if request_id and not _REQUEST_ID.fullmatch(request_id):
        raise _wrong("request_id", "an id is 1 to 64 of A-Z a-z 0-9 . _ : -")
    return optout_pb2.OptOutRequest(
        request_id=request_id or new_request_id(),
        e164=integers,
        numbers=texts,
        campaign=campaign,
        client=client,
        region=region,
        attributes=batch_pb2.Attributes(
            asked_unix_us=(asked - _EPOCH) // timedelta(microseconds=1) if asked else 0,
            ground=ground,
            reference=reference,
            requester=requester,
        ),
        dates=batch_pb2.LocalDates(review=f"{review:%Y-%m-%d}" if review else ""),
    )


def new_request_id() -> str:
    """Make an id that sorts by time and that nobody else makes."""
    return f"optout-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(6)}"


def _is_silence(error: DncdError) -> bool:
    """Say whether an error is no answer yet; a limit without our reason is the network's."""
    if isinstance(error, LimitExceeded):
        return error.reason in ("", _FULL)
    return isinstance(error, Unavailable)


def _wrong(name: str, description: str) -> InvalidRequest:
    return InvalidRequest(f"{name}: {description}", reason="INVALID_ARGUMENT")
