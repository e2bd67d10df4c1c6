"""Lists once more in plain Python: a list is what its standing batches make of a list of entries.

Written from the contract. It shares the names of kinds, modes and strata with the engine, and nothing that works.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from dncd_engine.history import Mode
from dncd_engine.model import ListKind
from dncd_engine.strata import PLAIN, Stratum

LOADS = (Mode.ADD, Mode.REPLACE, Mode.CHANGE)
Pair = tuple[int, Stratum]
"""A number, and a stratum that holds it."""


@dataclass(frozen=True)
class Row:
    """What a batch says of a number.

    Attributes:
        number: The number.
        stratum: Its terms.
        asked_us: When the person asked, 0 where the row does not say so.
    """

    number: int
    stratum: Stratum = PLAIN
    asked_us: int = 0


@dataclass(frozen=True)
class Batch:
    """What was accepted; ``rows`` are those that count, ``ended`` the numbers that a change deletes.

    ``could_be_whole`` says that an add named enough, of what the list held as it came, to be the whole publication.
    """

    batch_id: str
    mode: Mode
    rows: tuple[Row, ...] = ()
    ended: frozenset[int] = frozenset()
    at_us: int = 0
    published_us: int = 0
    asked_us: int = 0
    coverage: tuple[str, ...] = ()
    everything: bool = False
    reverts: str = ""
    is_opt_out: bool = False
    could_be_whole: bool = True

    @property
    def file_date_us(self) -> int:
        """As of when it speaks."""
        return self.published_us or self.at_us

    @property
    def is_load(self) -> bool:
        """Whether it loads its list."""
        return self.mode in LOADS and not self.is_opt_out

    @property
    def named(self) -> set[int]:
        """The numbers that its rows name."""
        return {row.number for row in self.rows}

    def covers(self, number: int) -> bool:
        """Tell whether it speaks of a number at all."""
        return not self.coverage or str(number).startswith(self.coverage)

    def asked_at(self, number: int) -> int:
        """Return when whoever has a number asked: by its rows that say so, else by the batch, else as of the file."""
        said = [row.asked_us for row in self.rows if row.number == number and row.asked_us]
        return max(said, default=self.asked_us or self.file_date_us)


@dataclass(frozen=True)
class Entry:
    """A number that a batch put there."""

    number: int
    stratum: Stratum
    asked_us: int
    is_series: bool


def standing(batches: Sequence[Batch]) -> list[Batch]:
    """Return the batches that count: each that is not named by a later revert that counts itself."""
    counts: dict[str, bool] = {}
    for place in range(len(batches) - 1, -1, -1):
        mine = batches[place]
        counts[mine.batch_id] = not any(
            later.mode is Mode.REVERT and later.reverts == mine.batch_id and counts[later.batch_id]
            for later in batches[place + 1 :]
        )
    return [batch for batch in batches if counts[batch.batch_id]]


def entries_after(kind: ListKind, batches: Sequence[Batch]) -> list[Entry]:
    """Return the entries that batches make, with those that do not count left out."""
    held: list[Entry] = []
    for batch in standing(batches):
        held = _after(kind, held, batch)
    return held


def pairs(entries: Iterable[Entry]) -> set[Pair]:
    """Return what decides about entries."""
    return {(entry.number, entry.stratum) for entry in entries}


def _after(kind: ListKind, held: list[Entry], batch: Batch) -> list[Entry]:
    if batch.mode is Mode.REVERT:
        return held
    if batch.mode is Mode.REMOVE:
        return [entry for entry in held if entry.number not in batch.named]
    if batch.mode is Mode.CHANGE:
        held = [entry for entry in held if not (entry.is_series and entry.number in batch.ended)]
    if batch.mode is Mode.REPLACE:
        held = [entry for entry in held if not _is_replaced(kind, entry, batch)]
    if kind.opens:
        held = [entry for entry in held if entry.number not in batch.named]
    is_series = batch.mode in (Mode.REPLACE, Mode.CHANGE)
    return held + [
        Entry(row.number, row.stratum, batch.asked_at(row.number), is_series) for row in batch.rows
    ]


def _is_replaced(kind: ListKind, entry: Entry, batch: Batch) -> bool:
    if batch.everything:
        return batch.covers(entry.number)
    spared = kind.is_own and entry.asked_us > batch.file_date_us
    return batch.covers(entry.number) and entry.is_series and not spared


@dataclass(frozen=True)
class Counts:
    """What a batch makes of a list, in numbers."""

    added: int = 0
    removed: int = 0
    unchanged: int = 0
    released: int = 0


def counts(
    kind: ListKind, before: set[Pair], after: set[Pair], at_us: int, batch: Batch | None = None
) -> Counts:
    """Return what changed between two contents of a list."""
    had, has = ({number for number, _ in content} for content in (before, after))
    added, removed = len(has - had), len(had - has)
    named = len(batch.named) if batch else 0
    is_removal = batch is not None and batch.mode is Mode.REMOVE
    unchanged = max(0, named - (removed if is_removal else added))
    released = {
        number
        for number in had | has
        if _is_released(kind, _of(before, number), _of(after, number), at_us)
    }
    return Counts(added, removed, unchanged, len(released))


def _of(content: set[Pair], number: int) -> set[Stratum]:
    return {stratum for held, stratum in content if held == number}


def _is_released(kind: ListKind, before: set[Stratum], after: set[Stratum], at_us: int) -> bool:
    """Tell whether whoever has a number may be called for something, or at some time, when he could not be before."""
    lost, kept = (before - after, after) if kind.blocks else (after - before, before)
    return any(
        not _is_over(stratum, at_us) and not any(_covers(other, stratum) for other in kept)
        for stratum in lost
    )


def _is_over(stratum: Stratum, at_us: int) -> bool:
    return end_of(stratum) <= at_us


def end_of(stratum: Stratum) -> float:
    """Return when entries end."""
    return stratum.expires_us or float("inf")


def _covers(wide: Stratum, narrow: Stratum) -> bool:
    if wide.purposes and not narrow.purposes:
        return False
    return (
        wide.effective_us <= narrow.effective_us
        and end_of(wide) >= end_of(narrow)
        and (not wide.purposes or set(narrow.purposes) <= set(wide.purposes))
        and wide.published_us >= narrow.published_us
    )


@dataclass(frozen=True)
class Dates:
    """How fresh a list is.

    Attributes:
        is_loaded: Whether any load counts.
        by_part: The date of each part of the number space that any load told apart, None where nothing covers it. A
            part is the numbers that begin with its digits and with those of no longer one.
    """

    is_loaded: bool
    by_part: dict[str, int | None]

    def published_us(self, number: int) -> int | None:
        """Return the date of what covers a number, None where nothing does."""
        mine = (part for part in self.by_part if str(number).startswith(part))
        return self.by_part[max(mine, key=len)]


def dates_of(batches: Sequence[Batch], also: tuple[str, ...] = ()) -> Dates:
    """Return how fresh a list is, with more parts told apart than its loads do."""
    loads = [batch for batch in standing(batches) if batch.is_load]
    parts = {"", *also, *(part for load in loads for part in load.coverage)}
    dates: dict[str, int | None] = dict.fromkeys(parts)
    for place, load in enumerate(loads):
        dates = {
            part: _date_after(load, date, is_first=not place)
            if not load.coverage or part.startswith(load.coverage)
            else date
            for part, date in dates.items()
        }
    return Dates(bool(loads), dates)


def _date_after(load: Batch, date: int | None, *, is_first: bool) -> int | None:
    """Return the date of a part that a load covers, by which it was ``date`` before.

    A replace, as the first of all loads, brings its own. Any other that says nothing of dates changes none, and an add
    of a mere part of the publication speaks only of what it names and nothing covered before.
    """
    if load.mode is Mode.REPLACE or is_first:
        return load.published_us
    if not load.coverage and not load.published_us:
        return date
    if load.mode is Mode.ADD and not load.could_be_whole:
        return load.published_us if load.coverage and date is None else date
    return max(load.published_us, date or 0)


def could_be_whole(batch: Batch, numbers: set[int]) -> bool:
    """Tell whether a batch names enough to be the whole publication of what it covers, of a list of these numbers."""
    return 2 * len(batch.named) >= sum(map(batch.covers, numbers))


def newest_load(batches: Sequence[Batch]) -> Batch | None:
    """Return the newest batch that loads the list and counts."""
    loads = [batch for batch in standing(batches) if batch.is_load]
    return loads[-1] if loads else None


@dataclass
class Content:
    """A list: its kind and its batches, and what they make of it, worked out once."""

    kind: ListKind
    batches: list[Batch] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Work out what the batches make."""
        self.pairs = pairs(entries_after(self.kind, self.batches))
        self.dates = dates_of(self.batches)

    def with_batch(self, batch: Batch) -> "Content":
        """Return the list with one more batch."""
        whole = could_be_whole(batch, self.numbers)
        return Content(self.kind, [*self.batches, replace(batch, could_be_whole=whole)])

    @property
    def numbers(self) -> set[int]:
        """Every number on the list, in whatever stratum."""
        return {number for number, _ in self.pairs}

    def is_newer_anywhere(self, coverage: tuple[str, ...], published_us: int) -> bool:
        """Tell whether the list holds something newer of what a publication covers."""
        return any(
            date is not None and date > published_us
            for part, date in dates_of(self.batches, coverage).by_part.items()
            if not coverage or part.startswith(coverage)
        )
