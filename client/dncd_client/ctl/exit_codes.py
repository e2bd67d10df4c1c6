"""What dncctl says with its exit code."""

from collections.abc import Mapping

import grpc

FINE = 0
NO = 1
USAGE = 2
UNREACHABLE = 3
NOT_PERMITTED = 4
INTERRUPTED = 130

_BY_STATUS: Mapping[grpc.StatusCode, int] = {
    grpc.StatusCode.INVALID_ARGUMENT: USAGE,
    grpc.StatusCode.NOT_FOUND: USAGE,
    grpc.StatusCode.ALREADY_EXISTS: USAGE,
    grpc.StatusCode.OUT_OF_RANGE: USAGE,
    grpc.StatusCode.FAILED_PRECONDITION: NO,
    grpc.StatusCode.UNAUTHENTICATED: NOT_PERMITTED,
    grpc.StatusCode.PERMISSION_DENIED: NOT_PERMITTED,
}


def of_status(status: grpc.StatusCode | None) -> int:
    """Return the exit code for a gRPC status; what is not named there was no answer."""
    return _BY_STATUS.get(status, UNREACHABLE) if status else UNREACHABLE
