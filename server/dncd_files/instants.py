"""Instants: days and times as people and programs write them, read strictly and never guessed.

A day is the whole day where it is meant: it begins with its first instant and ends with the first instant of the next.
A spreadsheet's serial number, eight figures in a row and a day before its month are no dates here: each can be read as
another day, and an entry would begin or end when nobody said so.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

MAX_INSTANT_US = 253_402_300_799_999_999
"""The end of the year 9999: what a date can be written as."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_YEAR = 1970
_DAY_US = 86_400_000_000
_MICROSECOND = timedelta(microseconds=1)
_MAX_OFFSET_HOURS = 14
_MAX_CHARS = 64
# Written out, and not Unicode's NFKC: that also makes figures of circled and raised ones.
_TABLE: dict[int, str] = str.maketrans(
    {chr(0xFF10 + figure): str(figure) for figure in range(10)}
    | dict.fromkeys("\u2212\uff0d", "-")
    | {"／": "/", "：": ":", "＋": "+", "．": ".", "Ｔ": "T", "Ｚ": "Z", "\u3000": " "}
)
_DAY = (
    "(?:([0-9]{4})-([0-9]{2})-([0-9]{2})"
    "|([0-9]{4})/([0-9]{1,2})/([0-9]{1,2})"
    "|([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})日)"
)
_TIME = r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,6}))?)?"
_OFFSET = "(?:(Z)|([+-])([0-9]{2}):([0-9]{2}))"
_FORM = re.compile(f"{_DAY}(?:(?:T| +){_TIME}{_OFFSET}?)?")


def parse_instant(text: str, zone: ZoneInfo, *, end_of_day: bool) -> int | None:
    """Return the instant that a text means, in microseconds since 1970, or None where it plainly means none.

    It reads ``2026-11-24``, ``2026/1/4`` and ``2026年1月4日``, each alone or with a time such as ``14:05`` or
    ``14:05:30`` after a blank or a T, and that alone or with an offset such as ``Z`` or ``+09:00``. Figures and signs
    may be full-width. Years are those from 1970 to 9999.

    What is read is never 0, which would mean that nothing was said: an instant before 1970 in UTC is 1, and one past
    the year 9999 is ``MAX_INSTANT_US``.

    Args:
        text: Whatever stands in the cell; blanks around it do not matter.
        zone: Where days and times without an offset are. Of a time that comes twice when clocks are put back, the
            first is taken; one that is left out when they are put forward is none.
        end_of_day: Whether a day alone means its end, the first instant of the next day, rather than its first.
    """
    plain = text.strip()
    if len(plain) > _MAX_CHARS:
        return None
    match = _FORM.fullmatch(plain.translate(_TABLE))
    if match is None:
        return None
    day = _day(next(match.group(at, at + 1, at + 2) for at in (1, 4, 7) if match[at]))
    if day is None:
        return None
    instant: int | None
    if match[10] is None:
        instant = _end_us(day, zone) if end_of_day else _begin_us(day, zone)
    else:
        instant = _time_us(day, match, zone)
    return None if instant is None else min(max(instant, 1), MAX_INSTANT_US)


def _day(parts: tuple[str | None, ...]) -> date | None:
    year, month, day = (int(part or 0) for part in parts)
    try:
        return date(year, month, day) if year >= _FIRST_YEAR else None
    except ValueError:
        return None


def _begin_us(day: date, zone: ZoneInfo) -> int:
    # Where clocks are put forward at midnight, a midnight that is none is read as the first instant after it.
    return _since_1970(datetime.combine(day, time.min, zone))


def _end_us(day: date, zone: ZoneInfo) -> int:
    if day == date.max:
        return _begin_us(day, zone) + _DAY_US
    return _begin_us(day + timedelta(days=1), zone)


def _time_us(day: date, match: re.Match[str], zone: ZoneInfo) -> int | None:
    hour, minute, second = (int(part or 0) for part in match.group(10, 11, 12))
    offset = _offset(match)
    if offset is None and (match[14] or match[15]):
        return None
    try:
        clock = time(hour, minute, second, int((match[13] or "").ljust(6, "0")))
    except ValueError:
        return None
    if offset is not None:
        return _since_1970(datetime.combine(day, clock, offset))
    local = datetime.combine(day, clock, zone)
    instant = _since_1970(local)
    return instant if _is_there(local, instant) else None


def _offset(match: re.Match[str]) -> timezone | None:
    """Return the offset that was written, None where there is none or no place has it."""
    if match[14]:
        return UTC
    if not match[15]:
        return None
    ahead = timedelta(hours=int(match[16]), minutes=int(match[17]))
    if int(match[17]) > 59 or ahead > timedelta(hours=_MAX_OFFSET_HOURS):
        return None
    return timezone(-ahead if match[15] == "-" else ahead)


def _is_there(local: datetime, instant_us: int) -> bool:
    """Tell whether clocks show a local time at all; those of an hour that is left out never do."""
    if not 0 <= instant_us <= MAX_INSTANT_US - _DAY_US:
        # Here an instant may have no date to be compared with, and no clock is put forward.
        return True
    shown = (_EPOCH + timedelta(microseconds=instant_us)).astimezone(local.tzinfo)
    return shown.replace(tzinfo=None) == local.replace(tzinfo=None)


def _since_1970(instant: datetime) -> int:
    # Whole numbers throughout: a float has no room for the microseconds of a distant year.
    return (instant - _EPOCH) // _MICROSECOND
