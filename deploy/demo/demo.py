"""Show dncd doing its job on real files, from an empty ledger to hit rates and a restart. Ends by itself.

Everything happens in a temporary folder and on ports that the system chooses; each step is the command
that an operator would type.
"""

import datetime
import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
BIN = Path(sys.executable).parent
START_SECONDS = 30.0
ANY_PORT = "127.0.0.1:0"
OPT_OUTS = HERE / "optout_cp932.csv"
MENDED = "電話番号\n045-000-0041\n045-000-0042\n045-000-0043\n045-000-0044\n045-000-0045\n"
REGISTRY = HERE / "registry_us.txt"
LISTED_JP, LISTED_US, FREE_JP, FREE_US = (
    "045-000-0001",
    "+1 312 555 0106",
    "045-000-9999",
    "+1 206 555 0100",
)


class Daemon:
    """The demo's daemon on its temporary ledger."""

    def __init__(self, folder: Path) -> None:
        self._data = folder / "data"
        self._log = folder / "dncd.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.control = self.http = ""

    def start(self) -> float:
        """Start it; return the seconds until it was ready."""
        started = time.perf_counter()
        seen = self._log.stat().st_size if self._log.exists() else 0
        command = [str(BIN / "dncd"), "serve", "--data", str(self._data)]
        command += ["--listen", ANY_PORT, "--control", ANY_PORT, "--http", ANY_PORT]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        while time.perf_counter() - started < START_SECONDS:
            for line in self._log.read_bytes()[seen:].splitlines():
                event = json.loads(line)
                if event["event"] == "serving":
                    self.control, self.http = event["control"], event["http"]
                    return time.perf_counter() - started
            if self._process.poll() is not None:
                break
            time.sleep(0.02)
        sys.exit(f"the daemon did not start:\n{self._log.read_text()}")

    def end(self, how: signal.Signals) -> int:
        """Send a signal and wait for the end; return the exit code."""
        if self._process is None:
            return 0
        self._process.send_signal(how)
        return self._process.wait(30)


def title(text: str) -> None:
    """Print a step's title."""
    print(f"\n\033[1m── {text}\033[0m" if sys.stdout.isatty() else f"\n-- {text}", flush=True)


def dncctl(daemon: Daemon, *arguments: str, expect: int = 0) -> str:
    """Show a command, run it, show what it says; end the demo if its exit code is another."""
    print(f"$ dncctl {shlex.join(arguments)}", flush=True)
    environment = {**os.environ, "DNCCTL_SERVER": daemon.control}
    done = subprocess.run(
        [BIN / "dncctl", *arguments], env=environment, check=False, capture_output=True, text=True
    )
    print((done.stderr + done.stdout).rstrip())
    print(f"[exit {done.returncode}]", flush=True)
    if done.returncode != expect:
        sys.exit(f"this step should have ended with {expect}")
    return done.stdout


def show_metrics(daemon: Daemon) -> None:
    """Show the hit rates as Prometheus reads them."""
    print(f"$ curl http://{daemon.http}/metrics", flush=True)
    with urllib.request.urlopen(f"http://{daemon.http}/metrics", timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    shown = (
        "dncd_checks_total",
        "dncd_blocks_total",
        "dncd_hits_total",
        "dncd_list_numbers",
        "dncd_open_rejects",
    )
    print("\n".join(line for line in lines if line.startswith(shown)))


def main() -> None:
    """Run the demo."""
    with tempfile.TemporaryDirectory(prefix="dncd-demo-") as scratch:
        folder = Path(scratch)
        daemon = Daemon(folder)
        title("A daemon on a new ledger")
        print(f"ready after {daemon.start():.2f} s")
        try:
            show(daemon, folder)
        finally:
            code = daemon.end(signal.SIGTERM)
        title(f"SIGTERM: drained, exit code {code}")
        if code:
            sys.exit("a daemon that was asked to stop should end with 0")
        print("\nThat is dncd. `make serve` leaves one running; README.md goes on from here.")


def show(daemon: Daemon, folder: Path) -> None:
    """Go through the steps."""
    published = (datetime.date.today() - datetime.timedelta(days=3)).isoformat()
    rejects = str(folder / "rejects.csv")
    batch = "optouts-2026-11"

    title("Before any policy, nothing may be dialled")
    dncctl(daemon, "check", FREE_JP, expect=1)

    title("Lists and a campaign, from a policy file")
    dncctl(daemon, "apply", "-f", str(HERE / "policy.toml"))

    title("A list that was never loaded lets nothing through")
    dncctl(daemon, "check", FREE_JP, "--campaign", "acme/spring", expect=1)

    title(
        "Opt-outs as Japanese Excel writes them: CP932, full-width digits, dropped zeros, bad rows"
    )
    dncctl(
        daemon,
        "load",
        "acme/optout",
        str(OPT_OUTS),
        "--batch-id",
        batch,
        "--rejects",
        rejects,
        expect=1,
    )
    print("The readable rows are in force; the others wait in a file of their own:")
    print(Path(rejects).read_text(encoding="utf-8-sig"))

    title("The bad rows, mended by hand, close the matter")
    mended = folder / "mended.csv"
    mended.write_text(MENDED, encoding="utf-8")
    dncctl(
        daemon, "load", "acme/optout", str(mended), "--mends", batch, "--batch-id", "optouts-mended"
    )

    title("The same upload again: the same batch, nothing twice")
    dncctl(
        daemon,
        "load",
        "acme/optout",
        str(OPT_OUTS),
        "--batch-id",
        batch,
        "--rejects",
        rejects,
    )

    title("A registry as its authority publishes it: AAA,NNNNNNN, with its date")
    dncctl(daemon, "load", "national-us", str(REGISTRY), "--published", published)

    title("Ask before dialling")
    asked = (LISTED_JP, "０４５－０００－０００１", FREE_JP, LISTED_US, FREE_US, "110", "call me")
    dncctl(daemon, "check", *asked, "--campaign", "acme/spring", expect=1)
    dncctl(daemon, "check", FREE_JP, "--campaign", "acme/spring")

    title("What needs a person")
    dncctl(daemon, "status")

    title("The hit rate")
    show_metrics(daemon)

    title("Power cut (kill -9) and restart: nothing is lost")
    daemon.end(signal.SIGKILL)
    print(f"ready again after {daemon.start():.2f} s")
    said = dncctl(
        daemon, "check", LISTED_JP, LISTED_US, "--campaign", "acme/spring", "--json", expect=1
    )
    if [json.loads(line)["decision"] for line in said.splitlines()] != ["BLOCK", "BLOCK"]:
        sys.exit("a number that was blocked before the restart is not blocked after it")


if __name__ == "__main__":
    main()
