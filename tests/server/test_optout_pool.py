"""The pool that opt-outs wait in: so many run or wait, and whoever comes past that is refused at once."""

import threading
from concurrent.futures import wait

from dncd_server.api.optout import BoundedPool


def test_past_its_bound_a_pool_runs_a_call_at_once_and_says_that_it_is_full() -> None:
    pool, go = BoundedPool(2, 4, "test"), threading.Event()
    held = [pool.submit(go.wait, 10) for _ in range(4)]
    past = [pool.submit(lambda: pool.is_full) for _ in range(3)]

    assert [future.result(10) for future in past] == [True] * 3
    assert not any(future.done() for future in held)
    go.set()
    wait(held, 10)
    assert pool.submit(lambda: pool.is_full).result(10) is False
    pool.shutdown()


def test_a_call_that_fails_or_is_given_up_leaves_its_place() -> None:
    pool, go = BoundedPool(1, 2, "test"), threading.Event()

    def fails() -> None:
        go.wait(10)
        raise ValueError

    failing, waiting = pool.submit(fails), pool.submit(fails)
    waiting.cancel()
    go.set()
    assert isinstance(failing.exception(10), ValueError)
    told = [pool.submit(lambda: pool.is_full) for _ in range(2)]
    assert [future.result(10) for future in told] == [False, False]
    pool.shutdown()
