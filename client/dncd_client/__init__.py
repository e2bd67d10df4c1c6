"""The client library of dncd: ask before you dial, and say who asked not to be called again.

>>> from dncd_client import Client
>>> with Client(campaign="acme/spring") as client:
...     if client.check("090-1234-5678").allowed:
...         ...
...     client.opt_out("090-1234-5678")
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
    NotAcknowledged,
    NotFound,
    NotPermitted,
    Unavailable,
)
from dncd_client.optout import OptOut, Reading
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
    "NotAcknowledged",
    "NotFound",
    "NotPermitted",
    "OptOut",
    "Reading",
    "Reason",
    "Unavailable",
    "Verdict",
    "Verdicts",
    "Via",
]
