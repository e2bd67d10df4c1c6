"""The entry point of dncd."""

import sys

CANNOT_START = 3


def main() -> None:
    """Run dncd; say which extra is missing where one is."""
    try:
        from dncd_server.cli import main as run
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("dncd"):
            raise
        sys.stderr.write(f"dncd: {error.name} is missing; run: pip install 'dncd[server]'\n")
        sys.exit(CANNOT_START)
    run()


if __name__ == "__main__":
    main()
