"""`dncctl load` where something breaks: half of a file never passes for the whole."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from client.peers import fails
from ctl.conftest import Dncctl
from ctl.control import control
from dncd.v1 import batch_pb2
from dncd_client.ctl import upload
from dncd_client.ctl.errors import CtlError
from dncd_client.ctl.inputs import CHUNK_BYTES, InputFile
from dncd_client.ctl.messages import Catalogue

Part = batch_pb2.UploadBatchResponse


def test_a_broken_connection_says_how_to_go_on(dncctl: Dncctl, numbers: Path) -> None:
    """The same id is never taken twice."""
    with control(UploadBatch=fails(grpc.StatusCode.UNAVAILABLE)) as (target, _):
        ended = dncctl("load", "optout", str(numbers), "--batch-id", "B-1", "--server", target)

    assert ended.code == 3
    assert "--batch-id B-1" in ended.err


def test_a_stream_without_a_report_is_no_success(dncctl: Dncctl, numbers: Path) -> None:
    """A server that ends with OK and says nothing has not confirmed anything."""

    def silent(requests: Iterator[Any], _context: object) -> Iterator[Part]:
        yield from (Part(progress=batch_pb2.UploadProgress()) for _ in requests)

    with control(UploadBatch=silent) as (target, _):
        ended = dncctl("load", "optout", str(numbers), "--batch-id", "B-1", "--server", target)

    assert ended.code == 3
    assert "no report" in ended.err


def test_a_stalled_server_is_given_up(
    dncctl: Dncctl, numbers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing moves the upload ends by itself."""

    def stall(_requests: Iterator[Any], context: grpc.ServicerContext) -> Iterator[Part]:
        while context.is_active():
            time.sleep(0.05)
        yield from ()

    monkeypatch.setattr(upload.Upload.__init__, "__defaults__", (0.4,))
    with control(UploadBatch=stall) as (target, _):
        ended = dncctl("load", "optout", str(numbers), "--server", target)

    assert ended.code == 3
    assert "nothing moved" in ended.err


def test_the_callers_own_mistakes_are_usage(dncctl: Dncctl, numbers: Path) -> None:
    """A header that the server refuses names the field."""
    refuse = fails(grpc.StatusCode.INVALID_ARGUMENT, "HEADER_INVALID")
    with control(UploadBatch=refuse) as (target, _):
        ended = dncctl("load", "optout", str(numbers), "--server", target)

    assert ended.code == 2
    assert "HEADER_INVALID" in ended.err
    assert "campaign: mend it" in ended.err


def test_a_file_that_changes_meanwhile_is_not_sent_to_the_end(
    dncctl: Dncctl, numbers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The call is called off rather than half-closed, and its report is not believed."""
    called_off = threading.Event()
    was_called_off: list[bool] = []

    def takes(requests: Iterator[Any], context: grpc.ServicerContext) -> Iterator[Part]:
        context.add_callback(called_off.set)
        for _ in requests:
            yield Part(progress=batch_pb2.UploadProgress())
        was_called_off.append(called_off.wait(5))

    monkeypatch.setattr(InputFile, "_moved", lambda _: True)
    with control(UploadBatch=takes) as (target, _):
        ended = dncctl("load", "optout", str(numbers), "--server", target)

    assert ended.code == 2
    assert "changed while it was being read" in ended.err
    assert called_off.wait(5)
    assert was_called_off in ([], [True])  # none where gRPC ended the handler first


def test_a_change_is_noticed_by_size_and_time(numbers: Path) -> None:
    """A file that grows, or is written over, while it is read."""
    source = InputFile(str(numbers), Catalogue("en"))
    chunks = source.chunks()
    assert len(next(chunks)) == CHUNK_BYTES
    with numbers.open("ab") as file:
        file.write(b"090-0000-0000\n")

    with pytest.raises(CtlError, match="changed while"):
        list(chunks)
    source.close()


def test_a_file_that_is_not_there_is_usage(dncctl: Dncctl) -> None:
    """Nothing is asked of the server."""
    ended = dncctl("load", "optout", "/nowhere/at/all.csv", "--server", "127.0.0.1:1")

    assert ended.code == 2
    assert "/nowhere/at/all.csv" in ended.err
