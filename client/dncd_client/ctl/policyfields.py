"""The keys of a policy file: how each is read into a message and written back."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeAlias

from dncd.v1 import policy_pb2, verdict_pb2

KINDS: Mapping[str, int] = {
    name.removeprefix("LIST_KIND_").lower(): value
    for name, value in verdict_pb2.ListKind.items()
    if value != verdict_pb2.LIST_KIND_UNSPECIFIED
}
_KIND_NAMES = {value: name for name, value in KINDS.items()}
_UNIT_SECONDS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_DURATION = re.compile(r"([0-9]{1,20}[wdhms])+")
_DURATION_PART = re.compile(r"([0-9]{1,20})([wdhms])")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MAX_UINT64 = 2**64 - 1

Value: TypeAlias = Any  # whatever tomllib found


class WrongValueError(ValueError):
    """Raised by a reader; the message says what the value should be."""


@dataclass(frozen=True, slots=True)
class Field:
    """One key.

    Attributes:
        read: From what the file says to what the message holds; raises WrongValueError.
        write: From what the message holds to what the file says.
        attribute: The message's name for it, where it differs from the key.
    """

    read: Callable[[Value], Any]
    write: Callable[[Any], Value]
    attribute: str = ""


def read_text(value: Value) -> str:
    """Read a text."""
    if not isinstance(value, str):
        raise WrongValueError(f"must be a text in quotes, not {_toml_type(value)}")
    return value


def read_texts(value: Value) -> list[str]:
    """Read a list of texts."""
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise WrongValueError('must be a list of texts, such as ["JP", "US"]')
    return value


def read_kind(value: Value) -> int:
    """Read a list's kind."""
    if not isinstance(value, str) or value not in KINDS:
        raise WrongValueError(f"must be one of {', '.join(KINDS)}")
    return KINDS[value]


def read_duration(value: Value) -> int:
    """Read "31d", "12h" or "1d12h" as seconds."""
    if not isinstance(value, str) or not _DURATION.fullmatch(value):
        raise WrongValueError('must be a duration such as "31d" or "12h" (w, d, h, m, s)')
    parts = _DURATION_PART.findall(value)
    seconds = sum(int(count) * _UNIT_SECONDS[unit] for count, unit in parts)
    if not 0 < seconds <= _MAX_UINT64:
        raise WrongValueError("must be above 0; leave the key out for the kind's default")
    return seconds


def write_duration(seconds: int) -> str:
    """Write seconds in the largest unit that fits them exactly."""
    for unit in ("d", "h", "m"):
        if seconds % _UNIT_SECONDS[unit] == 0:
            return f"{seconds // _UNIT_SECONDS[unit]}{unit}"
    return f"{seconds}s"


def read_day(value: Value) -> str:
    """Read a day, as TOML's own date or in quotes, as YYYY-MM-DD."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    if not isinstance(value, str) or not _is_day(value):
        raise WrongValueError('must be a day such as "2027-03-31"')
    return value


def _is_day(text: str) -> bool:
    try:
        return bool(_DAY.fullmatch(text) and date.fromisoformat(text))
    except ValueError:
        return False


def _read_flag(value: Value) -> bool:
    if not isinstance(value, bool):
        raise WrongValueError(f"must be true or false, not {_toml_type(value)}")
    return value


def _read_count(value: Value) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MAX_UINT64:
        raise WrongValueError("must be a whole number from 0")
    return value


def _read_lift(value: Value) -> list[policy_pb2.Lift]:
    shape = isinstance(value, list) and all(
        isinstance(each, dict)
        and each.keys() == {"list", "over"}
        and all(isinstance(name, str) for name in each.values())
        for each in value
    )
    if not shape:
        raise WrongValueError('must look like [{ list = "acme/ebr", over = "ftc" }]')
    return [policy_pb2.Lift(list=each["list"], over=each["over"]) for each in value]


def _write_lift(lifts: Sequence[policy_pb2.Lift]) -> list[dict[str, str]]:
    return [{"list": each.list, "over": each.over} for each in lifts]


def _write_kind(value: int) -> str:
    return _KIND_NAMES.get(value, f"unknown_{value}")


def _toml_type(value: Value) -> str:
    names = {bool: "true or false", int: "a number", float: "a number", list: "a list"}
    return names.get(type(value), "a table" if isinstance(value, dict) else "a date or time")


def kind_name(value: int) -> str | None:
    """Return a kind in lower case; None for no kind."""
    return _write_kind(value) if value else None


TEXT = Field(read_text, str)
TEXTS = Field(read_texts, list)
FLAG = Field(_read_flag, bool)
COUNT = Field(_read_count, int)

SOURCE: Mapping[str, Field] = {"provider": TEXT, "route": TEXT, "basis": TEXT}
LIST: Mapping[str, Field] = {
    "kind": Field(read_kind, _write_kind),
    "title": TEXT,
    "layout": TEXT,
    "countries": TEXTS,
    "prefixes": TEXTS,
    "max_age": Field(read_duration, write_duration, "max_age_seconds"),
    "tz": TEXT,
    "shadow": FLAG,
    "confidential": FLAG,
    "shown_as": TEXT,
    "confidential_ground": TEXT,
    "confidential_review": Field(read_day, str),
    "growth_limit": COUNT,
    "release_limit": COUNT,
    "starts_empty": FLAG,
    "contact": TEXT,
}
CAMPAIGN: Mapping[str, Field] = {
    "title": TEXT,
    "purpose": TEXT,
    "countries": TEXTS,
    "block": TEXTS,
    "except": TEXTS,
    "lift": Field(_read_lift, _write_lift),
    "require": TEXTS,
    "opt_out": TEXT,
}
