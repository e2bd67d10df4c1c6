"""A real Prometheus, on loopback, for as long as a test needs it."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.artefacts import ALERTS

PROMETHEUS = shutil.which("prometheus")
PATIENCE_SECONDS = 30


class QueryError(Exception):
    """Prometheus could not answer."""


@dataclass(frozen=True)
class Prometheus:
    """Its HTTP API, as far as the tests use it."""

    address: str

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return the samples of an expression at this instant.

        Raises:
            QueryError: the expression is wrong.
        """
        data = self._get("query", query=expression)
        result: list[dict[str, Any]] = data["result"]
        return result

    def label_values(self, label: str, selector: str) -> list[str]:
        """Return a label's values, as a dashboard's variable asks for them."""
        values: list[str] = self._get(f"label/{label}/values", **{"match[]": selector})
        return values

    def rules(self) -> list[dict[str, Any]]:
        """Return every rule with the health of its last evaluation."""
        groups = self._get("rules")["groups"]
        return [rule for group in groups for rule in group["rules"]]

    def scrapes(self) -> int:
        """Return how often the daemon has been scraped."""
        samples = self.query('count_over_time(up{job="dncd"}[10m])')
        return int(samples[0]["value"][1]) if samples else 0

    def wait_for_scrapes(self, more: int) -> None:
        """Wait until the daemon has been scraped so many times again."""
        goal = self.scrapes() + more
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.scrapes() < goal:
            assert time.monotonic() < deadline, "Prometheus does not scrape"
            time.sleep(0.1)

    def _get(self, path: str, **parameters: str) -> Any:
        url = f"http://{self.address}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            with error:
                raise QueryError(error.read().decode()) from error


@contextmanager
def running_prometheus(target: str, folder: Path) -> Iterator[Prometheus]:
    """Run a Prometheus that scrapes a daemon every second and evaluates our alerts."""
    assert PROMETHEUS is not None
    # A group of its own interval is first evaluated at a moment of that interval that its name decides.
    alerts = folder / "alerts.yml"
    alerts.write_text(re.sub(r"interval: \w+", "interval: 1s", ALERTS.read_text(encoding="utf-8")))
    config = folder / "prometheus.json"  # JSON is YAML
    config.write_text(
        json.dumps(
            {
                "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
                "rule_files": [str(alerts)],
                "scrape_configs": [{"job_name": "dncd", "static_configs": [{"targets": [target]}]}],
            }
        )
    )
    address = f"127.0.0.1:{_free_port()}"
    log = folder / "prometheus.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [
                PROMETHEUS,
                f"--config.file={config}",
                f"--storage.tsdb.path={folder / 'prometheus'}",
                f"--web.listen-address={address}",
            ],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_ready(address, process, log)
        yield Prometheus(address)
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE_SECONDS)


def _wait_until_ready(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with urllib.request.urlopen(f"http://{address}/-/ready", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError) as error:
            if isinstance(error, urllib.error.HTTPError):
                error.close()
            running = process.poll() is None and time.monotonic() < deadline
            assert running, f"Prometheus did not start:\n{log.read_text()}"
            time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
