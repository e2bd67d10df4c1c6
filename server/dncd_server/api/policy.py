"""PolicyService: which lists and campaigns there are, and changing that."""

import time
from typing import Any

from dncd.v1 import policy_pb2, policy_pb2_grpc
from dncd_engine.state import State
from dncd_server.api.caller import actor_of
from dncd_server.api.messages import basis_message
from dncd_server.api.status import answers_errors
from dncd_server.attention import attention_of
from dncd_server.codec import (
    campaign_to_message,
    coverage_to_messages,
    list_to_message,
    policy_to_message,
)
from dncd_server.errors import FieldProblem, InvalidRequestError, NotFoundError
from dncd_server.ledger.open_batches import OpenBatches
from dncd_server.policies import PolicyDesk
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
        """Return the policy in force."""
        state = self._replica.state
        if request.as_of_version not in (0, state.version):
            problem = FieldProblem(
                "as_of_version", "this version tells the policy in force; leave it out"
            )
            raise InvalidRequestError("INVALID_ARGUMENT", problem.message, [problem])
        return policy_pb2.GetPolicyResponse(
            policy=policy_to_message(state.policy),
            basis=basis_message(state, _now_us()),
            policy_version=state.policy_version,
            region=state.region,
        )

    @answers_errors
    async def ApplyPolicy(
        self, request: policy_pb2.ApplyPolicyRequest, context: Any
    ) -> policy_pb2.ApplyPolicyResponse:
        """Change what the request names, all of it or nothing."""
        applied = await self._desk.apply(request, actor_of(context))
        return policy_pb2.ApplyPolicyResponse(
            changes=applied.plan.differences,
            basis=basis_message(applied.state, _now_us()),
            applied=applied.is_in_force,
            unused_lists=applied.plan.after.unused_lists,
            flags=["unapproved"] if applied.is_in_force and applied.plan.opens else [],
        )

    @answers_errors
    async def ListLists(
        self, request: policy_pb2.ListListsRequest, context: Any
    ) -> policy_pb2.ListListsResponse:
        """Return lists with what they hold, and what needs a person."""
        state, at_us = self._replica.state, _now_us()
        if request.name and request.name not in state.lists:
            raise NotFoundError(
                "LIST_NOT_FOUND", f'there is no list "{request.name}"', {"list": request.name}
            )
        names = [request.name] if request.name else sorted(state.lists)
        created = {name: state.lists[name].created_version for name in names}
        newest = await self._desk.newest_batches(created)
        attention = attention_of(state, self._batches, at_us)
        return policy_pb2.ListListsResponse(
            lists=[self._list(state, name, at_us, newest.get(name, "")) for name in names],
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
                    block=[item.name for item in state.campaigns[name].lists],
                    countries=sorted(state.campaigns[name].countries or ()),
                )
                for name in names
            ],
            basis=basis_message(state, _now_us()),
        )

    def _list(
        self, state: State, name: str, at_us: int, last_batch_id: str
    ) -> policy_pb2.ListState:
        item = state.lists[name]
        return policy_pb2.ListState(
            name=item.name,
            definition=list_to_message(item.definition),
            numbers=item.numbers.count,
            size_bytes=item.numbers.size_bytes,
            coverage=coverage_to_messages(item),
            stale=item.is_stale(max(at_us, state.at_us)),
            loaded=item.loaded,
            open_rejects=self._batches.open_rejects()[item.name],
            batches_held=self._batches.held()[item.name],
            used_by=sorted(
                n for n, campaign in state.campaigns.items() if campaign.probes(item.name)
            ),
            last_batch_id=last_batch_id,
            last_version=item.version,
        )


def _now_us() -> int:
    return time.time_ns() // 1000
