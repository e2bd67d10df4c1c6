"""A policy in force, requests that change it, and how a planned change is told."""

import pytest

from dncd.v1 import policy_pb2
from dncd_engine.state import State
from dncd_server.errors import InvalidRequestError
from dncd_server.policy.plan import PlannedChange, plan
from server.building import a_campaign, a_list, plain, policy_request

Request = policy_pb2.ApplyPolicyRequest
CREATE, UPDATE, DELETE = (
    policy_pb2.PolicyChange.VERB_CREATE,
    policy_pb2.PolicyChange.VERB_UPDATE,
    policy_pb2.PolicyChange.VERB_DELETE,
)


def after(*requests: Request, base: State | None = None) -> State:
    """Return the state that requests make of an empty ledger."""
    state = base or State()
    for request in requests:
        state = state.with_policy(plan(state, request).change)
    return state


BASE = after(
    policy_request(
        {
            "acme/optout": a_list(),
            "beta/optout": a_list(),
            "house": a_list("suspended_use"),
            "ftc": a_list("registry", countries=["US"], max_age_seconds=86_400),
        },
        {
            "acme/spring": a_campaign(block=["acme/optout", "ftc"], countries=["JP", "US"]),
            "acme/fall": a_campaign(opt_out="acme/optout"),
        },
        purposes=["sales:fiber"],
        sources={"meibo": policy_pb2.SourceDefinition(provider="名簿")},
        answers={"LISTED": "a"},
    )
)
PLAIN = after(policy_request({"house": a_list(), "ftc": a_list("registry")}))
"""Without clients: a call need not name a campaign."""


def changes(planned: PlannedChange) -> list[tuple[int, str, str, list[str], bool]]:
    return [
        (item.verb, item.object, item.name, list(item.fields), item.opens)
        for item in planned.differences
    ]


def problems(request: Request, state: State = BASE) -> list[tuple[str, str]]:
    before = plain(state)
    with pytest.raises(InvalidRequestError) as caught:
        plan(state, request)
    assert caught.value.reason == "POLICY_INVALID"
    assert plain(state) == before
    found = [(item.field, item.message) for item in caught.value.fields]
    assert caught.value.message.startswith(f"{found[0][0]}: {found[0][1]}")
    return found


def ftc(**fields: object) -> policy_pb2.ListDefinition:
    base: dict[str, object] = {"countries": ["US"], "max_age_seconds": 86_400}
    return a_list("registry", **base | fields)


def hidden(shown_as: str) -> policy_pb2.ListDefinition:
    """Return a confidential list."""
    return a_list(
        confidential=True,
        shown_as=shown_as,
        confidential_ground="a",
        confidential_review="2030-01-31",
    )
