"""The daemon's index, one made of its ledger alone, and the book: whatever is done, all three say the same."""

import os
import shutil
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from structlog.testing import capture_logs

from dncd_engine.history import Mode
from dncd_server.actors import Actor
from model import drawing as draw
from model.clerk import SPELLINGS, Clerk
from model.entries import newest_load
from model.files import DAY_US, Upload
from model.policies import Definitions, named_by

EXAMPLES = int(os.environ.get("DNCD_MODEL_EXAMPLES", "0"))
"""How many ledgers a long hunt tries, each another time others; 0 for the short one, which tries the same each time."""

IN_MEMORY = Path("/dev/shm")  # noqa: S108 # a disk would be waited for after each change, and no crash is looked at here
stems = st.sampled_from(sorted(draw.KINDS))
campaign_stems = st.sampled_from(draw.CAMPAIGNS)
picks = st.integers(0, 12)
few = st.integers(0, 2)
ageing = st.sampled_from(["ftc", "states", "washed", "ftc", "states", "leads"])
said = st.lists(
    st.sampled_from((*draw.NUMBERS, draw.NO_NUMBER)), min_size=1, max_size=3, unique=True
)
bases = st.sampled_from(["newest", "newest", "newest", "date", "older", "nobody"])


class _Ledgers(RuleBasedStateMachine):
    """One ledger, done to as people and programs do."""

    clerk: Clerk

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(
            mkdtemp(prefix="dncd-model-", dir=IN_MEMORY if IN_MEMORY.is_dir() else None)
        )

    @initialize(
        owner=st.sampled_from(["", "acme"]),
        always=st.booleans(),
        lists=st.fixed_dictionaries(dict.fromkeys(sorted(draw.KINDS), draw.list_fields)),
        absent=st.sets(stems, max_size=2),
        campaigns=st.fixed_dictionaries(dict.fromkeys(draw.CAMPAIGNS, draw.campaign_fields)),
        missing=st.sets(campaign_stems, max_size=1),
        first=st.fixed_dictionaries(dict.fromkeys(sorted(draw.KINDS), draw.first_loads)),
        unloaded=st.sets(stems, max_size=3),
    )
    def begin(
        self,
        owner: str,
        always: bool,
        lists: dict[str, dict[str, object]],
        absent: set[str],
        campaigns: dict[str, dict[str, object]],
        missing: set[str],
        first: dict[str, Upload],
        unloaded: set[str],
    ) -> None:
        clerk = self.clerk = Clerk(self.folder, owner, always_two_persons=always)
        lists["refusals"]["shadow"] = False  # as what something may be hidden behind
        made = {
            draw.list_name(stem, owner): draw.definition(stem, fields, owner)
            for stem, fields in lists.items()
            if stem not in absent - {"refusals"}
        }
        named = {
            name: draw.campaign(name, fields, made, {}, owner)
            for stem, fields in campaigns.items()
            if stem not in missing and (name := draw.campaign_name(stem, owner))
        }
        clerk.change_policy(Definitions(made, named), draw.ANN)
        for held_id in list(clerk.book.held):
            clerk.approve(held_id, draw.BEN, has_looked=True)
        for stem in sorted(first.keys() - unloaded - absent):
            load = self._fitted(replace(first[stem], list=stem), False, False)
            clerk.upload(load, draw.ANN)

    @rule(drawn=draw.drawn_uploads, stays=st.booleans(), mends=st.booleans(), actor=draw.actors)
    def upload(self, drawn: Upload, stays: bool, mends: bool, actor: Actor) -> None:
        self.clerk.upload(self._fitted(drawn, stays, mends), actor)

    @rule(drawn=draw.drawn_uploads, stays=st.booleans(), actor=draw.actors)
    def replace_series(self, drawn: Upload, stays: bool, actor: Actor) -> None:
        self.clerk.upload(self._fitted(replace(drawn, mode=Mode.REPLACE), stays, False), actor)

    @rule(drawn=draw.drawn_uploads, base=bases, actor=draw.actors)
    def change_series(self, drawn: Upload, base: str, actor: Actor) -> None:
        upload = self._fitted(replace(drawn, mode=Mode.CHANGE), True, False)
        self.clerk.upload(self._based(upload, base), actor)

    @rule(stem=campaign_stems | st.just(""), numbers=said, actor=draw.actors)
    def opt_out(self, stem: str, numbers: list[int], actor: Actor) -> None:
        self.clerk.opt_out(self._campaign(stem), tuple(numbers), actor)

    @rule(drawn=draw.drawn_uploads, stem=campaign_stems, numbers=said, actor=draw.actors)
    def upload_while_one_opts_out(
        self, drawn: Upload, stem: str, numbers: list[int], actor: Actor
    ) -> None:
        upload = self._fitted(drawn, True, False)
        self.clerk.both(upload, self._campaign(stem), tuple(numbers), actor)

    @precondition(lambda self: self.clerk.sent)
    @rule(pick=picks, actor=draw.actors)
    def send_again(self, pick: int, actor: Actor) -> None:
        sent = list(self.clerk.sent)
        self.clerk.again(sent[-1 - pick % len(sent)], actor)

    @rule(pick=picks, actor=draw.actors)
    def revert(self, pick: int, actor: Actor) -> None:
        self.clerk.revert(self._known(pick), actor)

    @rule(pick=few, actor=draw.actors)
    def revert_one_of_the_last(self, pick: int, actor: Actor) -> None:
        self.clerk.revert(self._known(pick), actor)

    @precondition(lambda self: self.clerk.book.held)
    @rule(pick=few, actor=draw.actors)
    def approve(self, pick: int, actor: Actor) -> None:
        held = self._held(pick)
        if actor.name == self.clerk.book.held[held].proposer:
            actor = draw.BEN if actor.name != draw.BEN.name else draw.ANN
        self.clerk.approve(held, actor, has_looked=True)

    @rule(pick=picks, what=st.sampled_from(["approve", "approve unseen", "reject", "waive"]))
    def decide(self, pick: int, what: str) -> None:
        clerk, is_held = self.clerk, pick % 2 and self.clerk.book.held
        batch_id = self._held(pick) if is_held else self._known(pick)
        if what == "waive":
            clerk.waive(batch_id, draw.ANN)
        elif what == "reject":
            clerk.reject(batch_id, draw.ANN)
        else:
            clerk.approve(batch_id, draw.BEN, has_looked=what == "approve")

    @rule(stem=stems, fields=draw.list_fields, actor=draw.actors)
    def define_list(self, stem: str, fields: dict[str, object], actor: Actor) -> None:
        name = draw.list_name(stem, self.clerk.owner)
        made = draw.definition(stem, fields, self.clerk.owner)
        self.clerk.change_policy(Definitions({name: made}), actor)

    @rule(stem=campaign_stems, fields=draw.campaign_fields, actor=draw.actors)
    def define_campaign(self, stem: str, fields: dict[str, object], actor: Actor) -> None:
        book, owner, name = self.clerk.book, self.clerk.owner, self._campaign(stem)
        made = draw.campaign(name, fields, book.lists, book.campaigns, owner)
        self.clerk.change_policy(Definitions(campaigns={name: made}), actor)

    @rule(stem=stems | campaign_stems, is_clean=st.booleans(), actor=draw.actors)
    def delete(self, stem: str, is_clean: bool, actor: Actor) -> None:
        """Delete a campaign or a list; a list that could be deleted is made anew."""
        book, name = self.clerk.book, draw.list_name(stem, self.clerk.owner)
        if (campaign := self._campaign(stem)) in book.campaigns:
            deleted = Definitions(deleted_campaigns=frozenset({campaign}))
            self.clerk.change_policy(deleted, actor)
        elif (definition := book.lists.get(name)) is not None:
            users = {n for n, item in book.campaigns.items() if is_clean and name in named_by(item)}
            deleted = Definitions(
                deleted_lists=frozenset({name}), deleted_campaigns=frozenset(users)
            )
            self.clerk.change_policy(deleted, actor)
            if name not in book.lists:
                self.clerk.change_policy(Definitions({name: definition}), actor)

    @rule(stem=ageing, hours=st.sampled_from([0, 1, 30, 71, 100]), actor=draw.actors)
    def override(self, stem: str, hours: int, actor: Actor) -> None:
        self.clerk.override(draw.list_name(stem, self.clerk.owner), hours, actor)

    @precondition(lambda self: self.clerk.book.version % 4 == 0)
    @rule(checkpoint=st.sampled_from(["written before", "as it was", "gone"]))
    def restart(self, checkpoint: str) -> None:
        if checkpoint == "written before":
            self.clerk.office.write_checkpoint()
        elif checkpoint == "gone":
            (self.folder / "checkpoint").unlink(missing_ok=True)
        self.clerk.restart()

    @invariant()
    def all_three_say_the_same(self) -> None:
        self.clerk.check()

    def teardown(self) -> None:
        if hasattr(self, "clerk"):
            self.clerk.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _known(self, pick: int) -> str:
        """Return the id of a batch, or of one that nobody sent."""
        book = self.clerk.book
        known = [*book.rejected, *book.held, *book.notes]
        return known[-1 - pick % len(known)] if known else "nothing"

    def _held(self, pick: int) -> str:
        held = list(self.clerk.book.held)
        return held[-1 - pick % len(held)]

    def _campaign(self, stem: str) -> str:
        return stem and draw.campaign_name(stem, self.clerk.owner)

    def _fitted(self, drawn: Upload, stays: bool, mends: bool) -> Upload:
        """Return an upload that its list and its mode admit: of the list that was changed last, if it stays there."""
        book, owner = self.clerk.book, self.clerk.owner
        last = list(book.notes.values())[-1:]
        if stays and last:
            drawn = replace(drawn, list=last[0].place.name.rsplit("/", maxsplit=1)[-1])
        upload = self._based(draw.fitted(drawn, owner), "newest")
        place = book.places.get(upload.list)
        batches = place.content.batches if place else []
        broken = [batch.batch_id for batch in batches if book.notes[batch.batch_id].coming.rejected]
        if upload.mode is Mode.ADD and mends and broken:
            return replace(upload, mends=broken[-1], published_days=0, coverage=())
        return upload

    def _based(self, upload: Upload, base: str) -> Upload:
        """Return an upload with what it builds on, if it is a change of a series."""
        if upload.mode is not Mode.CHANGE:
            return upload
        book, days = self.clerk.book, 0
        place = book.places.get(upload.list)
        batches = place.content.batches if place else []
        newest = newest_load(batches)
        if base == "date" and newest is not None and newest.published_us:
            days = (newest.published_us - book.clock.base_us) // DAY_US
        known = newest.batch_id if newest and base in ("newest", "date") else "nobody"
        if base == "older" and batches:
            known = batches[0].batch_id
        return replace(upload, base="" if days else known, base_days=days)


def test_the_index_the_ledger_and_the_book_say_the_same() -> None:
    size = settings(max_examples=EXAMPLES or 60, stateful_step_count=40 if EXAMPLES else 25)
    with capture_logs() as logs:
        run_state_machine_as_test(
            _Ledgers,
            settings=settings(
                size,
                derandomize=not EXAMPLES,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    assert logs
    told = str(logs)
    assert not any(spelling in told for spelling in SPELLINGS)
