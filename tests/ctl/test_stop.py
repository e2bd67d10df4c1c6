"""`dncctl stop`: the person asked, and is blocked when it returns."""

import json
from typing import Any

import grpc
import pytest

from client.peers import fails, takes
from ctl.conftest import Dncctl
from ctl.control import control
from dncd.v1 import batch_pb2

TOO_SHORT = batch_pb2.Reading(reject=batch_pb2.REJECT_CODE_TOO_SHORT)
READ = batch_pb2.Reading(e164=819012345678)


def test_stop_says_where_it_is_in_force(dncctl: Dncctl) -> None:
    """The JSON is the contract's, with what was added and what was not read."""
    with control(OptOut=takes) as (target, requests):
        ended = dncctl(
            "stop", "090-1234-5678", "--campaign", "acme/spring", "--request-id", "R-1", "--json",
            "--asked", "2026-11-20", "--ground", "tokushoho_17", "--ref", "R-7", "--review",
            "2027-03-31", "--requester", "agent", "--region", "JP", "--actor", "desk-3",
            "--server", target,
        )  # fmt: skip

    assert ended.code == 0
    assert ended.json == {
        "batch_id": "R-1",
        "list": "acme/optout",
        "version": 9,
        "token": "token-9",
        "added": 1,
        "rejected": [],
    }
    _, request, metadata = requests[0]
    assert list(request.numbers) == ["090-1234-5678"]
    assert (request.campaign, request.client, request.region) == ("acme/spring", "", "JP")
    given = request.attributes
    assert (given.ground, given.reference, given.requester) == ("tokushoho_17", "R-7", "agent")
    assert (request.dates.asked, request.dates.review) == ("2026-11-20", "2027-03-31")
    assert metadata["dncd-actor"] == "desk-3"


def test_an_id_is_made_where_none_is_given(dncctl: Dncctl) -> None:
    """Another one for each request."""
    with control(OptOut=takes) as (target, requests):
        for _ in range(2):
            assert dncctl("stop", "090", "--client", "acme", "--server", target).code == 0

    ids = [each.request_id for _, each, _ in requests]
    assert all(ids)
    assert len(set(ids)) == 2
    assert requests[0][1].client == "acme"


def test_a_number_that_could_not_be_read_ends_with_1(dncctl: Dncctl) -> None:
    """Told by its place: to programs without the number, to people as they typed it."""

    def answer(request: Any, _context: object) -> Any:
        return takes(request, readings=[READ, TOO_SHORT], added=1)

    with control(OptOut=answer) as (target, _):
        numbers = ("090-1234-5678", "090-1")
        shown = dncctl("stop", *numbers, "--server", target)
        printed = dncctl("stop", *numbers, "--json", "--server", target)

    assert (shown.code, printed.code) == (1, 1)
    assert "in force on acme/optout from version 9: 1 blocked, 1 of them new" in shown.out
    assert "NOT blocked: number 2, '090-1', could not be read (too_short" in shown.out
    assert printed.json["rejected"] == [{"position": 2, "code": "too_short"}]
    assert "090" not in printed.out + printed.err + shown.err


def test_numbers_come_from_standard_input(dncctl: Dncctl) -> None:
    """So that none stands in the shell's history."""
    with control(OptOut=takes) as (target, requests):
        ended = dncctl("stop", "-", "--server", target, stdin="０９０\r\n\n045\n".encode())

    assert ended.code == 0
    assert list(requests[0][1].numbers) == ["０９０", "045"]


def test_it_is_tried_again_under_the_same_id(dncctl: Dncctl) -> None:
    """A node that restarts loses nobody's word."""
    away = fails(grpc.StatusCode.UNAVAILABLE, "STARTING")
    answers = [away, away, takes]

    def answer(request: Any, context: Any) -> Any:
        return answers.pop(0)(request, context)

    with control(OptOut=answer) as (target, requests):
        ended = dncctl("stop", "090", "--json", "--server", target)

    assert ended.code == 0
    assert len({each.request_id for _, each, _ in requests}) == 1
    assert len(requests) == 3


@pytest.mark.parametrize("language", ["en", "ja"])
def test_silence_does_not_look_as_if_it_was_taken(dncctl: Dncctl, language: str) -> None:
    """Standard output stays empty, and the id is told under which to go on."""
    options = ("--request-id", "R-1", "--timeout", "0.3", "--lang", language)
    ended = dncctl("stop", "090-1234-5678", *options, "--server", "127.0.0.1:1")

    assert (ended.code, ended.out) == (3, "")
    assert "--request-id R-1" in ended.err
    assert "1234" not in ended.err


def test_silence_is_an_error_of_its_own_for_programs(dncctl: Dncctl) -> None:
    """With the id beside it."""
    options = ("--request-id", "R-1", "--timeout", "0.2", "--json")
    ended = dncctl("stop", "090", *options, "--server", "127.0.0.1:1")
    view = json.loads(ended.err)

    assert view["error"]["reason"] == "NOT_ACKNOWLEDGED"
    assert view["error"]["metadata"] == {"request_id": "R-1"}


def test_a_refusal_names_what_was_typed(dncctl: Dncctl) -> None:
    """The place of a number, as people count."""
    wrong = fails(grpc.StatusCode.INVALID_ARGUMENT, "NUMBERS_UNREADABLE", field="numbers[1]")
    with control(OptOut=wrong) as (target, requests):
        ended = dncctl("stop", "x", "y", "--server", target)
        japanese = dncctl("stop", "x", "y", "--lang", "ja", "--server", target)

    assert (ended.code, ended.out, len(requests)) == (2, "", 2)
    assert "NUMBER 2: mend it" in ended.err
    assert "何も登録していません" in japanese.err


def test_no_list_to_write_to_ends_with_1(dncctl: Dncctl) -> None:
    """The policy has to be mended first."""
    refuse = fails(grpc.StatusCode.FAILED_PRECONDITION, "NO_OPT_OUT_LIST")
    with control(OptOut=refuse) as (target, _):
        ended = dncctl("stop", "090", "--server", target)

    assert (ended.code, ended.out) == (1, "")


@pytest.mark.parametrize(
    "arguments",
    [
        ("stop",),
        ("stop", "-"),
        ("stop", "090", "--campaign", "acme/spring", "--client", "acme"),
        ("stop", "090", "--asked", "yesterday"),
        ("stop", "090", "--review", "2026-02-30"),
    ],
)
def test_wrong_usage_asks_nothing(dncctl: Dncctl, arguments: tuple[str, ...]) -> None:
    """It ends with 2."""
    with control(OptOut=takes) as (target, requests):
        assert dncctl(*arguments, "--server", target).code == 2

    assert requests == []
