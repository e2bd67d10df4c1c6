"""Run the benchmarks: ``python -m bench`` for all of them, or name some."""

import argparse
import sys

from bench import load, optouts, report, terms

BENCHMARKS = {"load": load.run, "optouts": optouts.run, "terms": terms.run}


def main() -> int:
    """Measure; exit 1 where a figure does not keep its bound."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=main.__doc__)
    parser.add_argument(
        "names", nargs="*", choices=[*BENCHMARKS, []], help="which; all if none is named"
    )
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    figures = [
        item
        for name in arguments.names or BENCHMARKS
        for item in BENCHMARKS[name](arguments.rounds)
    ]
    report.update()
    return 0 if all(item.holds for item in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
