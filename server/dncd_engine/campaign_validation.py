"""What is wrong with the definition of a campaign; above all, a list of another client that it names."""

from collections.abc import Iterator

from dncd_engine.model import CampaignDefinition, ListKind, Policy
from dncd_engine.names import may_use
from dncd_engine.problems import Problem, problems_of_countries, problems_of_text


def problems_of_campaign(name: str, policy: Policy) -> Iterator[Problem]:
    """Yield what is wrong with a campaign of a policy."""
    campaign, field = policy.campaigns[name], f'campaigns["{name}"]'
    yield from problems_of_text(f"{field}.title", campaign.title)
    yield from problems_of_countries(f"{field}.countries", campaign.countries)
    if campaign.purpose and campaign.purpose not in policy.purposes:
        yield Problem(
            f"{field}.purpose",
            "this purpose is not declared; add it to purposes or mend the spelling",
        )
    for part, names in (("block", campaign.block), ("except", campaign.excluded)):
        yield from _each_once(f"{field}.{part}", names)
        for list_name in names:
            yield from _blocks(f"{field}.{part}", name, list_name, policy)
    if campaign.block and campaign.excluded:
        yield Problem(
            f"{field}.except",
            "except takes lists from the default; with block there is none, so drop one",
        )
    yield from _lift(f"{field}.lift", name, campaign, policy)
    yield from _require(f"{field}.require", name, campaign, policy)
    if campaign.opt_out:
        yield from _opt_out(f"{field}.opt_out", name, campaign, policy)


def _each_once(field: str, names: tuple[str, ...]) -> Iterator[Problem]:
    if len(set(names)) != len(names):
        yield Problem(field, "a list stands twice; take one out")


def _use(field: str, campaign: str, list_name: str, policy: Policy) -> Iterator[Problem]:
    if list_name not in policy.lists:
        yield Problem(field, f'there is no list "{list_name}"; define it or mend the spelling')
    elif not may_use(campaign, list_name):
        yield Problem(
            field,
            f'"{list_name}" belongs to another client; a campaign uses its own client\'s and shared lists',
        )
    elif policy.lists[list_name].confidential:
        yield Problem(
            field,
            f'"{list_name}" is confidential and acts as the list that it is shown as; name that one',
        )


def _blocks(field: str, campaign: str, list_name: str, policy: Policy) -> Iterator[Problem]:
    unusable = list(_use(field, campaign, list_name, policy))
    yield from unusable
    if not unusable and not policy.lists[list_name].kind.blocks:
        yield Problem(field, f'"{list_name}" is not of a kind that blocks')


def _lift(field: str, name: str, campaign: CampaignDefinition, policy: Policy) -> Iterator[Problem]:
    if len(set(campaign.lift)) != len(campaign.lift):
        yield Problem(field, "a lift stands twice; take one out")
    for lift in campaign.lift:
        unusable = [*_use(field, name, lift.list, policy), *_use(field, name, lift.over, policy)]
        yield from unusable
        if unusable:
            continue
        if policy.lists[lift.list].kind is not ListKind.EXEMPTION:
            yield Problem(field, f'"{lift.list}" lifts nothing; only an exemption does')
        if policy.lists[lift.over].kind is not ListKind.REGISTRY:
            yield Problem(
                field,
                f'"{lift.over}" is no registry; a person\'s own refusal ends by remove, never by a lift',
            )
        elif lift.over not in campaign.block:
            yield Problem(
                field, f'the campaign is not blocked by "{lift.over}"; block on it or drop the lift'
            )


def _require(
    field: str, name: str, campaign: CampaignDefinition, policy: Policy
) -> Iterator[Problem]:
    yield from _each_once(field, campaign.require)
    for list_name in campaign.require:
        unusable = list(_use(field, name, list_name, policy))
        yield from unusable
        if not unusable and not policy.lists[list_name].kind.can_be_required:
            yield Problem(
                field,
                f'"{list_name}" cannot be required; a consent, clearance or origin list can',
            )


def _opt_out(
    field: str, name: str, campaign: CampaignDefinition, policy: Policy
) -> Iterator[Problem]:
    unusable = list(_use(field, name, campaign.opt_out, policy))
    if unusable:
        yield from unusable
    elif not policy.lists[campaign.opt_out].kind.is_own:
        yield Problem(field, "opt-outs go to a do_not_contact or suspended_use list")
    elif campaign.opt_out not in policy.blocking_lists_of(name):
        yield Problem(
            field,
            "the campaign is not blocked by this list, so whoever opts out would be called again; block on it",
        )
    elif policy.lists[campaign.opt_out].shadow:
        yield Problem(
            field,
            "a list in shadow blocks nothing, so whoever opts out would be called again; end its shadow",
        )
