"""The client that awaits."""

import asyncio
from types import TracebackType
from typing import Self

import grpc
from google.protobuf.message import DecodeError

from dncd.v1 import screening_pb2_grpc
from dncd_client.channel import ChannelOptions, with_defaults
from dncd_client.numbers import Numbers
from dncd_client.session import Answer, Exchange, Request, Response, Session
from dncd_client.verdict import Verdict, Verdicts, Via


class AsyncClient:
    """Asks a node whether numbers may be dialled, from one event loop.

    Where no answer can be had in time, or it is not understood, the verdict is BLOCK and RETRY with
    the reason UNAVAILABLE: never an exception and never an allow. Only the caller's own mistakes
    raise. Make one client and keep it; it holds one connection.
    Make it inside the loop that will use it.

    Args:
        target: The address of the screening plane, "host:port".
        campaign: The campaign of calls that name none; "" means the node's default.
        timeout_seconds: The deadline of every call.
        region: How texts are read in calls that name no region (ISO 3166, "JP"); "" means the
            campaign's first country.
        channel_options: gRPC channel options to set beside or instead of our own.

    Example:
        >>> async with AsyncClient(campaign="acme/spring") as client:
        ...     verdict = await client.check("090-1234-5678")
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
        self._channel = grpc.aio.insecure_channel(target, options=with_defaults(channel_options))
        self._stub = screening_pb2_grpc.ScreeningServiceStub(self._channel)

    @property
    def token(self) -> str:
        """Return the newest token seen; it is sent along with every question."""
        return self._session.token

    @property
    def epoch_mismatches(self) -> int:
        """Count how often a token turned out to be of another epoch of the ledger."""
        return self._session.epoch_mismatches

    async def check(
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
        return await self._ask(self._stub.Check, question)

    async def check_many(
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
        return await self._ask(self._stub.CheckBatch, question)

    async def _ask(
        self,
        method: "grpc.aio.UnaryUnaryMultiCallable[Request, Response]",
        question: Exchange[Request, Response, Answer],
    ) -> Answer:
        for seconds in question.attempts():
            try:
                question.heard(await method(question.request, timeout=seconds))
            except (grpc.RpcError, DecodeError) as failure:
                question.failed(failure)
            except asyncio.CancelledError:
                # Raised too when the channel is closed under the call, which is no answer.
                task = asyncio.current_task()
                if task is None or task.cancelling():
                    raise
                question.cut()
        return question.answer

    async def close(self) -> None:
        """Close the connection; calls in flight answer UNAVAILABLE."""
        await self._channel.close()

    async def __aenter__(self) -> Self:
        """Return the client."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connection."""
        await self.close()
