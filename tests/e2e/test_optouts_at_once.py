"""Hundreds of opt-outs at once: each is in force when it is answered, each has a version of its own, none is lost."""

import random
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import grpc
import pytest

from conftest import StartDaemon
from dncd.v1 import batch_pb2, optout_pb2, policy_pb2, screening_pb2
from e2e.ledgers import contents, is_whole, ledger_of, verifying
from e2e.numbering import e164
from e2e.optouts import (
    CAMPAIGN,
    LIST,
    PLANES,
    OptOuts,
    define,
    opt_out,
    opt_outs,
    request_of,
    used,
)
from e2e.planes import (
    SECONDS,
    STARTS_EMPTY,
    apply,
    check,
    codes,
    failure,
    list_of,
    upload,
    verdicts_of,
    version_of,
)
from harness.canary import Canary
from harness.daemon import Daemon, Stubs

IN_FLIGHT = 400
LONG_SECONDS = 60.0


def _at_once(
    stubs: OptOuts, requests: list[optout_pb2.OptOutRequest]
) -> "list[Future[optout_pb2.OptOutResponse]]":
    """Send requests without waiting for any, every other one on the other plane."""
    calls: list[Any] = []
    for place, request in enumerate(requests):
        call: Any = (stubs.listen, stubs.control)[place % 2].OptOut
        calls.append(call.future(request, timeout=LONG_SECONDS))
    return calls


def _is_blocked(stubs: Stubs, numbers: list[int], campaign: str = CAMPAIGN) -> bool:
    request = screening_pb2.CheckBatchRequest(e164=numbers, campaign=campaign)
    answer = stubs.screening.CheckBatch(request, timeout=SECONDS)
    return all("LISTED" in codes(verdict) for verdict in verdicts_of(answer))


