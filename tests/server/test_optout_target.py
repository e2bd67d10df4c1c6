"""An opt-out goes to the one list that keeps the person from being called, or it is refused and told why."""

import pytest

from dncd_engine.model import CampaignDefinition, ListDefinition
from dncd_engine.state import State
from dncd_server.errors import ConflictError, DncdError, InvalidRequestError, NotFoundError
from dncd_server.optouts.target import target_of
from server.opting import OWN, REGISTRY, SHADOW, SUSPENDED, campaign, confidential, state_of

Lists = dict[str, ListDefinition]
Campaigns = dict[str, CampaignDefinition]


def _target(state: State, campaign_name: str = "", client: str = "") -> str:
    return target_of(state, campaign_name, client).list.name


def _refusal(state: State, campaign_name: str = "", client: str = "") -> DncdError:
    with pytest.raises(DncdError) as caught:
        target_of(state, campaign_name, client)
    return caught.value


ACME: Lists = {"acme/optout": OWN, "acme/old": OWN, "ftc": REGISTRY}


def test_a_campaign_names_its_list() -> None:
    spring = campaign("acme/old", "acme/optout", opt_out="acme/optout")
    state = state_of(ACME, {"acme/spring": spring})

    assert _target(state, "acme/spring") == "acme/optout"


def test_no_campaign_means_the_default_one() -> None:
    state = state_of({"a": OWN, "b": OWN}, {"default": campaign("a", "b", opt_out="b")})

    assert _target(state) == "b"


@pytest.mark.parametrize(
    ("lists", "block"),
    [
        (ACME, ("acme/optout", "ftc")),
        ({"acme/optout": OWN, "s": SHADOW}, ("acme/optout", "s")),
        ({"acme/optout": OWN, "acme/hidden": confidential("acme/optout")}, ("acme/optout",)),
        ({"acme/optout": SUSPENDED, "ftc": REGISTRY}, ()),
    ],
)
def test_a_campaign_that_names_none_has_its_only_own_list(
    lists: Lists, block: tuple[str, ...]
) -> None:
    state = state_of(lists, {"acme/spring": campaign(*block)})

    assert _target(state, "acme/spring") == "acme/optout"


@pytest.mark.parametrize(
    ("lists", "definition"),
    [
        (ACME, campaign("acme/optout", "acme/old")),
        (ACME, campaign()),
        (ACME, campaign("ftc")),
        ({"acme/optout": SHADOW}, campaign("acme/optout")),
        ({"acme/optout": SHADOW}, campaign("acme/optout", opt_out="acme/optout")),
        (ACME, campaign("acme/old", opt_out="acme/optout")),
    ],
)
def test_a_campaign_without_one_list_to_write_to_is_told_so(
    lists: Lists, definition: CampaignDefinition
) -> None:
    error = _refusal(state_of(lists, {"acme/spring": definition}), "acme/spring")

    assert isinstance(error, ConflictError)
    assert (error.reason, error.metadata) == ("NO_OPT_OUT_LIST", {"campaigns": "acme/spring"})
    assert "acme/spring" in error.message


def test_without_any_campaign_the_only_own_list_is_taken() -> None:
    assert _target(state_of({"optout": OWN, "ftc": REGISTRY})) == "optout"
    assert _refusal(state_of({"a": OWN, "b": OWN})).reason == "NO_OPT_OUT_LIST"


def test_where_lists_belong_to_clients_a_campaign_must_be_named() -> None:
    error = _refusal(state_of({"acme/optout": OWN}))

    assert isinstance(error, InvalidRequestError)
    assert error.reason == "CAMPAIGN_NEEDED"


def test_unknown_names_are_not_found() -> None:
    state = state_of({"acme/optout": OWN}, {"acme/spring": campaign("acme/optout")})
    unknown = _refusal(state, "acme/fall"), _refusal(state, client="beta")

    assert [type(error) for error in unknown] == [NotFoundError] * 2
    assert [error.reason for error in unknown] == ["CAMPAIGN_NOT_FOUND", "CLIENT_NOT_FOUND"]


def test_the_campaign_for_practice_keeps_nothing() -> None:
    assert _refusal(state_of({"optout": OWN}), "dncd-test").reason == "NO_OPT_OUT_LIST"


def test_a_clients_campaigns_name_its_list() -> None:
    spring = campaign("acme/optout", "acme/old", opt_out="acme/optout")
    campaigns = {"acme/spring": spring, "acme/fall": campaign("acme/optout")}

    assert _target(state_of(ACME, campaigns), client="acme") == "acme/optout"


def test_a_client_that_names_none_has_its_only_list_of_refusals() -> None:
    lists: Lists = {
        "acme/optout": OWN,
        "acme/shadow": SHADOW,
        "acme/hidden": confidential("acme/optout"),
        "acme/suspended": SUSPENDED,
        "shared": OWN,
    }
    state = state_of(lists, {"acme/spring": campaign("acme/optout", "shared")})

    assert _target(state, client="acme") == "acme/optout"
    assert _target(state_of(lists), client="acme") == "acme/optout"


BOTH = ("acme/optout", "acme/old")


@pytest.mark.parametrize(
    ("campaigns", "told"),
    [
        (
            {
                "acme/spring": campaign(*BOTH, opt_out="acme/optout"),
                "acme/fall": campaign(*BOTH, opt_out="acme/old"),
            },
            "acme/fall, acme/spring",
        ),
        ({"acme/fall": campaign(), "acme/spring": campaign()}, "acme/fall, acme/spring"),
        (
            {
                "acme/spring": campaign("acme/optout", opt_out="acme/optout"),
                "acme/fall": campaign("acme/old"),
            },
            "acme/fall",
        ),
    ],
)
def test_a_client_without_one_list_that_blocks_all_its_campaigns_is_told_which(
    campaigns: Campaigns, told: str
) -> None:
    error = _refusal(state_of(ACME, campaigns), client="acme")

    assert (error.reason, error.metadata) == ("NO_OPT_OUT_LIST", {"campaigns": told})


def test_many_campaigns_are_not_all_named() -> None:
    campaigns = {f"acme/c{number:02}": campaign() for number in range(30)}
    error = _refusal(state_of(ACME, campaigns), client="acme")

    assert "acme/c09 and 20 more" in error.message
    assert "acme/c10" not in error.message


def test_texts_are_read_as_the_campaign_reads_them() -> None:
    campaigns = {
        "acme/us": campaign("acme/optout", countries=("US", "JP")),
        "acme/jp": campaign("acme/optout"),
    }
    both = state_of({"acme/optout": OWN}, campaigns)
    one = state_of({"acme/optout": OWN}, {"acme/us": campaigns["acme/us"]})

    assert target_of(both, "acme/us", "").region == "US"
    assert target_of(both, "acme/jp", "").region == "JP"
    assert target_of(both, "", "acme").region == "JP"
    assert target_of(one, "", "acme").region == "US"
