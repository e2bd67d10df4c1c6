"""Values: what one cell of an attribute says, or why it says nothing that can be taken."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo

from dncd_files.attributes import Attribute
from dncd_files.instants import parse_instant

MAX_TEXT_BYTES = 256
Value = int | str | bool | tuple[str, ...]
"""An instant in microseconds since 1970, a text or code, whether a row deletes, or purposes."""

_SEPARATOR = re.compile("[,;、，；]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
"""All that Unicode counts as control characters."""
_LINE_BREAKS = re.compile(r"[\t\r\n]+")
_CHANGES: Mapping[str, bool] = dict.fromkeys(("a", "add", "追加", "+"), False) | dict.fromkeys(
    ("d", "del", "delete", "remove", "削除", "-", "\u2212"), True
)


class AttributeReject(StrEnum):
    """Why a row is rejected for what it says beside its number; the values are part of the contract."""

    INVALID_DATE = "invalid_date"
    INVALID_ATTRIBUTE = "invalid_attribute"


@dataclass(frozen=True, slots=True)
class AttributeRules:
    """What cells of attributes are held to.

    Attributes:
        zone: Where days and local times are.
        now_us: The instant of the upload; nobody asked after it.
        purposes: Those that are declared; a row may name no others.
        grounds: The ground codes.
        requesters: In which capacity somebody may ask.
        needs_source: Whether each row that adds must name its source.
        is_change: Whether each row must say whether it adds or deletes.
        effective_us: When entries begin whose row does not say so; 0 means at once.
        expires_us: When entries end whose row does not say so; 0 means never.
    """

    zone: ZoneInfo
    now_us: int
    purposes: frozenset[str] = frozenset()
    grounds: frozenset[str] = frozenset()
    requesters: frozenset[str] = frozenset()
    needs_source: bool = False
    is_change: bool = False
    effective_us: int = 0
    expires_us: int = 0


def read_value(kind: Attribute, cell: str, rules: AttributeRules) -> Value | None:
    """Return what a cell that is not blank says, or None where it cannot be taken.

    Grounds, requesters and purposes are read as codes alone, spelt as they are declared. A Japanese word for a ground
    is none: several grounds of the law share their everyday words, and which one it is decides what the person is owed.
    A line break or tab within a text counts as a blank.
    """
    text = cell.strip()
    match kind:
        case Attribute.PURPOSES:
            return _purposes(text, rules.purposes)
        case Attribute.GROUND:
            return text if text in rules.grounds else None
        case Attribute.REQUESTER:
            return text if text in rules.requesters else None
        case Attribute.REFERENCE | Attribute.SOURCE | Attribute.REASON:
            return _text(text)
        case Attribute.CHANGE:
            return _CHANGES.get(unicodedata.normalize("NFKC", text).casefold())
        case _:
            return _instant(kind, text, rules)


def reject_of(kind: Attribute) -> AttributeReject:
    """Return why a row is rejected whose cell of that kind cannot be taken."""
    return AttributeReject.INVALID_DATE if kind.is_date else AttributeReject.INVALID_ATTRIBUTE


def _instant(kind: Attribute, text: str, rules: AttributeRules) -> int | None:
    instant = parse_instant(text, rules.zone, end_of_day=kind is Attribute.EXPIRES)
    if kind is Attribute.ASKED and instant is not None and instant > rules.now_us:
        return None
    return instant


def _purposes(text: str, declared: frozenset[str]) -> tuple[str, ...] | None:
    # A declared purpose may itself hold a separator; written alone, it is plain.
    named = {text} if text in declared else {part.strip() for part in _SEPARATOR.split(text)}
    return tuple(sorted(named)) if named <= declared else None


def _text(text: str) -> str | None:
    text = _LINE_BREAKS.sub(" ", text)
    if len(text) > MAX_TEXT_BYTES or _CONTROL.search(text):
        return None
    return text if text.isascii() or len(text.encode()) <= MAX_TEXT_BYTES else None