def test_each_of_hundreds_is_in_force_at_a_version_of_its_own(
    daemon: Daemon, canary: Canary
) -> None:
    used(canary, *range(e164(0), e164(2 * IN_FLIGHT)))
    other = policy_pb2.CampaignDefinition(countries=["JP"], block=["other"], opt_out="other")
    with daemon.stubs() as stubs, opt_outs(daemon) as stub:
        define(stubs)
        apply(stubs, {"other": STARTS_EMPTY}, {"other": other})
        before = version_of(stubs)
        campaigns = (CAMPAIGN, CAMPAIGN, "other")
        requests = [
            request_of(f"r-{turn}", e164(turn), e164(turn // 2), campaign=campaigns[turn % 3])
            for turn in range(IN_FLIGHT)
        ]
        answers = [call.result() for call in _at_once(stub, requests)]

        versions = [answer.basis.version for answer in answers]
        assert sorted(versions) == list(range(before + 1, before + IN_FLIGHT + 1))
        assert version_of(stubs) == before + IN_FLIGHT
        for request, answer in zip(requests, answers, strict=True):
            seen = check(
                stubs.screening,
                request.e164[0],
                campaign=request.campaign,
                at_least=answer.basis.token,
            )
            assert codes(seen.verdict) == ["LISTED"]
        for campaign, name in ((CAMPAIGN, LIST), ("other", "other")):
            mine = [request for request in requests if request.campaign == campaign]
            numbers = {number for request in mine for number in request.e164}
            added = sum(
                answer.added
                for request, answer in zip(requests, answers, strict=True)
                if request.campaign == campaign
            )
            assert _is_blocked(stubs, sorted(numbers), campaign)
            assert list_of(stubs, name).numbers == len(numbers) == added
        reports = stubs.batch.ListBatches(
            batch_pb2.ListBatchesRequest(limit=1_000), timeout=SECONDS
        ).reports
        by_version = {report.version: report for report in reports}
        for answer in answers:
            report = by_version[answer.basis.version]
            assert (report.batch_id, report.token, report.at_unix_us) == (
                answer.batch_id,
                answer.basis.token,
                answer.basis.at_unix_us,
            )
    assert daemon.stop() == 0
    found = contents(ledger_of(daemon.data))
    assert found.versions == list(range(1, found.head + 1))
    assert (found.staged, found.stray_segments) == ([], 0)
    assert is_whole(verifying(ledger_of(daemon.data))) == ""


def test_the_same_request_many_times_at_once_is_taken_once(daemon: Daemon, canary: Canary) -> None:
    used(canary, e164(0), e164(1))
    with daemon.stubs() as stubs, opt_outs(daemon) as stub:
        define(stubs)
        before = version_of(stubs)
        same = [request_of("same", e164(0)) for _ in range(50)]
        answers = [call.result() for call in _at_once(stub, same)]

        assert all(answer == answers[0] for answer in answers)
        assert version_of(stubs) == before + 1

        mixed = [request_of("mixed", e164(turn % 2)) for turn in range(50)]
        outcomes: list[int | str] = []
        for call in _at_once(stub, mixed):
            try:
                outcomes.append(call.result().readings[0].e164)
            except grpc.RpcError as error:
                outcomes.append(failure(error).reason)
        taken = next(outcome for outcome in outcomes if isinstance(outcome, int))
        assert sorted(map(str, outcomes)) == [str(taken)] * 25 + ["BATCH_ID_TAKEN"] * 25
        assert version_of(stubs) == before + 2


@pytest.mark.parametrize("plane", PLANES)
def test_past_the_bound_a_call_is_refused_at_once_and_no_other_is_lost(
    daemon: Daemon, canary: Canary, plane: str
) -> None:
    sent = 2_000
    # numbers far apart, so that a request takes longer to write than to send
    shared = [(8_100 + area) * 10**7 for area in (42, 43, 44, 46, 47, 48, 52, 53, 54, 72, 75, 78)]
    used(canary, *range(e164(0), e164(sent)), *shared)
    with daemon.stubs() as stubs, opt_outs(daemon) as stub:
        define(stubs)
        call: Any = stub.of(plane).OptOut
        calls = [
            call.future(request_of(f"r-{turn}", e164(turn), *shared), timeout=LONG_SECONDS)
            for turn in range(sent)
        ]
        waits = []
        while not all(each.done() for each in calls):
            started = time.monotonic()
            check(stubs.screening, e164(0), campaign=CAMPAIGN)
            waits.append(time.monotonic() - started)
        taken, refused, reasons = [], [], set()
        for turn, each in enumerate(calls):
            try:
                each.result()
                taken.append(e164(turn))
            except grpc.RpcError as error:
                failed = failure(error)
                reasons.add((failed.code.name, failed.reason))
                refused.append(turn)

        assert len(taken) >= 1_000
        # gRPC itself turns some away while they wait for a place at all
        assert ("RESOURCE_EXHAUSTED", "TOO_MANY_OPT_OUTS") in reasons
        assert reasons <= {("RESOURCE_EXHAUSTED", "TOO_MANY_OPT_OUTS"), ("CANCELLED", "")}
        assert _is_blocked(stubs, taken)
        assert list_of(stubs, LIST).numbers == len(taken) + len(shared)
        assert opt_out(stub.of(plane), f"r-{refused[0]}", e164(refused[0])).added == 1
        # who waits to opt out holds none of the threads that answer checks
        assert sorted(waits)[len(waits) // 2] < 0.25


def test_opt_outs_and_uploads_do_not_hold_each_other_up(daemon: Daemon, canary: Canary) -> None:
    used(canary, *range(e164(0), e164(200)))
    with daemon.stubs() as stubs, opt_outs(daemon) as stub:
        define(stubs)
        over, waits = threading.Event(), []

        def flood() -> None:
            for turn in range(200):
                started = time.monotonic()
                opt_out(stub.listen, f"flood-{turn}", e164(turn))
                waits.append(time.monotonic() - started)
                if over.is_set():
                    return

        thread = threading.Thread(target=flood)
        thread.start()
        file = "".join(f"+{8_142_000_0000 + turn}\n" for turn in range(20_000)).encode()
        report = upload(stubs, LIST, file, "large")
        over.set()
        thread.join()

        assert report.numbers.added == 20_000
        assert list_of(stubs, LIST).numbers == 20_000 + len(waits)
        assert max(waits) < 5


@dataclass
class Flood:
    """Opt-outs that are sent until they fail."""

    stubs: OptOuts
    name: str
    answered: dict[int, optout_pb2.OptOutResponse]
    failed: list[str]

    def run(self, numbers: Iterator[int]) -> None:
        """Send one after another."""
        for number in numbers:
            try:
                answer = opt_out(self.stubs.listen, f"{self.name}-{number}", number)
            except grpc.RpcError as error:
                self.failed.append(failure(error).code.name)
                return
            self.answered[number] = answer


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_whatever_was_answered_is_there_after_the_daemon_has_gone(
    start_daemon: StartDaemon, canary: Canary, how: signal.Signals
) -> None:
    dice = random.SystemRandom()
    daemon = start_daemon("--grace", "2")
    used(canary, *range(e164(0), e164(4_000)))
    with daemon.stubs() as stubs:
        define(stubs)
    first = 0
    for turn in range(4):
        with opt_outs(daemon) as stub:
            floods = [Flood(stub, f"turn-{turn}", {}, []) for _ in range(16)]
            threads = []
            for place, flood in enumerate(floods):
                numbers = iter(range(e164(first + place), e164(first + 1_000), 16))
                threads.append(threading.Thread(target=flood.run, args=(numbers,)))
                threads[-1].start()
            time.sleep(dice.uniform(0.05, 0.5))
            assert daemon.process is not None
            daemon.process.send_signal(how)
            assert daemon.process.wait(30) == (0 if how is signal.SIGTERM else -how)
            for thread in threads:
                thread.join(SECONDS)
        first += 1_000
        daemon.start()
        answered = {number: answer for flood in floods for number, answer in flood.answered.items()}
        assert answered
        assert {code for flood in floods for code in flood.failed} <= {"UNAVAILABLE", "CANCELLED"}
        with daemon.stubs() as stubs, opt_outs(daemon) as stub:
            assert _is_blocked(stubs, sorted(answered))
            for number in dice.sample(sorted(answered), min(len(answered), 20)):
                again = opt_out(stub.control, f"turn-{turn}-{number}", number)
                assert again == answered[number]
    assert daemon.stop() == 0
    assert is_whole(verifying(ledger_of(daemon.data))) == ""


def test_an_opt_out_survives_a_power_cut_right_after_its_answer(
    start_daemon: StartDaemon, canary: Canary
) -> None:
    daemon = start_daemon()
    used(canary, *range(e164(0), e164(10)))
    with daemon.stubs() as stubs:
        define(stubs)
    for turn in range(10):
        with opt_outs(daemon) as stub:
            answer = opt_out(stub.of(("listen", "control")[turn % 2]), f"r-{turn}", e164(turn))
            daemon.kill()
        daemon.start()
        with daemon.stubs() as stubs, opt_outs(daemon) as stub:
            seen = check(
                stubs.screening, e164(turn), campaign=CAMPAIGN, at_least=answer.basis.token
            )
            assert codes(seen.verdict) == ["LISTED"]
            assert opt_out(stub.listen, f"r-{turn}", e164(turn)) == answer
            assert list_of(stubs, LIST).numbers == turn + 1
