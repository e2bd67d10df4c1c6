"""The client library of dncd: ask before you dial.

>>> from dncd_client import Client
>>> with Client(campaign="acme/spring") as client:
...     if client.check("090-1234-5678").allowed:
...         ...
"""

from dncd_client.aio import AsyncClient
from dncd_client.client import Client
from dncd_client.errors import (
    AlreadyExists,
    DncdError,
    EpochMismatch,
    FailedPrecondition,
    FieldViolation,
    InvalidRequest,
    LimitExceeded,
    NotFound,
    NotPermitted,
    Unavailable,
)
from dncd_client.verdict import (
    UNAVAILABLE,
    Action,
    Code,
    Decision,
    ListKind,
    Reason,
    Verdict,
    Verdicts,
    Via,
)

__all__ = [
    "UNAVAILABLE",
    "Action",
    "AlreadyExists",
    "AsyncClient",
    "Client",
    "Code",
    "Decision",
    "DncdError",
    "EpochMismatch",
    "FailedPrecondition",
    "FieldViolation",
    "InvalidRequest",
    "LimitExceeded",
    "ListKind",
    "NotFound",
    "NotPermitted",
    "Reason",
    "Unavailable",
    "Verdict",
    "Verdicts",
    "Via",
]
