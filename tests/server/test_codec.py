"""Between messages and the engine's types nothing is dropped, and what is not understood is refused."""

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dncd.v1 import ledger_pb2, policy_pb2
from dncd_engine.lists import ListState
from dncd_engine.model import (
    CampaignDefinition,
    Lift,
    ListDefinition,
    ListKind,
    Policy,
    SourceDefinition,
)
from dncd_engine.state import PolicyChange
from dncd_engine.strata import PLAIN, Stratum
from dncd_files.layouts import LAYOUTS
from dncd_server import codec
from dncd_server.errors import LedgerError

texts = st.text(max_size=5)
tuples = st.lists(texts, max_size=3).map(tuple)
counts = st.integers(0, 2**64 - 1)
instants = st.integers(0, 2**63 - 1)
lists = st.builds(
    ListDefinition,
    st.sampled_from(ListKind),
    title=texts,
    layout=st.sampled_from(["", *LAYOUTS]),
    countries=tuples,
    prefixes=tuples,
    max_age_seconds=counts,
    tz=texts,
    starts_empty=st.booleans(),
    contact=texts,
    shadow=st.booleans(),
    confidential=st.booleans(),
    shown_as=texts,
    confidential_ground=texts,
    confidential_review=texts,
    growth_limit=counts,
    release_limit=st.none() | st.just(0) | counts,
)
campaigns = st.builds(
    CampaignDefinition,
    purpose=texts,
    countries=tuples,
    block=tuples,
    excluded=tuples,
    lift=st.lists(st.builds(Lift, texts, texts), max_size=3).map(tuple),
    require=tuples,
    opt_out=texts,
    title=texts,
)
policies = st.builds(
    Policy,
    tuples,
    st.dictionaries(texts, st.builds(SourceDefinition, texts, texts, texts), max_size=2),
    st.dictionaries(texts, lists, max_size=3),
    st.dictionaries(texts, campaigns, max_size=3),
    st.dictionaries(texts, texts, max_size=2),
)
purposes = st.sets(texts, max_size=3).map(sorted).map(tuple)
strata = st.builds(Stratum, instants, instants, purposes, instants)
names = st.frozensets(texts, max_size=2)


@given(policy=policies)
def test_a_policy_comes_back_whole(policy: Policy) -> None:
    message = codec.policy_to_message(policy)
    again = policy_pb2.Policy.FromString(message.SerializeToString())
    assert codec.policy_from_message(again) == policy


@pytest.mark.parametrize("limit", [None, 0, 1])
def test_no_release_limit_is_not_the_limit_nought(limit: int | None) -> None:
    definition = ListDefinition(ListKind.REGISTRY, release_limit=limit)
    message = codec.list_to_message(definition)
    assert message.HasField("release_limit") == (limit is not None)
    assert codec.list_from_message(message).release_limit == limit


@given(policy=policies, is_set=st.booleans(), gone=st.tuples(names, names, names))
def test_a_policy_change_comes_back_whole(
    policy: Policy, is_set: bool, gone: tuple[frozenset[str], frozenset[str], frozenset[str]]
) -> None:
    change = PolicyChange(
        policy.purposes if is_set else None,
        policy.sources,
        policy.lists,
        policy.campaigns,
        policy.answers,
        *gone,
    )
    data = codec.effect_of_change(change).SerializeToString()
    assert codec.change_of_effect(ledger_pb2.PolicyEffect.FromString(data)) == change


@pytest.mark.parametrize(
    "definition",
    [
        policy_pb2.ListDefinition(),
        policy_pb2.ListDefinition(kind=99),  # type: ignore[arg-type]  # of a newer dncd
        policy_pb2.ListDefinition(kind=1, layout="papyrus"),  # type: ignore[arg-type]
    ],
    ids=["no_kind", "unknown_kind", "unknown_layout"],
)
def test_a_ledger_that_needs_a_newer_dncd_stops_the_reader(
    definition: policy_pb2.ListDefinition,
) -> None:
    effect = ledger_pb2.PolicyEffect(put=policy_pb2.Policy(lists={"a": definition}))
    with pytest.raises(LedgerError, match="needs a newer dncd"):
        codec.change_of_effect(effect)


@given(stratum=strata)
def test_a_stratum_comes_back_whole(stratum: Stratum) -> None:
    data = codec.stratum_to_message(stratum).SerializeToString()
    assert codec.stratum_from_message(ledger_pb2.Stratum.FromString(data)) == stratum
    assert (data == b"") == (stratum == PLAIN)


@pytest.mark.parametrize(
    "message",
    [
        ledger_pb2.Stratum(effective_unix_us=-1),
        ledger_pb2.Stratum(expires_unix_us=-1),
        ledger_pb2.Stratum(published_unix_us=-(2**63)),
        ledger_pb2.Stratum(purposes=["b", "a"]),
        ledger_pb2.Stratum(purposes=["a", "a"]),
    ],
    ids=["begins_before_1970", "ends_before_1970", "published_before_1970", "unsorted", "twice"],
)
def test_a_stratum_that_dncd_does_not_write_is_damage(message: ledger_pb2.Stratum) -> None:
    with pytest.raises(LedgerError, match="a stratum has"):
        codec.stratum_from_message(message)


@given(coverage=st.dictionaries(texts, instants, max_size=4), loaded=st.booleans())
def test_a_standing_comes_back_whole_and_is_written_in_one_way(
    coverage: dict[str, int], loaded: bool
) -> None:
    data = codec.standing_to_message(coverage, loaded).SerializeToString()
    message = ledger_pb2.ListStanding.FromString(data)
    assert codec.standing_from_message(message) == (coverage, loaded)
    backwards = dict(reversed(coverage.items()))
    assert codec.standing_to_message(backwards, loaded).SerializeToString() == data


def test_only_a_registry_tells_how_fresh_it_is_by_prefix() -> None:
    for kind in ListKind:
        item = ListState("a", ListDefinition(kind), coverage={"81": 5, "1": 0}, loaded=True)
        told = [(part.prefix, part.published_unix_us) for part in codec.coverage_to_messages(item)]
        assert told == ([("1", 0), ("81", 5)] if kind is ListKind.REGISTRY else [])


EVERY_FIELD = (
    ListDefinition(
        ListKind.REGISTRY,
        title="t",
        layout="csv",
        countries=("JP",),
        prefixes=("81",),
        max_age_seconds=1,
        tz="Asia/Tokyo",
        starts_empty=True,
        contact="c",
        shadow=True,
        confidential=True,
        shown_as="s",
        confidential_ground="g",
        confidential_review="2030-01-31",
        growth_limit=2,
        release_limit=3,
    ),
    CampaignDefinition("p", ("JP",), ("b",), ("e",), (Lift("l", "o"),), ("r",), "o", "t"),
)


@pytest.mark.parametrize("definition", EVERY_FIELD, ids=["list", "campaign"])
def test_no_field_of_a_definition_is_forgotten(
    definition: ListDefinition | CampaignDefinition,
) -> None:
    """The strategies above could forget one as well."""
    for field in fields(definition):
        assert getattr(definition, field.name) != field.default, field.name
    if isinstance(definition, ListDefinition):
        assert codec.list_from_message(codec.list_to_message(definition)) == definition
    else:
        assert codec.campaign_from_message(codec.campaign_to_message(definition)) == definition
