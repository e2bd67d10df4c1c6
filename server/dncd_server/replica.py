"""The replica: one reference to the newest state, and whether the node still hears its ledger.

Whoever answers reads ``state`` once and uses nothing else. One follower swaps the reference; nobody else writes.
"""

import threading
import time
from collections.abc import Callable

from dncd_engine.state import State
from dncd_engine.token import Token
from dncd_server.errors import ConflictError, UnavailableError

MAX_WAIT_SECONDS = 5.0
MAX_WAITING = 2
"""How many calls may wait for a version at once; they hold threads of the pool that answers checks."""


class Replica:
    """What a node answers from.

    Attributes:
        max_staleness_seconds: How long the node may answer without hearing from its ledger.
    """

    def __init__(
        self, max_staleness_seconds: float, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.max_staleness_seconds = max_staleness_seconds
        self._monotonic = monotonic
        self._state: State | None = None
        self._heard_at = monotonic()
        self._moved = threading.Condition()
        self._waiting = threading.BoundedSemaphore(MAX_WAITING)
        self._closed_reason = "STARTING"

    @property
    def state(self) -> State:
        """The newest state.

        Raises:
            UnavailableError: The node is starting, draining or cannot follow its ledger.
        """
        state = self._state
        if state is None:
            raise UnavailableError(self._closed_reason, _CLOSED[self._closed_reason])
        return state

    @property
    def is_open(self) -> bool:
        """Whether there is a state to answer from."""
        return self._state is not None

    @property
    def is_behind(self) -> bool:
        """Whether the node has not heard from its ledger for ``max_staleness_seconds``."""
        return self.staleness_seconds > self.max_staleness_seconds

    @property
    def staleness_seconds(self) -> float:
        """How long ago the node heard from its ledger, by the monotonic clock."""
        return self._monotonic() - self._heard_at

    def install(self, state: State) -> None:
        """Swap the state in and wake whoever waits for it."""
        with self._moved:
            self._state = state
            self._moved.notify_all()
        self.hear()

    def hear(self) -> None:
        """Note that the ledger was heard just now and holds nothing newer."""
        self._heard_at = self._monotonic()

    def close(self, reason: str) -> None:
        """Answer nothing any more; ``reason`` is STARTING, DRAINING or LEDGER_UNUSABLE."""
        with self._moved:
            self._closed_reason = reason
            self._state = None
            self._moved.notify_all()

    def state_at_least(self, token: Token, timeout_seconds: float) -> State:
        """Return a state that holds what a token stands for, waiting for it a short while.

        Raises:
            ConflictError: The token is of another epoch (EPOCH_MISMATCH).
            UnavailableError: The version has not come in time (BEHIND_TOKEN), or the node answers nothing.
        """
        state = self.state
        _same_epoch(state, token)
        if state.version >= token.version:
            return state
        if not self._waiting.acquire(blocking=False):
            raise UnavailableError(
                "BEHIND_TOKEN", "too many calls wait for a newer version; ask again"
            )
        try:
            with self._moved:
                self._moved.wait_for(
                    lambda: self._state is None or self._state.version >= token.version,
                    timeout=max(0.0, min(timeout_seconds, MAX_WAIT_SECONDS)),
                )
        finally:
            self._waiting.release()
        state = self.state
        _same_epoch(state, token)
        if state.version < token.version:
            raise UnavailableError(
                "BEHIND_TOKEN",
                f"this node is at version {state.version}, the token at {token.version}",
            )
        return state


def _same_epoch(state: State, token: Token) -> None:
    if token.epoch != state.epoch:
        raise ConflictError(
            "EPOCH_MISMATCH",
            "the token is of another epoch of the ledger; forget it and ask again without it",
            {"token": state.token.text()},
        )
    if token.version == state.version and token.hash_prefix != state.token.hash_prefix:
        raise ConflictError(
            "EPOCH_MISMATCH",
            "the token names another history of the ledger; forget it and ask again without it",
            {"token": state.token.text()},
        )


_CLOSED = {
    "STARTING": "the node is reading its ledger; ask again in a moment",
    "DRAINING": "the node is stopping; ask another",
    "LEDGER_UNUSABLE": "the node cannot follow its ledger; see its log",
}
