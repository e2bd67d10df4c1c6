"""Run a node to its end and say how it ended."""

import asyncio
import sys

import structlog

from dncd_server.api.planes import BindError
from dncd_server.errors import LedgerError, UnavailableError
from dncd_server.node import Node
from dncd_server.settings import Settings

CANNOT_START = 3
SWITCH_SECONDS = 0.001
"""How long a thread that computes may keep Python to itself while another waits; Python's own 5 ms add up in a check,
which changes threads several times."""
_log = structlog.get_logger(__name__)


def run(settings: Settings) -> int:
    """Run a node; return the exit code: 0 stopped as asked, 3 could not start."""
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        asyncio.run(_run(settings))
    except (LedgerError, UnavailableError, BindError, OSError) as error:
        _log.critical("cannot_start", error=str(error))
        return CANNOT_START
    return 0


async def _run(settings: Settings) -> None:
    await Node(settings).run()
