"""ScreeningService: what a dialer asks before it calls. Served from small pools of threads on both planes.

Batches have a pool of their own, so that a check by itself never waits for a thread that a batch holds.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import numpy as np

from dncd.v1 import screening_pb2, screening_pb2_grpc, verdict_pb2
from dncd_server.api.messages import basis_message, verdict_message
from dncd_server.api.status import answers_errors
from dncd_server.errors import LimitExceededError, invalid_field
from dncd_server.replica import MAX_WAIT_SECONDS, MAX_WAITING
from dncd_server.screening import Question, Screening, always

MAX_BATCH = 10_000
MAX_TEXT_CHARACTERS = 256
MAX_CALL_REF_BYTES = 64
BATCH_THREADS = 2 * MAX_WAITING
"""Batches that wait for a version hold half of them at most."""
BATCH_POOL = ThreadPoolExecutor(max_workers=BATCH_THREADS, thread_name_prefix="batches")
_UNSPECIFIED = verdict_pb2.Verdict()


class ScreeningServicer(screening_pb2_grpc.ScreeningServiceServicer):
    """Answers from one replica."""

    def __init__(self, screening: Screening) -> None:
        self._screening = screening

    @answers_errors
    def Check(
        self, request: screening_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> screening_pb2.CheckResponse:
        """Decide about one number."""
        subject = request.WhichOneof("subject")
        if subject is None:
            raise invalid_field("subject", "give a number, as text or as e164")
        value: str | int = request.number if subject == "number" else request.e164
        answer = self._screening.check(_question(request, context, always), value)
        return screening_pb2.CheckResponse(
            verdict=verdict_message(answer.verdict),
            e164=answer.number,
            basis=basis_message(answer.state, answer.at_us),
        )

    @answers_errors
    def CheckBatch(
        self, request: screening_pb2.CheckBatchRequest, context: grpc.ServicerContext
    ) -> screening_pb2.CheckBatchResponse:
        """Decide about up to 10,000 numbers at one version and one instant."""
        return self.answer_batch(request, _question(request, context, context.is_active))

    def answer_batch(
        self, request: screening_pb2.CheckBatchRequest, question: Question
    ) -> screening_pb2.CheckBatchResponse:
        """Answer a batch whose question was taken apart.

        Raises:
            DncdError: It is malformed or cannot be answered.
        """
        if request.e164 and request.numbers:
            raise invalid_field("numbers", "give numbers or e164, not both")
        size = len(request.e164) or len(request.numbers)
        if not size:
            raise invalid_field("numbers", "give at least one number, as numbers or as e164")
        if size > MAX_BATCH:
            raise LimitExceededError(
                "BATCH_TOO_LARGE",
                f"the batch holds {size} numbers, the limit is {MAX_BATCH}; split it",
                {"items": str(size), "limit": str(MAX_BATCH)},
            )
        is_text = bool(request.numbers)
        subjects = list(request.numbers) if is_text else np.array(request.e164, dtype=np.uint64)
        answer = self._screening.check_many(question, subjects)
        return screening_pb2.CheckBatchResponse(
            verdicts=[_UNSPECIFIED, *map(verdict_message, answer.verdicts)],
            verdict_of=(answer.verdict_of + np.uint16(1)).astype("<u2").tobytes(),
            e164=answer.numbers.tolist() if is_text else (),
            basis=basis_message(answer.state, answer.at_us),
        )


# gRPC reads this attribute off the method when it chooses the pool of a call
setattr(  # noqa: B010 - a function has no such attribute for a type checker
    ScreeningServicer.CheckBatch, "experimental_thread_pool", BATCH_POOL
)


class AsyncioScreeningServicer(screening_pb2_grpc.ScreeningServiceServicer):
    """The same on the control plane: asyncio knows one pool only, so a batch is handed to its own from here."""

    def __init__(self, threaded: ScreeningServicer) -> None:
        self._threaded = threaded

    def Check(
        self, request: screening_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> screening_pb2.CheckResponse:
        """Decide about one number."""
        return self._threaded.Check(request, context)

    @answers_errors
    async def CheckBatch(
        self, request: screening_pb2.CheckBatchRequest, context: Any
    ) -> screening_pb2.CheckBatchResponse:
        """Decide about up to 10,000 numbers at one version and one instant."""
        gone = threading.Event()
        question = _question(request, context, lambda: not gone.is_set())
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(
                BATCH_POOL, self._threaded.answer_batch, request, question
            )
        finally:
            gone.set()


def _question(
    request: screening_pb2.CheckRequest | screening_pb2.CheckBatchRequest,
    context: Any,
    is_wanted: Callable[[], bool],
) -> Question:
    if len(request.call_ref.encode()) > MAX_CALL_REF_BYTES:
        raise invalid_field("call_ref", f"at most {MAX_CALL_REF_BYTES} bytes")
    timeout_seconds = context.time_remaining() if request.at_least else None
    return Question(
        campaign=request.campaign,
        region=request.region,
        at_least=request.at_least,
        via=request.via,
        timeout_seconds=MAX_WAIT_SECONDS if timeout_seconds is None else timeout_seconds,
        is_wanted=is_wanted,
    )
