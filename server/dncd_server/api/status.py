"""Domain errors to gRPC status, in one place: the code, google.rpc.ErrorInfo and BadRequest."""

import functools
import inspect
import secrets
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from typing import Any, NoReturn, TypeVar, cast

import grpc
import structlog
from google.protobuf import any_pb2
from google.protobuf.message import DecodeError
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from dncd_server.errors import (
    AlreadyExistsError,
    ConflictError,
    DncdError,
    ForbiddenError,
    InvalidRequestError,
    LedgerError,
    LimitExceededError,
    NotFoundError,
    UnavailableError,
)

ERROR_DOMAIN = "dncd"
_CODE_OF: dict[type[DncdError], int] = {
    AlreadyExistsError: code_pb2.ALREADY_EXISTS,
    ConflictError: code_pb2.FAILED_PRECONDITION,
    ForbiddenError: code_pb2.PERMISSION_DENIED,
    InvalidRequestError: code_pb2.INVALID_ARGUMENT,
    LimitExceededError: code_pb2.RESOURCE_EXHAUSTED,
    NotFoundError: code_pb2.NOT_FOUND,
    UnavailableError: code_pb2.UNAVAILABLE,
}
_log = structlog.get_logger(__name__)
_F = TypeVar("_F", bound=Callable[..., Any])
_MALFORMED = object()
_LETTERS = "abcdefghijkmnpqrstuvwxyz"
_REQUEST_ID_LETTERS = 16


def status_of(error: Exception) -> status_pb2.Status:
    """Return the status that tells a caller of an error; what is nobody's fault but ours keeps its secrets."""
    if isinstance(error, LedgerError):
        error = UnavailableError("LEDGER_UNUSABLE", "the node cannot use its ledger; see its log")
    if not isinstance(error, DncdError):
        # letters alone, because a long run of digits is blacked out of the log
        request_id = "".join(secrets.choice(_LETTERS) for _ in range(_REQUEST_ID_LETTERS))
        _log.error(
            "call_failed",
            request_id=request_id,
            error=type(error).__name__,
            exc_info=_frames(error),
        )
        error = _InternalError(request_id)
    status = status_pb2.Status(
        code=_CODE_OF.get(type(error), code_pb2.INTERNAL), message=error.message
    )
    info = error_details_pb2.ErrorInfo(
        reason=error.reason, domain=ERROR_DOMAIN, metadata=error.metadata
    )
    _pack(status, info)
    if isinstance(error, InvalidRequestError) and error.fields:
        violation = error_details_pb2.BadRequest.FieldViolation
        fields = [violation(field=item.field, description=item.message) for item in error.fields]
        _pack(status, error_details_pb2.BadRequest(field_violations=fields))
    return status


def marking(deserializer: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    """Return a deserializer that gives bytes it cannot read on as a mark, which `answers_errors` answers.

    What it raised would be answered by gRPC, in two ways and with nothing for programs.
    """

    def read(data: bytes) -> Any:
        try:
            return deserializer(data)
        except DecodeError:
            return _MALFORMED

    return read


def answers_errors(method: _F) -> _F:
    """Make a servicer's method turn every error into its status."""
    if inspect.isasyncgenfunction(method):
        return cast(_F, _stream(method))
    if inspect.iscoroutinefunction(method):
        return cast(_F, _unary_async(method))
    return cast(_F, _unary(method))


def _unary(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def call(self: object, request: object, context: grpc.ServicerContext) -> Any:
        try:
            if request is _MALFORMED:
                raise _malformed()
            return method(self, request, context)
        except Exception as error:
            _abort(context, error)

    return call


def _unary_async(method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    @functools.wraps(method)
    async def call(self: object, request: object, context: Any) -> Any:
        try:
            return await method(self, _sound(request), context)
        except Exception as error:
            await _abort_async(context, error)

    return call


def _stream(method: Callable[..., AsyncIterator[Any]]) -> Callable[..., AsyncIterator[Any]]:
    @functools.wraps(method)
    async def call(self: object, request: object, context: Any) -> AsyncIterator[Any]:
        try:
            async for item in method(self, _sound(request), context):
                yield item
        except Exception as error:
            await _abort_async(context, error)

    return call


def _sound(request: Any) -> Any:
    """Return a request, or a stream of them, that holds no mark."""
    if request is _MALFORMED:
        raise _malformed()
    return _sound_stream(request) if isinstance(request, AsyncIterable) else request


async def _sound_stream(requests: AsyncIterable[Any]) -> AsyncIterator[Any]:
    async for request in requests:
        if request is _MALFORMED:
            raise _malformed()
        yield request


def _malformed() -> InvalidRequestError:
    return InvalidRequestError(
        "MALFORMED",
        "the message cannot be read as what this method takes: send protobuf as in the .proto, with texts in UTF-8",
    )


def _abort(context: grpc.ServicerContext, error: Exception) -> NoReturn:
    # not abort_with_status: the context that asyncio hands to a threaded method has none
    status = rpc_status.to_status(status_of(error))
    context.set_trailing_metadata(status.trailing_metadata)
    context.abort(status.code, status.details)
    raise AssertionError("abort always raises")


async def _abort_async(context: Any, error: Exception) -> None:
    status = rpc_status.to_status(status_of(error))
    await context.abort(status.code, status.details, status.trailing_metadata)


def _pack(status: status_pb2.Status, detail: Any) -> None:
    packed = any_pb2.Any()
    packed.Pack(detail)
    status.details.append(packed)


def _frames(error: BaseException) -> tuple[type[BaseException], BaseException, Any]:
    """Keep where it happened and drop what it said: a foreign error's text may quote a number."""
    bare = Exception(type(error).__name__)
    return (type(bare), bare, error.__traceback__)


class _InternalError(DncdError):
    def __init__(self, request_id: str) -> None:
        super().__init__(
            "INTERNAL",
            "dncd failed on this call; tell its operator the request id",
            {"request_id": request_id},
        )
