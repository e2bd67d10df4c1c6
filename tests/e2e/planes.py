"""Short ways to a daemon's planes: uploads, verdicts, and errors taken apart."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status

from dncd.v1 import batch_pb2, policy_pb2, screening_pb2, verdict_pb2
from harness.daemon import Daemon, Stubs

ALLOW = verdict_pb2.DECISION_ALLOW
BLOCK = verdict_pb2.DECISION_BLOCK
ADD = batch_pb2.BATCH_MODE_ADD
ACTIVE = batch_pb2.BATCH_STATE_ACTIVE
REFUSED = batch_pb2.BATCH_STATE_REFUSED
SECONDS = 20.0
"""The deadline of a call that has no other."""

DO_NOT_CONTACT = policy_pb2.ListDefinition(kind=verdict_pb2.LIST_KIND_DO_NOT_CONTACT)
STARTS_EMPTY = policy_pb2.ListDefinition(
    kind=verdict_pb2.LIST_KIND_DO_NOT_CONTACT, starts_empty=True
)


@dataclass(frozen=True)
class Failure:
    """How a call failed."""

    code: grpc.StatusCode
    reason: str
    domain: str
    metadata: dict[str, str]
    fields: list[str]
    text: str


def failure_of(call: Callable[[], Any]) -> Failure:
    """Make a call that must fail; return how it did."""
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return failure(caught.value)


def failure(error: grpc.RpcError) -> Failure:
    """Take an error apart."""
    call: Any = error  # every error of a call that was made is one
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    status = rpc_status.from_call(call)
    text = call.details() or ""
    for detail in status.details if status else ():
        detail.Unpack(info)
        detail.Unpack(bad)
        text += str(detail)
    fields = [item.field for item in bad.field_violations]
    return Failure(call.code(), info.reason, info.domain, dict(info.metadata), fields, text)


def apply(
    stubs: Stubs,
    lists: dict[str, policy_pb2.ListDefinition] | None = None,
    campaigns: dict[str, policy_pb2.CampaignDefinition] | None = None,
) -> None:
    """Put definitions in force."""
    policy = policy_pb2.Policy(lists=lists or {}, campaigns=campaigns or {})
    stubs.policy.ApplyPolicy(policy_pb2.ApplyPolicyRequest(policy=policy), timeout=SECONDS)


def dialled_everywhere() -> policy_pb2.CampaignDefinition:
    """Return a campaign that dials Japan and the United States and what shares its country code."""
    return policy_pb2.CampaignDefinition(countries=["JP", "US", "CA"])


def upload(
    stubs: Stubs, list_name: str, data: bytes, batch_id: str, **header: Any
) -> batch_pb2.BatchReport:
    """Upload a file; return the report."""
    opened = batch_pb2.BatchHeader(batch_id=batch_id, list=list_name, mode=ADD, **header)
    answers = stubs.upload(opened, *(data[at : at + 65_536] for at in range(0, len(data), 65_536)))
    assert answers[-1].WhichOneof("part") == "report"
    return answers[-1].report


def check(
    stub: Any, subject: int | str, *, timeout: float = SECONDS, **asked: Any
) -> screening_pb2.CheckResponse:
    """Ask about one number on a plane."""
    given: dict[str, Any] = {"number" if isinstance(subject, str) else "e164": subject}
    request = screening_pb2.CheckRequest(**given, **asked)
    response = stub.Check(request, timeout=timeout)
    assert isinstance(response, screening_pb2.CheckResponse)
    return response


def codes(verdict: verdict_pb2.Verdict) -> list[str]:
    """Return a verdict's reasons as words, in order."""
    name = verdict_pb2.ReasonCode.Name
    return [name(reason.code).removeprefix("REASON_CODE_") for reason in verdict.reasons]


def said(response: screening_pb2.CheckResponse) -> tuple[str, str, list[str]]:
    """Return decision, action and reasons as words."""
    verdict = response.verdict
    return (
        verdict_pb2.Decision.Name(verdict.decision).removeprefix("DECISION_"),
        verdict_pb2.Action.Name(verdict.action).removeprefix("ACTION_"),
        codes(verdict),
    )


def verdicts_of(response: screening_pb2.CheckBatchResponse) -> list[verdict_pb2.Verdict]:
    """Return the verdict about each item of a batch."""
    packed = response.verdict_of
    indexes = [int.from_bytes(packed[at : at + 2], "little") for at in range(0, len(packed), 2)]
    assert 0 not in indexes
    return [response.verdicts[index] for index in indexes]


def version_of(stubs: Stubs) -> int:
    """Return the ledger's version."""
    answer = stubs.policy.ListLists(policy_pb2.ListListsRequest(), timeout=SECONDS)
    return answer.basis.version


def list_of(stubs: Stubs, name: str) -> policy_pb2.ListState:
    """Return a list as it stands."""
    answer = stubs.policy.ListLists(policy_pb2.ListListsRequest(name=name), timeout=SECONDS)
    return answer.lists[0]


def memory_bytes(daemon: Daemon) -> int:
    """Return what the daemon's process holds in memory (VmRSS)."""
    assert daemon.process is not None
    with open(f"/proc/{daemon.process.pid}/status", encoding="ascii") as status:
        for line in status:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) << 10
    raise AssertionError("no VmRSS")


def health_of(channel: grpc.Channel, service: str = "") -> str:
    """Return what a plane says of its health."""
    stub: Any = health_pb2_grpc.HealthStub(channel)
    request = health_pb2.HealthCheckRequest(service=service)
    status = stub.Check(request, timeout=SECONDS).status
    return health_pb2.HealthCheckResponse.ServingStatus.Name(status)
