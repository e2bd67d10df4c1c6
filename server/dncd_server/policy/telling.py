"""How a change that waits is told to whoever decides about it, and to whom it is shown."""

from datetime import UTC, datetime

from dncd.v1 import policy_pb2
from dncd_engine.lists import US_PER_SECOND
from dncd_server.policy.plan import PlannedChange

CONFIDENTIAL = "confidential"
"""The flag of a report that is shown to those only who ask for what is confidential."""
_WORD = {
    policy_pb2.PolicyChange.VERB_CREATE: "create",
    policy_pb2.PolicyChange.VERB_UPDATE: "update",
    policy_pb2.PolicyChange.VERB_DELETE: "delete",
}


def told(change: policy_pb2.PolicyChange) -> str:
    """Return a difference in one line, such as ``update list ftc: max_age_seconds (opens)``."""
    fields = f": {', '.join(change.fields)}" if change.fields else ""
    opens = " (opens)" if change.opens else ""
    return f"{_WORD[change.verb]} {change.object} {change.name}{fields}{opens}"


def told_override(name: str, until_us: int) -> str:
    """Return an override in one line, such as ``let list ftc through until 2026-11-24T05:00:00Z``."""
    until = datetime.fromtimestamp(until_us // US_PER_SECOND, UTC)
    return f"let list {name} through until {until:%Y-%m-%dT%H:%M:%SZ} (opens)"


def marks_of(planned: PlannedChange) -> tuple[str, ...]:
    """Return the marks of a change: whether it names a list whose existence may not be known, before it or after it."""
    hidden = {
        name
        for policy in (planned.before, planned.after)
        for name, item in policy.lists.items()
        if item.confidential
    }
    names = {item.name for item in planned.differences if item.object == "list"}
    return () if hidden.isdisjoint(names) else (CONFIDENTIAL,)
