"""A node that has not read its whole ledger, or has not heard it lately, allows nothing."""

import logging
import signal
import time

import grpc

from conftest import StartDaemon
from dncd.v1 import policy_pb2, screening_pb2, screening_pb2_grpc
from e2e.numbering import e164, yokohama
from e2e.planes import (
    SECONDS,
    STARTS_EMPTY,
    apply,
    check,
    dialled_everywhere,
    failure,
    said,
    upload,
    version_of,
)
from e2e.verdicts import ALLOWED
from harness.daemon import Daemon

_log = logging.getLogger(__name__)
FREE = e164(900_000)


def test_nothing_is_answered_from_a_ledger_half_read(start_daemon: StartDaemon) -> None:
    """The listing stands at the ledger's end; from process start on no answer may come from before it."""
    daemon = start_daemon()
    with daemon.stubs() as stubs:
        apply(stubs, {"optout": STARTS_EMPTY}, {"default": dialled_everywhere()})
        for turn in range(300):
            title = policy_pb2.CampaignDefinition(countries=["JP"], title=f"turn {turn}")
            apply(stubs, campaigns={"titled": title})
        upload(stubs, "optout", yokohama(1).encode(), "last")
        version = version_of(stubs)
    listen, control, http = daemon.listen, daemon.control, daemon.http
    for _ in range(2):
        daemon.kill()
        flags = ("--listen", listen, "--control", control, "--http", http)
        daemon = start_daemon(*flags, wait=False)
        daemon.listen, daemon.control, daemon.http = listen, control, http
        answers = _watched_until_ready(daemon)
        assert answers == {("DROP", version)}


def _watched_until_ready(daemon: Daemon) -> set[tuple[str, int]]:
    """Ask without a pause until the node has been ready for a while; return every (action, version) answered."""
    answers: set[tuple[str, int]] = set()
    deadline, ready_at = time.monotonic() + SECONDS, 0.0
    # a connection of its own for every question: one that was refused would be waited with
    own = [("grpc.use_local_subchannel_pool", 1)]
    while not ready_at or time.monotonic() < ready_at + 0.3:
        assert time.monotonic() < deadline, daemon.log()
        is_ready = _is_ready(daemon)
        with grpc.insecure_channel(daemon.listen, options=own) as channel:
            try:
                answer = check(screening_pb2_grpc.ScreeningServiceStub(channel), e164(1), timeout=1)
            except grpc.RpcError as error:
                said_why = failure(error)
                if is_ready or said_why.code is not grpc.StatusCode.UNAVAILABLE:
                    raise AssertionError(f"ready is {is_ready}, {said_why}") from error
                continue
        answers.add((said(answer)[1], answer.basis.version))
        if is_ready:
            ready_at = ready_at or time.monotonic()
    return answers


def _is_ready(daemon: Daemon) -> bool:
    try:
        return daemon.get("/readyz")[0] == 200
    except OSError:
        return False


def test_a_node_that_was_stopped_still_answers_nothing_too_old(start_daemon: StartDaemon) -> None:
    daemon = start_daemon("--max-staleness", "1")
    assert daemon.process is not None
    with daemon.stubs() as stubs:
        apply(stubs, {"optout": STARTS_EMPTY})
        # undisturbed it hears its ledger often enough
        until = time.monotonic() + 2.5
        while time.monotonic() < until:
            assert said(check(stubs.screening, FREE)) == ALLOWED
        behind = ("BLOCK", "RETRY", ["NODE_BEHIND"])
        seen: set[str] = set()
        for _ in range(3):
            daemon.process.send_signal(signal.SIGSTOP)
            time.sleep(1.2)
            request = screening_pb2.CheckRequest(e164=FREE)
            waiting = [stubs.screening.Check.future(request, timeout=10) for _ in range(20)]
            time.sleep(0.1)
            daemon.process.send_signal(signal.SIGCONT)
            for call in waiting:
                answer = call.result()
                # either it has heard its ledger since, or it says that it has not
                assert said(answer) in (behind, ALLOWED)
                seen.add(said(answer)[0])
            until = time.monotonic() + 5
            while said(check(stubs.screening, FREE)) != ALLOWED:
                assert time.monotonic() < until
            assert daemon.get("/readyz")[0] == 200
        _log.info("after a pause it said %s", seen)
