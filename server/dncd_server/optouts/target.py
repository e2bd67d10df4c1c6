"""Which list an opt-out goes to: the one that the policy names for the campaign, or the client, that is meant."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from dncd_engine.lists import ListState
from dncd_engine.model import ListKind, Policy
from dncd_engine.names import DRILL_CAMPAIGN, client_of
from dncd_engine.rules import CompiledCampaign
from dncd_engine.state import State
from dncd_server.errors import ConflictError, NotFoundError
from dncd_server.screening import campaign_named

_MAX_NAMES_TOLD = 10


@dataclass(frozen=True, slots=True)
class Target:
    """Where an opt-out goes, and how its texts are read where the request does not say."""

    list: ListState
    region: str


def target_of(state: State, campaign: str, client: str) -> Target:
    """Return the list that an opt-out from a campaign, or from all of a client's, is written to.

    Raises:
        NotFoundError: There is no such campaign or client.
        InvalidRequestError: A campaign must be named here.
        ConflictError: The policy names no list that would keep whoever opts out from being called (NO_OPT_OUT_LIST).
    """
    if client:
        return _of_client(state, client)
    if campaign == DRILL_CAMPAIGN:
        raise _no_list(f'campaign "{DRILL_CAMPAIGN}" is for practice and keeps nothing', ())
    return _of_campaign(state, campaign_named(state, campaign))


def _of_campaign(state: State, campaign: CompiledCampaign) -> Target:
    policy, name = state.policy, campaign.name
    if name:
        blocking: Sequence[str] = policy.blocking_lists_of(name)
        named = policy.campaigns[name].opt_out
    else:
        blocking, named = tuple(policy.lists), ""
    takers = [item for item in blocking if named in ("", item) and _takes(policy, item)]
    if len(takers) != 1:
        whose = f'campaign "{name}"' if name else "a call without a campaign"
        told = f"the policy does not say to which list that blocks {whose} its opt-outs go"
        raise _no_list(told, [name] if name else ())
    return Target(state.lists[takers[0]], campaign.text_region)


def _of_client(state: State, client: str) -> Target:
    policy = state.policy
    campaigns = [name for name in sorted(policy.campaigns) if client_of(name) == client]
    own = [name for name in sorted(policy.lists) if client_of(name) == client]
    if not campaigns and not own:
        raise NotFoundError(
            "CLIENT_NOT_FOUND",
            f'no list and no campaign belongs to a client "{client}"; mend the name',
            {"client": client},
        )
    name = _named_by(policy, client, campaigns) or _only_refusals(policy, client, campaigns, own)
    # whoever wants to hear no more of a client must not be called by another campaign of it
    deaf = [item for item in campaigns if name not in policy.blocking_lists_of(item)]
    if deaf or not _takes(policy, name):
        told = f'"{name}" does not block every campaign of client "{client}"; name the campaign'
        raise _no_list(told, deaf or campaigns)
    regions = {state.campaigns[item].text_region for item in campaigns}
    return Target(state.lists[name], regions.pop() if len(regions) == 1 else state.region)


def _named_by(policy: Policy, client: str, campaigns: Sequence[str]) -> str:
    """Return the one list that a client's campaigns name for opt-outs, "" where none names any."""
    named = {policy.campaigns[item].opt_out for item in campaigns} - {""}
    if len(named) > 1:
        told = f'the campaigns of client "{client}" name several lists; name the campaign'
        raise _no_list(told, campaigns)
    return named.pop() if named else ""


def _only_refusals(
    policy: Policy, client: str, campaigns: Sequence[str], own: Sequence[str]
) -> str:
    """Return the one list of refusals that belongs to a client."""
    found = [
        name
        for name in own
        if policy.lists[name].kind is ListKind.DO_NOT_CONTACT and _takes(policy, name)
    ]
    if len(found) != 1:
        told = f'the policy does not say to which list opt-outs of client "{client}" go'
        raise _no_list(told, campaigns)
    return found[0]


def _takes(policy: Policy, name: str) -> bool:
    """Tell whether whoever is put on a list is not called any more, and may be told so."""
    item = policy.lists.get(name)
    return bool(item and item.kind.is_own and not item.shadow and not item.confidential)


def _no_list(told: str, campaigns: Collection[str]) -> ConflictError:
    some = ", ".join(list(campaigns)[:_MAX_NAMES_TOLD])
    more = f" and {len(campaigns) - _MAX_NAMES_TOLD} more" * (len(campaigns) > _MAX_NAMES_TOLD)
    mend = f"; set opt_out with dncctl apply, for: {some}{more}" if campaigns else ""
    return ConflictError("NO_OPT_OUT_LIST", told + mend, {"campaigns": some} if some else {})
