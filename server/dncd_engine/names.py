"""Names of lists, campaigns and batches: what they may look like and whose they are."""

import re

MAX_NAME_BYTES = 64
DRILL_CAMPAIGN = "dncd-test"
DEFAULT_CAMPAIGN = "default"
RESERVED_CAMPAIGNS = frozenset({DRILL_CAMPAIGN})

_NAME = re.compile(r"[a-z0-9._-]+(?:/[a-z0-9._-]+)?", re.ASCII)
_LIKE_A_NUMBER = re.compile(r"[0-9]{9}", re.ASCII)
_BATCH_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}", re.ASCII)


def is_name(text: str) -> bool:
    """Tell whether a text is a name: ``[a-z0-9._-]``, at most 64 bytes, at most one slash.

    Names become labels of metrics and stand in logs, so nine digits in a row, which may be a number, are none.
    """
    fits = len(text) <= MAX_NAME_BYTES and _NAME.fullmatch(text) is not None
    return fits and _LIKE_A_NUMBER.search(text) is None


def is_batch_id(text: str) -> bool:
    """Tell whether a text can be a batch's id."""
    return _BATCH_ID.fullmatch(text) is not None


def client_of(name: str) -> str:
    """Return the client that a name belongs to, "" where it is nobody's own."""
    client, slash, _ = name.partition("/")
    return client if slash else ""


def may_use(campaign: str, list_name: str) -> bool:
    """Tell whether a campaign may use a list: its own client's, and those of nobody."""
    owner = client_of(list_name)
    return owner in ("", client_of(campaign))
