"""People at a desk: dncctl run under somebody's name, what it told, and what the daemon says of itself."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dncd.v1 import policy_pb2, screening_pb2
from e2e.planes import ALLOW, SECONDS, verdicts_of
from harness.daemon import Daemon

CHECKED_AT_ONCE = 10_000


@dataclass(frozen=True)
class Told:
    """What a command told.

    Attributes:
        code: Its exit code.
        view: The last object that ``--json`` printed; empty where there is none.
        error: What it says of an error; empty where there is none.
        text: All that it printed.
    """

    code: int
    view: dict[str, Any]
    error: dict[str, Any]
    text: str

    @property
    def reason(self) -> str:
        """Why it was refused, in the stable word; "" where it was not."""
        refusal = self.view.get("refusal", {})
        return str(self.error.get("reason") or refusal.get("reason") or "")

    @property
    def message(self) -> str:
        """Why it was refused, for people."""
        refusal = self.view.get("refusal", {})
        return str(self.error.get("message") or refusal.get("message") or "")

    @property
    def state(self) -> str:
        """The state of the batch that was told of; "" where none was."""
        return str(self.view.get("state", ""))

    @property
    def flags(self) -> list[str]:
        """The marks of the batch that was told of."""
        return list(self.view.get("flags", []))


def run(daemon: Daemon, *words: str | Path, actor: str = "", input: str | None = None) -> Told:
    """Run dncctl with ``--json``, as somebody where an actor is named."""
    done = daemon.ctl(*map(str, words), "--json", input=input, actor=actor)
    error = _last_object(done.stderr).get("error", {})
    return Told(done.returncode, _last_object(done.stdout), error, done.stdout + done.stderr)


def read(daemon: Daemon, *words: str | Path, lang: str = "en", actor: str = "") -> Told:
    """Run dncctl as a person reads it."""
    given = [str(word) for word in words] + ["--lang", lang] + (["--actor", actor] if actor else [])
    done = daemon.ctl(*given)
    return Told(done.returncode, {}, {}, done.stdout + done.stderr)


def dialable(daemon: Daemon, numbers: Iterable[int], campaign: str) -> list[int]:
    """Return which of some numbers may be dialled for a campaign, as the screening plane says."""
    asked = list(numbers)
    allowed: list[int] = []
    with daemon.stubs() as stubs:
        for start in range(0, len(asked), CHECKED_AT_ONCE):
            part = asked[start : start + CHECKED_AT_ONCE]
            request = screening_pb2.CheckBatchRequest(e164=part, campaign=campaign)
            verdicts = verdicts_of(stubs.screening.CheckBatch(request, timeout=SECONDS))
            assert len(verdicts) == len(part)
            told = zip(part, verdicts, strict=True)
            allowed += [number for number, verdict in told if verdict.decision == ALLOW]
    return allowed


def attention(daemon: Daemon) -> list[tuple[str, str, str, int]]:
    """Return what needs a person, as ``dncctl status`` is told it: code, list, batch and count."""
    with daemon.stubs() as stubs:
        answer = stubs.policy.ListLists(policy_pb2.ListListsRequest(), timeout=SECONDS)
    return [(item.code, item.list, item.batch_id, item.count) for item in answer.attention]


def samples(daemon: Daemon) -> dict[str, float]:
    """Return every sample of /metrics by its name and labels."""
    status, text = daemon.get("/metrics")
    assert status == 200
    lines = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}


def gauge(daemon: Daemon, name: str, list_name: str) -> float:
    """Return a gauge of a list."""
    return samples(daemon)[f'{name}{{list="{list_name}"}}']


def says(text: str, words: Sequence[str]) -> list[str]:
    """Return which of some telling words a text lacks."""
    return [word for word in words if word not in text]


def _last_object(printed: str) -> dict[str, Any]:
    for text in (printed, *reversed(printed.splitlines())):
        try:
            found = json.loads(text)
        except ValueError:
            continue
        if isinstance(found, dict):
            return found
    return {}
