"""One place that turns what went wrong into what, where and how to mend it."""

from collections.abc import Callable, Mapping
from typing import Any

import click
import grpc

from dncd_client.ctl import exit_codes, faults
from dncd_client.ctl.fieldnames import general, option_of
from dncd_client.ctl.messages import Catalogue
from dncd_client.ctl.printable import printable
from dncd_client.errors import DncdError, FieldViolation, NotPermitted, Unavailable, error_of

FieldNames = Callable[[str], str]


class CtlError(Exception):
    """Raised by a command that cannot go on.

    Attributes:
        exit_code: What dncctl ends with.
        reason: A stable word; "" where there is none.
        cause: What the server said, where it was the server.
        metadata: What else is to be known.
    """

    def __init__(
        self,
        message: str,
        exit_code: int,
        reason: str = "",
        *,
        cause: DncdError | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.exit_code = exit_code
        self.reason = (cause.reason if cause else "") or reason
        self.cause = cause
        self.metadata = {**(cause.metadata if cause else {}), **(metadata or {})}

    def as_json(self) -> dict[str, Any]:
        """Return what `--json` prints of it on standard error."""
        cause = self.cause
        return {
            "error": {
                "reason": self.reason or None,
                "message": str(self),
                "status": cause.status.name if cause and cause.status else None,
                "fields": [
                    {"field": each.field, "description": each.description}
                    for each in (cause.fields if cause else ())
                ],
                "metadata": self.metadata,
            },
            "exit_code": self.exit_code,
        }


def usage(error: click.ClickException) -> CtlError:
    """Return what click found wrong with the command line."""
    return CtlError(error.format_message(), error.exit_code, "USAGE")


def explain(
    failure: grpc.RpcError, server: str, texts: Catalogue, name_of: FieldNames = option_of
) -> CtlError:
    """Turn a failed call into the error that ends the command.

    Args:
        failure: What the call raised.
        server: The server's address.
        texts: The language of messages.
        name_of: What the caller typed for a field of the request.
    """
    return explain_error(error_of(failure), server, texts, name_of)


def explain_error(
    error: DncdError, server: str, texts: Catalogue, name_of: FieldNames = option_of
) -> CtlError:
    """Turn what the library raised into the error that ends the command, as `explain` does."""
    lines = [_headline(error, server, texts, name_of), *_rest(error, texts, name_of)]
    if error.status is grpc.StatusCode.UNIMPLEMENTED:
        lines.append(texts.line("unimplemented_mend"))
    elif is_silence(error):
        lines.append(texts.line("unreachable_mend"))
    reason = "UNREACHABLE" if is_silence(error) else ""
    return CtlError("\n".join(lines), exit_codes.of_status(error.status), reason, cause=error)


def detail_of(error: DncdError, texts: Catalogue, name_of: FieldNames = option_of) -> str:
    """Say in one line what a failed call said."""
    word = error.reason or (error.status.name if error.status else "")
    fault = _fault(error, texts)
    text = fault.told(error.metadata) if fault else _named(error, name_of)
    return printable(f"{text} ({word})" if word else text)


def is_silence(error: DncdError) -> bool:
    """Say whether nothing of ours answered at all: no reason of ours came with it."""
    return isinstance(error, Unavailable) and not error.reason


def _headline(error: DncdError, server: str, texts: Catalogue, name_of: FieldNames) -> str:
    detail = detail_of(error, texts, name_of)
    if isinstance(error, Unavailable):
        return texts.line("unreachable", server=server, detail=detail)
    if isinstance(error, NotPermitted):
        return texts.line("not_permitted", detail=detail)
    return texts.line("error", detail=detail)


def _rest(error: DncdError, texts: Catalogue, name_of: FieldNames) -> list[str]:
    """Return what the headline does not hold yet: fields, the server's own words, its mark."""
    lines = []
    fault = _fault(error, texts)
    headline = "" if fault else _named(error, name_of)
    for each in () if fault and fault.is_whole else error.fields:
        if f"{name_of(each.field)}: {each.description}" not in headline:
            lines.append(f"{name_of(each.field)}: {_described(each, texts)}")
    if fault and not (fault.is_whole or error.fields):
        lines.append(texts.line("server_said", text=error.message))
    if request_id := error.metadata.get("request_id"):
        lines.append(texts.line("request_id", request_id=request_id))
    return [f"  {printable(each)}" for each in lines]


def _fault(error: DncdError, texts: Catalogue) -> faults.Fault | None:
    """Return our own words for what the server said in English, where they are wanted and known."""
    return faults.ERRORS.get(error.reason) if texts.language == "ja" else None


def _described(field: FieldViolation, texts: Catalogue) -> str:
    if texts.language != "ja":
        return field.description
    hint = faults.FIELDS.get(general(field.field), faults.ANY_FIELD)
    return f"{hint}（{field.description}）"


def _named(error: DncdError, name_of: FieldNames) -> str:
    """Return the server's message with what was typed in the place of the field that it begins with."""
    for each in error.fields:
        if error.message.startswith(f"{each.field}: "):
            return name_of(each.field) + error.message.removeprefix(each.field)
    return error.message
