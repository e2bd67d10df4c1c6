"""Random ledgers whose policy is sound."""

from dataclasses import replace

from hypothesis import strategies as st

from dncd_engine.model import CampaignDefinition, Lift, ListDefinition, ListKind
from dncd_engine.strata import PLAIN, Stratum
from engine.oracle import OVERRIDE_TEXTS, client
from engine.worlds import DAY_US, NOON, OWN, PURPOSES, READABLE, SAMPLES, Load, World

LIST_NAMES = ("a", "b", "e", "q", "r", "acme/a", "acme/e", "acme/q", "acme/r", "beta/a")
COUNTRIES = ("JP", "US", "GB", "CA")
PREFIXES = ("81", "8145", "81450000000", "1", "1202", "1202555", "44", "9")
PUBLISHED = (0, NOON - 40 * DAY_US, NOON - 31 * DAY_US, NOON - 10 * DAY_US, NOON)

instants = st.sampled_from([NOON, NOON + 1, NOON - 1, NOON + DAY_US, NOON + 31 * DAY_US]) | (
    st.integers(NOON - 50 * DAY_US, NOON + 50 * DAY_US)
)
samples = st.sampled_from(SAMPLES)
purposes = st.lists(st.sampled_from(PURPOSES), unique=True, max_size=2).map(sorted).map(tuple)
strata = st.just(PLAIN) | st.builds(
    Stratum,
    st.sampled_from([0, 0, NOON, NOON + 1, NOON + 3 * DAY_US]),
    st.sampled_from([0, 0, 1, NOON, NOON + 1, NOON + 5 * DAY_US]),
    purposes,
    st.sampled_from(PUBLISHED),
)
some_countries = st.lists(st.sampled_from(COUNTRIES), unique=True, max_size=3).map(tuple)
some_prefixes = st.lists(st.sampled_from(PREFIXES), unique=True, max_size=3).map(tuple)
loads = st.builds(
    Load,
    st.frozensets(st.sampled_from(READABLE)),
    some_prefixes,
    st.sampled_from(PUBLISHED),
    strata,
)


@st.composite
def definitions(draw: st.DrawFn, kinds: tuple[ListKind, ...] = tuple(ListKind)) -> ListDefinition:
    """Draw a list that is not confidential."""
    kind = draw(st.sampled_from((*kinds, *(kind for kind in kinds if kind.blocks))))
    return ListDefinition(
        kind,
        countries=draw(some_countries),
        prefixes=draw(st.just(()) | some_prefixes),
        max_age_seconds=draw(st.sampled_from([0, 0, 86_400, 40 * 86_400])) if kind.has_age else 0,
        starts_empty=kind.is_own and draw(st.booleans()),
        shadow=kind.blocks and draw(st.sampled_from([False, False, False, True])),
    )


@st.composite
def _subset(draw: st.DrawFn, names: list[str], max_size: int = 4) -> tuple[str, ...]:
    if not names:
        return ()
    return tuple(draw(st.lists(st.sampled_from(names), unique=True, max_size=max_size)))


@st.composite
def campaigns(
    draw: st.DrawFn, lists: dict[str, ListDefinition], usable: list[str]
) -> CampaignDefinition:
    """Draw a campaign that names, each in its place, lists out of those that it is given."""
    blocking = [name for name in usable if lists[name].kind.blocks]
    block = draw(st.just(()) | _subset(blocking, 5))
    registries = [name for name in block if lists[name].kind is ListKind.REGISTRY]
    exemptions = [name for name in usable if lists[name].kind is ListKind.EXEMPTION]
    pairs = [Lift(exemption, over) for exemption in exemptions for over in registries]
    lift = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=4)) if pairs else []
    return CampaignDefinition(
        purpose=draw(st.sampled_from(["", *PURPOSES])),
        countries=draw(some_countries),
        block=block,
        excluded=() if block else draw(_subset(blocking)),
        lift=tuple(lift),
        require=draw(_subset([name for name in usable if lists[name].kind.can_be_required], 2)),
    )


def confidential(kind: ListKind, shown_as: str) -> ListDefinition:
    """Return a list that is shown as another."""
    return ListDefinition(
        kind,
        confidential=True,
        shown_as=shown_as,
        confidential_ground="法令による照会",
        confidential_review="2030-01-31",
    )


def can_be_shown_as(lists: dict[str, ListDefinition]) -> list[str]:
    """Return the lists that a confidential one may name."""
    kind = ListKind.DO_NOT_CONTACT
    return sorted(n for n, item in lists.items() if item.kind is kind and not item.shadow)


