"""A ledger is followed to the state that it implies, and no further than it is whole."""

from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dncd.v1 import batch_pb2, ledger_pb2
from dncd_engine.state import State
from dncd_server import checkpoint
from dncd_server.errors import LedgerError, UnavailableError
from dncd_server.ledger.follower import EVENTS_A_PAGE
from dncd_server.ledger.records import NewBatch, NewEvent
from dncd_server.policies import PolicyDesk
from server.building import (
    FIRST_NUMBER,
    Office,
    a_campaign,
    a_list,
    numbers_from,
    office,
    plain,
    policy_request,
    run,
)

LISTS = ("acme/optout", "ftc")
REGISTRY = "ftc"
SEGMENT = 1 << 22
NUMBERS = st.sampled_from(
    [FIRST_NUMBER + segment * SEGMENT + low for segment in range(3) for low in range(5)]
)


@dataclass
class Model:
    """What a ledger implies, in plain Python."""

    lists: dict[str, tuple[str, set[int], dict[str, int], bool, int]] = field(default_factory=dict)
    campaigns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    version: int = 1

    def told(self) -> dict[str, object]:
        """Return what is compared."""
        return {
            "version": self.version,
            "lists": {
                name: (title, sorted(numbers), coverage, loaded, created)
                for name, (title, numbers, coverage, loaded, created) in self.lists.items()
            },
            "campaigns": {
                name: list(block) or [item for item in sorted(self.lists) if item != REGISTRY]
                for name, block in self.campaigns.items()
            },
        }


def told_by(state: State) -> dict[str, object]:
    return {
        "version": state.version,
        "lists": {
            name: (
                item.definition.title,
                [number for part in item.numbers.numbers() for number in part.tolist()],
                dict(item.coverage),
                item.loaded,
                item.created_version,
            )
            for name, item in state.lists.items()
        },
        "campaigns": {
            name: [probed.name for probed in item.lists] for name, item in state.campaigns.items()
        },
    }


ADDS = [
    st.tuples(
        st.just("add"),
        st.just(name),
        st.frozensets(NUMBERS, min_size=1, max_size=6),
        st.just(coverage),
        st.integers(0, 3) if name == REGISTRY else st.just(0),
    )
    for name in LISTS
    for coverage in ((), ("1202",), ("1202", "1203"))
    if name == REGISTRY or not coverage
]
DEFINE = st.tuples(st.just("define"), st.sampled_from(LISTS), st.sampled_from(["", "A", "B"]))
DROP = st.tuples(st.just("drop"), st.sampled_from(LISTS))
CAMPAIGN = st.tuples(
    st.just("campaign"),
    st.sampled_from(["acme/spring", "acme/fall"]),
    st.sampled_from([(), ("acme/optout",), ("ftc",)]),
)
CHECKPOINT = st.tuples(st.just("checkpoint"))
STEPS = st.lists(st.one_of(*ADDS, DEFINE, CAMPAIGN, DROP, CHECKPOINT), max_size=14)


