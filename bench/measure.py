"""What every benchmark shares: rounds, medians with their spread, and the machine they were measured on."""

import json
import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Figure:
    """One measured thing.

    Attributes:
        name: What was measured.
        unit: Of the values.
        median: The middle of the rounds.
        lowest: The best or worst of them.
        highest: The other end.
        rounds: How many there were.
        bound: What it must stay below, None where nothing is promised.
    """

    name: str
    unit: str
    median: float
    lowest: float
    highest: float
    rounds: int
    bound: float | None = None

    @property
    def holds(self) -> bool:
        """Whether the median keeps the bound."""
        return self.bound is None or self.median < self.bound


def figure(name: str, unit: str, values: Sequence[float], bound: float | None = None) -> Figure:
    """Return the figure that the values of all rounds make."""
    middle, lowest, highest = statistics.median(values), min(values), max(values)
    return Figure(
        name, unit, round(middle, 4), round(lowest, 4), round(highest, 4), len(values), bound
    )


def write(name: str, figures: Sequence[Figure]) -> Path:
    """Write figures with their machine to bench/results and return the file."""
    RESULTS.mkdir(exist_ok=True)
    about = {
        "dncd": version("dncd"),
        "python": platform.python_version(),
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 2),
    }
    target = RESULTS / f"{name}.json"
    body = {"machine": about, "figures": [asdict(item) for item in figures]}
    target.write_text(json.dumps(body, indent=2) + "\n", encoding="utf-8")
    return target


def show(figures: Sequence[Figure]) -> None:
    """Print figures as a table."""
    for item in figures:
        bound = (
            ""
            if item.bound is None
            else f"  must be < {item.bound:g}: {'yes' if item.holds else 'NO'}"
        )
        print(
            f"{item.name:44} {item.median:10.3f} {item.unit:8}"
            f" ({item.lowest:.3f} to {item.highest:.3f}, {item.rounds} rounds){bound}"
        )


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
