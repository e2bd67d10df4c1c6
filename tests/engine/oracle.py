"""The verdict rules once more in plain Python: lists as dictionaries, coverage as what was loaded.

The model is written from the contract and shares nothing with the engine but its vocabulary.
"""

from dataclasses import dataclass

from dncd_engine.model import ListDefinition, ListKind
from dncd_engine.numbers import Reject
from dncd_engine.strata import Stratum
from dncd_engine.verdict import Action, Code, Decision, Reason
from engine.worlds import BLOCKING, DAY_US, OWN, Load, Sample, World

_ACTIONS = {
    Code.NODE_BEHIND: Action.RETRY,
    Code.NUMBER_INVALID: Action.MEND,
    Code.NEVER_DIAL: Action.DROP,
    Code.COUNTRY_NOT_DIALLED: Action.MEND,
    Code.NO_POLICY: Action.RETRY,
    Code.LISTED: Action.DROP,
    Code.NOT_CLEARED: Action.RETRY,
    Code.LIST_EMPTY: Action.RETRY,
    Code.LIST_STALE: Action.RETRY,
    Code.OUT_OF_COVERAGE: Action.RETRY,
}


@dataclass(frozen=True)
class Expected:
    """What the model says."""

    decision: Decision
    action: Action
    reasons: tuple[Reason, ...]
    shadow_hits: tuple[str, ...] = ()


def shown(world: World) -> World:
    """Return the world that everybody sees: what is confidential is of the list that it is shown as."""
    names = {n: d.shown_as if d.confidential else n for n, d in world.lists.items()}
    return World(
        world.region,
        {name: item for name, item in world.lists.items() if not item.confidential},
        world.campaigns,
        tuple((names[name], load) for name, load in world.loads),
        world.overrides,
    )


def client(name: str) -> str:
    """Return whose a name is."""
    return name.split("/")[0] if "/" in name else ""


def blocking_lists(world: World, campaign: str) -> list[str]:
    """Contract 1: `block`, or every own list that the campaign may use less `except`."""
    if campaign not in world.campaigns:
        return sorted(name for name, item in world.lists.items() if item.kind in BLOCKING)
    definition = world.campaigns[campaign]
    if definition.block:
        return list(definition.block)
    usable = [name for name in sorted(world.lists) if client(name) in ("", client(campaign))]
    return [n for n in usable if world.lists[n].kind in OWN and n not in definition.excluded]


def strata_of(world: World, name: str, number: int) -> set[Stratum]:
    """Return what a number's entries on a list are: on one that opens, the last load's alone."""
    strata: set[Stratum] = set()
    for of, load in world.loads:
        if of == name and number in load.numbers:
            strata = {load.stratum} | (strata if world.lists[name].kind in BLOCKING else set())
    return strata


def active(world: World, name: str, number: int, purpose: str, at_us: int) -> list[Stratum]:
    """Return the entries of a number that count for a purpose at an instant."""
    found = []
    for stratum in strata_of(world, name, number):
        in_time = stratum.effective_us <= at_us and not 0 < stratum.expires_us <= at_us
        meant = not stratum.purposes or purpose in stratum.purposes
        if not purpose and world.lists[name].kind in BLOCKING:
            meant = True
        if in_time and meant:
            found.append(stratum)
    return found


def _speaks(item: ListDefinition, sample: Sample) -> bool:
    if item.prefixes:
        return any(str(sample.number).startswith(prefix) for prefix in item.prefixes)
    return not item.countries or not sample.country or sample.country in item.countries


def _too_old(item: ListDefinition, published_us: int, at_us: int) -> str | None:
    max_age_us = item.max_age_seconds * 1_000_000
    if item.kind is ListKind.REGISTRY and not max_age_us:
        max_age_us = 31 * DAY_US
    if not max_age_us:
        return None
    if not published_us:
        return "undated"
    return "" if at_us - published_us >= max_age_us else None


def _doubt(
    world: World, name: str, sample: Sample, purpose: str, at_us: int
) -> tuple[Code, str] | None:
    """Contract 2, rule 7: why a verdict about a number may not rest on a list."""
    item = world.lists[name]
    if not _speaks(item, sample):
        return None
    loads = [load for list_name, load in world.loads if list_name == name]
    if not loads:
        return None if item.starts_empty else (Code.LIST_EMPTY, "never_loaded")
    if item.kind is ListKind.CLEARANCE:
        dates = [
            stratum.published_us for stratum in active(world, name, sample.number, purpose, at_us)
        ]
    elif item.kind is ListKind.REGISTRY:
        dates = _covering(loads, str(sample.number))
        if not dates:
            return Code.OUT_OF_COVERAGE, ""
    else:
        return None
    old = _too_old(item, max(dates), at_us) if dates else None
    return None if old is None else (Code.LIST_STALE, old)


