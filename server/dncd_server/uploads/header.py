"""What an uploader declares: every field that is wrong, with its mend."""

import time
import unicodedata
from datetime import date

from dncd.v1 import batch_pb2
from dncd_engine.model import GROUNDS, REQUESTERS
from dncd_engine.names import is_batch_id, is_name
from dncd_engine.numbers import is_region
from dncd_engine.validation import MAX_TEXT_BYTES, is_prefix
from dncd_files.encodings import ENCODINGS
from dncd_files.layouts import LAYOUTS
from dncd_server.codec import has_unknown_fields
from dncd_server.errors import FieldProblem

MAX_COLUMNS = 20
MAX_COVERAGE = 2_000
MAX_INSTANT_US = 253_402_300_799_999_999
"""The end of the year 9999: what a date can be written as."""
MAX_PURPOSES = 100
UPLOAD_MODES = (
    batch_pb2.BATCH_MODE_ADD,
    batch_pb2.BATCH_MODE_REMOVE,
    batch_pb2.BATCH_MODE_REPLACE,
    batch_pb2.BATCH_MODE_CHANGE,
)


def header_problems(header: batch_pb2.BatchHeader) -> list[FieldProblem]:
    """Return all that is wrong with a header whatever the ledger holds."""
    found = []
    if has_unknown_fields(header):
        told = "it holds a field that this version does not know; take it out or upgrade dncd"
        found.append(FieldProblem("header", told))
    found += [
        FieldProblem(f"header.{field}", mend) for field, ok, mend in _form_checks(header) if not ok
    ]
    found += attribute_problems(header.attributes, "header.attributes")
    if header.mends and (header.published_unix_us or header.published_date or header.coverage):
        told = "a batch that mends another keeps its date and coverage; take yours out"
        found.append(FieldProblem("header.mends", told))
    return found


def attribute_problems(given: batch_pb2.Attributes, prefix: str) -> list[FieldProblem]:
    """Return all that is wrong with attributes; ``prefix`` is the path of their field."""
    checks = _attribute_checks(given)
    return [FieldProblem(f"{prefix}.{field}", mend) for field, sound, mend in checks if not sound]


def _attribute_checks(given: batch_pb2.Attributes) -> list[tuple[str, bool, str]]:
    now_us = time.time_ns() // 1000
    text = f"at most {MAX_TEXT_BYTES} bytes without control characters"
    return [
        ("ground", given.ground in ("", *GROUNDS), f"one of {', '.join(GROUNDS)}"),
        (
            "requester",
            given.requester in ("", *REQUESTERS),
            f"one of {', '.join(REQUESTERS)}",
        ),
        ("reference", is_text(given.reference), text),
        ("source", is_text(given.source), text),
        (
            "asked_unix_us",
            0 <= given.asked_unix_us <= now_us,
            "when the person asked: not in the future",
        ),
        *(
            (
                field,
                0 <= getattr(given, field) <= MAX_INSTANT_US,
                "an instant before the year 10000",
            )
            for field in ("review_unix_us", "effective_unix_us", "expires_unix_us")
        ),
        ("purposes", len(given.purposes) <= MAX_PURPOSES, f"at most {MAX_PURPOSES}"),
    ]


def is_text(text: str) -> bool:
    """Tell whether a text is short enough to keep and holds no control character."""
    plain = all(unicodedata.category(character) != "Cc" for character in text)
    return plain and len(text.encode()) <= MAX_TEXT_BYTES


def _form_checks(header: batch_pb2.BatchHeader) -> list[tuple[str, bool, str]]:
    dated_twice = bool(header.published_unix_us and header.published_date)
    return [
        (
            "batch_id",
            is_batch_id(header.batch_id),
            "an id is 1 to 64 of A-Z, a-z, 0-9, '.', '_', ':' and '-'",
        ),
        (
            "list",
            is_name(header.list),
            "a name has 1 to 64 of a-z, 0-9, '.', '_', '-', at most one slash and no nine digits in a row",
        ),
        ("mode", header.mode in UPLOAD_MODES, "say add, remove, replace or change"),
        (
            "region",
            not header.region or is_region(header.region),
            "two capital letters of ISO 3166, such as JP",
        ),
        ("encoding", header.encoding in ("", *ENCODINGS), f"one of {', '.join(ENCODINGS)}"),
        ("layout", header.layout in ("", *LAYOUTS), f"one of {', '.join(LAYOUTS)}"),
        ("columns", len(header.columns) <= MAX_COLUMNS, f"at most {MAX_COLUMNS}"),
        (
            "columns",
            all(len(head.encode()) <= MAX_TEXT_BYTES for head in header.columns),
            f"at most {MAX_TEXT_BYTES} bytes each",
        ),
        (
            "mends",
            not header.mends or is_batch_id(header.mends),
            "the id of the batch whose rejected rows come again",
        ),
        (
            "base_batch_id",
            not header.base_batch_id or is_batch_id(header.base_batch_id),
            "the id of the batch that the change builds on",
        ),
        (
            "base_published_date",
            is_date(header.base_published_date),
            "a date as YYYY-MM-DD",
        ),
        (
            "base_published_unix_us",
            0 <= header.base_published_unix_us <= MAX_INSTANT_US,
            "microseconds since 1970",
        ),
        ("coverage", len(header.coverage) <= MAX_COVERAGE, f"at most {MAX_COVERAGE}"),
        (
            "coverage",
            all(map(is_prefix, header.coverage)),
            "E.164 digits with the country code first, such as 1202",
        ),
        (
            "published_unix_us",
            0 <= header.published_unix_us <= MAX_INSTANT_US,
            "microseconds since 1970",
        ),
        (
            "published_date",
            is_date(header.published_date) and not dated_twice,
            "one date as YYYY-MM-DD",
        ),
        (
            "file_name",
            is_text(header.file_name),
            f"at most {MAX_TEXT_BYTES} bytes without control characters",
        ),
        (
            "reason",
            is_text(header.reason),
            f"at most {MAX_TEXT_BYTES} bytes without control characters",
        ),
    ]


def is_date(text: str) -> bool:
    """Tell whether a text is empty or a date of 1970 or later as YYYY-MM-DD."""
    return not text or parsed_date(text) is not None


def parsed_date(text: str) -> date | None:
    """Return the date that YYYY-MM-DD means, None where it means none."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.isoformat() == text and day.year >= 1970 else None
