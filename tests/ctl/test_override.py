"""`dncctl override`: a stale list is let through, by name, for a time."""

import time
from typing import Any

import grpc
import pytest

from client.peers import basis, fails
from ctl.conftest import Dncctl
from ctl.control import control
from dncd.v1 import policy_pb2, verdict_pb2

APPLIED = policy_pb2.OverrideListResponse(applied=True, basis=basis(), flags=["unapproved"])
HELD = policy_pb2.OverrideListResponse(held_id="override-0a1b2c3d", basis=basis())
_STATE = policy_pb2.ListState(
    name="ftc", definition=policy_pb2.ListDefinition(kind=verdict_pb2.LIST_KIND_REGISTRY)
)
LISTS = policy_pb2.ListListsResponse(lists=[_STATE], region="JP")


def test_a_length_of_time_counts_from_now(dncctl: Dncctl) -> None:
    """And what is in force says so."""
    with control(OverrideList=APPLIED) as (target, requests):
        before = time.time()
        ended = dncctl(
            "override", "ftc", "--until", "24h", "--reason", "site down", "--server", target
        )

    request = requests[0][1]
    assert ended.code == 0
    assert (request.list, request.reason) == ("ftc", "site down")
    assert 0 <= request.until_unix_us / 1e6 - before - 86_400 < 60
    assert "STALE_ALLOWED" in ended.out
    assert "unapproved" in ended.err


@pytest.mark.parametrize(
    ("until", "unix_us"),
    [
        ("2026-11-25T18:00+09:00", 1_795_597_200_000_000),
        ("2026-11-25T18:00", 1_795_597_200_000_000),
        ("2026-11-25", 1_795_618_800_000_000),
    ],
)
def test_a_time_is_one_where_the_list_lives(dncctl: Dncctl, until: str, unix_us: int) -> None:
    """A date is its end."""
    with control(OverrideList=APPLIED, ListLists=LISTS) as (target, requests):
        ended = dncctl("override", "ftc", "--until", until, "--reason", "x", "--server", target)

    assert ended.code == 0
    assert requests[-1][1].until_unix_us == unix_us


def test_an_override_is_json(dncctl: Dncctl) -> None:
    """With what is in force, or the id of what waits."""
    until = "2026-11-25T18:00:00Z"
    answers: list[Any] = [APPLIED, HELD]
    with control(OverrideList=lambda *_: answers.pop(0)) as (target, _):
        ended = [
            dncctl(
                "override", "ftc", "--until", until, "--reason", "x", "--json", "--server", target
            )
            for _ in range(2)
        ]

    assert ended[0].json == {
        "list": "ftc",
        "until": until,
        "applied": True,
        "flags": ["unapproved"],
        "held_id": None,
        "version": 7,
        "token": "token-7",
    }
    assert (ended[1].json["applied"], ended[1].json["held_id"]) == (False, "override-0a1b2c3d")
    assert [each.code for each in ended] == [0, 1]


def test_what_waits_says_who_must_do_what(dncctl: Dncctl) -> None:
    """And is not in force."""
    with control(OverrideList=HELD) as (target, _):
        ended = dncctl("override", "ftc", "--until", "1h", "--reason", "x", "--server", target)

    assert ended.code == 1
    assert "not let through yet" in ended.out
    assert "dncctl approve override-0a1b2c3d" in ended.out


def test_an_override_is_ended(dncctl: Dncctl) -> None:
    """Before its time."""
    with control(OverrideList=APPLIED) as (target, requests):
        ended = dncctl("override", "ftc", "--end", "--reason", "loaded", "--server", target)

    assert ended.code == 0
    assert requests[0][1].until_unix_us == 0
    assert "no longer let through" in ended.out


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--end", "--until", "1h"),
        ("--until", "soon"),
        ("--until", "0h"),
        ("--until", "2026-13-01"),
    ],
)
def test_wrong_usage_asks_nothing(dncctl: Dncctl, options: tuple[str, ...]) -> None:
    """It ends with 2."""
    with control(OverrideList=APPLIED) as (target, requests):
        assert dncctl("override", "ftc", *options, "--server", target).code == 2

    assert requests == []


@pytest.mark.parametrize("until", ["73h", "99999999999d"])
def test_too_far_is_for_the_server_to_say(dncctl: Dncctl, until: str) -> None:
    """It names what was typed."""
    wrong = fails(grpc.StatusCode.INVALID_ARGUMENT, "OVERRIDE_INVALID", field="until_unix_us")
    with control(OverrideList=wrong) as (target, _):
        ended = dncctl("override", "ftc", "--until", until, "--reason", "x", "--server", target)

    assert ended.code == 2
    assert "--until: mend it" in ended.err
