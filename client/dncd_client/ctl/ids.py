"""Ids of our own making: they sort by time, and nobody else makes the same."""

import secrets
from datetime import UTC, datetime


def new_batch_id() -> str:
    """Make an id for a batch."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(6)}"
