"""The parent's side of an ingest child: feed it, listen to it, and leave nothing of it behind."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Self
from zoneinfo import TZPATH

from dncd_server.ingest.frames import (
    HEAD,
    MAX_DATA_BYTES,
    ExitCode,
    FrameError,
    Kind,
    pack,
    pack_job,
    unpack_head,
    unpack_message,
)
from dncd_server.ingest.messages import Done, IngestJob, Message, Refused

_PIPE_BYTES = 1 << 20
_STALL_SECONDS = 300.0
_EXIT_SECONDS = 10.0
_REASONS: Mapping[int, str] = {
    ExitCode.DONE: "",
    ExitCode.OUT_OF_MEMORY: "OUT_OF_MEMORY",
    ExitCode.SPOOL_FAILED: "SPOOL_FAILED",
    ExitCode.PROTOCOL: "PROTOCOL",
}
_ENVIRONMENT = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "LANG", "TZ")
"""What a child inherits. The rest may hold the daemon's secrets, which a reader of files has no use
for."""


class IngestFailed(Exception):  # noqa: N818 - what happened to the child, named as callers speak of it
    """The child did not come to an end of its own; nothing that it sent may be used.

    Attributes:
        reason: ``KILLED``, ``CRASHED``, ``OUT_OF_MEMORY``, ``SPOOL_FAILED``, ``PROTOCOL`` or
            ``STALLED``.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"the process that read the upload failed: {reason}")
        self.reason = reason


class IngestChild:
    """An ingest process, for the time of an ``async with``.

    One task may feed while another iterates. Iteration ends after ``Done`` or ``Refused``, which
    come only once the process has ended well. Leaving the block kills the process if it still runs
    and waits until it is gone.

    Args:
        job: What to read.
        stall_seconds: How long the child may be silent when the next step is its own.
    """

    def __init__(self, job: IngestJob, *, stall_seconds: float = _STALL_SECONDS) -> None:
        self._job = job
        self._stall_seconds = stall_seconds
        self._process: asyncio.subprocess.Process | None = None
        self._owing_since: float | None = None

    async def __aenter__(self) -> Self:
        """Start the process and hand it its job."""
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        # Threads of a linear algebra library that nobody here uses would eat the child's address
        # space.
        environment |= {"OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
        # Days begin in the child when they do here; and it need not look for where zones are.
        environment["PYTHONTZPATH"] = os.pathsep.join(TZPATH)
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "dncd_server.ingest.child",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=_PIPE_BYTES,
            env=environment,
            start_new_session=True,  # a Ctrl-C is the daemon's to answer
        )
        await self._send(pack_job(self._job))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Wait until the process and its pipes are gone, killing it if it still runs."""
        # Shielded, so that a second cancellation does not leave a process behind.
        await asyncio.shield(asyncio.ensure_future(self._reap()))

    async def feed(self, data: bytes) -> None:
        """Send the next bytes, waiting while the pipe is full; quiet once the child has refused."""
        for start in range(0, len(data), MAX_DATA_BYTES):
            await self._send(pack(Kind.DATA, data[start : start + MAX_DATA_BYTES]))

    async def end_input(self) -> None:
        """Say that all bytes have been sent."""
        await self._send(pack(Kind.END, b""))
        self._owing_since = asyncio.get_running_loop().time()

    async def __aiter__(self) -> AsyncIterator[Message]:
        """Yield what the child says, ``Done`` or ``Refused`` last.

        Raises:
            IngestFailed: The child died, fell silent or spoke nonsense.
        """
        while True:
            message = await self._receive()
            if isinstance(message, Done | Refused):
                await self._expect_end()
                yield message
                return
            yield message

    async def _receive(self) -> Message:
        try:
            size, kind = unpack_head(await self._read(HEAD.size))
            return unpack_message(kind, await self._read(size))
        except FrameError as error:
            raise IngestFailed("PROTOCOL") from error
        except asyncio.IncompleteReadError as error:
            raise IngestFailed(await self._cause() or "PROTOCOL") from error

    async def _read(self, size: int) -> bytes:
        while True:
            try:
                # An interrupted read has taken nothing: it can be begun again.
                async with asyncio.timeout(self._stall_seconds):
                    return await self._stdout.readexactly(size)
            except TimeoutError:
                silent = asyncio.get_running_loop().time() - self._stall_seconds
                if self._owing_since is not None and self._owing_since <= silent:
                    raise IngestFailed("STALLED") from None

    async def _expect_end(self) -> None:
        if await self._stdout.read(1):
            raise IngestFailed("PROTOCOL")
        reason = await self._cause()
        if reason:
            raise IngestFailed(reason)

    async def _cause(self) -> str:
        """Return why the child has closed its pipe, empty where it ended well."""
        try:
            async with asyncio.timeout(_EXIT_SECONDS):
                code = await self._running.wait()
        except TimeoutError:
            return "PROTOCOL"
        if code in (-signal.SIGKILL, -signal.SIGTERM):
            return "KILLED"
        return _REASONS.get(code, "CRASHED")

    async def _send(self, frame: bytes) -> None:
        stdin = self._stdin
        if stdin.is_closing():
            return
        try:
            stdin.write(frame)
            # While the pipe is full it is the child's turn, as it is once all has been sent.
            self._owing_since = asyncio.get_running_loop().time()
            await stdin.drain()
            self._owing_since = None
        except (BrokenPipeError, ConnectionResetError):
            # It has refused, or died: either way iteration says so.
            stdin.close()

    async def _reap(self) -> None:
        process = self._running
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
        self._stdin.close()
        while await self._stdout.read(_PIPE_BYTES):
            pass
        await process.wait()
        with suppress(ConnectionError):
            await self._stdin.wait_closed()

    @property
    def _running(self) -> asyncio.subprocess.Process:
        if self._process is None:
            raise RuntimeError("an ingest child is used within its async with")
        return self._process

    @property
    def _stdin(self) -> asyncio.StreamWriter:
        writer = self._running.stdin
        assert writer is not None  # noqa: S101 - it was asked for as a pipe
        return writer

    @property
    def _stdout(self) -> asyncio.StreamReader:
        reader = self._running.stdout
        assert reader is not None  # noqa: S101 - it was asked for as a pipe
        return reader
