"""Dates and times on the command line: a date is a whole day where the list lives."""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import Enum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from dncd.v1 import policy_pb2
from dncd_client.ctl import exit_codes
from dncd_client.ctl.connection import Connection
from dncd_client.ctl.errors import CtlError
from dncd_client.ctl.messages import Catalogue

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})?"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The region's zone where it has only one; elsewhere a guess could end a block too early.
_ZONE_OF_REGION = {"JP": "Asia/Tokyo"}


class Edge(Enum):
    """Which end of a day a date stands for."""

    BEGIN = 0
    END = 1


class Clock:
    """Reads dates and times where a list lives; asks for its zone only when it needs it.

    Args:
        connection: Where to ask.
        list_name: The list; "" where none is meant, so that the ledger's region decides.
        texts: The language of messages.
    """

    def __init__(self, connection: Connection, list_name: str, texts: Catalogue) -> None:
        self._connection = connection
        self._list = list_name
        self._texts = texts
        self._zone: ZoneInfo | None = None

    def unix_us(self, option: str, value: str | None, edge: Edge = Edge.BEGIN) -> int:
        """Return an instant in microseconds since 1970; 0 for no value.

        Args:
            option: The option that names it, for messages.
            value: "2026-12-31", or "2026-12-31T09:00:00+09:00"; a time without an offset is one
                where the list lives.
            edge: Whether a date stands for the beginning of its day or for the end.

        Raises:
            click.UsageError: It is neither a date nor a time.
            CtlError: It needs the list's zone, and the list has none.
        """
        if not value:
            return 0
        try:
            at = self._parse(option, value, edge)
        except (ValueError, OverflowError):
            raise bad_time(option, value, self._texts) from None
        return (at - _EPOCH) // timedelta(microseconds=1)

    def _parse(self, option: str, value: str, edge: Edge) -> datetime:
        if _DATE.fullmatch(value):
            day = date.fromisoformat(value) + timedelta(days=edge.value)
            return datetime.combine(day, time(), self._zone_for(option))
        if not _TIME.fullmatch(value):
            raise ValueError(value)
        at = datetime.fromisoformat(value.upper())
        return at if at.tzinfo else at.replace(tzinfo=self._zone_for(option))

    def _zone_for(self, option: str) -> ZoneInfo:
        if self._zone is None:
            request = policy_pb2.ListListsRequest(name=self._list)
            answer = self._connection.call(self._connection.policy.ListLists, request)
            named = answer.lists[0].definition.tz if self._list and answer.lists else ""
            try:
                self._zone = _zone(named, answer.region)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                key = "no_tz" if self._list else "no_region_tz"
                text = self._texts.line(key, list=self._list, option=option)
                raise CtlError(text, exit_codes.USAGE, "NO_TIME_ZONE") from None
        return self._zone


def zone_to_show(tz: str, region: str) -> tzinfo:
    """Return the zone in which a list's dates are shown: its own, its ledger's region's, or UTC."""
    try:
        return _zone(tz, region)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def _zone(tz: str, region: str) -> ZoneInfo:
    return ZoneInfo(tz or _ZONE_OF_REGION.get(region, ""))


def check_form(option: str, value: str | None, texts: Catalogue) -> str:
    """Return a date or a time as it was typed, for the server to read where the list lives.

    Raises:
        click.UsageError: It is plainly neither.
    """
    if not value:
        return ""
    try:
        if _DATE.fullmatch(value):
            date.fromisoformat(value)
        elif _TIME.fullmatch(value):
            datetime.fromisoformat(value.upper())
        else:
            raise ValueError(value)
    except ValueError:
        raise bad_time(option, value, texts) from None
    return value.upper().replace(" ", "T")


def is_date(value: str) -> bool:
    """Say whether a text is a date such as 2026-12-31."""
    try:
        return bool(_DATE.fullmatch(value) and date.fromisoformat(value))
    except ValueError:
        return False


def bad_time(option: str, value: str, texts: Catalogue) -> click.UsageError:
    """Make the error for what is neither a date nor a time."""
    return click.UsageError(texts.line("bad_time", option=option, value=value))


def now_unix_us() -> int:
    """Return the present instant in microseconds since 1970."""
    return (datetime.now(UTC) - _EPOCH) // timedelta(microseconds=1)
