"""An opt-out that cannot be taken is refused with a reason, changes nothing, and repeats no number."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import pytest

from dncd.v1 import batch_pb2, optout_pb2, optout_pb2_grpc, policy_pb2
from e2e.numbering import e164, yokohama
from e2e.optouts import CAMPAIGN, LIST, PLANES, define, request_of, used
from e2e.planes import (
    DO_NOT_CONTACT,
    SECONDS,
    STARTS_EMPTY,
    apply,
    failure_of,
    list_of,
    version_of,
)
from harness.canary import Canary
from harness.daemon import Daemon, Stubs

INVALID = "INVALID_ARGUMENT"
NUMBER, TEXT = e164(1), yokohama(1)
TOMORROW_US = time.time_ns() // 1000 + 86_400_000_000


@pytest.fixture(scope="module")
def stubs(shared: Daemon, canary: Canary) -> Iterator[Stubs]:
    used(canary, *range(e164(0), e164(50)))
    with shared.stubs() as stubs:
        define(stubs)
        apply(
            stubs,
            {"two/a": DO_NOT_CONTACT, "two/b": DO_NOT_CONTACT},
            {"two/x": policy_pb2.CampaignDefinition(block=["two/a", "two/b"])},
        )
        yield stubs


def _with(**attributes: Any) -> dict[str, Any]:
    return {"attributes": batch_pb2.Attributes(**attributes)}


def _dated(**dates: str) -> dict[str, Any]:
    return {"dates": batch_pb2.LocalDates(**dates)}


REFUSALS: dict[str, tuple[list[int | str], dict[str, Any], str, str, list[str]]] = {
    "no number": ([], {}, INVALID, INVALID, ["numbers"]),
    "both kinds of number": ([NUMBER, TEXT], {}, INVALID, INVALID, ["numbers"]),
    "too many": ([NUMBER] * 101, {}, INVALID, INVALID, ["e164"]),
    "an id with a blank": ([NUMBER], {"request_id": "a b"}, INVALID, INVALID, ["request_id"]),
    "no id": ([NUMBER], {"request_id": ""}, INVALID, INVALID, ["request_id"]),
    "campaign and client": (
        [NUMBER],
        {"campaign": CAMPAIGN, "client": "acme"},
        INVALID,
        INVALID,
        ["client"],
    ),
    "a client with a slash": ([NUMBER], {"client": CAMPAIGN}, INVALID, INVALID, ["client"]),
    "a name that is none": ([NUMBER], {"campaign": "Spring"}, INVALID, INVALID, ["campaign"]),
    "no campaign": ([NUMBER], {"campaign": ""}, INVALID, "CAMPAIGN_NEEDED", ["campaign"]),
    "a region that is none": ([TEXT], {"region": "Japan"}, INVALID, INVALID, ["region"]),
    "an unknown ground": ([NUMBER], _with(ground="why"), INVALID, INVALID, ["attributes.ground"]),
    "an end": (
        [NUMBER],
        _with(expires_unix_us=TOMORROW_US),
        INVALID,
        INVALID,
        ["attributes.expires_unix_us"],
    ),
    "a purpose": ([NUMBER], _with(purposes=["x"]), INVALID, INVALID, ["attributes.purposes"]),
    "a beginning as a date": (
        [NUMBER],
        _dated(effective="2026-01-01"),
        INVALID,
        INVALID,
        ["dates.effective"],
    ),
    "asked tomorrow": (
        [NUMBER],
        _with(asked_unix_us=TOMORROW_US),
        INVALID,
        INVALID,
        ["attributes.asked_unix_us"],
    ),
    "asked on no day": ([NUMBER], _dated(asked="20261101"), INVALID, INVALID, ["dates.asked"]),
    "only a special number": (["110"], {}, INVALID, "NUMBERS_UNREADABLE", ["numbers[0]"]),
    "only an integer that is none": (
        [810_450_000_001, 118],
        {},
        INVALID,
        "NUMBERS_UNREADABLE",
        ["e164[0]", "e164[1]"],
    ),
    "an unknown campaign": (
        [NUMBER],
        {"campaign": "acme/none"},
        "NOT_FOUND",
        "CAMPAIGN_NOT_FOUND",
        [],
    ),
    "an unknown client": ([NUMBER], {"client": "none"}, "NOT_FOUND", "CLIENT_NOT_FOUND", []),
    "a campaign of two lists": (
        [NUMBER],
        {"campaign": "two/x"},
        "FAILED_PRECONDITION",
        "NO_OPT_OUT_LIST",
        [],
    ),
    "a client of two lists": (
        [NUMBER],
        {"client": "two"},
        "FAILED_PRECONDITION",
        "NO_OPT_OUT_LIST",
        [],
    ),
    "the campaign for practice": (
        [NUMBER],
        {"campaign": "dncd-test"},
        "FAILED_PRECONDITION",
        "NO_OPT_OUT_LIST",
        [],
    ),
}


@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize("what", REFUSALS)
def test_a_refusal_says_why_and_changes_nothing(
    shared: Daemon, stubs: Stubs, what: str, plane: str
) -> None:
    numbers, fields, code, reason, wrong = REFUSALS[what]
    version = version_of(stubs)
    failed = failure_of(_call(shared, plane, _request(numbers, fields)))

    assert (failed.code.name, failed.reason, failed.domain) == (code, reason, "dncd")
    assert failed.fields == wrong
    assert not any(str(number).lstrip("0") in failed.text for number in numbers if number != "110")
    assert version_of(stubs) == version
    assert list_of(stubs, LIST).numbers == 0


def _request(numbers: list[int | str], fields: dict[str, Any]) -> optout_pb2.OptOutRequest:
    given = {"request_id": "refused", **fields}
    return request_of(given.pop("request_id"), *numbers, **given)


def _call(daemon: Daemon, plane: str, request: optout_pb2.OptOutRequest) -> Callable[[], object]:
    def call() -> object:
        with grpc.insecure_channel(getattr(daemon, plane)) as channel:
            return optout_pb2_grpc.OptOutServiceStub(channel).OptOut(request, timeout=SECONDS)

    return call


@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize("data", [b"\x0a\x7fx", b"\x0a\x02\xff\xfe"])
def test_a_message_that_cannot_be_read_is_answered_like_any_other_mistake(
    shared: Daemon, plane: str, data: bytes
) -> None:
    with grpc.insecure_channel(getattr(shared, plane)) as channel:
        call: Any = channel.unary_unary("/dncd.v1.OptOutService/OptOut")
        failed = failure_of(lambda: call(data, timeout=SECONDS))

    assert (failed.code.name, failed.reason) == (INVALID, "MALFORMED")


@pytest.mark.parametrize("plane", PLANES)
def test_a_field_of_a_later_version_is_not_passed_over(
    shared: Daemon, stubs: Stubs, plane: str
) -> None:
    later = request_of("later", NUMBER).SerializeToString() + b"\xfa\x01\x01x"
    failed = failure_of(_call(shared, plane, optout_pb2.OptOutRequest.FromString(later)))

    assert (failed.code.name, failed.fields) == (INVALID, ["request"])


def test_a_refused_id_is_free(shared: Daemon, stubs: Stubs) -> None:
    failure_of(_call(shared, "listen", request_of("retried", "110")))
    apply(stubs, {"one": STARTS_EMPTY}, {"one": policy_pb2.CampaignDefinition(block=["one"])})
    answer = _call(shared, "listen", request_of("retried", TEXT, campaign="one"))()

    assert isinstance(answer, optout_pb2.OptOutResponse)
    assert (answer.list, answer.added) == ("one", 1)
