"""A ledger is followed to the state that it implies, over any changes and any number of pages."""

from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dncd.v1 import ledger_pb2
from dncd_engine.state import State
from dncd_engine.strata import PLAIN
from dncd_server import checkpoint
from dncd_server.ledger.follower import EVENTS_A_PAGE
from dncd_server.ledger.records import NewEvent
from server.building import (
    FIRST_NUMBER,
    Office,
    a_campaign,
    a_list,
    held_by,
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
                [number for number, _ in held_by(item.entries)],
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
    for coverage in ((), ("8145",), ("8145", "1203"))
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
                told = list(coverage or ("",))
                if fresh and not coverage and not published:
                    told = []  # what says nothing of dates, after the first, makes nothing newer
                elif fresh and len(numbers) * 2 < len(held):
                    # a mere part of the publication speaks only of what nothing covered before
                    told = [prefix for prefix in coverage if not {"", prefix} & fresh.keys()]
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

            assert item.entries.count == 600
            assert all(item.entries.strata_of(number) == (PLAIN,) for number in spread)

    run(scene())
