"""Logs: structlog to standard error, JSON when that is no terminal. No number ever stands in a line."""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

_DIGITS = re.compile(r"\d{9,}")
"""No number that dncd keeps has fewer digits; a date has eight."""
_SMALLEST_NUMBER = 10**9
"""Of integers, which may be counts too: a registry has hundreds of millions of rows."""
REDACTED = "<digits>"


def configure_logs(level: str) -> None:
    """Set up structlog, and the standard library's logging to go the same way."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact_digits,
    ]
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer()
        if sys.stderr.isatty()
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    finish = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(processors=[finish, renderer], foreign_pre_chain=shared)
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    # a library's chatter is no news; what it warns of is
    for name in ("alembic", "grpc", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)


def redact_digits(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Black out long runs of digits in every value: the last line of defence, not the first."""
    return {
        # what begins with an underscore is structlog's own and is not written
        key: value if key == "timestamp" or key.startswith("_") else _redacted(value)
        for key, value in event.items()
    }


def _redacted(value: object) -> object:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return REDACTED if abs(value) >= _SMALLEST_NUMBER else value
    if isinstance(value, Mapping):
        return {str(_redacted(key)): _redacted(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_redacted(item) for item in value]
    text = value if isinstance(value, str) else repr(value)
    return _DIGITS.sub(REDACTED, text)