@st.composite
def hidden_lists(
    draw: st.DrawFn, lists: dict[str, ListDefinition], most: int = 2
) -> dict[str, ListDefinition]:
    """Draw confidential lists beside those that there are."""
    acted_as = can_be_shown_as(lists)
    drawn = draw(st.lists(st.sampled_from(acted_as), max_size=most)) if acted_as else []
    hidden = {}
    for at, shown_as in enumerate(drawn):
        owner = f"{client(shown_as)}/" if client(shown_as) else ""
        hidden[f"{owner}hidden-{at}"] = confidential(draw(st.sampled_from(OWN)), shown_as)
    return hidden


@st.composite
def contents(
    draw: st.DrawFn, lists: dict[str, ListDefinition], most: int = 8
) -> tuple[tuple[str, Load], ...]:
    """Draw what was loaded onto lists."""
    if not lists:
        return ()
    return tuple(draw(st.lists(st.tuples(st.sampled_from(sorted(lists)), loads), max_size=most)))


@st.composite
def worlds(
    draw: st.DrawFn,
    list_names: tuple[str, ...] = LIST_NAMES,
    campaign_names: tuple[str, ...] = ("default", "spring", "acme/spring", "beta/autumn"),
) -> World:
    """Draw a ledger whose policy is sound."""
    lists = draw(st.dictionaries(st.sampled_from(list_names), definitions()))
    named = draw(st.sets(st.sampled_from(campaign_names))) if campaign_names else set()
    drawn = {}
    for name in sorted(named):
        usable = sorted(n for n in lists if client(n) in ("", client(name)))
        drawn[name] = draw(campaigns(lists, usable))
    aged = [name for name, item in lists.items() if item.kind.has_age]
    ends = st.sampled_from(sorted(OVERRIDE_TEXTS))
    overrides = draw(st.dictionaries(st.sampled_from(aged), ends)) if aged else {}
    everything = lists | draw(hidden_lists(lists))
    region = draw(st.sampled_from(["JP", "US"]))
    return World(region, everything, drawn, draw(contents(everything)), overrides)


_BUSY = {
    "dnc": ListKind.DO_NOT_CONTACT,
    "ebr": ListKind.EXEMPTION,
    "ebr-2": ListKind.EXEMPTION,
    "opt-in": ListKind.CONSENT,
    "origin": ListKind.ORIGIN,
    "registry": ListKind.REGISTRY,
    "registry-2": ListKind.REGISTRY,
    "stopped": ListKind.SUSPENDED_USE,
    "washed": ListKind.CLEARANCE,
}
_many = st.sampled_from([READABLE[:4], READABLE[2:8], READABLE[:1], READABLE]).map(frozenset)


@st.composite
def busy_worlds(draw: st.DrawFn) -> World:
    """Draw a ledger in which one campaign, ``spring``, uses a list of every kind, nearly all of them loaded."""
    lists = {
        name: ListDefinition(
            kind,
            countries=draw(st.sampled_from([(), (), (), ("JP",), ("US", "CA")])),
            max_age_seconds=86_400 * draw(st.sampled_from([0, 35])) if kind.has_age else 0,
            shadow=kind.blocks and draw(st.sampled_from([False, False, False, True])),
        )
        for name, kind in _BUSY.items()
    }
    drawn = []
    for name in draw(st.permutations([*lists, "dnc", "ebr", "registry", "washed"])):
        published_us = draw(st.sampled_from([NOON - 34 * DAY_US, *PUBLISHED[2:]]))
        load = Load(draw(_many), draw(st.just(()) | some_prefixes), published_us, draw(strata))
        drawn.append((name, load))
    required = draw(_subset(["opt-in", "origin", "washed"], 2))
    campaign = CampaignDefinition(
        draw(st.sampled_from(["", *PURPOSES])),
        COUNTRIES,
        tuple(draw(st.permutations(["dnc", "registry", "registry-2", "stopped"]))),
        lift=draw(
            st.sampled_from(
                [
                    (Lift("ebr", "registry"), Lift("ebr-2", "registry-2")),
                    (Lift("ebr", "registry-2"), Lift("ebr", "registry")),
                    (Lift("ebr-2", "registry"), Lift("ebr", "registry")),
                ]
            )
        ),
        require=required,
    )
    if draw(st.booleans()):  # most that is on a list of refusals ends what could follow
        drawn = [item for item in drawn if item[0] not in ("dnc", "stopped")]
        lists |= {n: replace(lists[n], starts_empty=True) for n in ("dnc", "stopped")}
    ends = st.just(0) | st.sampled_from(sorted(OVERRIDE_TEXTS))
    let_through = {name: draw(ends) for name in ("registry", "registry-2", "washed")}
    overrides = {name: until_us for name, until_us in let_through.items() if until_us}
    hidden = draw(hidden_lists(lists, 1))
    extra = draw(contents(hidden, 2)) if hidden else ()
    return World("JP", lists | hidden, {"spring": campaign}, (*drawn, *extra), overrides)
