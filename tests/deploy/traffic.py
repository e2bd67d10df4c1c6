"""A daemon's ordinary day in a second: policy, files and checks."""

from __future__ import annotations

import datetime
import subprocess
from pathlib import Path
from typing import Protocol

import grpc

from dncd.v1 import screening_pb2, screening_pb2_grpc, verdict_pb2

CAMPAIGN = "acme/spring"
# +1 202 555 01xx is set aside for films and examples; nobody has such a number.
LISTED, REGISTERED, FREE, LATER = (f"+1202555010{digit}" for digit in range(4))

POLICY = """
purposes = ["survey"]

[lists."acme/optout"]
kind = "do_not_contact"

[lists.ftc]
kind = "registry"
countries = ["US"]
max_age = "31d"

[campaigns."acme/spring"]
purpose = "survey"
countries = ["US"]
block = ["acme/optout", "ftc"]
opt_out = "acme/optout"
"""


class Daemon(Protocol):
    """What these tests need of a running daemon."""

    @property
    def http(self) -> str:
        """Where its metrics are."""

    @property
    def listen(self) -> str:
        """Its screening plane."""

    def ctl(self, *args: str, input: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run dncctl against it."""


def load_lists(daemon: Daemon, folder: Path) -> None:
    """Define two lists and a campaign and load each list; one file has an unreadable row."""
    policy = folder / "policy.toml"
    policy.write_text(POLICY)
    run(daemon, "apply", "-f", str(policy))

    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    # Exit code 1: in force, but incomplete.
    run(daemon, "load", "acme/optout", rows(folder, "optout.csv", LISTED, "unreadable"), code=1)
    run(
        daemon,
        *("load", "ftc", rows(folder, "ftc.csv", REGISTERED)),
        *("--published", today, "--coverage", "1202"),
    )


def load_one_more(daemon: Daemon, folder: Path) -> None:
    """Load a small file into a list that has entries."""
    run(daemon, "load", "acme/optout", rows(folder, "more.csv", LATER))


def make_calls(daemon: Daemon) -> None:
    """Check numbers singly and in a batch, from a dialer and a desk."""
    numbers = [LISTED, REGISTERED, FREE]
    with grpc.insecure_channel(daemon.listen) as channel:
        stub = screening_pb2_grpc.ScreeningServiceStub(channel)
        for number in numbers:
            stub.Check(
                screening_pb2.CheckRequest(
                    number=number, campaign=CAMPAIGN, via=verdict_pb2.VIA_DIAL
                ),
                timeout=5,
            )
        stub.CheckBatch(
            screening_pb2.CheckBatchRequest(
                e164=[int(number) for number in numbers],
                campaign=CAMPAIGN,
                via=verdict_pb2.VIA_DIAL,
            ),
            timeout=5,
        )
    run(daemon, "check", FREE, "--campaign", CAMPAIGN)


def rows(folder: Path, name: str, *cells: str) -> str:
    """Write a file of one column, long enough that one bad row is not most of it."""
    more = [f"+120255501{number}" for number in range(20, 30)]
    path = folder / name
    path.write_text("".join(f"{cell}\n" for cell in ("phone", *cells, *more)))
    return str(path)


def run(daemon: Daemon, *args: str, code: int = 0) -> None:
    """Run dncctl, which must end as expected."""
    done = daemon.ctl(*args)
    assert code == done.returncode, f"dncctl {' '.join(args)}: {done.stdout}{done.stderr}"
