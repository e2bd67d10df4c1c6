"""Opt-outs over a daemon's planes, and the policy that they are sent under."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import grpc

from dncd.v1 import optout_pb2, optout_pb2_grpc, policy_pb2
from e2e.planes import SECONDS, STARTS_EMPTY, apply
from harness.canary import Canary
from harness.daemon import Daemon, Stubs

LIST = "acme/optout"
CAMPAIGN = "acme/spring"
PLANES = ("listen", "control")


@dataclass(frozen=True)
class OptOuts:
    """A stub a plane."""

    listen: optout_pb2_grpc.OptOutServiceStub
    control: optout_pb2_grpc.OptOutServiceStub

    def of(self, plane: str) -> optout_pb2_grpc.OptOutServiceStub:
        """Return the stub of a plane."""
        stub = getattr(self, plane)
        assert isinstance(stub, optout_pb2_grpc.OptOutServiceStub)
        return stub


@contextmanager
def opt_outs(daemon: Daemon) -> Iterator[OptOuts]:
    """Open a channel to each plane."""
    with (
        grpc.insecure_channel(daemon.listen) as listen,
        grpc.insecure_channel(daemon.control) as control,
    ):
        yield OptOuts(
            optout_pb2_grpc.OptOutServiceStub(listen), optout_pb2_grpc.OptOutServiceStub(control)
        )


def request_of(request_id: str, *numbers: int | str, **fields: Any) -> optout_pb2.OptOutRequest:
    """Return a request from the campaign, or whatever ``fields`` say."""
    texts = [number for number in numbers if isinstance(number, str)]
    integers = [number for number in numbers if isinstance(number, int)]
    if not fields.keys() & {"campaign", "client"}:
        fields["campaign"] = CAMPAIGN
    return optout_pb2.OptOutRequest(request_id=request_id, e164=integers, numbers=texts, **fields)


def opt_out(
    stub: optout_pb2_grpc.OptOutServiceStub,
    request_id: str,
    *numbers: int | str,
    timeout: float = SECONDS,
    **fields: Any,
) -> optout_pb2.OptOutResponse:
    """Opt numbers out."""
    return stub.OptOut(request_of(request_id, *numbers, **fields), timeout=timeout)


def define(stubs: Stubs, *block: str) -> None:
    """Put the list and a campaign that is blocked by it in force."""
    campaign = policy_pb2.CampaignDefinition(
        countries=["JP", "US"], block=[LIST, *block], opt_out=LIST
    )
    apply(stubs, {LIST: STARTS_EMPTY}, {CAMPAIGN: campaign})


def used(canary: Canary, *numbers: int) -> None:
    """Note numbers that no output may hold."""
    for number in numbers:
        canary.note(number)