async def take(it: Office, model: Model, step: tuple[object, ...], folder: Path) -> None:
    """Take one step on both, unless the model says that it cannot be taken."""
    match step:
        case ("add", str(name), frozenset(numbers), tuple(coverage), int(published)):
            if name in model.lists:
                head = await it.add(
                    name,
                    numbers,
                    f"b{model.version}",
                    coverage=coverage,
                    published_unix_us=published,
                )
                title, held, fresh, _, created = model.lists[name]
                # what says nothing of dates, after the first, makes nothing newer
                told = coverage or ([""] if published or not fresh else [])
                dates = fresh | {prefix: max(published, fresh.get(prefix, 0)) for prefix in told}
                everywhere = dates.get("", -1)
                kept = {prefix: at for prefix, at in dates.items() if not prefix or at > everywhere}
                model.lists[name] = (title, held | numbers, kept, True, created)
                model.version += 1
                assert head.version == model.version
        case ("define", str(name), str(title)):
            kind = "registry" if name == REGISTRY else "do_not_contact"
            applied = await it.apply(policy_request({name: a_list(kind, title=title)}))
            model.version += applied.is_in_force
            _, *rest = model.lists.get(name, ("", set(), {}, False, model.version))
            model.lists[name] = (title, *rest)  # type: ignore[assignment]
        case ("campaign", str(name), tuple(block)):
            if set(block) <= model.lists.keys():
                request = policy_request(campaigns={name: a_campaign(block=block)})
                model.version += (await it.apply(request)).is_in_force
                model.campaigns[name] = block
        case ("drop", str(name)):
            used = {used for block in model.campaigns.values() for used in block}
            if name in model.lists and name not in used:
                await it.apply(policy_request(delete_lists=[name]))
                del model.lists[name]
                model.version += 1
        case _:
            checkpoint.write(folder, await it.catch_up())


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
@given(STEPS)
def test_following_makes_the_state_that_the_changes_imply(steps: list[tuple[object, ...]]) -> None:
    """Step by step, from zero, and from a checkpoint: three ways to one state."""

    async def grow(folder: Path) -> State:
        model = Model()
        async with office(folder / "ledger") as it:
            for step in [*(("define", name, "") for name in LISTS), *steps]:
                await take(it, model, step, folder)
                assert told_by(await it.catch_up()) == model.told()
            return it.replica.state

    async def again(folder: Path, state: State | None) -> State:
        async with office(folder / "ledger", state) as it:
            return await it.catch_up()

    with TemporaryDirectory() as name:
        folder = Path(name)
        grown = run(grow(folder))

        async def restored() -> State | None:
            async with office(folder / "ledger") as it:
                return checkpoint.read(folder, it.store.event_hash)

        assert plain(run(again(folder, None))) == plain(grown)
        if any(step == ("checkpoint",) for step in steps):
            kept = run(restored())
            assert kept is not None
            assert plain(run(again(folder, kept))) == plain(grown)


def test_more_events_than_a_page_are_followed(tmp_path: Path) -> None:
    async def scene() -> None:
        path = tmp_path / "ledger"
        async with office(path) as it:
            for index in range(EVENTS_A_PAGE + 20):
                effect = ledger_pb2.PolicyEffect(
                    put=policy_request(answers={"a": str(index)}).policy
                )
                kind = ledger_pb2.EVENT_KIND_POLICY_APPLIED
                it.store.append(NewEvent(kind, effect.SerializeToString(), b""))
            state = await it.catch_up()

            assert state.version == EVENTS_A_PAGE + 21
            assert state.policy.answers == {"a": str(EVENTS_A_PAGE + 19)}

    run(scene())


def test_more_segments_than_a_page_are_followed(tmp_path: Path) -> None:
    async def scene() -> None:
        spread = [FIRST_NUMBER + index * SEGMENT for index in range(600)]
        async with office(tmp_path / "ledger") as it:
            await it.apply(policy_request({"house": a_list()}))
            await it.add("house", spread[::2], "b1")
            await it.add("house", spread, "b2")
            item = it.replica.state.lists["house"]

            assert item.numbers.count == 600
            assert all(item.numbers.contains(number) for number in spread)

    run(scene())


def test_a_list_whose_definition_changed_takes_batches(tmp_path: Path) -> None:
    async def scene() -> None:
        async with office(tmp_path / "ledger") as it:
            await it.apply(policy_request({"house": a_list()}))
            await it.add("house", numbers_from(0, 3), "b1")
            await it.apply(policy_request({"house": a_list(title="mine")}))
            await it.add("house", numbers_from(2, 3), "b2")

            assert it.replica.state.lists["house"].numbers.count == 5

    run(scene())


