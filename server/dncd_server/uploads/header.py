"""What an uploader declares, checked before a byte of the file is read."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from dncd.v1 import batch_pb2
from dncd_engine.lists import ListState
from dncd_engine.model import ListKind
from dncd_engine.names import is_batch_id, is_name
from dncd_engine.numbers import is_region
from dncd_engine.state import State
from dncd_engine.validation import MAX_TEXT_BYTES, is_prefix
from dncd_files.encodings import ENCODINGS
from dncd_files.layouts import LAYOUTS
from dncd_server.codec import has_unknown_fields
from dncd_server.errors import FieldProblem, InvalidRequestError, NotFoundError

MAX_COLUMNS = 20
MAX_COVERAGE = 2_000
_ZONE_OF_REGION = {"JP": "Asia/Tokyo"}
_LATER_MODES = (
    batch_pb2.BATCH_MODE_REMOVE,
    batch_pb2.BATCH_MODE_REPLACE,
    batch_pb2.BATCH_MODE_CHANGE,
)
_LATER_FIELDS = ("base_batch_id", "base_published_unix_us", "everything")
_LATER_ATTRIBUTES = ("effective_unix_us", "expires_unix_us", "purposes")
_TEXTS = ("ground", "requester", "reference", "source")


@dataclass(frozen=True, slots=True)
class UploadPlan:
    """A header that was found sound.

    Attributes:
        header: As it was sent.
        list: The list as it stands.
        region: How texts are read.
        encoding: ``auto`` or a name.
        layout: ``auto`` or a name.
        published_us: The publisher's date, 0 where none was given.
    """

    header: batch_pb2.BatchHeader
    list: ListState
    region: str
    encoding: str
    layout: str
    published_us: int

    def content_digest(self, file_sha256: str) -> bytes:
        """Return what the same id must bring again to be the same batch."""
        declared = batch_pb2.BatchHeader()
        declared.CopyFrom(self.header)
        for field in ("file_name", "file_size_bytes", "dry_run", "batch_id", "sends_end"):
            declared.ClearField(field)
        digest = hashlib.sha256(declared.SerializeToString(deterministic=True))
        digest.update(bytes.fromhex(file_sha256))
        return digest.digest()


def planned(header: batch_pb2.BatchHeader, state: State) -> UploadPlan:
    """Return what a header asks for.

    Raises:
        InvalidRequestError: A field is wrong, or asks for what this version does not do.
        NotFoundError: There is no such list.
    """
    problems = _problems(header)
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        first = problems[0]
        raise InvalidRequestError(
            "HEADER_INVALID", f"{first.field}: {first.message}{more}", problems
        )
    item = state.lists.get(header.list)
    if item is None:
        raise NotFoundError(
            "LIST_NOT_FOUND",
            f'there is no list "{header.list}"; make it with dncctl list create, or mend the name',
            {"list": header.list},
        )
    zone = item.definition.tz or _ZONE_OF_REGION.get(state.region, "UTC")
    return UploadPlan(
        header=header,
        list=item,
        region=header.region or state.region,
        encoding=header.encoding or "auto",
        layout=header.layout or item.definition.layout or "auto",
        published_us=header.published_unix_us or _day_begins_us(header.published_date, zone),
    )


def _problems(header: batch_pb2.BatchHeader) -> list[FieldProblem]:
    found = []
    if has_unknown_fields(header):
        told = "it holds a field that this version does not know; take it out or upgrade dncd"
        found.append(FieldProblem("header", told))
    for field, sound, mend in _form_checks(header):
        if not sound:
            found.append(FieldProblem(f"header.{field}", mend))
    later = "this version does not act upon it; take it out"
    found += [
        FieldProblem(f"header.{field}", later) for field in _LATER_FIELDS if getattr(header, field)
    ]
    given = header.attributes
    found += [
        FieldProblem(f"header.attributes.{field}", later)
        for field in _LATER_ATTRIBUTES
        if getattr(given, field)
    ]
    found += [
        FieldProblem(f"header.attributes.{field}", f"at most {MAX_TEXT_BYTES} bytes")
        for field in _TEXTS
        if len(getattr(given, field).encode()) > MAX_TEXT_BYTES
    ]
    if header.mode in _LATER_MODES:
        found.append(FieldProblem("header.mode", "this version takes the mode add"))
    return found


def _form_checks(header: batch_pb2.BatchHeader) -> list[tuple[str, bool, str]]:
    known_modes = (batch_pb2.BATCH_MODE_ADD, *_LATER_MODES)
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
            "a name has 1 to 64 of a-z, 0-9, '.', '_', '-' and at most one slash",
        ),
        ("mode", header.mode in known_modes, "say add"),
        (
            "region",
            not header.region or is_region(header.region),
            "two capital letters of ISO 3166, such as JP",
        ),
        ("encoding", header.encoding in ("", *ENCODINGS), f"one of {', '.join(ENCODINGS)}"),
        ("layout", header.layout in ("", *LAYOUTS), f"one of {', '.join(LAYOUTS)}"),
        ("columns", len(header.columns) <= MAX_COLUMNS, f"at most {MAX_COLUMNS}"),
        ("coverage", len(header.coverage) <= MAX_COVERAGE, f"at most {MAX_COVERAGE}"),
        (
            "coverage",
            all(map(is_prefix, header.coverage)),
            "E.164 digits with the country code first, such as 1202",
        ),
        ("published_unix_us", header.published_unix_us >= 0, "microseconds since 1970"),
        (
            "published_date",
            _is_date(header.published_date) and not dated_twice,
            "one date as YYYY-MM-DD",
        ),
        (
            "file_name",
            len(header.file_name.encode()) <= MAX_TEXT_BYTES,
            f"at most {MAX_TEXT_BYTES} bytes",
        ),
        (
            "reason",
            len(header.reason.encode()) <= MAX_TEXT_BYTES,
            f"at most {MAX_TEXT_BYTES} bytes",
        ),
    ]


def _is_date(text: str) -> bool:
    return not text or _parsed(text) is not None


def _parsed(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.isoformat() == text and day.year >= 1970 else None


def _day_begins_us(text: str, zone: str) -> int:
    """Return when a day begins in a zone: the earliest instant that the date can mean, so that age is never too low."""
    day = _parsed(text)
    if day is None:
        return 0
    return (
        int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).timestamp()) * 1_000_000
    )


def flags_of(plan: UploadPlan, rejected: int, is_unused: bool) -> list[str]:
    """Return the marks that a batch in force carries."""
    is_registry = plan.list.definition.kind is ListKind.REGISTRY
    marks = (
        ("incomplete", rejected > 0),
        ("undated", is_registry and not plan.published_us),
        ("unused_list", is_unused),
    )
    return [mark for mark, holds in marks if holds]
