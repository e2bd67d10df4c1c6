"""Dates of a header: whole days and local times become instants in the list's time zone."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from dncd.v1 import batch_pb2
from dncd_files.instants import parse_instant
from dncd_server.errors import FieldProblem
from dncd_server.uploads.header import parsed_date

FIELDS = ("effective", "expires", "review", "asked")
_FORM = "YYYY-MM-DD, or YYYY-MM-DDTHH:MM with or without an offset such as +09:00"


def instant_problems(
    header: batch_pb2.BatchHeader, zone: ZoneInfo, now_us: int
) -> list[FieldProblem]:
    """Return what is wrong with the local dates of a header."""
    return list(_problems(header.dates, header.attributes, zone, now_us, "header."))


def _problems(
    dates: batch_pb2.LocalDates,
    attributes: batch_pb2.Attributes,
    zone: ZoneInfo,
    now_us: int,
    prefix: str,
) -> Iterator[FieldProblem]:
    for field in FIELDS:
        text = getattr(dates, field)
        if not text:
            continue
        if getattr(attributes, f"{field}_unix_us"):
            yield FieldProblem(f"{prefix}dates.{field}", "it is given twice; take one out")
        instant_us = read_date(field, text, zone)
        if instant_us is None:
            yield FieldProblem(f"{prefix}dates.{field}", _FORM)
        elif field == "asked" and instant_us > now_us:
            yield FieldProblem(f"{prefix}dates.asked", "when the person asked: not in the future")


def read_date(field: str, text: str, zone: ZoneInfo) -> int | None:
    """Return the instant that a date of an attribute means, None where it means none; an end is the end of its day."""
    return parse_instant(text, zone, end_of_day=field == "expires")


def settled_attributes(header: batch_pb2.BatchHeader, zone: ZoneInfo) -> batch_pb2.Attributes:
    """Return a header's attributes with its local dates read; they were found sound before."""
    settled = batch_pb2.Attributes()
    settled.CopyFrom(header.attributes)
    for field in FIELDS:
        text = getattr(header.dates, field)
        if text:
            setattr(settled, f"{field}_unix_us", read_date(field, text, zone) or 0)
    return settled


def whole_day_us(text: str, zone: ZoneInfo) -> int:
    """Return when a day begins in a zone: the earliest that the date can mean, so that age is never too low.

    A date that was given is never 0, which would mean that none was.
    """
    day = parsed_date(text)
    if day is None:
        return 0
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    return max(int(midnight.timestamp()) * 1_000_000, 1)