def test_a_list_that_was_made_again_is_empty_and_takes_batches(tmp_path: Path) -> None:
    async def scene() -> None:
        async with office(tmp_path / "ledger") as it:
            await it.apply(policy_request({"house": a_list()}))
            await it.add("house", numbers_from(0, 3), "b1")
            await it.apply(policy_request(delete_lists=["house"]))
            await it.apply(policy_request({"house": a_list()}))
            assert it.replica.state.lists["house"].numbers.count == 0
            assert it.replica.state.lists["house"].created_version == 5

            await it.add("house", numbers_from(2, 2), "b2")
            assert it.replica.state.lists["house"].numbers.count == 2

    run(scene())


def test_a_held_state_does_not_move(tmp_path: Path) -> None:
    """Whoever answers from a state keeps it whole while the follower goes on."""

    async def scene() -> None:
        async with office(tmp_path / "ledger") as it:
            await it.apply(policy_request({"house": a_list()}))
            await it.add("house", numbers_from(0, 3), "b1")
            held = it.replica.state
            before = plain(held)
            await it.add("house", numbers_from(1, 9), "b2")

            assert plain(held) == before
            assert it.replica.state.lists["house"].numbers.count == 10

    run(scene())


def test_a_batch_that_waits_is_noted(tmp_path: Path) -> None:
    async def scene() -> None:
        async with office(tmp_path / "ledger") as it:
            await it.apply(policy_request({"house": a_list()}))
            version = it.store.list_version("house")
            effect = ledger_pb2.BatchEffect(
                list="house", mode=batch_pb2.BATCH_MODE_ADD, strata=[ledger_pb2.Stratum()]
            ).SerializeToString()
            upload = it.store.stage("b1")
            batch = NewBatch(
                "b1", "house", version, batch_pb2.BATCH_STATE_ACTIVE, upload, bytes(32), 4, b""
            )
            kind = ledger_pb2.EVENT_KIND_BATCH_APPLIED
            await it.journal.append(NewEvent(kind, effect, b""), batch)

            assert it.batches.open_rejects() == {"house": 4}

    run(scene())


def test_what_a_deleted_list_left_open_waits_for_nobody(tmp_path: Path) -> None:
    async def leave_open(it: Office, batch_id: str, rejects: int) -> None:
        state = await it.catch_up()
        effect = ledger_pb2.BatchEffect(
            list="house", mode=batch_pb2.BATCH_MODE_ADD, strata=[ledger_pb2.Stratum()]
        ).SerializeToString()
        new = NewBatch(
            batch_id,
            "house",
            state.lists["house"].version,
            batch_pb2.BATCH_STATE_ACTIVE,
            it.store.stage(batch_id),
            bytes(32),
            rejects,
            b"",
        )
        await it.journal.append(NewEvent(ledger_pb2.EVENT_KIND_BATCH_APPLIED, effect, b""), new)

    async def scene() -> None:
        async with office(tmp_path / "ledger") as it:
            desk = PolicyDesk(it.journal)
            await it.apply(policy_request({"house": a_list()}))
            await leave_open(it, "b1", 4)
            state = await it.catch_up()
            newest = {"house": state.lists["house"].created_version}
            assert await desk.newest_batches(newest) == {"house": "b1"}

            await it.apply(policy_request(delete_lists=["house"]))
            assert it.batches.rows == []
            applied = await it.apply(policy_request({"house": a_list()}))
            assert it.batches.open_rejects() == {}
            created = {"house": applied.state.lists["house"].created_version}
            assert created == {"house": 5}
            assert await desk.newest_batches(created) == {}

            await leave_open(it, "b2", 1)
            assert it.batches.open_rejects() == {"house": 1}
            assert await desk.newest_batches(created) == {"house": "b2"}

        # and so it is for a node that begins anew
        async with office(tmp_path / "ledger") as it:
            await it.catch_up()
            assert [row.batch_id for row in it.batches.rows] == ["b2"]

    run(scene())


