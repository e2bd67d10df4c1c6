"""What a caller says of an opt-out is looked at before anything is begun, and read as an upload would read it."""

import time
from typing import Any

import pytest

from dncd.v1 import batch_pb2, optout_pb2
from dncd_engine.numbers import Reject
from dncd_engine.state import State
from dncd_server.errors import InvalidRequestError
from dncd_server.optouts.plan import OptOutPlan, check_form, planned
from dncd_server.optouts.request import content_of, request_problems
from server.opting import NUMBER, OWN, attributes, campaign, dates, opt_out, state_of

Request = optout_pb2.OptOutRequest
LONG = "x" * 257
TOMORROW_US = time.time_ns() // 1000 + 86_400_000_000
STATE = state_of(
    {"optout": OWN}, {"default": campaign("optout"), "us": campaign("optout", countries=("US",))}
)


def _wrong_fields(request: Request) -> list[str]:
    with pytest.raises(InvalidRequestError) as caught:
        _plan(request)
    return [problem.field for problem in caught.value.fields]


def _plan(request: Request, state: State = STATE) -> OptOutPlan:
    check_form(request)
    return planned(request, state)


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (opt_out(""), "request_id"),
        (opt_out("a b"), "request_id"),
        (opt_out("x" * 65), "request_id"),
        (opt_out(e164=[]), "numbers"),
        (opt_out(e164=[NUMBER], numbers=["045-000-1000"]), "numbers"),
        (opt_out(e164=[NUMBER] * 101), "e164"),
        (opt_out(numbers=["045-000-1000"] * 101), "numbers"),
        (opt_out(campaign="Acme/Spring"), "campaign"),
        (opt_out(client="acme/spring"), "client"),
        (opt_out(client="ACME"), "client"),
        (opt_out(client="acme", campaign="acme/spring"), "client"),
        (opt_out(region="jp"), "region"),
        (opt_out(region="JPN"), "region"),
        (attributes(ground="because"), "attributes.ground"),
        (attributes(requester="neighbour"), "attributes.requester"),
        (attributes(reference=LONG), "attributes.reference"),
        (attributes(source="a\nb"), "attributes.source"),
        (attributes(asked_unix_us=-1), "attributes.asked_unix_us"),
        (attributes(asked_unix_us=TOMORROW_US), "attributes.asked_unix_us"),
        (attributes(review_unix_us=-1), "attributes.review_unix_us"),
        (attributes(effective_unix_us=1), "attributes.effective_unix_us"),
        (attributes(expires_unix_us=TOMORROW_US), "attributes.expires_unix_us"),
        (attributes(purposes=["survey"]), "attributes.purposes"),
        (dates(effective="2026-01-01"), "dates.effective"),
        (dates(expires="2026-01-01"), "dates.expires"),
        (dates(asked="yesterday"), "dates.asked"),
        (dates(asked="9999-01-01"), "dates.asked"),
        (dates(review="2026-13-01"), "dates.review"),
    ],
)
def test_every_field_that_is_wrong_is_named(request_: Request, field: str) -> None:
    assert _wrong_fields(request_) == [field]


@pytest.mark.parametrize("field", ["asked", "review"])
def test_an_instant_is_said_once(field: str) -> None:
    request = attributes(**{f"{field}_unix_us": 1})
    setattr(request.dates, field, "2026-01-01")

    assert _wrong_fields(request) == [f"dates.{field}"]


def test_all_that_is_wrong_is_told_at_once() -> None:
    request = opt_out("", region="x", attributes=batch_pb2.Attributes(ground="y"))

    assert _wrong_fields(request) == ["request_id", "region", "attributes.ground"]


def test_a_field_that_is_not_known_is_not_passed_over() -> None:
    later = Request.FromString(opt_out().SerializeToString() + b"\xfa\x01\x01x")
    inside = opt_out(
        attributes=batch_pb2.Attributes.FromString(b"\xfa\x01\x01x"),
    )

    assert [problem.field for problem in request_problems(later)] == ["request"]
    assert [problem.field for problem in request_problems(inside)] == ["request"]


def test_a_request_that_says_all_it_may_is_sound() -> None:
    request = opt_out(
        "A-1.b_c:d",
        numbers=["045-000-1000"],
        campaign="us",
        region="JP",
        attributes=batch_pb2.Attributes(
            ground="tokushoho_17", requester="agent", reference="R-1", source="call centre"
        ),
        dates=batch_pb2.LocalDates(asked="2026-11-20 14:05", review="2036-11-20"),
    )
    plan = _plan(request)

    assert plan.readings == (NUMBER,)
    assert plan.asked_us == 1_795_151_100_000_000  # 14:05 in Japan


def test_the_same_content_has_one_digest_whatever_its_id() -> None:
    same = {content_of(opt_out(request_id, campaign="a")) for request_id in ("r-1", "r-2")}
    other = {
        content_of(item)
        for item in (
            opt_out(campaign="b"),
            opt_out(e164=[NUMBER + 1], campaign="a"),
            opt_out(campaign="a", attributes=batch_pb2.Attributes(reference="R")),
            opt_out(campaign="a", dates=batch_pb2.LocalDates(asked="2026-01-01")),
        )
    }

    assert len(same) == 1
    assert len(other | same) == 5


def test_numbers_are_read_in_order_and_what_cannot_be_read_keeps_no_other_out() -> None:
    texts = ["045-000-1000", "110", "+81 45 000 1001", "045-000-CALL", "0450001000"]
    plan = _plan(opt_out(numbers=texts))

    assert plan.readings == (
        NUMBER,
        Reject.SPECIAL_NUMBER,
        NUMBER + 1,
        Reject.LETTERS,
        NUMBER,
    )
    assert plan.numbers == (NUMBER, NUMBER + 1)
    assert plan.rejects == (Reject.SPECIAL_NUMBER, Reject.LETTERS)


def test_an_integer_is_held_to_the_rules_of_a_text() -> None:
    trunk_zero_left_in = 810_450_001_000
    plan = _plan(opt_out(e164=[NUMBER, 110, trunk_zero_left_in, 2**64 - 1]))

    assert plan.numbers == (NUMBER,)
    assert plan.rejects == (Reject.SPECIAL_NUMBER, Reject.INVALID_NUMBER, Reject.TOO_LONG)


def test_texts_are_read_as_the_request_says_else_as_the_campaign_does() -> None:
    american = opt_out(numbers=["202-555-0100"], campaign="us")
    japanese = opt_out(numbers=["045-000-1000"], campaign="us", region="JP")

    assert _plan(american).numbers == (12_025_550_100,)
    assert _plan(japanese).numbers == (NUMBER,)


@pytest.mark.parametrize("group", ["numbers", "e164"])
def test_where_nothing_can_be_read_each_is_told_and_none_repeated(group: str) -> None:
    told: dict[str, list[Any]] = {"numbers": ["110", "03-1234-000"], "e164": [110, 8_131_234_000]}
    fields: dict[str, Any] = {group: told[group]}
    with pytest.raises(InvalidRequestError) as caught:
        _plan(opt_out(**fields))

    error = caught.value
    assert error.reason == "NUMBERS_UNREADABLE"
    assert [problem.field for problem in error.fields] == [f"{group}[0]", f"{group}[1]"]
    assert error.fields[0].message == "it cannot be read: special_number"
    assert not any(str(number) in error.message for number in told[group])


def test_of_many_that_cannot_be_read_as_many_are_told_as_an_answer_has_room_for() -> None:
    assert len(_wrong_fields(opt_out(e164=[1] * 100))) == 20
