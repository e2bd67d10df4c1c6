"""The replica answers from one state, knows how old its news are, and lets few wait for newer ones."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import pytest

from dncd_engine.state import State
from dncd_engine.token import Token, parse_token
from dncd_server.errors import ConflictError, UnavailableError
from dncd_server.replica import MAX_WAIT_SECONDS, MAX_WAITING, Replica

EPOCH = 7
CLOSED = {
    "STARTING": "the node is reading its ledger; ask again in a moment",
    "DRAINING": "the node is stopping; ask another",
    "LEDGER_UNUSABLE": "the node cannot follow its ledger; see its log",
}


class Clock:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def at(version: int) -> State:
    return replace(State(), version=version, epoch=EPOCH, head=bytes([version]) * 32)


@pytest.fixture
def replica() -> Replica:
    """One that answers from version 3."""
    made = Replica(300.0)
    made.install(at(3))
    return made


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Threads that wait."""
    with ThreadPoolExecutor(8) as threads:
        yield threads


def waiting(
    replica: Replica, pool: ThreadPoolExecutor, count: int, timeout: float = 4.0
) -> list[Future[State]]:
    """Let calls wait for version 4, and return when all of them do."""
    futures = [pool.submit(replica.state_at_least, at(4).token, timeout) for _ in range(count)]
    deadline = time.monotonic() + 5
    while len(replica._moved._waiters) < count:  # type: ignore[attr-defined]
        assert time.monotonic() < deadline
        time.sleep(0.001)
    return futures


def test_a_node_is_behind_when_it_has_heard_nothing_for_too_long() -> None:
    clock = Clock()
    replica = Replica(300.0, clock)
    replica.install(at(1))
    assert (replica.is_behind, replica.staleness_seconds) == (False, 0.0)

    clock.now += 300.0
    assert (replica.is_behind, replica.staleness_seconds) == (False, 300.0)
    clock.now += 0.001
    assert replica.is_behind
    assert replica.state.version == 1

    replica.hear()
    assert (replica.is_behind, replica.staleness_seconds) == (False, 0.0)
    clock.now += 301.0
    replica.install(at(2))
    assert not replica.is_behind


def test_the_clock_on_the_wall_makes_no_node_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    replica = Replica(300.0, clock)
    clock.now += 400.0
    monkeypatch.setattr(time, "time", lambda: 0.0)
    monkeypatch.setattr(time, "time_ns", lambda: 0)

    assert replica.is_behind


@pytest.mark.parametrize("reason", CLOSED)
def test_a_closed_node_answers_nothing_and_says_why(reason: str, replica: Replica) -> None:
    replica.close(reason)
    asked: list[Callable[[], State]] = [
        lambda: replica.state,
        lambda: replica.state_at_least(at(1).token, 1.0),
    ]
    was_open = replica.is_open
    for ask in asked:
        with pytest.raises(UnavailableError) as caught:
            ask()
        assert (caught.value.reason, caught.value.message) == (reason, CLOSED[reason])

    replica.install(at(4))
    assert (was_open, replica.is_open) == (False, True)
    assert replica.state.version == 4


def test_a_new_node_is_starting() -> None:
    with pytest.raises(UnavailableError) as caught:
        _ = Replica(1.0).state
    assert caught.value.reason == "STARTING"


@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_version_that_is_there_is_not_waited_for(version: int, replica: Replica) -> None:
    assert replica.state_at_least(at(version).token, 0.0) is replica.state


def test_a_version_that_comes_wakes_whoever_waits(
    replica: Replica, pool: ThreadPoolExecutor
) -> None:
    futures = waiting(replica, pool, MAX_WAITING)
    replica.install(at(4))

    assert [future.result(2).version for future in futures] == [4] * MAX_WAITING


def test_an_older_version_than_asked_for_wakes_nobody(
    replica: Replica, pool: ThreadPoolExecutor
) -> None:
    (future,) = waiting(replica, pool, 1)
    replica.install(at(3))
    time.sleep(0.05)
    assert not future.done()

    replica.install(at(5))
    assert future.result(2).version == 5


