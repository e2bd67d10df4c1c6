"""The entry point of dncctl."""

import sys


def main() -> None:
    """Run dncctl and exit with its code; say which extra is missing where one is."""
    try:
        from dncd_client.ctl.app import run
    except ModuleNotFoundError as error:
        if error.name not in ("click", "rich"):
            raise
        sys.stderr.write("dncctl: it is not installed whole; run: pip install 'dncd[ctl]'\n")
        sys.exit(3)
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(run(sys.argv[1:]))
