"""What an upload is going to do, once its header was found sound: against which list, and read in which way."""

import hashlib
import time
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from dncd.v1 import batch_pb2
from dncd_engine.lists import EVERYWHERE, ListState, date_of
from dncd_engine.model import ListKind
from dncd_engine.state import State
from dncd_server.errors import NotFoundError, invalid_fields
from dncd_server.ingest.messages import Terms
from dncd_server.uploads.dates import instant_problems, settled_attributes, whole_day_us
from dncd_server.uploads.header import header_problems
from dncd_server.uploads.modes import list_problems, mode_problems, terms_problems

_ZONE_OF_REGION = {"JP": "Asia/Tokyo"}


@dataclass(frozen=True, slots=True)
class UploadPlan:
    """An upload that may begin.

    Attributes:
        header: As it was sent.
        attributes: What holds for every row that does not say otherwise, local dates read.
        list: The list as it stands.
        region: How texts are read.
        tz: In which time zone days are read.
        reads_otherwise: Whether a campaign that uses the list reads texts in another region.
        encoding: ``auto`` or a name.
        layout: ``auto`` or a name.
        effective_us: When entries begin whose row does not say so; 0 means at once, as what has begun does.
        published_us: The publisher's date, 0 where none was given.
        base_published_us: The publisher's date that a change builds on, 0 where none was given.
        purposes: The purposes that a row may name.
    """

    header: batch_pb2.BatchHeader
    attributes: batch_pb2.Attributes
    list: ListState
    region: str
    tz: str
    reads_otherwise: bool
    encoding: str
    layout: str
    effective_us: int
    published_us: int
    base_published_us: int
    purposes: tuple[str, ...]

    @property
    def needs_source(self) -> bool:
        """Whether each row must say where its number came from: the list is one of origins and the header does not."""
        return self.list.definition.kind is ListKind.ORIGIN and not self.attributes.source

    @property
    def terms(self) -> Terms:
        """What decides about the batch's entries where a row does not say otherwise."""
        if self.header.mode == batch_pb2.BATCH_MODE_REMOVE:
            return Terms()
        is_clearance = self.list.definition.kind is ListKind.CLEARANCE
        return Terms(
            effective_us=self.effective_us,
            expires_us=self.attributes.expires_unix_us,
            purposes=tuple(sorted(self.attributes.purposes)),
            published_us=self.published_us if is_clearance else 0,
        )

    def content_digest(self, file_sha256: str) -> bytes:
        """Return what the same id must bring again to be the same batch."""
        declared = batch_pb2.BatchHeader()
        declared.CopyFrom(self.header)
        for field in (
            "batch_id",
            "dry_run",
            "file_name",
            "file_size_bytes",
            "sends_end",
            "expected_releases",
        ):
            declared.ClearField(field)
        digest = hashlib.sha256(declared.SerializeToString(deterministic=True))
        digest.update(bytes.fromhex(file_sha256))
        return digest.digest()


def planned(header: batch_pb2.BatchHeader, state: State) -> UploadPlan:
    """Return what a header asks for.

    Raises:
        InvalidRequestError: A field is wrong.
        NotFoundError: There is no such list.
    """
    now_us = time.time_ns() // 1000
    item = state.lists.get(header.list)
    tz = zone_of(item, state)
    problems = header_problems(header) + mode_problems(header)
    undated = instant_problems(header, ZoneInfo(tz), now_us)
    problems += undated
    if not undated:
        settled = settled_attributes(header, ZoneInfo(tz))
        problems += terms_problems(settled, state.policy, now_us)
        if item is not None:
            problems += list_problems(header, settled, item)
    if problems:
        raise invalid_fields("HEADER_INVALID", problems)
    if item is None:
        raise NotFoundError(
            "LIST_NOT_FOUND",
            f'there is no list "{header.list}"; make it with dncctl list create, or mend the name',
            {"list": header.list},
        )
    region = _region(header, item, state)
    acts_as = state.shown_name(item.name)
    users = [campaign for campaign in state.campaigns.values() if campaign.probes(acts_as)]
    zone = ZoneInfo(tz)
    return UploadPlan(
        header=header,
        attributes=settled,
        list=item,
        region=region,
        tz=tz,
        reads_otherwise=not header.region and any(user.text_region != region for user in users),
        encoding=header.encoding or "auto",
        layout=header.layout or item.definition.layout or "auto",
        effective_us=settled.effective_unix_us if settled.effective_unix_us > now_us else 0,
        published_us=header.published_unix_us or whole_day_us(header.published_date, zone),
        base_published_us=header.base_published_unix_us
        or whole_day_us(header.base_published_date, zone),
        purposes=state.policy.purposes,
    )


def zone_of(item: ListState | None, state: State) -> str:
    """Return the time zone in which a date about a list is a whole day."""
    own = item.definition.tz if item is not None else ""
    return own or _ZONE_OF_REGION.get(state.region, "UTC")


def _region(header: batch_pb2.BatchHeader, item: ListState, state: State) -> str:
    """Return how texts are read: as the uploader says, else as the list's own country writes them."""
    countries = item.definition.countries
    if header.region:
        return header.region
    if not countries or state.region in countries:
        return state.region
    return countries[0]


def freshens(plan: UploadPlan, item: ListState) -> bool:
    """Tell whether an add is dated newer than any part of a registry that it speaks of."""
    if item.definition.kind is not ListKind.REGISTRY:
        return False
    if plan.header.mode != batch_pb2.BATCH_MODE_ADD:
        return False
    old = item.coverage
    covered = frozenset(plan.header.coverage) or frozenset((EVERYWHERE,))
    parts = covered.union(part for part in old if not covered.isdisjoint(_prefixes(part)))
    dates = (date_of(part, old) for part in parts)
    return any(date is not None and plan.published_us > date for date in dates)


def is_older_than(plan: UploadPlan, item: ListState) -> bool:
    """Tell whether a publication is older than what the list holds of what it covers."""
    if item.definition.kind is not ListKind.REGISTRY or not plan.published_us:
        return False
    covered = frozenset(plan.header.coverage) or frozenset((EVERYWHERE,))
    dates = [date_of(part, item.coverage) for part in covered]
    dates += [
        date for part, date in item.coverage.items() if not covered.isdisjoint(_prefixes(part))
    ]
    return any(date is not None and date > plan.published_us for date in dates)


def _prefixes(part: str) -> list[str]:
    return [part[:length] for length in range(len(part) + 1)]