def test_nothing_is_answered_before_the_ledger_is_read(tmp_path: Path) -> None:
    async def scene() -> None:
        async with office(tmp_path / "ledger") as it:
            with pytest.raises(UnavailableError) as caught:
                _ = it.replica.state
            assert caught.value.reason == "STARTING"

            await it.catch_up()
            assert it.replica.state.version == 1

    run(scene())


@pytest.mark.parametrize("kind", [0, 4, 11, 99])
def test_a_kind_of_event_that_is_not_known_stops(tmp_path: Path, kind: int) -> None:
    async def scene() -> None:
        async with office(tmp_path / "ledger") as it:
            await it.catch_up()
            it.store.append(NewEvent(kind, b"", b""))
            with pytest.raises(LedgerError, match=f"version 2 is of kind {kind}, which needs a ne"):
                await it.catch_up()
            _is_unusable(it)

    run(scene())


def test_a_newer_ledger_format_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        async with office(tmp_path / "ledger") as it:
            await it.catch_up()
            monkeypatch.setattr("dncd_server.ledger.store.LEDGER_FORMAT", 2)
            kind = ledger_pb2.EVENT_KIND_POLICY_APPLIED
            it.store.append(NewEvent(kind, b"", b""))
            with pytest.raises(LedgerError, match="version 2 needs ledger format 2"):
                await it.catch_up()
            _is_unusable(it)

    run(scene())


@pytest.mark.parametrize(
    ("effect", "told"),
    [
        (b"\xff\xff", "the effect of version 3 cannot be read"),
        (
            ledger_pb2.BatchEffect(
                list="house", mode=batch_pb2.BATCH_MODE_REMOVE, strata=[ledger_pb2.Stratum()]
            ).SerializeToString(),
            "the batch of version 3 needs a newer dncd",
        ),
        (
            ledger_pb2.BatchEffect(
                list="house",
                mode=batch_pb2.BATCH_MODE_ADD,
                strata=[ledger_pb2.Stratum(expires_unix_us=1)],
            ).SerializeToString(),
            "the batch of version 3 needs a newer dncd",
        ),
        (
            ledger_pb2.BatchEffect(
                list="gone", mode=batch_pb2.BATCH_MODE_ADD, strata=[ledger_pb2.Stratum()]
            ).SerializeToString(),
            "version 3 changes a list that does not exist",
        ),
    ],
    ids=["unreadable", "other_mode", "other_stratum", "no_such_list"],
)
def test_a_batch_that_cannot_be_applied_stops(tmp_path: Path, effect: bytes, told: str) -> None:
    async def scene() -> None:
        async with office(tmp_path / "ledger") as it:
            await it.apply(policy_request({"house": a_list()}))
            batch = NewBatch("b1", "x", 0, batch_pb2.BATCH_STATE_ACTIVE, 7, bytes(32), 0, b"")
            it.store.append(NewEvent(ledger_pb2.EVENT_KIND_BATCH_APPLIED, effect, b""), batch)
            with pytest.raises(LedgerError, match=told):
                await it.catch_up()
            _is_unusable(it)

    run(scene())


def test_a_policy_that_is_half_understood_stops(tmp_path: Path) -> None:
    async def scene() -> None:
        async with office(tmp_path / "ledger") as it:
            await it.catch_up()
            put = policy_request({"house": a_list(shadow=True)}).policy
            effect = ledger_pb2.PolicyEffect(put=put).SerializeToString()
            it.store.append(NewEvent(ledger_pb2.EVENT_KIND_POLICY_APPLIED, effect, b""))
            told = r"the ledger's policy needs a newer dncd: lists\[\"house\"\].shadow"
            with pytest.raises(LedgerError, match=told):
                await it.catch_up()
            _is_unusable(it)

    run(scene())


def _is_unusable(it: Office) -> None:
    with pytest.raises(UnavailableError) as caught:
        _ = it.replica.state
    assert caught.value.reason == "LEDGER_UNUSABLE"
