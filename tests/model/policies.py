"""Policies: what a change puts and deletes, who is blocked by what, and whether it all holds together."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dncd_engine.model import CampaignDefinition, ListDefinition

Lists = Mapping[str, ListDefinition]
Campaigns = Mapping[str, CampaignDefinition]


@dataclass(frozen=True)
class Definitions:
    """A change of policy."""

    lists: Lists = field(default_factory=dict)
    campaigns: Campaigns = field(default_factory=dict)
    deleted_lists: frozenset[str] = frozenset()
    deleted_campaigns: frozenset[str] = frozenset()


def put(
    lists: Lists, campaigns: Campaigns, change: Definitions
) -> tuple[dict[str, ListDefinition], dict[str, CampaignDefinition]]:
    """Return definitions with a change applied."""
    kept = {n: d for n, d in {**lists, **change.lists}.items() if n not in change.deleted_lists}
    left = {
        name: definition
        for name, definition in {**campaigns, **change.campaigns}.items()
        if name not in change.deleted_campaigns
    }
    return kept, left


def what_differs(lists: Lists, campaigns: Campaigns, change: Definitions) -> Definitions:
    """Return a change without what is so already."""
    return Definitions(
        {n: d for n, d in change.lists.items() if lists.get(n) != d},
        {n: d for n, d in change.campaigns.items() if campaigns.get(n) != d},
        change.deleted_lists & lists.keys(),
        change.deleted_campaigns & campaigns.keys(),
    )


def client(name: str) -> str:
    """Return whose a name is."""
    return name.split("/")[0] if "/" in name else ""


def block(lists: Lists, campaigns: Campaigns, campaign: str) -> list[str]:
    """Return the lists that block a campaign, in their order; of one that is not defined, all that block."""
    seen = {name: item for name, item in lists.items() if not item.confidential}
    definition = campaigns.get(campaign)
    if definition is None:
        return sorted(name for name, item in seen.items() if item.kind.blocks)
    if definition.block:
        return list(definition.block)
    return sorted(
        name
        for name, item in seen.items()
        if item.kind.is_own
        and name not in definition.excluded
        and client(name) in ("", client(campaign))
    )


def named_by(campaign: CampaignDefinition) -> set[str]:
    """Return every list that a campaign names."""
    lifts = {name for lift in campaign.lift for name in (lift.list, lift.over)}
    named = {*campaign.block, *campaign.excluded, *campaign.require, campaign.opt_out}
    return (named | lifts) - {""}


def is_sound(lists: Lists, campaigns: Campaigns) -> bool:
    """Tell whether definitions hold together; kinds and clients are so by their names."""
    shown = {item.shown_as for item in lists.values() if item.confidential}
    if any(name not in lists or lists[name].shadow for name in shown):
        return False
    for name, campaign in campaigns.items():
        if not named_by(campaign) <= lists.keys():
            return False
        if any(lift.over not in campaign.block for lift in campaign.lift):
            return False
        taker = campaign.opt_out
        if taker and (taker not in block(lists, campaigns, name) or lists[taker].shadow):
            return False
    return True
