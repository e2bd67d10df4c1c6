"""No number stands in a log, whoever writes it and however it comes there."""

import io
import json
import logging
import warnings
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import structlog

from dncd_server.logs import REDACTED, configure_logs
from harness.canary import leaks_in

NUMBER = 81450001234
SPELLINGS = {str(NUMBER), "0450001234"}


class Errors(io.StringIO):
    """Standard error, or a terminal in its place."""

    is_terminal = False

    def isatty(self) -> bool:
        """Tell whether it is a terminal."""
        return self.is_terminal


@pytest.fixture
def errors(monkeypatch: pytest.MonkeyPatch) -> Iterator[Errors]:
    """What is written to standard error, with all of logging put back at the end."""
    written = Errors()
    # not sys.stderr itself, which pytest puts back between fixture and test
    monkeypatch.setattr("dncd_server.logs.sys", SimpleNamespace(stderr=written))
    root = logging.getLogger()
    kept = root.handlers[:], root.level
    yield written
    root.handlers[:], root.level = kept
    structlog.reset_defaults()


def lines(errors: Errors) -> list[dict[str, Any]]:
    return [json.loads(line) for line in errors.getvalue().splitlines()]


def is_clean(errors: Errors) -> bool:
    text = errors.getvalue()
    assert text
    return not leaks_in(text, SPELLINGS)


def test_a_line_is_json_where_there_is_no_terminal(errors: Errors) -> None:
    configure_logs("info")
    structlog.get_logger("x").info("batch_applied", added=3, list="アクメ/optout", ok=True)
    (line,) = lines(errors)

    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "batch_applied",
        "level": "info",
        "added": 3,
        "list": "アクメ/optout",
        "ok": True,
    }


def test_a_terminal_gets_text(errors: Errors) -> None:
    errors.is_terminal = True
    configure_logs("info")
    structlog.get_logger("x").info("serving", number=str(NUMBER))

    assert "serving" in errors.getvalue()
    assert not errors.getvalue().startswith("{")
    assert is_clean(errors)


@pytest.mark.parametrize(("level", "count"), [("debug", 3), ("info", 2), ("error", 1)])
def test_a_level_holds_for_both_ways_of_logging(level: str, count: int, errors: Errors) -> None:
    configure_logs(level)
    for logger in (structlog.get_logger("x"), logging.getLogger("y")):
        logger.debug("a")
        logger.info("b")
        logger.error("c")

    assert len(lines(errors)) == 2 * count


def test_the_standard_librarys_lines_go_the_same_way(errors: Errors) -> None:
    configure_logs("info")
    logging.getLogger("some.library").warning("took %s of %d", "long", 5)
    (line,) = lines(errors)

    assert (line["event"], line["level"]) == ("took long of 5", "warning")


class Odd:
    """Shows a number whenever it is shown."""

    def __repr__(self) -> str:
        """Return it."""
        return f"Odd({NUMBER})"


@pytest.mark.parametrize(
    "value",
    [
        str(NUMBER),
        "+81450001234, twice +81450001234",
        "045-000-1234 is 0450001234",
        "０４５０００１２３４",
        NUMBER,
        [NUMBER],
        [str(NUMBER)],
        {"e164": NUMBER},
        {str(NUMBER): 1},
        ("a", {"deep": [str(NUMBER)]}),
        b"0450001234",
        ValueError(f"bad {NUMBER}"),
        Odd(),
        float(NUMBER),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_number_is_blacked_out_whatever_it_stands_in(value: object, errors: Errors) -> None:
    configure_logs("info")
    structlog.get_logger("x").info("read", value=value, text=f"number {value}")
    logging.getLogger("y").warning("read %s", value)

    assert is_clean(errors)
    assert "０４５０００１２３４" not in errors.getvalue()
    for line in lines(errors):
        assert REDACTED in json.dumps(line)


@pytest.mark.parametrize("value", [0, 7, 239_000_000, -3, 1.5, 0.123456789012, True, None, "ok"])
def test_what_is_no_number_stays(value: object, errors: Errors) -> None:
    configure_logs("info")
    structlog.get_logger("x").info("read", value=value, of=[value])
    (line,) = lines(errors)

    assert (line["value"], line["of"]) == (value, [value])


def fail() -> None:
    raise LookupError(f"no such number {NUMBER}")


def test_a_number_in_an_exception_is_blacked_out(errors: Errors) -> None:
    configure_logs("info")
    for logger in (structlog.get_logger("x"), logging.getLogger("y")):
        try:
            fail()
        except LookupError:
            logger.exception("failed")

    assert is_clean(errors)
    for line in lines(errors):
        assert f"LookupError: no such number {REDACTED}" in line["exception"]
        assert "Traceback" in line["exception"]


def test_a_number_bound_to_the_context_is_blacked_out(errors: Errors) -> None:
    configure_logs("info")
    with structlog.contextvars.bound_contextvars(subject=str(NUMBER), request_id="r1"):
        structlog.get_logger("x").info("read")
    (line,) = lines(errors)

    assert (line["subject"], line["request_id"]) == (REDACTED, "r1")


def test_a_warning_is_logged_without_its_number(errors: Errors) -> None:
    configure_logs("info")
    logging.captureWarnings(True)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(f"odd {NUMBER}", stacklevel=1)
    logging.captureWarnings(False)

    assert is_clean(errors)


def test_a_librarys_chatter_is_not_logged(errors: Errors) -> None:
    configure_logs("debug")
    for name in ("alembic", "alembic.runtime", "grpc", "asyncio"):
        logging.getLogger(name).info("chatter")
        logging.getLogger(name).warning("news")

    assert [line["event"] for line in lines(errors)] == ["news"] * 4
