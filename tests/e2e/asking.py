"""Somebody who asks all the time, while a test does something else."""

import threading
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import grpc

from dncd.v1 import screening_pb2, screening_pb2_grpc
from e2e.planes import check, failure, said, verdicts_of
from harness.daemon import Daemon

Said = tuple[str, str, list[str]]
MAX_PROBLEMS = 20


class Asker:
    """Checks known numbers one by one and as a batch until it is ended, and notes every answer that is not right.

    Attributes:
        asked: How many calls were made.
        problems: What was wrong, without a number.
    """

    def __init__(self, daemon: Daemon, right: Mapping[int, Said], campaign: str = "") -> None:
        self.asked = 0
        self.problems: list[str] = []
        self.slowest_seconds = 0.0
        self._address = daemon.listen
        self._right = dict(right)
        self._campaign = campaign
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End."""
        self._over.set()
        self._thread.join(30)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        with grpc.insecure_channel(self._address) as channel:
            stub = screening_pb2_grpc.ScreeningServiceStub(channel)
            while not self._over.is_set() and len(self.problems) < MAX_PROBLEMS:
                for index, number in enumerate(self._right):
                    self._ask(stub, index, number)
                self._ask_all(stub)
                time.sleep(0.002)

    def _ask(self, stub: screening_pb2_grpc.ScreeningServiceStub, index: int, number: int) -> None:
        started = time.monotonic()
        try:
            told = said(check(stub, number, campaign=self._campaign, timeout=5))
        except grpc.RpcError as error:
            self.problems.append(f"check {index}: {failure(error)}")
            return
        finally:
            self.asked += 1
            self.slowest_seconds = max(self.slowest_seconds, time.monotonic() - started)
        if told != self._right[number]:
            self.problems.append(f"check {index}: {told}")

    def _ask_all(self, stub: screening_pb2_grpc.ScreeningServiceStub) -> None:
        request = screening_pb2.CheckBatchRequest(e164=list(self._right), campaign=self._campaign)
        self.asked += 1
        try:
            answer = stub.CheckBatch(request, timeout=5)
        except grpc.RpcError as error:
            self.problems.append(f"batch: {failure(error)}")
            return
        for index, verdict in enumerate(verdicts_of(answer)):
            told = said(screening_pb2.CheckResponse(verdict=verdict))
            if told != list(self._right.values())[index]:
                self.problems.append(f"batch, item {index}: {told}")
