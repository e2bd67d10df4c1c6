"""What the sync and the async client share: all but the awaiting.

A Session remembers between questions, an Exchange leads one question through its attempts. Neither
touches the network: a client hands in what it heard.
"""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Generic, Protocol, TypeVar

import grpc
from google.protobuf.message import DecodeError

from dncd.v1 import screening_pb2
from dncd_client.errors import (
    DncdError,
    EpochMismatch,
    InvalidRequest,
    LimitExceeded,
    NotFound,
    NotPermitted,
    error_of,
)
from dncd_client.numbers import Numbers, one, several
from dncd_client.optoutcall import OptOutCall, opt_out_request
from dncd_client.verdict import Basis, Verdict, Verdicts, Via, unavailable, verdict_of
from dncd_client.wire import VIAS, read_batch, read_check


class Answered(Protocol):
    """What an answer says of the basis that it rests on."""

    @property
    def version(self) -> int | None:
        """Return the version of the ledger, None where there was no answer."""

    @property
    def token(self) -> str:
        """Return the token of that version."""


Request = TypeVar("Request", bound=screening_pb2.CheckRequest | screening_pb2.CheckBatchRequest)
Response = TypeVar("Response")
Answer = TypeVar("Answer", bound=Answered)

ATTEMPTS = 2  # the second one only where the first could not reach the node


class Session:
    """What a client knows between questions. Safe to share between threads.

    Attributes:
        campaign: The campaign of questions that name none.
        region: The region of questions that name none.
        timeout_seconds: The deadline of a question, all of its attempts together.
        epoch_mismatches: How often a token turned out to be of another epoch of the ledger.
    """

    def __init__(self, campaign: str, region: str, timeout_seconds: float) -> None:
        if not 0 < timeout_seconds < float("inf"):
            raise ValueError(
                "timeout_seconds must be above 0 and finite: every call has a deadline"
            )
        self.campaign = campaign
        self.region = region
        self.timeout_seconds = timeout_seconds
        self.epoch_mismatches = 0
        self._lock = threading.Lock()
        self._newest: tuple[int, str] = (-1, "")

    @property
    def token(self) -> str:
        """Return the newest token seen, "" before the first answer."""
        return self._newest[1]

    def remember(self, version: int | None, token: str) -> None:
        """Keep a token unless a newer one is known."""
        with self._lock:
            if version is not None and token and version > self._newest[0]:
                self._newest = (version, token)

    def forget(self, token: str) -> None:
        """Count a token of another epoch, and drop it unless a newer one has come since."""
        with self._lock:
            self.epoch_mismatches += 1
            if self._newest[1] == token:
                self._newest = (-1, "")

    def check(
        self,
        number: str | int,
        campaign: str | None,
        region: str | None,
        at_least: str | None,
        via: Via,
        call_ref: str,
    ) -> "Exchange[screening_pb2.CheckRequest, screening_pb2.CheckResponse, Verdict]":
        """Begin a question about one number."""
        asked = one(number)
        name = self.campaign if campaign is None else campaign
        request = screening_pb2.CheckRequest(
            campaign=name,
            region=self.region if region is None else region,
            via=VIAS[via],
            call_ref=call_ref,
        )
        if isinstance(asked, str):
            request.number = asked
        else:
            request.e164 = asked
        return Exchange(
            self,
            request,
            at_least,
            lambda response: read_check(response, asked, name),
            lambda detail: verdict_of(unavailable(detail), Basis(), None, name),
        )

    def check_many(
        self,
        numbers: Numbers,
        campaign: str | None,
        region: str | None,
        at_least: str | None,
        via: Via,
        call_ref: str,
    ) -> "Exchange[screening_pb2.CheckBatchRequest, screening_pb2.CheckBatchResponse, Verdicts]":
        """Begin a question about many numbers."""
        texts, integers = several(numbers)
        asked = texts or integers
        name = self.campaign if campaign is None else campaign
        request = screening_pb2.CheckBatchRequest(
            e164=integers,
            numbers=texts,
            campaign=name,
            region=self.region if region is None else region,
            via=VIAS[via],
            call_ref=call_ref,
        )

        def unanswered(detail: str) -> Verdicts:
            return Verdicts([unavailable(detail)] * len(asked), [None] * len(asked), Basis(), name)

        def read(response: screening_pb2.CheckBatchResponse) -> Verdicts:
            return read_batch(response, asked, name)

        return Exchange(self, request, at_least, read, unanswered, ask=bool(asked))

    def opt_out(
        self,
        numbers: str | int | Numbers,
        campaign: str | None,
        client: str,
        region: str | None,
        asked: datetime | None,
        ground: str,
        reference: str,
        requester: str,
        review: date | None,
        request_id: str,
        timeout_seconds: float,
    ) -> OptOutCall:
        """Begin an opt-out. A client that is named stands in for the session's campaign."""
        own = "" if client else self.campaign
        request = opt_out_request(
            numbers,
            own if campaign is None else campaign,
            client,
            self.region if region is None else region,
            asked,
            ground,
            reference,
            requester,
            review,
            request_id,
        )
        return OptOutCall(request, timeout_seconds, self.remember)


