"""Lists as they are shown: a confidential list acts as the list that it names, and is seen nowhere.

Verdicts, sizes and metrics are made of what is shown, so that whoever sees them cannot tell a confidential entry from
one of the list that it is shown as.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from dncd_engine.entries import Entries, EntriesChange
from dncd_engine.lists import EVERYWHERE, ListState, coverage_after
from dncd_engine.model import Policy


def hidden_by_list(policy: Policy) -> dict[str, tuple[str, ...]]:
    """Return the confidential lists in order of name, by the list that they are shown as."""
    hidden: dict[str, tuple[str, ...]] = {}
    for name, definition in sorted(policy.lists.items()):
        if definition.confidential:
            hidden[definition.shown_as] = (*hidden.get(definition.shown_as, ()), name)
    return hidden


def shown_lists(policy: Policy, lists: Mapping[str, ListState]) -> dict[str, ListState]:
    """Return every list that may be seen, as it is shown.

    A list keeps what is its own; only the slices of the number space that a confidential list touches are made anew.
    """
    shown = {name: item for name, item in lists.items() if not item.definition.confidential}
    for name, hidden in hidden_by_list(policy).items():
        own = lists[name]
        parts = [own, *(lists[other] for other in hidden)]
        prefixes = {prefix for part in parts[1:] for prefix in part.entries.prefixes()}
        shown[name] = _joined(own, parts[1:], _union(own.entries, parts, prefixes))
    return shown


def shown_after(
    before: ListState, policy: Policy, old: ListState, lists: Mapping[str, ListState]
) -> ListState:
    """Return a list as it is shown after one of those that make it up has changed.

    Args:
        before: The list as it was shown.
        policy: The policy in force.
        old: The list that changed, as it was.
        lists: All lists as they are now.
    """
    own = lists[before.name]
    hidden = [lists[name] for name in hidden_by_list(policy).get(before.name, ())]
    if not hidden:
        return own
    prefixes = lists[old.name].entries.changed_prefixes(old.entries)
    return _joined(own, hidden, _union(before.entries, [own, *hidden], prefixes))


def _union(base: Entries, parts: list[ListState], prefixes: Iterable[int]) -> Entries:
    change = EntriesChange(base)
    change.put_union(prefixes, [part.entries for part in parts])
    return change.finish()


def _joined(own: ListState, hidden: list[ListState], entries: Entries) -> ListState:
    """Return a list with what its confidential lists hold; that one of them was defined does not show."""
    coverage = own.coverage
    for part in hidden:
        for prefix, published_us in part.coverage.items():
            # what says nothing of dates makes nothing fresher, as in a load
            if published_us or prefix != EVERYWHERE or not coverage:
                coverage = coverage_after(coverage, (prefix,), published_us)
    changed = (part.version for part in hidden if part.version > part.created_version)
    return replace(
        own,
        entries=entries,
        coverage=coverage,
        loaded=own.loaded or any(part.loaded for part in hidden),
        version=max((own.version, *changed)),
    )
