"""Put the figures of bench/results into docs/performance.md, so that nobody copies them by hand."""

import json
import re
from pathlib import Path

from bench.measure import RESULTS

PAGE = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
_PLACE = re.compile(r"<!-- figures: (\w+) -->\n.*?<!-- end -->", re.DOTALL)


def table(name: str) -> str:
    """Return the table of one benchmark's results."""
    result = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    machine = result["machine"]
    lines = [
        f"dncd {machine['dncd']}, Python {machine['python']}, {machine['cpu']}, {machine['cores']} cores, "
        f"load before {machine['load_before']}.",
        "",
        "| what | median | lowest to highest | rounds | must be below |",
        "|---|---|---|---|---|",
    ]
    for item in result["figures"]:
        unit = item["unit"]
        bound = "" if item["bound"] is None else f"{item['bound']:g} {unit}"
        lines.append(
            f"| {item['name']} | **{item['median']:.2f} {unit}** | {item['lowest']:.2f} to {item['highest']:.2f}"
            f" | {item['rounds']} | {bound} |"
        )
    return "\n".join(lines)


def update() -> None:
    """Write every table in its place."""
    page = PAGE.read_text(encoding="utf-8")
    written = _PLACE.sub(
        lambda found: f"<!-- figures: {found[1]} -->\n{table(found[1])}\n<!-- end -->", page
    )
    PAGE.write_text(written, encoding="utf-8")
