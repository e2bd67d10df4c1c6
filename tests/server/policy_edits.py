"""Ledgers drawn from a seed on which one thing often decides alone, and small edits of their policy."""

import dataclasses
from collections.abc import Sequence
from random import Random
from typing import TypeVar

from dncd.v1 import policy_pb2
from dncd_engine.model import CampaignDefinition, Lift, ListDefinition, ListKind, Policy
from dncd_engine.strata import PLAIN, Stratum
from dncd_server.codec import policy_to_message
from dncd_server.policy.opens import changed_fields
from engine.worlds import DAY_US, NOON, PURPOSES, READABLE, Load, World

CALLS = ("", "default", "spring")
INSTANTS = (NOON, NOON + 2 * DAY_US, NOON + 25 * DAY_US)
_T = TypeVar("_T")
_KIND_OF = {
    "a": ListKind.DO_NOT_CONTACT,
    "b": ListKind.SUSPENDED_USE,
    "r": ListKind.REGISTRY,
    "s": ListKind.REGISTRY,
    "e": ListKind.EXEMPTION,
    "q": ListKind.CONSENT,
    "w": ListKind.CLEARANCE,
}
_DIALLED = ("JP", "US", "GB", "CA")
_AGES = (0, DAY_US // 1_000_000, 12 * DAY_US // 1_000_000, 40 * DAY_US // 1_000_000)


def drawn_world(random: Random) -> World:
    """Return a ledger whose lists hold few numbers, are mostly loaded and mostly fresh."""
    names = [name for name in _KIND_OF if random.random() < (0.7 if name in "re" else 0.4)]
    lists = {name: drawn_list(random, name) for name in names}
    called = [name for name in CALLS[1:] if random.random() < 0.6]
    campaigns = {name: drawn_campaign(random, lists) for name in called}
    loads = [(name, drawn_load(random, lists[name])) for name in names if random.random() < 0.65]
    if "a" in lists and not lists["a"].shadow and random.random() < 0.2:
        lists["hidden"] = dataclasses.replace(
            lists["a"],
            confidential=True,
            shown_as="a",
            confidential_ground="g",
            confidential_review="2030-01-31",
        )
        loads.append(("hidden", drawn_load(random, lists["hidden"])))
    return World("JP", lists, campaigns, tuple(loads))


def drawn_list(random: Random, name: str) -> ListDefinition:
    """Return a list's definition, most of its fields as they are by default."""
    kind = _KIND_OF[name]
    return ListDefinition(
        kind,
        title=random.choice(["", "t"]),
        layout=random.choice(["", "csv"]),
        countries=_seldom(random, _some(random, _DIALLED), ()),
        prefixes=_seldom(random, _some(random, ("81", "8145", "1", "1202", "44")), ()),
        max_age_seconds=random.choice(_AGES) if kind.has_age else 0,
        tz=random.choice(["", "UTC"]),
        starts_empty=kind.is_own and random.random() < 0.5,
        contact=random.choice(["", "c"]),
        shadow=kind.blocks and random.random() < 0.3,
        growth_limit=random.choice([0, 5]),
        release_limit=random.choice([None, 0, 5]),
    )


def drawn_campaign(
    random: Random, lists: dict[str, ListDefinition], block: tuple[str, ...] = ()
) -> CampaignDefinition:
    """Return a campaign's definition out of the lists that there are, blocked by some if those are not given."""
    seen = [name for name, item in lists.items() if not item.confidential]
    blocking = [name for name in seen if lists[name].kind.blocks]
    block = block or (_some(random, blocking) if random.random() < 0.7 else ())
    registries = [name for name in block if _KIND_OF[name] is ListKind.REGISTRY]
    pairs = [Lift("e", name) for name in registries if "e" in lists]
    required = [name for name in seen if lists[name].kind.can_be_required]
    return CampaignDefinition(
        purpose=random.choice(["", *PURPOSES]),
        countries=random.choice([_DIALLED, _DIALLED, _some(random, _DIALLED)]),
        block=block,
        excluded=() if block else _seldom(random, _some(random, blocking), ()),
        lift=random.choice([(), _some(random, pairs)]),
        require=_seldom(random, _some(random, required), ()),
        title=random.choice(["", "t"]),
    )


def drawn_load(random: Random, item: ListDefinition) -> Load:
    """Return what a list holds: few numbers where it blocks, many where it opens."""
    share = 0.3 if item.kind.blocks else 0.7
    numbers = frozenset(number for number in READABLE if random.random() < share)
    published_us = random.choice([NOON, NOON - 10 * DAY_US, 0])
    purposes = _seldom(random, (random.choice(PURPOSES),), ())
    stratum = Stratum(purposes=purposes, published_us=published_us) if item.kind.opens else PLAIN
    if item.kind.blocks and purposes:
        stratum = Stratum(purposes=purposes)
    return Load(numbers, _seldom(random, ("81", "1"), ()), published_us, stratum)


def drawn_request(random: Random, policy: Policy) -> policy_pb2.ApplyPolicyRequest:
    """Return a request that edits a policy in one or two places; it need not be sound."""
    lists, campaigns = dict(policy.lists), dict(policy.campaigns)
    for _ in range(random.choice([1, 1, 2])):
        random.choice([_edit_list, _edit_campaign, _edit_campaign, _come, _go])(
            random, lists, campaigns
        )
    put = Policy(
        lists={n: item for n, item in lists.items() if policy.lists.get(n) != item},
        campaigns={n: item for n, item in campaigns.items() if policy.campaigns.get(n) != item},
    )
    return policy_pb2.ApplyPolicyRequest(
        policy=policy_to_message(put),
        delete_lists=sorted(policy.lists.keys() - lists.keys()),
        delete_campaigns=sorted(policy.campaigns.keys() - campaigns.keys()),
    )


def _edit_list(
    random: Random, lists: dict[str, ListDefinition], campaigns: dict[str, CampaignDefinition]
) -> None:
    names = [name for name in lists if name in _KIND_OF]
    if names:
        name = random.choice(names)
        lists[name] = _edited(random, lists[name], drawn_list(random, name))


def _edit_campaign(
    random: Random, lists: dict[str, ListDefinition], campaigns: dict[str, CampaignDefinition]
) -> None:
    if campaigns:
        name = random.choice(list(campaigns))
        block = random.choice([(), campaigns[name].block])
        campaigns[name] = _edited(random, campaigns[name], drawn_campaign(random, lists, block))


def _edited(random: Random, old: _T, drawn: _T) -> _T:
    """Return a definition with one field of another: taken over, or of several names some more or one fewer."""
    differing = changed_fields(old, drawn)
    if not differing:
        return old
    field = random.choice(differing)
    was, new = getattr(old, field), getattr(drawn, field)
    if isinstance(was, tuple):
        new = random.choice([new, (*was, *(item for item in new if item not in was)), was[1:]])
    edited: _T = dataclasses.replace(old, **{field: new})  # type: ignore[type-var]
    return edited


def _come(
    random: Random, lists: dict[str, ListDefinition], campaigns: dict[str, CampaignDefinition]
) -> None:
    if random.random() < 0.6:
        name = random.choice(list(_KIND_OF))
        lists.setdefault(name, drawn_list(random, name))
    else:
        campaigns.setdefault(random.choice(CALLS[1:]), drawn_campaign(random, lists))


def _go(
    random: Random, lists: dict[str, ListDefinition], campaigns: dict[str, CampaignDefinition]
) -> None:
    names = [*lists, *campaigns]
    if names:
        name = random.choice(names)
        lists.pop(name, None)
        campaigns.pop(name, None)


def _some(random: Random, items: Sequence[_T]) -> tuple[_T, ...]:
    return tuple(random.sample(items, random.randint(min(1, len(items)), len(items))))


def _seldom(random: Random, value: _T, else_: _T) -> _T:
    return value if random.random() < 0.25 else else_
