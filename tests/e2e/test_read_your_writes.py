"""What an upload's report says is in force, a check that carries its token sees, on either plane and at once."""

import threading
import time

import grpc

from dncd.v1 import verdict_pb2
from dncd_engine.token import Token, parse_token
from e2e.numbering import e164, yokohama
from e2e.planes import (
    STARTS_EMPTY,
    apply,
    check,
    dialled_everywhere,
    failure_of,
    said,
    upload,
)
from harness.daemon import Daemon, Stubs

ROUNDS = 200
LISTED = ("BLOCK", "DROP", ["LISTED"])
ALLOWED: tuple[str, str, list[str]] = ("ALLOW", "DIAL", [])


def _prepare(stubs: Stubs) -> verdict_pb2.Basis:
    apply(stubs, {"optout": STARTS_EMPTY}, {"default": dialled_everywhere()})
    return check(stubs.screening, e164(999_999)).basis


def test_a_number_just_loaded_is_blocked_on_both_planes(shared: Daemon) -> None:
    wrong: list[str] = []

    def load_and_check(first: int) -> None:
        with shared.stubs() as stubs:
            for index in range(first, first + ROUNDS // 2):
                number = e164(index)
                if said(check(stubs.screening, number)) != ALLOWED:
                    wrong.append(f"{index}: blocked before")
                report = upload(stubs, "optout", yokohama(index).encode(), f"ryw-{index}")
                planes = (stubs.screening, stubs.screening_on_control)
                for plane in planes if index % 2 else reversed(planes):
                    answer = check(plane, number, at_least=report.token)
                    if said(answer) != LISTED or answer.basis.version < report.version:
                        wrong.append(f"{index}: {said(answer)}")
                # an upload is answered once this node answers from it: no token needed here
                if said(check(stubs.screening, yokohama(index))) != LISTED:
                    wrong.append(f"{index}: as text")

    with shared.stubs() as stubs:
        _prepare(stubs)
    # two at a time, so that each upload's checks run beside another upload
    loaders = [threading.Thread(target=load_and_check, args=(first,)) for first in (0, 1_000)]
    for loader in loaders:
        loader.start()
    for loader in loaders:
        loader.join(120)
        assert not loader.is_alive()
    assert wrong == []


def test_a_token_of_another_epoch_is_told_the_present_one(shared: Daemon) -> None:
    with shared.stubs() as stubs:
        present = _prepare(stubs)
        token = parse_token(present.token)
        foreign = {
            "another epoch": Token(1, token.epoch ^ 1, token.hash_prefix),
            "another epoch, in the future": Token(10**6, token.epoch ^ 1, token.hash_prefix),
            "another history": Token(token.version, token.epoch, bytes(8)),
        }
        for plane in (stubs.screening, stubs.screening_on_control):
            for what, other in foreign.items():
                started = time.monotonic()
                failed = failure_of(lambda: check(plane, e164(1), at_least=other.text()))  # noqa: B023
                assert failed.code is grpc.StatusCode.FAILED_PRECONDITION, what
                assert (failed.reason, failed.domain) == ("EPOCH_MISMATCH", "dncd"), what
                assert failed.metadata["token"] == present.token, what
                assert time.monotonic() - started < 2, f"{what}: never waited for"


def test_a_token_of_the_future_is_waited_for_and_then_unavailable(shared: Daemon) -> None:
    with shared.stubs() as stubs:
        token = parse_token(_prepare(stubs).token)
        future = Token(token.version + 1, token.epoch, bytes(8)).text()
        for plane in (stubs.screening, stubs.screening_on_control):
            started = time.monotonic()
            failed = failure_of(lambda: check(plane, e164(1), at_least=future, timeout=0.5))  # noqa: B023
            assert failed.code in (
                grpc.StatusCode.UNAVAILABLE,
                grpc.StatusCode.DEADLINE_EXCEEDED,
            )
            assert time.monotonic() - started < 2
        started = time.monotonic()
        failed = failure_of(lambda: check(stubs.screening, e164(1), at_least=future, timeout=15))
        assert (failed.code, failed.reason) == (grpc.StatusCode.UNAVAILABLE, "BEHIND_TOKEN")
        assert 4 < time.monotonic() - started < 8
        # those who wait hold no others up
        assert said(check(stubs.screening, e164(999_999), timeout=1))[0] == "ALLOW"


def test_a_wait_ends_when_the_version_comes_and_another_history_is_told_apart(
    shared: Daemon,
) -> None:
    with shared.stubs() as stubs:
        token = parse_token(_prepare(stubs).token)
        other_history = Token(token.version + 1, token.epoch, bytes(8)).text()
        ended: list[tuple[str, float]] = []

        def wait() -> None:
            failed = failure_of(
                lambda: check(stubs.screening, e164(5_000), at_least=other_history, timeout=10)
            )
            ended.append((failed.reason, time.monotonic()))

        waiting = threading.Thread(target=wait)
        waiting.start()
        time.sleep(0.2)
        assert not ended
        upload(stubs, "optout", yokohama(5_000).encode(), "awaited")
        came = time.monotonic()
        waiting.join(10)
        reason, at = ended[0]
        assert reason == "EPOCH_MISMATCH"
        assert at - came < 1


def test_garbage_for_a_token_is_the_callers_own_mistake(shared: Daemon) -> None:
    with shared.stubs() as stubs:
        token = _prepare(stubs).token
        garbage = ("x", token[:-1], token + "A", "=" * 34, "A" * 34, "ｱ" * 34, "B" + token[1:])
        for plane in (stubs.screening, stubs.screening_on_control):
            for text in garbage:
                failed = failure_of(lambda: check(plane, e164(1), at_least=text))  # noqa: B023
                assert failed.code is grpc.StatusCode.INVALID_ARGUMENT, text
                assert failed.fields == ["at_least"], text
