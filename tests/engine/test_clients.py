"""No list of one client acts for another: not by any policy that dncd accepts, and no other policy is accepted."""

from collections.abc import Iterator
from dataclasses import replace

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dncd_engine.model import CampaignDefinition, Lift, ListDefinition, ListKind, Policy
from dncd_engine.state import State
from dncd_engine.validation import problems_of
from engine.drawing import campaigns, confidential, contents, definitions, instants
from engine.oracle import client
from engine.worlds import OWN, PURPOSES, SAMPLES, Load, World

OWNERS = ("", "acme", "acm", "acme.b", "beta")
"""One is the beginning of another, so that a comparison of letters would not do."""
CAMPAIGNS = ("spring", "acme/spring", "acm/spring", "beta/spring")


def names_of(owner: str, *kinds: str) -> list[str]:
    return [f"{owner}/{kind}" if owner else kind for kind in kinds]


list_names = st.sampled_from([name for owner in OWNERS for name in names_of(owner, "a", "b", "r")])


@st.composite
def policies(draw: st.DrawFn, is_loose: bool) -> Policy:
    """Draw lists of several clients, and campaigns; a loose policy names whatever there is, whoever's it is."""
    lists = draw(st.dictionaries(list_names, definitions(), min_size=2, max_size=9))
    shown = [name for name, item in lists.items() if item.kind is ListKind.DO_NOT_CONTACT]
    for at, shown_as in enumerate(
        draw(st.lists(st.sampled_from(shown), max_size=2)) if shown else ()
    ):
        owner = draw(st.sampled_from(OWNERS)) if is_loose else client(shown_as)
        name = names_of(owner, f"hidden-{at}")[0]
        lists[name] = confidential(draw(st.sampled_from(OWN)), shown_as)
    made = {}
    for name in draw(st.sets(st.sampled_from(CAMPAIGNS), min_size=1)):
        named = (n for n, item in lists.items() if not item.confidential)
        usable = sorted(n for n in named if is_loose or client(n) in ("", client(name)))
        opt_out = draw(st.sampled_from(["", *lists])) if is_loose else ""
        made[name] = replace(draw(campaigns(lists, usable)), opt_out=opt_out)
    return Policy(PURPOSES, lists=lists, campaigns=made)


def named_by(campaign: CampaignDefinition) -> Iterator[str]:
    yield from (*campaign.block, *campaign.excluded, *campaign.require, campaign.opt_out)
    for lift in campaign.lift:
        yield from (lift.list, lift.over)


def names_anothers_list(policy: Policy) -> bool:
    for name, campaign in policy.campaigns.items():
        if any(client(of) not in ("", client(name)) for of in named_by(campaign) if of):
            return True
    return any(
        client(item.shown_as) != client(name)
        for name, item in policy.lists.items()
        if item.confidential
    )


def told(state: State, campaign: str, at_us: int) -> list[object]:
    compiled = state.campaign(campaign)
    return [compiled.decide(sample.number, at_us, False) for sample in SAMPLES]


@settings(max_examples=300, deadline=None)
@given(policy=st.booleans().flatmap(policies), at_us=instants, data=st.data())
def test_what_is_on_a_clients_list_never_changes_a_verdict_of_another(
    policy: Policy, at_us: int, data: st.DataObject
) -> None:
    if problems_of(policy):
        return
    assert not names_anothers_list(policy)
    loads = data.draw(contents(dict(policy.lists)))
    name = data.draw(st.sampled_from(sorted(policy.campaigns)))
    theirs = [n for n in policy.lists if client(n) not in ("", client(name))]
    assume(theirs)
    everybody = Load(frozenset(sample.number for sample in SAMPLES if sample.reject is None))
    more = tuple((of, everybody) for of in data.draw(st.sets(st.sampled_from(theirs), min_size=1)))
    less = tuple(load for load in loads if load[0] not in theirs)
    lists, made = dict(policy.lists), dict(policy.campaigns)
    before = told(World("JP", lists, made, loads).state(), name, at_us)
    assert told(World("JP", lists, made, (*loads, *more)).state(), name, at_us) == before
    assert told(World("JP", lists, made, less).state(), name, at_us) == before


@settings(max_examples=300, deadline=None)
@given(policy=policies(True))
def test_a_policy_that_names_a_list_of_another_client_is_refused(policy: Policy) -> None:
    if names_anothers_list(policy):
        assert problems_of(policy)


@settings(max_examples=200, deadline=None)
@given(policy=policies(False), data=st.data())
def test_one_foreign_name_in_a_sound_policy_is_refused_wherever_it_stands(
    policy: Policy, data: st.DataObject
) -> None:
    assume(not problems_of(policy))
    name = data.draw(st.sampled_from([n for n in sorted(policy.campaigns) if client(n)] or [""]))
    assume(name)
    theirs = {
        "beta-own": ListDefinition(ListKind.DO_NOT_CONTACT),
        "registry": ListDefinition(ListKind.REGISTRY),
        "exemption": ListDefinition(ListKind.EXEMPTION),
        "consent": ListDefinition(ListKind.CONSENT),
    }
    foreign = {f"{client(name)}x/{of}": item for of, item in theirs.items()}
    own, registry, exemption, consent = foreign
    campaign = policy.campaigns[name]
    ours = (*campaign.block, own)
    wrong = {
        "block": replace(campaign, block=ours, excluded=()),
        "except": replace(campaign, block=(), lift=(), excluded=(own,)),
        "require": replace(campaign, require=(*campaign.require, consent)),
        "lift": replace(campaign, lift=(*campaign.lift, Lift(exemption, registry))),
        "opt_out": replace(campaign, opt_out=own),
    }
    for field, definition in wrong.items():
        changed = replace(
            policy,
            lists={**policy.lists, **foreign},
            campaigns={**policy.campaigns, name: definition},
        )
        found = {problem.field for problem in problems_of(changed)}
        assert found == {f'campaigns["{name}"].{field}'}
