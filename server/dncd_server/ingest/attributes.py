"""Attributes: what rows said of their entries, as the bytes that are kept of one prefix.

The bytes are JSON under zlib: ``{"low":[...],"set":[...],"sets":[{...},...]}``, the low 22 bits of each row's number,
sorted, which of the sets the row said, and each set once with only the keys that it gave. A number may stand in
several rows. Nothing in it decides a verdict.
"""

import json
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from json.encoder import encode_basestring
from operator import attrgetter

from dncd_files.statements import Statement

MAX_PLAIN_BYTES = 64 << 20
"""How much decoding may make of stored bytes."""
PART_BYTES = 16 << 20
"""How much JSON one message holds; what is more of a prefix goes into another part."""
MAX_PACKED_BYTES = PART_BYTES + (1 << 20)

_LEVEL = 3
_MAX_LOW = (1 << 22) - 1
_INSTANTS = ("effective_us", "expires_us", "review_us", "asked_us")
_TEXTS = ("ground", "requester", "reference", "source", "reason")
_instants_of = attrgetter(*_INSTANTS)
_texts_of = attrgetter(*_TEXTS)


class AttributesDamagedError(Exception):
    """Stored bytes are not what rows said; nothing of them may be used."""


@dataclass(frozen=True, slots=True)
class SaidRows:
    """What rows said, of numbers that share a prefix.

    Attributes:
        low: The low 22 bits of each row's number, sorted; a number may come again.
        set: For each row its place in ``sets``.
        sets: What rows said; none of them says nothing.
    """

    low: Sequence[int]
    set: Sequence[int]
    sets: Sequence[Statement]

    def of(self, low: int) -> list[Statement]:
        """Return what was said of a number, by its low bits."""
        begin = bisect_left(self.low, low)
        return [self.sets[at] for at in self.set[begin : bisect_right(self.low, low, begin)]]


def fragment_of(statement: Statement) -> bytes:
    """Return a set as JSON, on one line, with only the keys that it gives; empty where it says nothing."""
    # Put together by hand, for a file may say something else in each of millions of rows.
    instants = zip(_INSTANTS, _instants_of(statement), strict=True)
    given = [f'"{key}":{instant}' for key, instant in instants if instant is not None]
    if statement.purposes:
        given.append(f'"purposes":[{",".join(map(encode_basestring, statement.purposes))}]')
    texts = zip(_TEXTS, _texts_of(statement), strict=True)
    given += [f'"{key}":{encode_basestring(text)}' for key, text in texts if text]
    return f"{{{','.join(given)}}}".encode() if given else b""


def encode(low: Sequence[int], sets: Sequence[int], fragments: Sequence[bytes]) -> bytes:
    """Return the bytes to keep.

    Args:
        low: The low bits of each row's number, sorted.
        sets: For each row the place of its set.
        fragments: The sets, of ``fragment_of``.

    Raises:
        ValueError: Nobody could decode it, or there is no row.
    """
    head = json.dumps({"low": list(low), "set": list(sets)}, separators=(",", ":")).encode()
    plain = head[:-1] + b',"sets":[' + b",".join(fragments) + b"]}"
    if len(plain) > MAX_PLAIN_BYTES or not 0 < len(low) == len(sets):
        raise ValueError("attributes of no rows, or of too many")
    return zlib.compress(plain, _LEVEL)


def decode(data: bytes) -> SaidRows:
    """Return what rows said.

    Raises:
        AttributesDamagedError: The bytes are too many, or are not what ``encode`` makes.
    """
    try:
        found = json.loads(_inflate(data))
        rows = SaidRows(found["low"], found["set"], [_statement(each) for each in found["sets"]])
        _check(rows)
    except (zlib.error, ValueError, LookupError, TypeError, RecursionError) as error:
        raise AttributesDamagedError("stored attributes cannot be read") from error
    return rows


def _inflate(data: bytes) -> bytes:
    inflater = zlib.decompressobj()
    plain = inflater.decompress(data, MAX_PLAIN_BYTES + 1)
    if len(plain) > MAX_PLAIN_BYTES or not inflater.eof or inflater.unused_data:
        raise ValueError("too long, cut short, or with more behind it")
    return plain


def _statement(given: object) -> Statement:
    """Return the statement of a set.

    Raises:
        ValueError: It is none, says nothing, or a key or a value is none that a row can say.
    """
    if not isinstance(given, dict) or not given:
        raise ValueError("a set says nothing")
    for key, value in given.items():
        if key in _INSTANTS:
            is_sound = type(value) is int and value > 0
        elif key in _TEXTS:
            is_sound = isinstance(value, str) and value != ""
        else:
            is_list = key == "purposes" and isinstance(value, list) and bool(value)
            is_sound = is_list and all(isinstance(purpose, str) for purpose in value)
        if not is_sound:
            raise ValueError("a set says what no row can")
    return Statement(**given | {"purposes": tuple(given.get("purposes", ()))})


def _check(rows: SaidRows) -> None:
    """Refuse rows that are out of order or out of range.

    Raises:
        ValueError: They are.
    """
    if not 0 < len(rows.low) == len(rows.set):
        raise ValueError("no rows, or sets that do not fit them")
    before = 0
    for low, place in zip(rows.low, rows.set, strict=True):
        if not (type(low) is int and before <= low <= _MAX_LOW):
            raise ValueError("a row is out of order")
        if not (type(place) is int and 0 <= place < len(rows.sets)):
            raise ValueError("a row has no set")
        before = low