def test_a_version_that_does_not_come_is_not_waited_for_long(replica: Replica) -> None:
    started = time.monotonic()
    with pytest.raises(UnavailableError) as caught:
        replica.state_at_least(at(4).token, 0.1)

    assert 0.1 <= time.monotonic() - started < 1.0
    assert caught.value.reason == "BEHIND_TOKEN"
    assert caught.value.message == "this node is at version 3, the token at 4"


@pytest.mark.parametrize("timeout", [-1.0, 0.0])
def test_a_call_without_time_left_does_not_wait(timeout: float, replica: Replica) -> None:
    with pytest.raises(UnavailableError, match="this node is at version 3"):
        replica.state_at_least(at(4).token, timeout)


def test_nobody_waits_longer_than_the_bound(
    replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def wait_for(_condition: object, timeout: float) -> None:
        asked.append(timeout)

    monkeypatch.setattr(replica._moved, "wait_for", wait_for)
    with pytest.raises(UnavailableError):
        replica.state_at_least(at(4).token, 1e9)

    assert asked == [MAX_WAIT_SECONDS]


def test_few_wait_at_once(replica: Replica, pool: ThreadPoolExecutor) -> None:
    """Waiting calls hold the threads that answer checks; the rest are told to come again at once."""
    futures = waiting(replica, pool, MAX_WAITING)
    started = time.monotonic()
    with pytest.raises(UnavailableError) as caught:
        replica.state_at_least(at(4).token, 4.0)
    assert time.monotonic() - started < 0.5
    assert caught.value.reason == "BEHIND_TOKEN"
    assert caught.value.message == "too many calls wait for a newer version; ask again"
    assert replica.state_at_least(at(3).token, 4.0).version == 3

    replica.install(at(4))
    for future in futures:
        assert future.result(2).version == 4
    with pytest.raises(UnavailableError, match="this node is at version 4"):
        replica.state_at_least(at(5).token, 0.0)


def test_a_node_that_closes_wakes_whoever_waits(replica: Replica, pool: ThreadPoolExecutor) -> None:
    (future,) = waiting(replica, pool, 1)
    replica.close("DRAINING")

    with pytest.raises(UnavailableError) as caught:
        future.result(2)
    assert caught.value.reason == "DRAINING"


@pytest.mark.parametrize(
    "token",
    [
        Token(1, EPOCH + 1, bytes(8)),
        Token(99, EPOCH + 1, bytes(8)),
        Token(3, EPOCH, b"\xff" * 8),
    ],
    ids=["older", "newer", "same_version_other_history"],
)
def test_a_token_of_another_history_is_never_waited_for(token: Token, replica: Replica) -> None:
    started = time.monotonic()
    with pytest.raises(ConflictError) as caught:
        replica.state_at_least(token, 5.0)

    assert time.monotonic() - started < 0.5
    assert caught.value.reason == "EPOCH_MISMATCH"
    assert parse_token(caught.value.metadata["token"]) == replica.state.token


def test_an_epoch_that_changes_while_one_waits_is_noticed(
    replica: Replica, pool: ThreadPoolExecutor
) -> None:
    (future,) = waiting(replica, pool, 1)
    new = replace(at(4), epoch=EPOCH + 1)
    replica.install(new)

    with pytest.raises(ConflictError) as caught:
        future.result(2)
    assert parse_token(caught.value.metadata["token"]) == new.token


def test_readers_see_one_state_or_the_next(replica: Replica) -> None:
    """Many read while one swaps: never a mixture, and never an older after a newer."""
    stop = threading.Event()
    faults: list[str] = []

    def look() -> None:
        newest = 0
        while not stop.is_set():
            state = replica.state
            if state.head[0] != state.version or state.version < newest:
                faults.append("mixed or older")
            newest = state.version

    readers = [threading.Thread(target=look) for _ in range(3)]
    for reader in readers:
        reader.start()
    for version in range(3, 200):
        replica.install(at(version))
    stop.set()
    for reader in readers:
        reader.join()

    assert faults == []