class Exchange(Generic[Request, Response, Answer]):
    """One question: what to send, whether to ask again, what to answer.

    Attributes:
        request: What to send; it changes between attempts.
        answer: What to return once `attempts` is exhausted. Until something better is heard it
            says BLOCK, RETRY, UNAVAILABLE.
    """

    def __init__(
        self,
        session: Session,
        request: Request,
        at_least: str | None,
        read: Callable[[Response], Answer],
        unanswered: Callable[[str], Answer],
        ask: bool = True,
    ) -> None:
        self.request = request
        self.answer = unanswered("")
        self._session = session
        self._own_token = at_least is None
        self._read = read
        self._unanswered = unanswered
        self._again = ask
        self._forgot = False
        request.at_least = session.token if at_least is None else at_least

    def attempts(self) -> Iterator[float]:
        """Yield the seconds that are left, once for each time the question is to be asked."""
        ends = time.monotonic() + self._session.timeout_seconds
        for _ in range(ATTEMPTS):
            left = ends - time.monotonic()
            if not self._again or left <= 0:
                return
            self._again = False
            yield left

    def heard(self, response: Response | None) -> None:
        """Take an answer; None is what grpc.aio makes of bytes that are no message."""
        if response is None:
            self.answer = self._unanswered("malformed_answer")
            return
        self.answer = self._read(response)
        self._session.remember(self.answer.version, self.answer.token)

    def failed(self, failure: grpc.RpcError | DecodeError) -> None:
        """Take a failure.

        Raises:
            DncdError: It is the caller's own mistake; asking again or later would not help.
        """
        error = error_of(failure)
        status = error.status or grpc.StatusCode.UNKNOWN
        if isinstance(error, EpochMismatch):
            self._forget_epoch(error)
        elif _is_callers_own(error):
            raise error from None
        else:
            self._again = status is grpc.StatusCode.UNAVAILABLE
        self.answer = self._unanswered(error.reason or status.name)

    def cut(self) -> None:
        """Take it that the connection was closed under the question."""
        self.answer = self._unanswered(grpc.StatusCode.CANCELLED.name)

    def _forget_epoch(self, error: EpochMismatch) -> None:
        self._session.forget(self.request.at_least)
        if not self._own_token:
            raise error from None
        self._again = not self._forgot
        self._forgot = True
        self.request.at_least = ""


def _is_callers_own(error: DncdError) -> bool:
    """Say whether an error is the caller's; a limit without our reason is the network's."""
    if isinstance(error, LimitExceeded):
        return bool(error.reason)
    return isinstance(error, InvalidRequest | NotFound | NotPermitted)
