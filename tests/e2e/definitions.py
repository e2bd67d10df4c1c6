"""Lists and campaigns as a policy defines them."""

from dncd.v1 import policy_pb2, verdict_pb2


def registry(*countries: str) -> policy_pb2.ListDefinition:
    """Return a registry of some countries."""
    return policy_pb2.ListDefinition(kind=verdict_pb2.LIST_KIND_REGISTRY, countries=countries)


def own_list(*countries: str) -> policy_pb2.ListDefinition:
    """Return a list of one's own that rightly begins empty."""
    return policy_pb2.ListDefinition(
        kind=verdict_pb2.LIST_KIND_DO_NOT_CONTACT, countries=countries, starts_empty=True
    )


def campaign_of(
    *block: str, countries: tuple[str, ...] = ("JP", "US", "CA")
) -> policy_pb2.CampaignDefinition:
    """Return a campaign that rests on some lists."""
    return policy_pb2.CampaignDefinition(countries=countries, block=block)
