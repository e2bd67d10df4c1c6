"""The client library against a real daemon that lives, dies and comes back."""

import asyncio
import signal
import time
from collections.abc import Callable

import numpy as np
import pytest

from conftest import StartDaemon
from dncd_client import (
    Action,
    AsyncClient,
    Client,
    Code,
    Decision,
    EpochMismatch,
    InvalidRequest,
    NotFound,
    Verdict,
)
from dncd_engine.token import Token, parse_token
from e2e.numbering import e164, yokohama
from e2e.planes import STARTS_EMPTY, apply, dialled_everywhere, upload
from harness.daemon import Daemon

COMES_BACK_SECONDS = 15.0


def _filled(daemon: Daemon) -> None:
    with daemon.stubs() as stubs:
        apply(stubs, {"optout": STARTS_EMPTY}, {"default": dialled_everywhere()})
        upload(stubs, "optout", "".join(f"{yokohama(at)}\n" for at in range(10)).encode(), "ten")


@pytest.fixture
def filled(start_daemon: StartDaemon) -> Daemon:
    """A daemon that always serves at the address it was given, with ten numbers listed."""
    first = start_daemon(name="first")
    addresses = (first.listen, first.control, first.http)
    assert first.stop() == 0
    listen, control, http = addresses
    daemon = start_daemon("--listen", listen, "--control", control, "--http", http)
    _filled(daemon)
    return daemon


def _closed(verdict: Verdict) -> None:
    assert (verdict.decision, verdict.action) == (Decision.BLOCK, Action.RETRY)
    assert verdict.reasons[0].code is Code.UNAVAILABLE
    assert not verdict.allowed


def _comes_back(ask: Callable[[], Verdict]) -> Verdict:
    deadline = time.monotonic() + COMES_BACK_SECONDS
    while True:
        verdict = ask()
        if verdict.version is not None:
            return verdict
        _closed(verdict)
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_client_asks_and_carries_its_token_along(shared: Daemon) -> None:
    _filled(shared)
    with Client(shared.listen, timeout_seconds=5) as client:
        listed, free = client.check(yokohama(1)), client.check(e164(500))
        assert (listed.decision, listed.action) == (Decision.BLOCK, Action.DROP)
        assert (listed.reasons[0].code, listed.reasons[0].list) == (Code.LISTED, "optout")
        assert listed.e164 == e164(1)
        assert free.allowed
        assert client.token == free.token
        with pytest.raises(TypeError):
            bool(free)

        many = client.check_many([yokohama(at) for at in range(20)])
        assert many.allowed == [False] * 10 + [True] * 10
        assert len({many.version, many[0].version, many[-1].version}) == 1
        integers = client.check_many(np.arange(e164(0), e164(20), dtype=np.uint64))
        assert integers.allowed == many.allowed
        mixed = client.check_many([yokohama(1), "phone", "110", yokohama(500)])
        assert [verdict.action for verdict in mixed] == [
            Action.DROP,
            Action.MEND,
            Action.DROP,
            Action.DIAL,
        ]

        with shared.stubs() as stubs:
            report = upload(stubs, "optout", yokohama(600).encode(), "library-1")
        seen = client.check(yokohama(600), at_least=report.token)
        assert (seen.allowed, client.token) == (False, report.token)

        with pytest.raises(NotFound):
            client.check(yokohama(1), campaign="nobody")
        with pytest.raises(InvalidRequest):
            client.check(yokohama(1), campaign="A B")
        with pytest.raises(InvalidRequest):
            client.check_many([1] * 10_001)
        token = parse_token(client.token)
        foreign = Token(1, token.epoch ^ 1, token.hash_prefix).text()
        with pytest.raises(EpochMismatch) as caught:
            client.check(yokohama(1), at_least=foreign)
        assert caught.value.present_token == client.token


def test_a_client_lives_through_its_daemons_death(filled: Daemon) -> None:
    with Client(filled.listen, timeout_seconds=2) as client:
        assert client.check(yokohama(500)).allowed
        token = client.token

        filled.kill()
        started = time.monotonic()
        _closed(client.check(yokohama(500)))
        _closed(client.check(e164(1)))
        for verdict in client.check_many([yokohama(at) for at in range(50)]):
            _closed(verdict)
        assert time.monotonic() - started < 8
        assert client.token == token

        filled.start()
        back = _comes_back(lambda: client.check(yokohama(500)))
        assert back.allowed
        assert not client.check(yokohama(1)).allowed
        assert client.check_many([yokohama(1), yokohama(500)]).allowed == [False, True]
        assert client.epoch_mismatches == 0


def test_a_client_forgets_a_token_of_a_ledger_that_is_gone(filled: Daemon) -> None:
    with Client(filled.listen, timeout_seconds=2) as client:
        assert client.check(yokohama(500)).allowed
        assert filled.stop() == 0
        for path in filled.data.iterdir():
            path.unlink()
        filled.start()

        back = _comes_back(lambda: client.check(yokohama(500)))

        assert (back.decision, back.reasons[0].code) == (Decision.BLOCK, Code.NO_POLICY)
        assert client.epoch_mismatches == 1
        assert client.token == back.token


def test_the_client_that_awaits_does_the_same(filled: Daemon) -> None:
    async def live() -> None:
        async with AsyncClient(filled.listen, timeout_seconds=2) as client:
            answers = await asyncio.gather(*(client.check(yokohama(at)) for at in range(20)))
            assert [answer.allowed for answer in answers] == [False] * 10 + [True] * 10
            many = await client.check_many([e164(at) for at in range(20)])
            assert many.allowed == [False] * 10 + [True] * 10
            assert client.token == many.token
            with pytest.raises(NotFound):
                await client.check(yokohama(1), campaign="nobody")

            filled.kill()
            _closed(await client.check(yokohama(500)))
            for verdict in await client.check_many([yokohama(at) for at in range(5)]):
                _closed(verdict)
            await asyncio.to_thread(filled.start)
            deadline = time.monotonic() + COMES_BACK_SECONDS
            while (back := await client.check(yokohama(500))).version is None:
                _closed(back)
                assert time.monotonic() < deadline
                await asyncio.sleep(0.05)
            assert back.allowed
            assert not (await client.check(yokohama(1))).allowed

    asyncio.run(live())


def test_a_daemon_that_is_frozen_is_an_answer_that_did_not_come(filled: Daemon) -> None:
    assert filled.process is not None
    with Client(filled.listen, timeout_seconds=1) as client:
        assert client.check(yokohama(500)).allowed
        filled.process.send_signal(signal.SIGSTOP)
        try:
            started = time.monotonic()
            _closed(client.check(yokohama(500)))
            assert time.monotonic() - started < 3
        finally:
            filled.process.send_signal(signal.SIGCONT)
        assert _comes_back(lambda: client.check(yokohama(500))).allowed
