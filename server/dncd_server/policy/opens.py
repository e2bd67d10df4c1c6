"""What a policy change opens: whether a number that was blocked may be dialled after it. When in doubt, it does.

A list is judged by its fields, a campaign by all that a call with its name rests on. A field without a rule opens, so
that a new one is never forgotten on the side that lets calls through.
"""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from dncd_engine.model import Lift, ListDefinition, Policy
from dncd_engine.names import DEFAULT_CAMPAIGN

LEAST_DEFAULT_RELEASE_LIMIT = 1_000
"""What the default limit of a list that is not one's own never falls below."""
ListRule = Callable[[ListDefinition, ListDefinition], bool]
"""Whether one field's way from a definition to the next opens."""


def _never(before: ListDefinition, after: ListDefinition) -> bool:
    return False


def _always(before: ListDefinition, after: ListDefinition) -> bool:
    return True


def _is_kept_longer(before: ListDefinition, after: ListDefinition) -> bool:
    endless = float("inf")
    longest = before.effective_max_age_seconds or endless
    return (after.effective_max_age_seconds or endless) > longest


def _speaks_of_less(before: ListDefinition, after: ListDefinition) -> bool:
    """Tell whether there may be numbers of which the list spoke and speaks no more."""
    if not after.prefixes and not after.countries:
        return False
    if before.prefixes and after.prefixes:
        return not all(prefix.startswith(after.prefixes) for prefix in before.prefixes)
    if before.prefixes or after.prefixes or not before.countries:
        return True
    return not set(before.countries) <= set(after.countries)


def _releases_more(before: ListDefinition, after: ListDefinition) -> bool:
    """Tell whether more numbers may be let go without another person: it opens nothing yet, but takes a guard away."""
    least = 0 if before.kind.is_own else LEAST_DEFAULT_RELEASE_LIMIT
    limit = least if before.release_limit is None else before.release_limit
    if after.release_limit is not None:
        return after.release_limit > limit
    # the default of a list that is not one's own grows with the list
    return not after.kind.is_own and before.release_limit is not None


LIST_RULES: Mapping[str, ListRule] = {
    "kind": _always,
    "title": _never,
    "layout": _never,
    "countries": _speaks_of_less,
    "prefixes": _speaks_of_less,
    "max_age_seconds": _is_kept_longer,
    "tz": _never,  # entries keep the instants that their dates became
    "starts_empty": lambda before, after: after.starts_empty,
    "contact": _never,
    "shadow": lambda before, after: after.shadow,
    # who decides what may be hidden, and behind what, is never one person
    "confidential": _always,
    "shown_as": _always,
    "confidential_ground": _never,
    "confidential_review": _never,
    "growth_limit": _never,  # it only marks
    "release_limit": _releases_more,
}
"""By field of a list's definition, whether a change of it opens."""


def list_opens(before: ListDefinition, after: ListDefinition) -> bool:
    """Tell whether a list's new definition may let a number through that its old one stopped."""
    changed = changed_fields(before, after)
    return any(LIST_RULES.get(field, _always)(before, after) for field in changed)


def changed_fields(before: object, after: object) -> list[str]:
    """Return the fields in which two definitions of one type differ, in order."""
    names = [field.name for field in dataclasses.fields(before)]  # type: ignore[arg-type]
    return [name for name in names if getattr(before, name) != getattr(after, name)]


@dataclass(frozen=True, slots=True)
class Footing:
    """All that a call with a campaign's name rests on.

    Attributes:
        blocked_by: The lists that block it; one in shadow mode blocks nothing.
        lifts: The exemptions, each over one registry.
        requires: The lists that a number must be on.
        purpose: Why it calls; "" is held to every entry and let through by none that is narrowed.
        countries: Those that it dials; None means that it is not held to any.
        text_region: How its texts are read.
    """

    blocked_by: frozenset[str]
    lifts: frozenset[Lift]
    requires: frozenset[str]
    purpose: str
    countries: frozenset[str] | None
    text_region: str


def footing_of(policy: Policy, campaign: str, region: str) -> Footing | None:
    """Return what a call with a campaign's name rests on, None where it is refused.

    A call without a campaign is one with the name ``default``. Before there is any list that blocks, it rests on
    nothing that anybody chose, which counts as refused: the first policy of a ledger opens nothing.
    """
    definition = policy.campaigns.get(campaign)
    if definition is None:
        blocking = {n: item for n, item in policy.lists.items() if item.kind.blocks}
        if campaign != DEFAULT_CAMPAIGN or policy.is_of_clients or not blocking:
            return None
        return Footing(_acting(policy, blocking), frozenset(), frozenset(), "", None, region)
    countries = definition.countries or (region,)
    return Footing(
        blocked_by=_acting(policy, policy.blocking_lists_of(campaign)),
        lifts=frozenset(definition.lift),
        requires=frozenset(definition.require),
        purpose=definition.purpose,
        countries=frozenset(countries),
        text_region=countries[0],
    )


def _acting(policy: Policy, names: Iterable[str]) -> frozenset[str]:
    """Return those of some lists that act under their own name and are not in shadow."""
    return frozenset(
        name
        for name in names
        if not policy.lists[name].shadow and not policy.lists[name].confidential
    )


def loosens(before: Footing, after: Footing) -> bool:
    """Tell whether what a call rests on may let a number through that it stopped."""
    is_freer = (
        bool(before.blocked_by - after.blocked_by)
        or bool(after.lifts - before.lifts)
        or bool(before.requires - after.requires)
        or _begins(before, after)
    )
    # entries that are narrowed to other purposes count no more, and those that open for this one begin to
    is_of_other_purpose = after.purpose not in ("", before.purpose)
    dials_more = before.countries is not None and (
        after.countries is None or not after.countries <= before.countries
    )
    # a text that was read as one number is read as another
    reads_otherwise = after.text_region != before.text_region
    return is_freer or is_of_other_purpose or dials_more or reads_otherwise


def _begins(before: Footing, after: Footing) -> bool:
    """Tell whether a call that had no list to rest on, and so was never let through, has one."""
    return not (before.blocked_by or before.requires) and bool(after.blocked_by or after.requires)


def opens(what: str, name: str, old: Policy, new: Policy, region: str) -> bool:
    """Tell whether the difference of one object may let a number through that was blocked.

    Args:
        what: "list", "campaign", "source", "purpose" or "answer"; the last three decide about no number.
        name: The object's name.
        old: The policy before.
        new: The policy after.
        region: The ledger's region.
    """
    if what == "list":
        return _list_opens(name, old, new, region)
    if what != "campaign":
        return False
    before, after = footing_of(old, name, region), footing_of(new, name, region)
    return before is not None and after is not None and loosens(before, after)


def _list_opens(name: str, old: Policy, new: Policy, region: str) -> bool:
    before, after = old.lists.get(name), new.lists.get(name)
    if after is None or (before is not None and list_opens(before, after)):
        return True
    if before is None and after.confidential:
        return True  # that something may be hidden is for two persons to say, whenever it is said
    for campaign in {DEFAULT_CAMPAIGN, *old.campaigns}:
        was, now = footing_of(old, campaign, region), footing_of(new, campaign, region)
        if was is not None and now is not None and _begins(was, now) and name in now.blocked_by:
            return True
    return False
