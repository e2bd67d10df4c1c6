"""Whatever becomes of a child, its parent learns it and nothing is left behind."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from dncd_server.ingest import runner
from dncd_server.ingest.frames import (
    HEAD,
    FrameError,
    Kind,
    pack,
    pack_job,
    unpack_head,
    unpack_job,
    unpack_message,
)
from dncd_server.ingest.messages import IngestJob
from dncd_server.ingest.runner import IngestChild, IngestFailed
from ingest.uploading import job, listen, upload

ROWS = b"".join(b"0450%06d\n" % row for row in range(100_000))


def process_of(child: IngestChild) -> asyncio.subprocess.Process:
    process = child._process
    assert process is not None
    return process


def open_files() -> set[str]:
    return set(os.listdir("/proc/self/fd"))


async def fail(child_job: IngestJob, number: signal.Signals) -> str:
    async with IngestChild(child_job) as child:
        await child.feed(ROWS)
        process_of(child).send_signal(number)
        with pytest.raises(IngestFailed) as caught:
            await listen(child)
        await child.feed(ROWS)  # quiet: iteration has said it
        await child.end_input()
    assert process_of(child).returncode == -number
    return caught.value.reason


@pytest.mark.parametrize(
    ("number", "reason"), [(signal.SIGKILL, "KILLED"), (signal.SIGSEGV, "CRASHED")]
)
def test_a_child_that_dies_is_noticed(number: signal.Signals, reason: str, tmp_path: Path) -> None:
    assert asyncio.run(fail(job(tmp_path), number)) == reason
    assert list(tmp_path.iterdir()) == []


def test_a_cancelled_parent_leaves_no_child(tmp_path: Path) -> None:
    children = []

    async def work() -> None:
        async with IngestChild(job(tmp_path)) as child:
            children.append(child)
            await child.feed(ROWS)
            await listen(child)

    async def cancel() -> None:
        task = asyncio.create_task(work())
        while not children:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    process = process_of(children[0])
    assert process.returncode == -signal.SIGKILL
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)
    assert list(tmp_path.iterdir()) == []


def test_an_upload_leaves_no_descriptor_and_no_file(tmp_path: Path) -> None:
    async def several() -> tuple[set[str], set[str]]:
        await upload(job(tmp_path), [ROWS])
        before = open_files()
        for content in (ROWS, b"", b"9" * (4 << 20)):
            await upload(job(tmp_path), [content])
        await asyncio.sleep(0)
        return before, open_files()

    before, after = asyncio.run(several())
    assert before == after
    assert list(tmp_path.iterdir()) == []


def test_the_upload_has_no_name_while_it_is_read(tmp_path: Path) -> None:
    async def look() -> list[Path]:
        async with IngestChild(job(tmp_path)) as child:
            await child.feed(ROWS)
            await asyncio.sleep(0.3)
            return list(tmp_path.iterdir())

    assert asyncio.run(look()) == []


def test_a_child_gets_nothing_of_the_daemons_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DNCD_LEDGER", "postgresql://secret")

    async def look() -> bytes:
        async with IngestChild(job(tmp_path)) as child:
            await child.feed(ROWS)
            return Path(f"/proc/{process_of(child).pid}/environ").read_bytes()

    assert b"secret" not in asyncio.run(look())


def test_a_child_is_nice_and_leaves_no_core(tmp_path: Path) -> None:
    async def look() -> tuple[int, str]:
        async with IngestChild(job(tmp_path)) as child:
            await child.feed(ROWS)
            await child.feed(ROWS)  # the pipe holds less: by now it has begun
            pid = process_of(child).pid
            limits = Path(f"/proc/{pid}/limits").read_text(encoding="ascii")
            return os.getpriority(os.PRIO_PROCESS, pid), limits

    niceness, limits = asyncio.run(look())
    assert niceness == min(19, os.getpriority(os.PRIO_PROCESS, 0) + 10)
    by_name = {line[:26].strip(): line[26:].split()[:2] for line in limits.splitlines()}
    assert by_name["Max core file size"] == ["0", "0"]
    assert "unlimited" not in by_name["Max address space"]


def test_a_spool_that_is_not_there_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(IngestFailed) as caught:
        asyncio.run(attempt(job(tmp_path / "missing")))
    assert caught.value.reason == "SPOOL_FAILED"


def test_too_little_memory_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A job whose own arithmetic lets it begin, under a limit that does not let it go on.
    monkeypatch.setattr(runner, "pack_job", lambda _: pack_job(job(tmp_path, memory_bytes=0)))
    with pytest.raises(IngestFailed) as caught:
        asyncio.run(attempt(job(tmp_path)))
    assert caught.value.reason == "OUT_OF_MEMORY"


async def attempt(child_job: IngestJob) -> None:
    async with IngestChild(child_job) as child:
        await child.feed(ROWS)
        await child.end_input()
        await listen(child)


@pytest.mark.parametrize("content", [b"", ROWS * 4])
def test_a_silent_child_is_given_up(content: bytes, tmp_path: Path) -> None:
    async def feed(child: IngestChild) -> None:
        await child.feed(content)
        await child.end_input()

    async def stall() -> str:
        async with IngestChild(job(tmp_path), stall_seconds=0.2) as child:
            process_of(child).send_signal(signal.SIGSTOP)
            feeding = asyncio.create_task(feed(child))
            with pytest.raises(IngestFailed) as caught:
                await listen(child)
            feeding.cancel()
            return caught.value.reason

    assert asyncio.run(stall()) == "STALLED"


def test_frames_are_checked_before_they_are_believed(tmp_path: Path) -> None:
    for head in (HEAD.pack(1 << 31, Kind.DATA), HEAD.pack(0, 99), HEAD.pack(1, Kind.END)):
        with pytest.raises(FrameError):
            unpack_head(head)
    for kind, body in (
        (Kind.DONE, b"{}"),
        (Kind.SEGMENT, b"1"),
        (Kind.JOB, b"{}"),
        (Kind.PROGRESS, b"["),
    ):
        with pytest.raises(FrameError):
            unpack_message(kind, body)
    with pytest.raises(FrameError):
        unpack_job(b"[]")
    with pytest.raises(FrameError):
        pack(Kind.END, b"1")
    assert unpack_job(pack_job(job(tmp_path, columns=("電話",)))[HEAD.size :]).columns == ("電話",)