def _covering(loads: list[Load], digits: str) -> list[int]:
    # after the first, a load that says nothing of dates changes none
    saying = [load for at, load in enumerate(loads) if not at or load.coverage or load.published_us]
    return [
        load.published_us
        for load in saying
        if not load.coverage or any(digits.startswith(prefix) for prefix in load.coverage)
    ]


def expected(
    world: World, campaign: str, sample: Sample, at_us: int, behind: bool = False
) -> Expected:
    """Return what the contract says of a number."""
    world = shown(world)
    reasons = [Reason(Code.NODE_BEHIND)] if behind else []
    if sample.reject is Reject.SPECIAL_NUMBER or sample.never_dial:
        reasons.append(Reason(Code.NEVER_DIAL))
    elif sample.reject is not None:
        reasons.append(Reason(Code.NUMBER_INVALID, detail=sample.reject.value))
    if sample.reject is None and campaign in world.campaigns:
        dialled = world.campaigns[campaign].countries or (world.region,)
        if sample.country not in dialled:
            reasons.append(Reason(Code.COUNTRY_NOT_DIALLED, detail=sample.country))
    required = world.campaigns[campaign].require if campaign in world.campaigns else ()
    names = blocking_lists(world, campaign)
    in_force = [name for name in names if not world.lists[name].shadow]
    if not in_force and not required:
        reasons.append(Reason(Code.NO_POLICY))
    extra: list[Reason] = []
    hits: list[str] = []
    if sample.reject is None:
        hits, blocked, extra = _of_lists(world, campaign, sample, at_us)
        reasons += blocked
    if reasons:
        action = _ACTIONS[reasons[0].code]
        return Expected(Decision.BLOCK, action, tuple(reasons), tuple(hits))
    return Expected(Decision.ALLOW, Action.DIAL, tuple(extra), tuple(hits))


def _of_lists(
    world: World, campaign: str, sample: Sample, at_us: int
) -> tuple[list[str], list[Reason], list[Reason]]:
    """Return the shadow's hits, the reasons of rules 5 to 7, and what rule 8 may say."""
    definition = world.campaigns.get(campaign)
    purpose = definition.purpose if definition else ""
    lifts = definition.lift if definition else ()
    required = definition.require if definition else ()
    hits, blocked, extra = [], [], []
    told_of: set[str] = set()
    names = blocking_lists(world, campaign)
    for name in names:
        item = world.lists[name]
        if not active(world, name, sample.number, purpose, at_us):
            continue
        by = [
            lift.list
            for lift in lifts
            if lift.over == name and active(world, lift.list, sample.number, purpose, at_us)
        ]
        if by and not item.shadow:
            extra.append(Reason(Code.LIFTED, name, item.kind))
            extra += [
                Reason(Code.LIFTED, other, world.lists[other].kind)
                for other in by
                if other not in told_of
            ]
            told_of |= set(by)
        elif not by and item.shadow:
            hits.append(name)
        elif not by:
            blocked.append(Reason(Code.LISTED, name, item.kind))
    for name in required:
        on_it = active(world, name, sample.number, purpose, at_us)
        if _speaks(world.lists[name], sample) and not on_it:
            blocked.append(Reason(Code.NOT_CLEARED, name, world.lists[name].kind))
    for name in (*(name for name in names if not world.lists[name].shadow), *required):
        doubt = _doubt(world, name, sample, purpose, at_us)
        if (
            doubt is not None
            and doubt[0] is Code.LIST_STALE
            and world.overrides.get(name, 0) > at_us
        ):
            detail = OVERRIDE_TEXTS[world.overrides[name]]
            extra.append(Reason(Code.STALE_ALLOWED, name, world.lists[name].kind, detail))
        elif doubt is not None:
            blocked.append(Reason(doubt[0], name, world.lists[name].kind, doubt[1]))
    return hits, blocked, extra


OVERRIDE_TEXTS = {
    20_000 * DAY_US: "2024-10-04T00:00:00Z",
    20_002 * DAY_US + 999_999: "2024-10-06T00:00:00Z",
    20_030 * DAY_US + 1_000_000: "2024-11-03T00:00:01Z",
}
"""The ends of overrides that the random ledgers know, as a reason says them."""
