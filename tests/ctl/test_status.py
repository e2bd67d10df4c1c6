"""`dncctl status`: what needs a person, and what he does about it."""

import pytest

from client.peers import basis
from ctl.conftest import Dncctl
from ctl.control import control
from dncd.v1 import policy_pb2
from dncd_client.ctl import codes

ATTENTION = {
    "incomplete": "dncctl waive B-1 --reason",
    "held": "dncctl approve B-1",
    "stale": "dncctl load ftc FILE --published",
    "overridden": "dncctl override ftc --end",
    "review_due": "--mode remove --reason",
    "never_loaded": "dncctl load ftc FILE",
    "unused": "block",
    "clock_behind": "clock",
}


def _status(*codes_: str) -> policy_pb2.ListListsResponse:
    return policy_pb2.ListListsResponse(
        basis=basis(),
        ready=True,
        attention=[
            policy_pb2.Attention(code=code, list="ftc", batch_id="B-1", count=5) for code in codes_
        ],
    )


@pytest.mark.parametrize(("code", "remedy"), ATTENTION.items())
def test_what_needs_a_person_says_what_to_do(dncctl: Dncctl, code: str, remedy: str) -> None:
    """In both languages, with the commands."""
    with control(ListLists=_status(code)) as (target, _):
        english = dncctl("status", "--server", target)
        japanese = dncctl("status", "--lang", "ja", "--server", target)

    assert english.code == japanese.code == 1
    assert codes.ATTENTION[code][0] in english.out
    assert remedy in english.out
    assert codes.ATTENTION[code][1] in japanese.out
    assert "対応方法" in japanese.out


def test_every_attention_has_a_case() -> None:
    """A code that dncd gains is missed here."""
    assert set(ATTENTION) == set(codes.ATTENTION)


def test_what_many_need_is_said_once(dncctl: Dncctl) -> None:
    """With the commands for each."""
    answer = _status("held")
    answer.attention.add(code="held", batch_id="B-2")
    answer.attention.add(code="held", batch_id="B-2")
    with control(ListLists=answer) as (target, _):
        out = dncctl("status", "--server", target).out

    assert out.count("another person than the proposer") == 1
    assert out.count("dncctl approve B-1\n") == out.count("dncctl approve B-2\n") == 1


def test_what_is_not_known_is_shown_as_it_is(dncctl: Dncctl) -> None:
    """A newer server's code passes through."""
    with control(ListLists=_status("brand_new")) as (target, _):
        ended = dncctl("status", "--server", target)

    assert ended.code == 1
    assert "brand_new: not known to this version" in ended.out


@pytest.mark.parametrize("command", [("status",), ("list", "ls"), ("policy",)])
def test_confidential_lists_are_asked_for_by_name(dncctl: Dncctl, command: tuple[str, ...]) -> None:
    """Nobody sees them by chance."""
    answer = policy_pb2.GetPolicyResponse()
    with control(ListLists=_status(), GetPolicy=answer) as (target, requests):
        dncctl(*command, "--server", target)
        dncctl(*command, "--confidential", "--server", target)

    assert [each.confidential for _, each, _ in requests] == [False, True]


def test_an_override_in_force_is_shown_with_the_list(dncctl: Dncctl) -> None:
    """Where the list lives; in JSON as RFC 3339."""
    state = policy_pb2.ListState(name="ftc", override_until_unix_us=1_795_597_200_000_000)
    answer = policy_pb2.ListListsResponse(lists=[state], region="JP")
    with control(ListLists=answer) as (target, _):
        shown = dncctl("list", "show", "ftc", "--server", target)
        printed = dncctl("list", "show", "ftc", "--json", "--server", target)

    assert "2026-11-25 18:00+09:00" in shown.out
    assert printed.json["override_until"] == "2026-11-25T09:00:00Z"
