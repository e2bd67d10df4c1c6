"""The book: a whole ledger once more in plain Python, what it will say to a change, and what it is after it."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from dncd_engine.history import Mode
from dncd_engine.model import CampaignDefinition, ListDefinition
from dncd_engine.numbers import inspect
from model.entries import Batch, Content, Counts, Row, counts, newest_load, standing
from model.files import Clock, Reading, Upload, read
from model.policies import Definitions, is_sound, put
from model.verdicts import Listed, View


@dataclass(frozen=True)
class Fault:
    """The request fails, with this reason; nothing changes."""

    reason: str


@dataclass(frozen=True)
class Refusal:
    """The file is not taken, for this reason; nothing changes."""

    reason: str


@dataclass(frozen=True)
class Coming:
    """A batch that is taken: what it makes of its list, and whether it waits for another person.

    Attributes:
        batch: The batch; its instant is that of the event, later.
        list: Its list.
        counts: What is answered.
        opens: Whether it lets through more than its list allows without another person.
        waits: Whether it waits.
        base: The batch that a change builds on.
        rejected: How many of its rows nobody can read.
        mends: The batch whose rows it brings again, and how many.
    """

    batch: Batch
    list: str
    counts: Counts
    opens: bool
    waits: bool
    base: str = ""
    rejected: int = 0
    mends: tuple[str, int] = ("", 0)


@dataclass
class Note:
    """What is known of a batch by its id, in force or waiting; ``place`` is the list that it went to."""

    coming: Coming
    place: "Place"
    version: int = 0
    is_waived: bool = False


@dataclass
class Place:
    """A list from its making to its deletion; one made anew under its name is another."""

    name: str
    created_version: int
    content: Content
    version: int = 0


@dataclass
class Held:
    """What waits: a batch, a change of policy, or an override.

    ``seen_version`` and ``seen_released`` are what its approver was shown.
    """

    proposer: str
    version: int
    seen_version: int
    batch: Coming | None = None
    policy: Definitions | None = None
    override: tuple[str, int] | None = None
    seen_released: int = 0


@dataclass
class Book:
    """All that was accepted, as a person would keep it."""

    clock: Clock
    region: str = "JP"
    version: int = 1
    policy_version: int = 0
    lists: dict[str, ListDefinition] = field(default_factory=dict)
    campaigns: dict[str, CampaignDefinition] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    overrides: dict[str, int] = field(default_factory=dict)
    notes: dict[str, Note] = field(default_factory=dict)
    held: dict[str, Held] = field(default_factory=dict)
    rejected: set[str] = field(default_factory=set)

    @property
    def view(self) -> View:
        """All that a verdict rests on."""
        lists = {
            name: Listed(name, definition, self.places[name].content)
            for name, definition in self.lists.items()
        }
        return View(self.region, lists, self.campaigns, self.overrides)

    # what will be said

    def foresee(
        self, upload: Upload, batch_id: str, *, must_hold: bool
    ) -> Fault | Refusal | Coming:
        """Return what becomes of a file."""
        definition = self.lists.get(upload.list)
        if definition is None:
            return Fault("LIST_NOT_FOUND")
        if upload.mends and not self._can_mend(upload):
            return Fault("BATCH_NOT_FOUND")
        if upload.published_days > 0:
            return Refusal("FUTURE_DATED")
        content = self.places[upload.list].content
        base = self._base(upload, content)
        if isinstance(base, Fault):
            return base
        reading = read(upload, definition, self.clock)
        if reading.rejected * 2 > upload.rows:
            return Refusal("MOSTLY_UNREADABLE")
        opens = definition.kind.opens and upload.mode is not Mode.REMOVE
        if reading.rejected and (upload.mode is Mode.REPLACE or opens):
            return Refusal("UNREADABLE_ROWS")
        batch = _batch(upload, batch_id, reading, self.clock)
        if upload.mode is not Mode.REMOVE and _is_mostly_foreign(batch, definition):
            return Refusal("WRONG_COUNTRY")
        if len([n for n in batch.named if not batch.covers(n)]) * 2 > len(batch.named):
            return Refusal("WRONG_COVERAGE")
        if self._is_older(upload, definition, content):
            return Fault("BASE_OUT_OF_ORDER")
        mends = (upload.mends, upload.rows if upload.mends else 0)
        coming = self._weigh(batch, upload.list, must_hold=must_hold)
        return replace(coming, base=base, rejected=reading.rejected, mends=mends)

    def foresee_revert(self, batch_id: str, revert_id: str, *, must_hold: bool) -> Fault | Coming:
        """Return what becomes of a revert."""
        if batch_id in self.held or batch_id in self.rejected:
            return Fault("NOT_REVERTIBLE")
        note = self.notes.get(batch_id)
        if note is None:
            return Fault("BATCH_NOT_FOUND")
        if self.state_of(batch_id) == "REVERTED":
            return Fault("ALREADY_REVERTED")
        if self.places.get(note.place.name) is not note.place:
            return Fault("NOT_REVERTIBLE")
        batch = Batch(revert_id, Mode.REVERT, at_us=_now_us(), reverts=batch_id)
        return self._weigh(batch, note.place.name, must_hold=must_hold)

    def foresee_opt_out(
        self, campaign: str, numbers: Iterable[int], batch_id: str
    ) -> Fault | Coming:
        """Return what becomes of an opt-out."""
        view = self.view
        answering = view.answered(campaign)
        if answering is None:
            return Fault("CAMPAIGN_NOT_FOUND" if campaign else "CAMPAIGN_NEEDED")
        name = self._taker(answering)
        if name is None:
            return Fault("NO_OPT_OUT_LIST")
        readable = sorted({number for number in numbers if inspect(number).reject is None})
        rejected = sum(inspect(number).reject is not None for number in numbers)
        if not readable:
            return Fault("NUMBERS_UNREADABLE")
        rows = tuple(map(Row, readable))
        batch = Batch(batch_id, Mode.ADD, rows, at_us=_now_us(), is_opt_out=True)
        coming = self._weigh(batch, name, must_hold=False)
        return replace(coming, rejected=rejected)

    def foresee_approval(self, held_id: str, approver: str, seen_version: int) -> Fault | None:
        """Return why what waits is not approved, None where it is."""
        if held_id not in self.held:
            is_known = held_id in self.notes or held_id in self.rejected
            return Fault("NOT_HELD" if is_known else "BATCH_NOT_FOUND")
        held = self.held[held_id]
        if approver == held.proposer:
            return Fault("SAME_PERSON")
        if held.policy is not None:
            after = put(self.lists, self.campaigns, held.policy)
            seen = seen_version == held.seen_version == self.policy_version
            return None if is_sound(*after) and seen else Fault("POLICY_MOVED")
        if held.override is not None:
            return self._why_not_override(held, seen_version)
        return self._why_not_batch(held, seen_version)

    # what is said of what is there

    def state_of(self, batch_id: str) -> str:
        """Return the state of a batch, as the protocol names it."""
        if batch_id in self.held:
            return "HELD"
        if batch_id in self.rejected:
            return "REJECTED"
        note = self.notes[batch_id]
        counting = {batch.batch_id for batch in standing(note.place.content.batches)}
        return "ACTIVE" if batch_id in counting else "REVERTED"

    def open_rows(self, batch_id: str) -> int:
        """Return how many rows of a batch in force nobody has mended or waived."""
        note = self.notes[batch_id]
        if note.is_waived:
            return 0
        mended = sum(
            other.coming.mends[1]
            for other_id, other in self.notes.items()
            if other.coming.mends[0] == batch_id and self.state_of(other_id) == "ACTIVE"
        )
        return max(0, note.coming.rejected - mended)

    def at_hand(self, batch_id: str) -> Counts:
        """Return what a batch that waits would make of its list by now."""
        coming = self.held[batch_id].batch
        assert coming is not None
        return self._by_now(coming).counts

    # what comes of it

    def accept(self, coming: Coming, version: int, at_us: int) -> None:
        """Take a batch into its list."""
        place = self.places[coming.list]
        batch = replace(coming.batch, at_us=at_us)
        place.content = place.content.with_batch(batch)
        place.version = self.version = version
        self.notes[batch.batch_id] = Note(replace(coming, batch=batch), place, version)

    def put_to_wait(self, held_id: str, held: Held) -> None:
        """Keep what waits."""
        self.held[held_id] = held
        self.version = held.version

    def settle(self, held_id: str, version: int) -> Held:
        """Return what waits no more."""
        self.version = version
        return self.held.pop(held_id)

    def apply(self, change: Definitions, version: int) -> None:
        """Put definitions in force; a list that goes takes all that it held with it."""
        lists, campaigns = put(self.lists, self.campaigns, change)
        for name in self.lists.keys() - lists.keys():
            del self.places[name]
            self.overrides.pop(name, None)
        for name in lists.keys() - self.lists.keys():
            content = Content(lists[name].kind)
            self.places[name] = Place(name, version, content, version)
        self.lists, self.campaigns = lists, campaigns
        self.version = self.policy_version = version

    def override(self, name: str, until_us: int, version: int) -> None:
        """Let a list through until an instant; 0 ends that."""
        self.overrides.pop(name, None)
        if until_us:
            self.overrides[name] = until_us
        self.version = version

    # how it is found out

    def _weigh(self, batch: Batch, name: str, *, must_hold: bool) -> Coming:
        definition, before = self.lists[name], self.places[name].content
        after = before.with_batch(replace(batch, at_us=batch.at_us or _now_us()))
        # what is hidden behind a list counts as its own, so that no count tells of it
        hidden = {pair for part in self.view.parts(name)[1:] for pair in part.content.pairs}
        told = counts(
            definition.kind, before.pairs | hidden, after.pairs | hidden, _now_us(), batch
        )
        limit = definition.release_limit
        if limit is None:
            limit = 0 if definition.kind.is_own else max(1_000, len(before.numbers) // 10)
        opens = told.released > limit
        return Coming(batch, name, told, opens, opens and must_hold)

    def _can_mend(self, upload: Upload) -> bool:
        note = self.notes.get(upload.mends)
        if note is None or self.places.get(note.place.name) is not note.place:
            return False
        return self._shown(note.place.name) == self._shown(upload.list)

    def _shown(self, name: str) -> str:
        definition = self.lists[name]
        return definition.shown_as if definition.confidential else name

    def _base(self, upload: Upload, content: Content) -> str | Fault:
        """Return the batch that a change builds on, which is the newest; "" for what builds on none."""
        if upload.mode is not Mode.CHANGE:
            return ""
        if upload.base and upload.base not in (*self.notes, *self.held, *self.rejected):
            return Fault("BATCH_NOT_FOUND")
        newest = newest_load(content.batches)
        by_date = self.clock.published_us(upload.base_days)
        if newest is not None:
            is_base = newest.published_us == by_date if by_date else newest.batch_id == upload.base
            if is_base:
                return newest.batch_id
        return Fault("BASE_OUT_OF_ORDER")

    def _is_older(self, upload: Upload, definition: ListDefinition, content: Content) -> bool:
        if not upload.published_days or upload.mode not in (Mode.REPLACE, Mode.CHANGE):
            return False
        if definition.kind.is_own or not definition.kind.blocks:
            return False
        published_us = self.clock.published_us(upload.published_days)
        return content.is_newer_anywhere(upload.coverage, published_us)

    def _taker(self, campaign: str) -> str | None:
        """Return the list that opt-outs of a campaign go to."""
        named = self.campaigns[campaign].opt_out if campaign else ""
        takers = [
            name
            for name in self.view.block(campaign)
            if named in ("", name) and self.lists[name].kind.is_own and not self.lists[name].shadow
        ]
        return takers[0] if len(takers) == 1 else None

    def _why_not_batch(self, held: Held, seen_version: int) -> Fault | None:
        coming = held.batch
        assert coming is not None
        place = self.places.get(coming.list)
        if place is None:
            return Fault("LIST_NOT_FOUND")
        if place.created_version > held.version:
            return Fault("LIST_RECREATED")
        if coming.batch.mode is Mode.CHANGE:
            newest = newest_load(place.content.batches)
            if newest is None or newest.batch_id != coming.base:
                return Fault("BASE_OUT_OF_ORDER")
        if self._asked_since(coming.batch, place, held.version):
            return Fault("ASKED_SINCE")
        seen = seen_version == held.seen_version == place.version
        released = self._by_now(coming).counts.released
        return None if seen and released <= held.seen_released else Fault("LIST_MOVED")

    def _by_now(self, coming: Coming) -> Coming:
        """Return what a batch that waits would make of its list by now."""
        return self._weigh(replace(coming.batch, at_us=0), coming.list, must_hold=True)

    def _asked_since(self, batch: Batch, place: Place, held_version: int) -> bool:
        """Tell whether a removal would end what came after it was proposed."""
        if batch.mode is not Mode.REMOVE and not batch.everything:
            return False
        later = [
            other
            for other in standing(place.content.batches)
            if self.notes[other.batch_id].version > held_version and other.mode is not Mode.REMOVE
        ]
        came = {number for other in later for number in other.named}
        return bool(came & batch.named if batch.mode is Mode.REMOVE else came - batch.named)

    def _why_not_override(self, held: Held, seen_version: int) -> Fault | None:
        assert held.override is not None
        place = self.places.get(held.override[0])
        if place is None or place.created_version > held.version:
            return Fault("LIST_RECREATED")
        return None if seen_version == held.seen_version else Fault("LIST_MOVED")


def _batch(upload: Upload, batch_id: str, reading: Reading, clock: Clock) -> Batch:
    return Batch(
        batch_id,
        upload.mode,
        reading.rows,
        reading.ended,
        at_us=_now_us(),
        published_us=clock.published_us(upload.published_days),
        asked_us=clock.at(upload.asked_hours) if upload.asked_hours else 0,
        coverage=upload.coverage,
        everything=upload.everything,
    )


def _is_mostly_foreign(batch: Batch, definition: ListDefinition) -> bool:
    if not definition.countries:
        return False
    foreign = [n for n in batch.named if inspect(n).country not in ("", *definition.countries)]
    return len(foreign) * 2 > len(batch.named)


def _now_us() -> int:
    return time.time_ns() // 1000
