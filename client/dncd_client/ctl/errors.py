"""One place that turns what went wrong into what, where and how to mend it."""

import grpc

from dncd_client.ctl import exit_codes
from dncd_client.ctl.messages import Catalogue
from dncd_client.errors import DncdError, NotPermitted, Unavailable, error_of


class CtlError(Exception):
    """Raised by a command that cannot go on.

    Attributes:
        exit_code: What dncctl ends with.
    """

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def explain(failure: grpc.RpcError, server: str, texts: Catalogue) -> CtlError:
    """Turn a failed call into the error that ends the command."""
    error = error_of(failure)
    lines = [_headline(error, server, texts)]
    lines += [
        f"  {each.field}: {each.description}"
        for each in error.fields
        if f"{each.field}: {each.description}" not in lines[0]
    ]
    if error.status is grpc.StatusCode.UNIMPLEMENTED:
        lines.append(texts.line("unimplemented_mend"))
    elif _is_silence(error):
        lines.append(texts.line("unreachable_mend"))
    return CtlError("\n".join(lines), exit_codes.of_status(error.status))


def detail_of(failure: grpc.RpcError) -> str:
    """Say in one line what a failed call said."""
    return _detail(error_of(failure))


def _headline(error: DncdError, server: str, texts: Catalogue) -> str:
    detail = _detail(error)
    if isinstance(error, Unavailable):
        return texts.line("unreachable", server=server, detail=detail)
    if isinstance(error, NotPermitted):
        return texts.line("not_permitted", detail=detail)
    return texts.line("error", detail=detail)


def _detail(error: DncdError) -> str:
    word = error.reason or (error.status.name if error.status else "")
    return f"{error.message} ({word})" if word else error.message


def _is_silence(error: DncdError) -> bool:
    """Say whether nothing of ours answered at all: no reason of ours came with it."""
    return isinstance(error, Unavailable) and not error.reason
