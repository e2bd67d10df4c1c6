"""What an opt-out is going to do, once its request was found sound: which numbers come to which list."""

import time
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from dncd.v1 import optout_pb2
from dncd_engine.lists import ListState
from dncd_engine.numbers import Reject, inspect, read_many
from dncd_engine.state import State
from dncd_server.errors import FieldProblem, InvalidRequestError, invalid_fields
from dncd_server.optouts.request import request_problems
from dncd_server.optouts.target import target_of
from dncd_server.uploads.dates import read_date
from dncd_server.uploads.plan import zone_of

Readings = tuple[int | Reject, ...]
_MAX_PROBLEMS_TOLD = 20
"""Errors travel in a call's trailing metadata, which has little room."""


@dataclass(frozen=True, slots=True)
class OptOutPlan:
    """An opt-out that may be written.

    Attributes:
        request: As it was sent.
        list: The list as it stood.
        region: How texts are read.
        readings: Of each number, in the request's order, what was read or why nothing was.
        asked_us: When the person asked, 0 where that is not known.
    """

    request: optout_pb2.OptOutRequest
    list: ListState
    region: str
    readings: Readings
    asked_us: int

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers that were read, each once, sorted."""
        return tuple(sorted({item for item in self.readings if not isinstance(item, Reject)}))

    @property
    def rejects(self) -> tuple[Reject, ...]:
        """Why each number that was not read was not."""
        return tuple(item for item in self.readings if isinstance(item, Reject))


def check_form(request: optout_pb2.OptOutRequest) -> None:
    """Make sure that a request is sound, whatever the ledger holds.

    Raises:
        InvalidRequestError: It is not; every wrong field is named.
    """
    problems = request_problems(request)
    if problems:
        raise invalid_fields("INVALID_ARGUMENT", problems)


def planned(request: optout_pb2.OptOutRequest, state: State) -> OptOutPlan:
    """Return what a request of sound form asks for.

    Raises:
        NotFoundError: There is no such campaign or client.
        ConflictError: The policy names no list to write to.
        InvalidRequestError: A date cannot be read or lies in the future, or no number can be read.
    """
    target = target_of(state, request.campaign, request.client)
    region = request.region or target.region
    zone = ZoneInfo(zone_of(target.list, state))
    asked_us, _ = (_instant(request, field, zone) for field in ("asked", "review"))
    if asked_us > time.time_ns() // 1000:
        field = "dates.asked" if request.dates.asked else "attributes.asked_unix_us"
        told = "when the person asked lies in the future; mend it or this machine's clock"
        raise invalid_fields("INVALID_ARGUMENT", [FieldProblem(field, told)])
    readings = read_all(request, region)
    if all(isinstance(item, Reject) for item in readings):
        raise _nothing_read(request, readings)
    return OptOutPlan(request, target.list, region, readings, asked_us)


def against(plan: OptOutPlan, state: State) -> OptOutPlan:
    """Return a plan against the policy and the list as they stand now; what was read stays as it was.

    Raises:
        DncdError: As ``planned``; the policy has changed meanwhile.
    """
    target = target_of(state, plan.request.campaign, plan.request.client)
    return replace(plan, list=target.list)


def read_all(request: optout_pb2.OptOutRequest, region: str) -> Readings:
    """Return how each number of a request is read, in its order."""
    if request.numbers:
        return tuple(read_many(request.numbers, region))
    standings = ((number, inspect(number).reject) for number in request.e164)
    return tuple(number if reject is None else reject for number, reject in standings)


def _instant(request: optout_pb2.OptOutRequest, field: str, zone: ZoneInfo) -> int:
    given: int = getattr(request.attributes, f"{field}_unix_us")
    text: str = getattr(request.dates, field)
    if not text:
        return given
    instant_us = read_date(field, text, zone)
    if instant_us is None:
        told = "a day such as 2026-11-24, or a time such as 2026-11-24T14:05, with an offset or without"
        raise invalid_fields("INVALID_ARGUMENT", [FieldProblem(f"dates.{field}", told)])
    return instant_us


def _nothing_read(request: optout_pb2.OptOutRequest, readings: Readings) -> InvalidRequestError:
    group = "numbers" if request.numbers else "e164"
    problems = [
        FieldProblem(f"{group}[{place}]", f"it cannot be read: {reading}")
        for place, reading in enumerate(readings[:_MAX_PROBLEMS_TOLD])
    ]
    return invalid_fields("NUMBERS_UNREADABLE", problems)
