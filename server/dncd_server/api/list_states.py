"""Lists as messages: each as it is, or as it is shown to those who may not know of a confidential one."""

from collections.abc import Mapping, Sequence

from dncd.v1 import policy_pb2
from dncd_engine.lists import ListState
from dncd_engine.shown import hidden_by_list
from dncd_engine.state import State
from dncd_server.codec import coverage_to_messages, list_to_message
from dncd_server.ledger.open_batches import OpenBatches


class ListStates:
    """The lists of a state, with what waits for a person, at one instant."""

    def __init__(
        self, state: State, batches: OpenBatches, at_us: int, *, confidential: bool
    ) -> None:
        """Take a view.

        Args:
            state: What the node answers from.
            batches: Those that wait for somebody.
            at_us: What this machine's clock says.
            confidential: Whether confidential lists are told of, each by itself.
        """
        self._state = state
        self._now_us = max(at_us, state.at_us)
        self._rejects, self._held = batches.open_rejects(), batches.held()
        self._hidden = {} if confidential else hidden_by_list(state.policy)
        self.lists: Mapping[str, ListState] = state.lists if confidential else state.shown

    def parts_of(self, names: Sequence[str]) -> dict[str, int]:
        """Return the lists that some lists are made of as they are shown, with the version that defined each."""
        parts = (part for name in names for part in self._parts(name))
        return {part: self._state.lists[part].created_version for part in parts}

    def message(self, name: str, newest: Mapping[str, str]) -> policy_pb2.ListState:
        """Return a list.

        Args:
            name: Its name.
            newest: The id of the newest batch in force of each of its parts that has one.
        """
        state, item, parts = self._state, self.lists[name], self._parts(name)
        acts_as = state.shown_name(name)
        until_us = state.overrides.get(name, 0)
        return policy_pb2.ListState(
            name=name,
            definition=list_to_message(item.definition),
            numbers=item.entries.count,
            size_bytes=item.entries.size_bytes,
            coverage=coverage_to_messages(item),
            stale=item.is_stale(self._now_us),
            loaded=item.loaded,
            open_rejects=sum(self._rejects[part] for part in parts),
            batches_held=sum(self._held[part] for part in parts),
            used_by=sorted(
                n for n, campaign in state.campaigns.items() if campaign.probes(acts_as)
            ),
            last_batch_id=self._newest_of(parts, newest),
            last_version=item.version,
            override_until_unix_us=until_us if self._now_us < until_us else 0,
            terms=len(item.entries.strata),
        )

    def _parts(self, name: str) -> tuple[str, ...]:
        return (name, *self._hidden.get(name, ()))

    def _newest_of(self, parts: Sequence[str], newest: Mapping[str, str]) -> str:
        loaded = [part for part in parts if part in newest]
        by_version = {self._state.lists[part].version: newest[part] for part in loaded}
        return by_version[max(by_version)] if by_version else ""
