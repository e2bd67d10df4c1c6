"""A daemon to measure: the real one, in a process of its own, on ports that the system chose."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

BIN = Path(sys.executable).parent
_ANY_PORT = "127.0.0.1:0"
_START_SECONDS = 60.0


class Daemon:
    """One daemon on a data folder, which outlives it."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._log = data.parent / f"{data.name}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.listen = self.control = self.http = ""

    def start(self, patience_seconds: float = _START_SECONDS) -> float:
        """Start it; return the seconds from the start of the process until it was ready."""
        seen = self._log.stat().st_size if self._log.exists() else 0
        command = [str(BIN / "dncd"), "serve", "--data", str(self._data)]
        command += ["--listen", _ANY_PORT, "--control", _ANY_PORT, "--http", _ANY_PORT]
        started = time.perf_counter()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        while time.perf_counter() - started < patience_seconds:
            for line in self._log.read_bytes()[seen:].splitlines():
                event = json.loads(line)
                if event.get("event") == "serving" and event["ready"]:
                    seconds = time.perf_counter() - started
                    self.listen, self.control = event["listen"], event["control"]
                    self.http = event["http"]
                    return seconds
            time.sleep(0.005)
        raise RuntimeError(f"the daemon did not come up: {self._log.read_text()}")

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it and wait until it is gone."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(30)

    def resident_mib(self) -> float:
        """Return how much memory it holds now, in MiB."""
        assert self._process is not None
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="utf-8")
        line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024
