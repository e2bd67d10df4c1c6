# ruff: noqa: N818 - the names say what happened; the root says that it is an error
"""What went wrong, as exceptions. No error ever means that a number may be dialled."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, cast

import grpc
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2

DOMAIN = "dncd"
EPOCH_MISMATCH = "EPOCH_MISMATCH"
_DETAILS_KEY = "grpc-status-details-bin"


@dataclass(frozen=True, slots=True)
class FieldViolation:
    """One field that is wrong.

    Attributes:
        field: The path of the field in the request.
        description: What is wrong with it and how to mend it.
    """

    field: str
    description: str


class DncdError(Exception):
    """Everything that this library raises.

    Attributes:
        message: What is wrong, for people.
        reason: A stable word to switch on, such as "EPOCH_MISMATCH"; "" where none was given.
        fields: The fields that are wrong, where some are.
        metadata: What else the node said about it.
        status: The gRPC status that brought it; None for what the library found itself.
    """

    def __init__(
        self,
        message: str,
        *,
        reason: str = "",
        fields: Iterable[FieldViolation] = (),
        metadata: Mapping[str, str] | None = None,
        status: grpc.StatusCode | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason
        self.fields = tuple(fields)
        self.metadata = dict(metadata or {})
        self.status = status


class InvalidRequest(DncdError, ValueError):
    """Raised when a request is malformed; `fields` say where."""


class NotFound(DncdError):
    """Raised when a list, a campaign or a batch is not known."""


class AlreadyExists(DncdError):
    """Raised when a name or a batch id is taken by something else."""


class FailedPrecondition(DncdError):
    """Raised when the state forbids it: a list moved, is in use, a base is out of order."""


class EpochMismatch(FailedPrecondition):
    """Raised when a token given as `at_least` belongs to another epoch of the ledger.

    Attributes:
        present_token: A token of the present epoch, where the node named one.
    """

    @property
    def present_token(self) -> str:
        """Return the token that the node named."""
        return self.metadata.get("token", "")


class NotPermitted(DncdError):
    """Raised when the node does not know the caller, or the caller may not do this."""


class LimitExceeded(DncdError):
    """Raised when a limit or a quota forbids it."""


class Unavailable(DncdError):
    """Raised when no answer could be had. Checks answer BLOCK and RETRY instead."""


class NotAcknowledged(Unavailable):
    """Raised when nobody said that an opt-out is in force. It may be or may not: ask again.

    Attributes:
        request_id: The request's id. To send the same again under it is safe: it is never taken
            twice. Until somebody acknowledges it, see to it that the person is not called.
    """

    def __init__(self, request_id: str, cause: DncdError) -> None:
        super().__init__(
            f"the opt-out was not acknowledged ({cause.message}); it may have been taken: "
            f"send it again with request_id {request_id}",
            reason=cause.reason,
            fields=cause.fields,
            metadata={**cause.metadata, "request_id": request_id},
            status=cause.status,
        )
        self.request_id = request_id


_BY_STATUS: Mapping[grpc.StatusCode, type[DncdError]] = {
    grpc.StatusCode.INVALID_ARGUMENT: InvalidRequest,
    grpc.StatusCode.NOT_FOUND: NotFound,
    grpc.StatusCode.ALREADY_EXISTS: AlreadyExists,
    grpc.StatusCode.FAILED_PRECONDITION: FailedPrecondition,
    grpc.StatusCode.UNAUTHENTICATED: NotPermitted,
    grpc.StatusCode.PERMISSION_DENIED: NotPermitted,
    grpc.StatusCode.RESOURCE_EXHAUSTED: LimitExceeded,
}


class _Failed(Protocol):
    """What every RpcError of a finished call has, which its type does not say."""

    def code(self) -> grpc.StatusCode | None: ...
    def details(self) -> str | None: ...
    def trailing_metadata(self) -> Iterable[tuple[str, str | bytes]] | None: ...


def error_of(failure: grpc.RpcError | DecodeError) -> DncdError:
    """Turn what gRPC raised into the error that it stands for. Never raises.

    Args:
        failure: What a call raised, sync or async; a DecodeError is an answer of garbage.

    Returns:
        The error, with the reason and the fields that the node named. Whatever is not one of the
        caller's own mistakes is Unavailable.
    """
    if isinstance(failure, DecodeError) or not hasattr(failure, "code"):
        return Unavailable("the answer could not be read", status=grpc.StatusCode.INTERNAL)
    call = cast(_Failed, failure)
    status = call.code() or grpc.StatusCode.UNKNOWN
    info, fields = _details(call.trailing_metadata() or ())
    kind = _BY_STATUS.get(status, Unavailable)
    if kind is FailedPrecondition and info.reason == EPOCH_MISMATCH:
        kind = EpochMismatch
    return kind(
        call.details() or status.name,
        reason=info.reason,
        fields=fields,
        metadata=dict(info.metadata),
        status=status,
    )


def _details(
    trailers: Iterable[tuple[str, str | bytes]],
) -> tuple[error_details_pb2.ErrorInfo, list[FieldViolation]]:
    """Find ErrorInfo of our domain and BadRequest; what is garbled counts as not sent."""
    info = error_details_pb2.ErrorInfo()
    bad = error_details_pb2.BadRequest()
    try:
        for key, value in trailers:
            if key == _DETAILS_KEY and isinstance(value, bytes):
                for detail in status_pb2.Status.FromString(value).details:
                    found = error_details_pb2.ErrorInfo()
                    if detail.Unpack(found) and found.domain == DOMAIN:
                        info = found
                    detail.Unpack(bad)
    except DecodeError:
        pass
    return info, [FieldViolation(each.field, each.description) for each in bad.field_violations]
