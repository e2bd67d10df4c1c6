"""Files that are uploaded, and what a person would read in them: no columns, no bytes, no strata but by their names."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from dncd_engine.history import Mode
from dncd_engine.model import ListDefinition, ListKind
from dncd_engine.strata import OVER_BEFORE_IT_CAME_US, Stratum
from model.entries import Row

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
HOME_ZONE = "Asia/Tokyo"
UNREADABLE_CELL = "12ab"


@dataclass(frozen=True)
class Line:
    """A row of a file; hours are counted from the instant at which the machine began."""

    number: int
    effective_hours: int | None = None
    expires_hours: int | None = None
    asked_hours: int | None = None
    purposes: tuple[str, ...] = ()
    ends: bool = False


@dataclass(frozen=True)
class Upload:
    """A file with its header; 0 or nothing where the header does not say."""

    list: str
    mode: Mode
    lines: tuple[Line, ...]
    unreadable: int = 0
    effective_hours: int = 0
    expires_hours: int = 0
    expires_in_days: int = 0
    asked_hours: int = 0
    purposes: tuple[str, ...] = ()
    published_days: int = 0
    coverage: tuple[str, ...] = ()
    everything: bool = False
    base: str = ""
    base_days: int = 0
    mends: str = ""

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return len(self.lines) + self.unreadable


@dataclass(frozen=True)
class Reading:
    """What a file says: the rows that count, what it deletes, and how many rows nobody can read."""

    rows: tuple[Row, ...]
    ended: frozenset[int]
    rejected: int


@dataclass(frozen=True)
class Clock:
    """The instant at which the machine began, a whole second."""

    base_us: int

    def at(self, hours: int) -> int:
        """Return an instant so many hours from then."""
        return self.base_us + hours * HOUR_US

    def published_us(self, days: int) -> int:
        """Return a publisher's date so many days from then, 0 for none."""
        return self.base_us + days * DAY_US if days else 0

    def text(self, hours: int) -> str:
        """Return an instant as a cell of a file holds it."""
        return f"{datetime.fromtimestamp(self.at(hours) // 1_000_000, UTC):%Y-%m-%dT%H:%M:%SZ}"

    def day(self, days: int) -> str:
        """Return the day, at the clock's own hour in UTC, so many days from then."""
        return (datetime.fromtimestamp(self.base_us // 1_000_000, UTC) + timedelta(days)).strftime(
            "%Y-%m-%d"
        )

    def end_of_day(self, days: int, zone: str) -> int:
        """Return when that day ends in a zone."""
        year, month, day = map(int, self.day(days).split("-"))
        next_day = datetime(year, month, day, tzinfo=ZoneInfo(zone)) + timedelta(1)
        return int(next_day.timestamp()) * 1_000_000


def text_of(upload: Upload, clock: Clock) -> bytes:
    """Return the file's bytes; a column that no row fills is not there."""

    def instant(hours: int | None) -> str:
        return "" if hours is None else clock.text(hours)

    is_change = upload.mode is Mode.CHANGE
    cells = {
        "phone": [f"+{line.number}" for line in upload.lines],
        "asked": [instant(line.asked_hours) for line in upload.lines],
        "effective": [instant(line.effective_hours) for line in upload.lines],
        "expires": [instant(line.expires_hours) for line in upload.lines],
        "purpose": [";".join(line.purposes) for line in upload.lines],
        "change": [("delete" if line.ends else "add") * is_change for line in upload.lines],
    }
    heads = [head for head in cells if head == "phone" or any(cells[head])]
    if is_change and "change" not in heads:
        heads.append("change")
    table = [",".join(heads)]
    table += map(",".join, zip(*(cells[head] for head in heads), strict=True))
    table += [UNREADABLE_CELL + "," * (len(heads) - 1)] * upload.unreadable
    return ("\n".join(table) + "\n").encode()


def read(upload: Upload, definition: ListDefinition, clock: Clock) -> Reading:
    """Return what a file says to a list."""
    zone = definition.tz or HOME_ZONE
    if upload.mode is Mode.REMOVE:
        return Reading(
            tuple(Row(line.number) for line in upload.lines), frozenset(), upload.unreadable
        )
    kept = [line for line in upload.lines if not _is_void(line, upload, zone, clock)]
    rejected = upload.rows - len(kept)
    if definition.kind.opens:
        kept = list({line.number: line for line in kept}.values())
    adds: dict[int, list[Line]] = {}
    ended: set[int] = set()
    for line in kept:
        if line.ends:
            ended.add(line.number)
            adds.pop(line.number, None)
        else:
            ended.discard(line.number)
            adds.setdefault(line.number, []).append(line)
    is_dated = definition.kind is ListKind.CLEARANCE
    published_us = clock.published_us(upload.published_days) if is_dated else 0
    rows = tuple(
        Row(
            line.number,
            _stratum(line, upload, zone, clock, published_us),
            0 if line.asked_hours is None else clock.at(line.asked_hours),
        )
        for lines in adds.values()
        for line in lines
    )
    return Reading(rows, frozenset(ended), rejected)


def own_terms(upload: Upload, zone: str, clock: Clock) -> Stratum:
    """Return what holds for rows that do not say otherwise."""
    expires_us = clock.at(upload.expires_hours) if upload.expires_hours else 0
    if upload.expires_in_days:
        expires_us = clock.end_of_day(upload.expires_in_days, zone)
    # what has begun acts at once, whenever it was
    effective_us = clock.at(upload.effective_hours) if upload.effective_hours > 0 else 0
    return Stratum(effective_us, expires_us, tuple(sorted(upload.purposes)))


def _stratum(line: Line, upload: Upload, zone: str, clock: Clock, published_us: int) -> Stratum:
    terms = own_terms(upload, zone, clock)
    effective_us, expires_us = terms.effective_us, terms.expires_us
    if line.effective_hours is not None:
        effective_us = clock.at(line.effective_hours) if line.effective_hours > 0 else 0
    if line.expires_hours is not None:
        expires_us = clock.at(line.expires_hours)
        if line.expires_hours <= 0:
            effective_us, expires_us = 0, OVER_BEFORE_IT_CAME_US
    purposes = tuple(sorted(line.purposes)) or terms.purposes
    return Stratum(effective_us, expires_us, purposes, published_us)


def _is_void(line: Line, upload: Upload, zone: str, clock: Clock) -> bool:
    """Tell whether a row says of its entry that it ends before it begins."""
    if line.effective_hours is None and line.expires_hours is None:
        return False
    terms = own_terms(upload, zone, clock)
    begins = terms.effective_us if line.effective_hours is None else clock.at(line.effective_hours)
    ends = terms.expires_us if line.expires_hours is None else clock.at(line.expires_hours)
    return 0 < ends <= begins
