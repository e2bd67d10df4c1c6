"""Make dashboards/dncd.json, the Grafana dashboard of dncd.

    python deploy/grafana/make_dashboard.py           write it
    python deploy/grafana/make_dashboard.py --check   exit 1 if what is committed is stale

The JSON is 95 % repetition; what is worth reading, and reviewing, is here: a panel is a title,
what it means and when to worry, its queries, its unit and its thresholds. Needs only Python.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from board.page import dashboard

TARGET = Path(__file__).parent / "dashboards" / "dncd.json"


def main() -> int:
    """Write the dashboard, or say whether what is committed is what would be written."""
    parser = argparse.ArgumentParser(description="Make the Grafana dashboard.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if it is stale")
    arguments = parser.parse_args()
    text = json.dumps(dashboard(), indent=2, ensure_ascii=False) + "\n"
    if not arguments.check:
        TARGET.write_text(text, encoding="utf-8")
    elif not TARGET.exists() or TARGET.read_text(encoding="utf-8") != text:
        sys.stderr.write(f"{TARGET} is stale: python {Path(__file__).name}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
