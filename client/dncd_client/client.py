"""The client that waits."""

import time
from datetime import date, datetime
from types import TracebackType
from typing import Self

import grpc
from google.protobuf.message import DecodeError

from dncd.v1 import optout_pb2_grpc, screening_pb2_grpc
from dncd_client.channel import ChannelOptions, with_defaults
from dncd_client.numbers import Numbers
from dncd_client.optout import OptOut
from dncd_client.optoutcall import DEFAULT_TIMEOUT_SECONDS
from dncd_client.session import Answer, Exchange, Request, Response, Session
from dncd_client.verdict import Verdict, Verdicts, Via


class Client:
    """Asks a node whether numbers may be dialled. Safe to share between threads.

    Where no answer can be had in time, or it is not understood, the verdict is BLOCK and RETRY with
    the reason UNAVAILABLE: never an exception and never an allow. Only the caller's own mistakes
    raise. An opt-out that nobody acknowledged does raise: it must not pass for one that was taken.
    Make one client and keep it; it holds one connection.

    Args:
        target: The address of the screening plane, "host:port".
        campaign: The campaign of calls that name none; "" means the node's default.
        timeout_seconds: The deadline of every check.
        region: How texts are read in calls that name no region (ISO 3166, "JP"); "" means the
            campaign's first country.
        channel_options: gRPC channel options to set beside or instead of our own.

    Example:
        >>> with Client(campaign="acme/spring") as client:
        ...     verdict = client.check("090-1234-5678")
        ...     if verdict.allowed:
        ...         dial(verdict.e164)
    """

    def __init__(
        self,
        target: str = "127.0.0.1:50051",
        *,
        campaign: str = "",
        timeout_seconds: float = 1.0,
        region: str = "",
        channel_options: ChannelOptions = (),
    ) -> None:
        self._session = Session(campaign, region, timeout_seconds)
        self._channel = grpc.insecure_channel(target, options=with_defaults(channel_options))
        self._stub = screening_pb2_grpc.ScreeningServiceStub(self._channel)
        self._opt_outs = optout_pb2_grpc.OptOutServiceStub(self._channel)

    @property
    def token(self) -> str:
        """Return the newest token seen; it is sent along with every question."""
        return self._session.token

    @property
    def epoch_mismatches(self) -> int:
        """Count how often a token turned out to be of another epoch of the ledger."""
        return self._session.epoch_mismatches

    def check(
        self,
        number: str | int,
        campaign: str | None = None,
        region: str | None = None,
        at_least: str | None = None,
        via: Via = Via.DIAL,
        call_ref: str = "",
    ) -> Verdict:
        """Ask about one number.

        Args:
            number: A text as people write it, or the E.164 digits as an integer.
            campaign: The campaign to ask for instead of the client's.
            region: How the text is read, instead of the client's.
            at_least: A token; the answer rests on its version or a later one. Instead of the newest
                one that the client has seen.
            via: Which path asks, for the metrics.
            call_ref: The caller's own name for the call, 64 bytes at most, with no number in it.

        Returns:
            The verdict.

        Raises:
            TypeError: The number is neither a text nor an integer.
            InvalidRequest: A name, a token or the integer is malformed.
            NotFound: The campaign is not known.
            NotPermitted: The caller may not ask.
            EpochMismatch: `at_least` was given and belongs to another epoch.
            LimitExceeded: The node names a limit that the request exceeds.
        """
        question = self._session.check(number, campaign, region, at_least, via, call_ref)
        return self._ask(self._stub.Check, question)

    def check_many(
        self,
        numbers: Numbers,
        campaign: str | None = None,
        region: str | None = None,
        at_least: str | None = None,
        via: Via = Via.DIAL,
        call_ref: str = "",
    ) -> Verdicts:
        """Ask about up to 10,000 numbers at one version and one instant.

        Args:
            numbers: All texts, or all integers; an array of numpy's uint64 will do.
            campaign: As in `check`.
            region: As in `check`.
            at_least: As in `check`.
            via: As in `check`.
            call_ref: As in `check`; one for all.

        Returns:
            The verdicts, in the order of the numbers and as many. One bad number never spoils the
            rest: it is blocked by itself.

        Raises:
            TypeError: The numbers are not all texts or all integers.
            InvalidRequest: As in `check`; or there are more than 10,000 numbers.
            NotFound: As in `check`.
            NotPermitted: As in `check`.
            EpochMismatch: As in `check`.
            LimitExceeded: As in `check`.
        """
        question = self._session.check_many(numbers, campaign, region, at_least, via, call_ref)
        return self._ask(self._stub.CheckBatch, question)

    def opt_out(
        self,
        numbers: str | int | Numbers,
        campaign: str | None = None,
        *,
        client: str = "",
        region: str | None = None,
        asked: datetime | None = None,
        ground: str = "",
        reference: str = "",
        requester: str = "",
        review: date | None = None,
        request_id: str = "",
        timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
    ) -> OptOut:
        """Take it that a person asked not to be called again; it is in force when this returns.

        While the node cannot be reached it is sent again under the same id, which is never taken
        twice. From then on every check of this client sees it, on any node.

        Args:
            numbers: The person's number, or up to 100 of them: all texts, or all integers.
            campaign: The campaign that called, instead of the client's; its opt-out list is
                written to.
            client: Whose campaigns are meant, where no campaign is.
            region: How texts are read, instead of the client's.
            asked: When the person asked, with an offset; None means now.
            ground: On what ground, such as "voluntary"; `dncctl grounds` explains them.
            reference: Your receipt number, 256 bytes at most, with no number in it.
            requester: Who asked: "self", "agent" or "legal_representative".
            review: The day on which a person should look again.
            request_id: Your own id, 1 to 64 of [A-Za-z0-9._:-]; "" makes one.
            timeout_seconds: The deadline of all attempts together.

        Returns:
            What is in force. A number that could not be read is not: see `complete`.

        Raises:
            TypeError: The numbers are not all texts or all integers.
            InvalidRequest: Something is malformed, or no number can be read.
            NotFound: The campaign or the client is not known.
            FailedPrecondition: The policy names no list to write to.
            AlreadyExists: The id was used with other content.
            NotPermitted: The caller may not.
            LimitExceeded: The node names a limit that the request exceeds.
            NotAcknowledged: No answer came that says that it is in force. It may be or may not:
                send the same again with its request_id.
        """
        call = self._session.opt_out(
            numbers, campaign, client, region, asked, ground, reference, requester, review,
            request_id, timeout_seconds,
        )  # fmt: skip
        for attempt in call.attempts():
            time.sleep(attempt.pause_seconds)
            try:
                call.heard(self._opt_outs.OptOut(call.request, timeout=attempt.timeout_seconds))
            except (grpc.RpcError, DecodeError) as failure:
                call.failed(failure)
        return call.outcome()

    def _ask(
        self,
        method: "grpc.UnaryUnaryMultiCallable[Request, Response]",
        question: Exchange[Request, Response, Answer],
    ) -> Answer:
        for seconds in question.attempts():
            try:
                question.heard(method(question.request, timeout=seconds))
            except (grpc.RpcError, DecodeError) as failure:
                question.failed(failure)
        return question.answer

    def close(self) -> None:
        """Close the connection; calls in flight answer UNAVAILABLE."""
        self._channel.close()

    def __enter__(self) -> Self:
        """Return the client."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connection."""
        self.close()
