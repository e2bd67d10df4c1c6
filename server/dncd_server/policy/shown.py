"""What of a policy may be seen: a confidential list by those only who ask for what is confidential."""

from dataclasses import replace

from dncd_engine.model import Policy


def without_confidential(policy: Policy) -> Policy:
    """Return a policy without its confidential lists, which no campaign ever names."""
    open_lists = {name: item for name, item in policy.lists.items() if not item.confidential}
    return replace(policy, lists=open_lists)
