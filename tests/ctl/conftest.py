"""Running dncctl in this process."""

import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dncd_client.ctl.app import run


@dataclass
class Ended:
    """How a run ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Return the one line of JSON."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """Return each line of JSON."""
        return [json.loads(line) for line in self.out.splitlines()]


Dncctl = Callable[..., Ended]


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DNCCTL_SERVER", "DNCCTL_ACTOR", "DNCCTL_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def dncctl(capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Dncctl:
    """Run dncctl with arguments, and with what stands on its standard input."""

    def ended(*arguments: str, stdin: bytes = b"") -> Ended:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capfdbinary.readouterr()
        code = run(arguments)
        out, err = capfdbinary.readouterr()
        return Ended(code, out.decode(), err.decode())

    return ended


@pytest.fixture(name="numbers")
def _numbers(tmp_path: Path) -> Path:
    path = tmp_path / "numbers.txt"
    path.write_bytes(b"090-1234-5678\n" * 200_000)
    return path
