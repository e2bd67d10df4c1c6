"""Policy files, in and out."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dncd.v1 import policy_pb2, verdict_pb2
from dncd_client.ctl import policyfields
from dncd_client.ctl.policyfields import KINDS, WrongValueError, read_duration, write_duration
from dncd_client.ctl.policyfile import PolicyFileError, read_policy
from dncd_client.ctl.policytoml import policy_as_toml

CONTRACT = """
purposes = ["sales:fiber", "survey"]            # an undeclared purpose is refused

[sources.meibo]                                 # named sources for provenance
provider = "株式会社名簿"
route = "応募はがき"
basis = "consent"

[lists."acme/optout"]
kind = "do_not_contact"
title = "アクメ 架電禁止"
layout = "acme-weekly"

[lists.ftc]
kind = "registry"
countries = ["US"]
max_age = "31d"

[campaigns."acme/spring"]
purpose = "sales:fiber"
countries = ["JP", "US"]
block = ["acme/optout", "ftc"]
lift = [{ list = "acme/ebr", over = "ftc" }]
require = ["acme/leads"]
opt_out = "acme/optout"

[answers]
LISTED = "承っております"
"""

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
TEXTS = st.lists(TEXT, max_size=3)


def test_the_contracts_own_example_is_read() -> None:
    """Every key arrives in its field."""
    policy = read_policy(CONTRACT, "policy.toml")

    assert list(policy.purposes) == ["sales:fiber", "survey"]
    assert policy.sources["meibo"].route == "応募はがき"
    assert policy.lists["acme/optout"].kind == verdict_pb2.LIST_KIND_DO_NOT_CONTACT
    assert policy.lists["ftc"].max_age_seconds == 31 * 86_400
    campaign = policy.campaigns["acme/spring"]
    assert campaign.lift[0] == policy_pb2.Lift(list="acme/ebr", over="ftc")
    assert list(campaign.block) == ["acme/optout", "ftc"]
    assert campaign.opt_out == "acme/optout"
    assert policy.answers["LISTED"] == "承っております"


def test_an_empty_file_names_nothing() -> None:
    """It is a policy without definitions."""
    assert read_policy("", "policy.toml") == policy_pb2.Policy()


WRONG = {
    "misspelled_key": (
        '[lists.ftc]\nkind = "registry"\nmax_aeg = "31d"',
        "policy.toml: lists.ftc.max_aeg: unknown key; did you mean max_age?",
    ),
    "misspelled_section": (
        "[list.ftc]",
        "policy.toml: list: unknown key; did you mean lists?",
    ),
    "slash_in_name": (
        '[campaigns."acme/spring"]\npurpos = "x"',
        'policy.toml: campaigns."acme/spring".purpos: unknown key; did you mean purpose?',
    ),
    "unknown_kind": (
        '[lists.a]\nkind = "blacklist"',
        "policy.toml: lists.a.kind: must be one of do_not_contact, suspended_use, registry, "
        "exemption, consent, clearance, origin",
    ),
    "kind_in_capitals": ('[lists.a]\nkind = "REGISTRY"', "lists.a.kind: must be one of"),
    "no_kind": ('[lists.a]\ntitle = "x"', "policy.toml: lists.a: needs a kind"),
    "number_for_text": (
        '[lists.a]\nkind = "consent"\ntitle = 3',
        "policy.toml: lists.a.title: must be a text in quotes, not a number",
    ),
    "text_for_list": (
        '[campaigns.a]\nblock = "optout"',
        'policy.toml: campaigns.a.block: must be a list of texts, such as ["JP", "US"]',
    ),
    "duration_without_unit": (
        '[lists.a]\nkind = "registry"\nmax_age = "31"',
        'policy.toml: lists.a.max_age: must be a duration such as "31d" or "12h" (w, d, h, m, s)',
    ),
    "number_for_duration": ('[lists.a]\nkind = "registry"\nmax_age = 31', "must be a duration"),
    "no_duration": ('[lists.a]\nkind = "registry"\nmax_age = "0d"', "must be above 0"),
    "truth_for_count": (
        '[lists.a]\nkind = "registry"\ngrowth_limit = true',
        "lists.a.growth_limit: must be a whole number from 0",
    ),
    "negative_count": ('[lists.a]\nkind = "registry"\nrelease_limit = -1', "whole number from 0"),
    "count_for_truth": (
        '[lists.a]\nkind = "registry"\nshadow = 1',
        "lists.a.shadow: must be true or false, not a number",
    ),
    "no_day": (
        '[lists.a]\nkind = "do_not_contact"\nconfidential_review = "soon"',
        'lists.a.confidential_review: must be a day such as "2027-03-31"',
    ),
    "no_such_day": (
        '[lists.a]\nkind = "do_not_contact"\nconfidential_review = "2027-02-30"',
        "must be a day",
    ),
    "time_for_day": (
        '[lists.a]\nkind = "do_not_contact"\nconfidential_review = 2027-03-31T00:00:00Z',
        "must be a day",
    ),
    "lift_without_over": ('[campaigns.a]\nlift = [{ list = "ebr" }]', "must look like"),
    "lift_as_text": ('[campaigns.a]\nlift = ["ebr"]', "campaigns.a.lift: must look like"),
    "section_as_text": ('lists = "a"', "policy.toml: lists: must be a table"),
    "definition_as_text": ('[lists]\na = "b"', "policy.toml: lists.a: must be a table"),
    "unknown_reason": ("[answers]\nLISTEN = 'x'", "answers.LISTEN: unknown key; did you mean"),
    "not_toml": ("kind: registry", "policy.toml: "),
    "twice": ("[lists.a]\n[lists.a]", "policy.toml: "),
}


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_named_by_file_and_key(text: str, message: str) -> None:
    """Nothing of a wrong file is applied, and the message says where and how to mend it."""
    with pytest.raises(PolicyFileError) as caught:
        read_policy(text, "policy.toml")

    assert message in str(caught.value)


def test_all_that_is_wrong_is_told_at_once() -> None:
    """A file with three mistakes takes one run to mend."""
    text = '[lists.a]\nkind = "x"\nshadow = "no"\n[campaigns.b]\nblok = []'

    with pytest.raises(PolicyFileError) as caught:
        read_policy(text, "policy.toml")

    assert len(caught.value.problems) == 3


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("31d", 2_678_400), ("12h", 43_200), ("1d12h", 129_600), ("4w", 2_419_200), ("90s", 90)],
)
def test_durations_are_read(text: str, seconds: int) -> None:
    """In weeks, days, hours, minutes and seconds."""
    assert read_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "d", "1", "-1d", "1.5d", "１d", "1d ", "1y", "9" * 20 + "w"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    """Full-width digits, fractions and unknown units included."""
    with pytest.raises(WrongValueError):
        read_duration(text)


@given(st.integers(1, 2**64 - 1))
def test_durations_survive_the_round_trip(seconds: int) -> None:
    """What is written is read as the same."""
    assert read_duration(write_duration(seconds)) == seconds


_BY_FIELD: dict[str, st.SearchStrategy[Any]] = {
    "kind": st.sampled_from(list(KINDS.values())),
    "max_age_seconds": st.integers(0, 10**9),
    "growth_limit": st.integers(0, 2**63 - 1),
    "release_limit": st.none() | st.integers(0, 2**63 - 1),
    "confidential_review": st.just("") | st.dates().map(str),
    "lift": st.lists(st.builds(policy_pb2.Lift, list=TEXT, over=TEXT), max_size=2),
}


def _messages(kind: Any) -> st.SearchStrategy[Any]:
    """Make messages of a kind with any of its fields, so that none is forgotten."""

    def values(name: str) -> st.SearchStrategy[Any]:
        default = getattr(kind(), name)
        if isinstance(default, bool):
            return st.booleans()
        return st.just("") | TEXT if isinstance(default, str) else TEXTS

    names = [each.name for each in kind.DESCRIPTOR.fields]
    fields = {name: _BY_FIELD[name] if name in _BY_FIELD else values(name) for name in names}
    return st.fixed_dictionaries(fields).map(lambda said: kind(**said))


@st.composite
def _policies(draw: st.DrawFn) -> policy_pb2.Policy:
    kinds = (
        policy_pb2.SourceDefinition,
        policy_pb2.ListDefinition,
        policy_pb2.CampaignDefinition,
    )
    sources, lists, campaigns = (
        draw(st.dictionaries(TEXT, _messages(kind), max_size=2)) for kind in kinds
    )
    return policy_pb2.Policy(
        purposes=draw(TEXTS),
        sources=sources,
        lists=lists,
        campaigns=campaigns,
        answers=draw(st.dictionaries(st.sampled_from(["LISTED", "NO_POLICY"]), TEXT)),
    )


@given(_policies())
def test_a_policy_survives_the_round_trip(policy: policy_pb2.Policy) -> None:
    """`dncctl policy > f; dncctl apply -f f` changes nothing, whatever the texts hold."""
    assert read_policy(policy_as_toml(policy), "policy.toml") == policy


def test_a_limit_of_0_is_not_the_default() -> None:
    """It says that every release waits; the default does not."""
    text = '[lists.leads]\nkind = "origin"\nrelease_limit = 0\n'
    policy = read_policy(text, "policy.toml")

    assert policy.lists["leads"].HasField("release_limit")
    assert policy_as_toml(policy).strip() == text.strip()
    assert (
        not read_policy(text.replace("release_limit = 0\n", ""), "f")
        .lists["leads"]
        .HasField("release_limit")
    )


def test_a_day_may_stand_without_quotes() -> None:
    """As TOML writes dates."""
    text = '[lists.a]\nkind = "do_not_contact"\nconfidential_review = 2027-03-31'

    assert read_policy(text, "f").lists["a"].confidential_review == "2027-03-31"


def test_every_field_of_the_protocol_has_a_key() -> None:
    """A field that a definition gains is missed here."""
    for kind, fields in (
        (policy_pb2.SourceDefinition, policyfields.SOURCE),
        (policy_pb2.ListDefinition, policyfields.LIST),
        (policy_pb2.CampaignDefinition, policyfields.CAMPAIGN),
    ):
        names = {each.name for each in kind.DESCRIPTOR.fields}
        assert {field.attribute or name for name, field in fields.items()} == names
