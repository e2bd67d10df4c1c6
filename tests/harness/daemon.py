"""A real daemon in a process of its own, on ports that the system chose."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

from dncd.v1 import batch_pb2, batch_pb2_grpc, policy_pb2_grpc, screening_pb2_grpc
from harness.canary import Canary

START_SECONDS = 30.0
BIN = Path(sys.executable).parent
_ANY_PORT = "127.0.0.1:0"
_NUMBERS_ALLOWED = ("check", "normalize")
"""Commands whose standard output shows numbers, by contract."""


@dataclass(frozen=True)
class Loaded:
    """What ``dncctl load --json`` said."""

    report: dict[str, Any]
    code: int
    stderr: str


class Daemon:
    """One daemon; ``data`` outlives it, so that another can be started on the same ledger."""

    def __init__(self, data: Path, canary: Canary, *flags: str) -> None:
        self.data = data
        self._canary = canary
        self._log = data.parent / f"{data.name}.log"
        self._flags = flags
        self._log_from = 0
        self.process: subprocess.Popen[bytes] | None = None
        self.listen = self.control = self.http = ""

    def start(self, *, wait: bool = True) -> None:
        """Start the process and wait until it says that it serves."""
        self._log_from = self._log.stat().st_size if self._log.exists() else 0
        command = [str(BIN / "dncd"), "serve", "--data", str(self.data)]
        command += [
            "--listen",
            _ANY_PORT,
            "--control",
            _ANY_PORT,
            "--http",
            _ANY_PORT,
            *self._flags,
        ]
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=_environment())
        if wait:
            self.wait_until_serving()

    def wait_until_serving(self) -> None:
        """Wait for the daemon's own word and note its addresses."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            for event in self.events():
                if event.get("event") == "serving":
                    self.listen, self.control, self.http = (
                        event[name] for name in ("listen", "control", "http")
                    )
                    return
            assert self.process is not None
            assert self.process.poll() is None, self.log()
            time.sleep(0.02)
        raise AssertionError(f"the daemon did not come up: {self.log()}")

    def events(self) -> list[dict[str, Any]]:
        """Return the log's events since this process was started."""
        found = []
        for line in self.log().splitlines():
            try:
                found.append(json.loads(line))
            except ValueError:
                continue
        return found

    def log(self) -> str:
        """Return the log since this process was started."""
        with self._log.open("rb") as log:
            log.seek(self._log_from)
            return log.read().decode()

    def kill(self) -> None:
        """End the process with SIGKILL, as a power cut would."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> int:
        """End the process with SIGTERM; return its exit code."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(30)
        self._canary.heard(f"log of {self.data.name}", self.log())
        return code

    def ctl(
        self, *args: str, input: str | None = None, timeout: float = 120, actor: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run dncctl against this daemon, as whom DNCCTL_ACTOR names where an actor is given."""
        for argument in args:
            if Path(argument).is_file():
                self._canary.used_file(Path(argument))
            else:
                self._canary.used(argument)
        self._canary.used(input or "")
        done = subprocess.run(
            [str(BIN / "dncctl"), *args],
            input=input,
            capture_output=True,
            encoding="utf-8",
            timeout=timeout,
            check=False,
            env=_environment() | {"DNCCTL_SERVER": self.control, "DNCCTL_ACTOR": actor},
        )
        self._canary.heard(f"dncctl {args[0]}: errors", done.stderr)
        if not set(args) & set(_NUMBERS_ALLOWED):
            self._canary.heard(f"dncctl {args[0]}: output", done.stdout)
        return done

    def load(self, name: str, path: Path, *options: str, timeout: float = 120) -> Loaded:
        """Run ``dncctl load --json``."""
        done = self.ctl("load", name, str(path), "--json", *options, timeout=timeout)
        report = json.loads(done.stdout) if done.stdout.strip() else {}
        return Loaded(report, done.returncode, done.stderr)

    def check(self, *numbers: str, options: tuple[str, ...] = ()) -> list[dict[str, Any]]:
        """Run ``dncctl check --json``; return a verdict a number."""
        done = self.ctl("check", *numbers, "--json", *options)
        assert done.returncode in (0, 1), done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def get(self, path: str) -> tuple[int, str]:
        """Ask the HTTP address; return status and text."""
        try:
            with urllib.request.urlopen(f"http://{self.http}{path}", timeout=10) as answer:
                status, text = answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read().decode()
        self._canary.heard(f"GET {path}", text)
        return status, text

    @contextmanager
    def stubs(self) -> Iterator["Stubs"]:
        """Open a channel to each plane."""
        with (
            grpc.insecure_channel(self.listen) as listen,
            grpc.insecure_channel(self.control) as control,
        ):
            yield Stubs(
                screening_pb2_grpc.ScreeningServiceStub(listen),
                policy_pb2_grpc.PolicyServiceStub(control),
                batch_pb2_grpc.BatchServiceStub(control),
                screening_pb2_grpc.ScreeningServiceStub(control),
            )


@dataclass(frozen=True)
class Stubs:
    """A stub a service."""

    screening: screening_pb2_grpc.ScreeningServiceStub
    policy: policy_pb2_grpc.PolicyServiceStub
    batch: batch_pb2_grpc.BatchServiceStub
    screening_on_control: screening_pb2_grpc.ScreeningServiceStub

    def upload(
        self, header: batch_pb2.BatchHeader, *parts: bytes
    ) -> list[batch_pb2.UploadBatchResponse]:
        """Upload a file of these parts."""

        def requests() -> Iterator[batch_pb2.UploadBatchRequest]:
            yield batch_pb2.UploadBatchRequest(header=header)
            for part in parts:
                yield batch_pb2.UploadBatchRequest(file_bytes=part)

        return list(self.batch.UploadBatch(requests(), timeout=60))


def _environment() -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DNCD_", "DNCCTL_"))
    }
    return kept | {"LANG": "C.UTF-8", "PYTHONWARNINGS": "default"}
