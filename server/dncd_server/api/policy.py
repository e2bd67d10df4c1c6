"""PolicyService: which lists and campaigns there are, and changing that."""

import time
from typing import Any

from dncd.v1 import policy_pb2, policy_pb2_grpc, verdict_pb2
from dncd_engine.numbers import NORMALISER_VERSION
from dncd_server.api.caller import actor_of
from dncd_server.api.list_states import ListStates
from dncd_server.api.messages import basis_message
from dncd_server.api.status import answers_errors
from dncd_server.attention import attention_of
from dncd_server.codec import campaign_to_message, policy_to_message
from dncd_server.errors import NotFoundError
from dncd_server.ledger.open_batches import OpenBatches
from dncd_server.policy.desk import PolicyDesk
from dncd_server.policy.shown import without_confidential
from dncd_server.replica import Replica


class PolicyServicer(policy_pb2_grpc.PolicyServiceServicer):
    """Answers from the replica and changes the policy through the ledger."""

    def __init__(self, replica: Replica, desk: PolicyDesk, batches: OpenBatches) -> None:
        self._replica = replica
        self._desk = desk
        self._batches = batches

    @answers_errors
    async def GetPolicy(
        self, request: policy_pb2.GetPolicyRequest, context: Any
    ) -> policy_pb2.GetPolicyResponse:
        """Return the policy in force, now or then."""
        state = self._replica.state
        found = await self._desk.policy_at(state, request)
        policy = found.policy if request.confidential else without_confidential(found.policy)
        return policy_pb2.GetPolicyResponse(
            policy=policy_to_message(policy),
            basis=verdict_pb2.Basis(
                version=found.version,
                at_unix_us=found.at_us,
                token=found.token.text(),
                normaliser_version=NORMALISER_VERSION,
            ),
            policy_version=found.policy_version,
            region=state.region,
        )

    @answers_errors
    async def ApplyPolicy(
        self, request: policy_pb2.ApplyPolicyRequest, context: Any
    ) -> policy_pb2.ApplyPolicyResponse:
        """Change what the request names, all of it or nothing."""
        applied = await self._desk.apply(request, actor_of(context))
        outcome = applied.outcome
        return policy_pb2.ApplyPolicyResponse(
            changes=applied.plan.differences,
            basis=basis_message(outcome.state, _now_us()),
            applied=outcome.is_in_force,
            unused_lists=applied.plan.after.unused_lists,
            flags=outcome.flags,
            held_id=outcome.held_id,
        )

    @answers_errors
    async def OverrideList(
        self, request: policy_pb2.OverrideListRequest, context: Any
    ) -> policy_pb2.OverrideListResponse:
        """Let a stale list through for a time."""
        outcome = await self._desk.override(request, actor_of(context))
        return policy_pb2.OverrideListResponse(
            basis=basis_message(outcome.state, _now_us()),
            applied=outcome.is_in_force,
            flags=outcome.flags,
            held_id=outcome.held_id,
        )

    @answers_errors
    async def ListLists(
        self, request: policy_pb2.ListListsRequest, context: Any
    ) -> policy_pb2.ListListsResponse:
        """Return lists with what they hold, and what needs a person."""
        state, at_us = self._replica.state, _now_us()
        states = ListStates(state, self._batches, at_us, confidential=request.confidential)
        if request.name and request.name not in states.lists:
            raise NotFoundError(
                "LIST_NOT_FOUND", f'there is no list "{request.name}"', {"list": request.name}
            )
        names = [request.name] if request.name else sorted(states.lists)
        newest = await self._desk.newest_batches(states.parts_of(names))
        attention = attention_of(state, self._batches, at_us, confidential=request.confidential)
        return policy_pb2.ListListsResponse(
            lists=[states.message(name, newest) for name in names],
            basis=basis_message(state, at_us),
            ready=not self._replica.is_behind,
            attention=[item for item in attention if not request.name or item.list == request.name],
            region=state.region,
        )

    @answers_errors
    async def ListCampaigns(
        self, request: policy_pb2.ListCampaignsRequest, context: Any
    ) -> policy_pb2.ListCampaignsResponse:
        """Return campaigns with the lists that they resolve to."""
        state = self._replica.state
        if request.name and request.name not in state.campaigns:
            raise NotFoundError(
                "CAMPAIGN_NOT_FOUND",
                f'there is no campaign "{request.name}"',
                {"campaign": request.name},
            )
        names = [request.name] if request.name else sorted(state.campaigns)
        return policy_pb2.ListCampaignsResponse(
            campaigns=[
                policy_pb2.CampaignState(
                    name=name,
                    definition=campaign_to_message(state.policy.campaigns[name]),
                    block=[item.name for item in state.campaigns[name].block],
                    countries=sorted(state.campaigns[name].countries or ()),
                    require=[item.name for item in state.campaigns[name].require],
                )
                for name in names
            ],
            basis=basis_message(state, _now_us()),
        )


def _now_us() -> int:
    return time.time_ns() // 1000
