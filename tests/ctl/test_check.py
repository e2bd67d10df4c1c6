"""`dncctl check`."""

from typing import Any

import pytest

from client.peers import ALLOW, LISTED, batch
from ctl.conftest import Dncctl
from ctl.control import control
from dncd.v1 import verdict_pb2


def test_check_prints_a_line_each(dncctl: Dncctl) -> None:
    """The JSON is the contract's; one blocked number makes it 1."""
    answer = batch(b"\1\0\2\0", [819012345678, 819012345679])
    with control(CheckBatch=answer) as (target, requests):
        ended = dncctl(
            "check", "090-1234-5678", "+819012345679", "--campaign", "acme/spring", "--json",
            "--server", target, "--at-least", "t",
        )  # fmt: skip

    assert ended.code == 1
    assert ended.lines[0] == {
        "number": "090-1234-5678",
        "e164": "+819012345678",
        "campaign": "acme/spring",
        "decision": "ALLOW",
        "action": "DIAL",
        "reasons": [],
        "version": 7,
        "token": "token-7",
        "at": "2023-11-14T22:13:20.000001Z",
    }
    assert ended.lines[1]["reasons"] == [
        {"code": "LISTED", "list": "optout", "kind": "do_not_contact", "detail": None}
    ]
    _, request, _ = requests[0]
    assert list(request.numbers) == ["090-1234-5678", "+819012345679"]
    assert (request.campaign, request.at_least) == ("acme/spring", "t")
    assert request.via == verdict_pb2.VIA_DESK


def test_check_splits_and_never_goes_back(dncctl: Dncctl) -> None:
    """Above 10,000 the second answer rests on the first one's version or a later one."""

    def allow(request: Any, _context: object) -> Any:
        return batch(b"\1\0" * len(request.numbers), [5] * len(request.numbers))

    with control(CheckBatch=allow) as (target, requests):
        ended = dncctl("check", "-", "--json", "--server", target, stdin=b"090\r\n\n" * 10_001)

    assert ended.code == 0
    assert len(ended.lines) == 10_001
    assert ended.lines[0]["number"] == "090"
    assert [len(each.numbers) for _, each, _ in requests] == [10_000, 1]
    assert [each.at_least for _, each, _ in requests] == ["", "token-7"]


def test_check_believes_no_malformed_answer(dncctl: Dncctl) -> None:
    """A short column blocks, with a reason of its own."""
    with control(CheckBatch=batch(b"\1\0", [5])) as (target, _):
        ended = dncctl("check", "090", "091", "--json", "--server", target)

    assert ended.code == 1
    assert {line["reasons"][0]["code"] for line in ended.lines} == {"UNAVAILABLE"}


def test_check_shows_a_table_in_the_chosen_language(dncctl: Dncctl) -> None:
    """The codes stay as they are, the meaning is told in Japanese."""
    with control(CheckBatch=batch(b"\2\0", [819012345678])) as (target, _):
        ended = dncctl("check", "090-1234-5678", "--lang", "ja", "--server", target)

    assert "LISTED [optout do_not_contact]" in ended.out
    assert "架電を止めるリストに載っています" in ended.out


@pytest.mark.parametrize("stdin", [b"", b"\n \r\n"])
def test_no_number_is_no_answer(dncctl: Dncctl, stdin: bytes) -> None:
    """An empty pipe is never taken for all clear."""
    with control(CheckBatch=batch(b"\1\0", [5])) as (target, requests):
        ended = dncctl("check", "-", "--server", target, stdin=stdin)

    assert (ended.code, ended.out, requests) == (2, "", [])
    assert "no number was given" in ended.err


def test_an_empty_number_is_asked(dncctl: Dncctl) -> None:
    """It is a number that cannot be read, for the server to say."""
    with control(CheckBatch=batch(b"\2\0", [0])) as (target, requests):
        ended = dncctl("check", "", "--server", target)

    assert ended.code == 1
    assert list(requests[0][1].numbers) == [""]


def test_the_answer_says_the_same_for_an_allow(dncctl: Dncctl) -> None:
    """A table for people ends with what it rests on."""
    with control(CheckBatch=batch(b"\1\0", [5], [LISTED, ALLOW])) as (target, _):
        ended = dncctl("check", "+5", "--server", target)

    assert ended.code == 0
    assert "version 7" in ended.out


def test_an_allow_says_what_it_rests_on(dncctl: Dncctl) -> None:
    """An exemption that lifts and the registry that it lifts; a list that is let through, until when."""
    reasons = [
        verdict_pb2.Reason(code=code, list=name, kind=kind, detail=detail)
        for code, name, kind, detail in (
            (verdict_pb2.REASON_CODE_LIFTED, "ftc", verdict_pb2.LIST_KIND_REGISTRY, ""),
            (verdict_pb2.REASON_CODE_LIFTED, "acme/ebr", verdict_pb2.LIST_KIND_EXEMPTION, ""),
            (
                verdict_pb2.REASON_CODE_STALE_ALLOWED,
                "ftc",
                verdict_pb2.LIST_KIND_REGISTRY,
                "2026-11-25T09:00:00Z",
            ),
        )
    ]
    allow = verdict_pb2.Verdict(
        decision=verdict_pb2.DECISION_ALLOW, action=verdict_pb2.ACTION_DIAL, reasons=reasons
    )
    with control(CheckBatch=batch(b"\1\0", [12025550123], [LISTED, allow])) as (target, _):
        shown = dncctl("check", "+1 202 555 0123", "--server", target)
        printed = dncctl("check", "+1 202 555 0123", "--json", "--server", target)

    assert shown.code == 0
    assert "LIFTED [ftc registry]: " in shown.out
    assert "LIFTED [acme/ebr exemption]: " in shown.out
    assert "STALE_ALLOWED [ftc registry 2026-11-25T09:00:00Z]: " in shown.out
    assert [each["list"] for each in printed.json["reasons"]] == ["ftc", "acme/ebr", "ftc"]
