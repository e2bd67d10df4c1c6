"""What an upload is going to do, once its header was found sound: against which list, and read in which way."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from dncd.v1 import batch_pb2
from dncd_engine.lists import EVERYWHERE, ListState
from dncd_engine.model import ListKind
from dncd_engine.state import State
from dncd_server.errors import FieldProblem, NotFoundError, invalid_fields
from dncd_server.uploads.header import header_problems, parsed_date

_ZONE_OF_REGION = {"JP": "Asia/Tokyo"}


@dataclass(frozen=True, slots=True)
class UploadPlan:
    """An upload that may begin.

    Attributes:
        header: As it was sent.
        list: The list as it stands.
        region: How texts are read.
        reads_otherwise: Whether a campaign that uses the list reads texts in another region.
        encoding: ``auto`` or a name.
        layout: ``auto`` or a name.
        published_us: The publisher's date, 0 where none was given.
    """

    header: batch_pb2.BatchHeader
    list: ListState
    region: str
    reads_otherwise: bool
    encoding: str
    layout: str
    published_us: int

    def content_digest(self, file_sha256: str) -> bytes:
        """Return what the same id must bring again to be the same batch."""
        declared = batch_pb2.BatchHeader()
        declared.CopyFrom(self.header)
        for field in ("batch_id", "dry_run", "file_name", "file_size_bytes", "sends_end"):
            declared.ClearField(field)
        digest = hashlib.sha256(declared.SerializeToString(deterministic=True))
        digest.update(bytes.fromhex(file_sha256))
        return digest.digest()

    @property
    def freshens(self) -> bool:
        """Whether any part of a registry that was loaded before counts as newer after this batch."""
        if self.list.definition.kind is not ListKind.REGISTRY:
            return False
        old = self.list.coverage
        covered = frozenset(self.header.coverage) or frozenset((EVERYWHERE,))
        parts = covered.union(part for part in old if not covered.isdisjoint(_prefixes(part)))
        dates = (_date_of(part, old) for part in parts)
        return any(date is not None and self.published_us > date for date in dates)


def planned(header: batch_pb2.BatchHeader, state: State) -> UploadPlan:
    """Return what a header asks for.

    Raises:
        InvalidRequestError: A field is wrong, or asks for what this version does not do.
        NotFoundError: There is no such list.
    """
    problems = header_problems(header)
    item = state.lists.get(header.list)
    if item is not None:
        problems += _list_problems(header, item)
    if problems:
        raise invalid_fields("HEADER_INVALID", problems)
    if item is None:
        raise NotFoundError(
            "LIST_NOT_FOUND",
            f'there is no list "{header.list}"; make it with dncctl list create, or mend the name',
            {"list": header.list},
        )
    zone = item.definition.tz or _ZONE_OF_REGION.get(state.region, "UTC")
    region = _region(header, item, state)
    users = [campaign for campaign in state.campaigns.values() if campaign.probes(item.name)]
    return UploadPlan(
        header=header,
        list=item,
        region=region,
        reads_otherwise=not header.region and any(user.text_region != region for user in users),
        encoding=header.encoding or "auto",
        layout=header.layout or item.definition.layout or "auto",
        published_us=header.published_unix_us or _day_begins_us(header.published_date, zone),
    )


def against(plan: UploadPlan, state: State) -> UploadPlan:
    """Return a plan against the list as it stands now; how its texts were read stays as it was.

    Raises:
        NotFoundError: The list was deleted meanwhile.
    """
    return replace(plan, list=planned(plan.header, state).list)


def _region(header: batch_pb2.BatchHeader, item: ListState, state: State) -> str:
    """Return how texts are read: as the uploader says, else as the list's own country writes them."""
    countries = item.definition.countries
    if header.region:
        return header.region
    if not countries or state.region in countries:
        return state.region
    return countries[0]


def _list_problems(header: batch_pb2.BatchHeader, item: ListState) -> list[FieldProblem]:
    # a date is taken as evidence on every list; coverage decides, and only a registry's does
    if item.definition.kind is ListKind.REGISTRY or not header.coverage:
        return []
    return [FieldProblem("header.coverage", "only a registry has coverage; take it out")]


def _date_of(part: str, coverage: Mapping[str, int]) -> int | None:
    """Return the newest date of what covers the whole of a prefix, None where nothing does."""
    dates = (coverage.get(prefix) for prefix in _prefixes(part))
    return max((date for date in dates if date is not None), default=None)


def _prefixes(part: str) -> list[str]:
    return [part[:length] for length in range(len(part) + 1)]


def _day_begins_us(text: str, zone: str) -> int:
    """Return when a day begins in a zone: the earliest that the date can mean, so that age is never too low.

    A date that was given is never 0, which would mean that none was.
    """
    day = parsed_date(text)
    if day is None:
        return 0
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    return max(int(midnight.timestamp()) * 1_000_000, 1)


def flags_of(plan: UploadPlan, rejected: int, foreign: int, is_unused: bool) -> list[str]:
    """Return the marks that a batch in force carries.

    Args:
        plan: What the upload did.
        rejected: How many rows could not be read.
        foreign: How many numbers belong to countries that the list does not speak of.
        is_unused: Whether no campaign uses the list.
    """
    is_undated = plan.list.definition.kind is ListKind.REGISTRY and not (
        plan.published_us or any(plan.list.coverage.values())
    )
    marks = (
        ("incomplete", rejected > 0),
        ("undated", is_undated),
        ("freshened", plan.freshens),
        ("foreign_numbers", foreign > 0),
        ("read_otherwise", plan.reads_otherwise),
        ("unused_list", is_unused),
    )
    return [mark for mark, holds in marks if holds]
