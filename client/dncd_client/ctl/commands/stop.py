"""Take it that a person asked not to be called again."""

import time
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import click
import grpc
from google.protobuf.message import DecodeError

from dncd.v1 import batch_pb2, optout_pb2
from dncd_client.ctl import codes, exit_codes
from dncd_client.ctl.connection import Connection, connect
from dncd_client.ctl.errors import CtlError, detail_of, explain_error
from dncd_client.ctl.helptext import epilog
from dncd_client.ctl.inputs import typed
from dncd_client.ctl.messages import Catalogue
from dncd_client.ctl.output import print_json, print_line
from dncd_client.ctl.settings import Settings, common_options, settings_of
from dncd_client.ctl.times import check_form
from dncd_client.errors import DncdError, NotAcknowledged
from dncd_client.numbers import sendable
from dncd_client.optout import OptOut
from dncd_client.optoutcall import MAX_NUMBERS, OptOutCall, new_request_id


@click.command(
    epilog=epilog(
        "dncctl stop 090-1234-5678 --campaign acme/spring",
        "dncctl stop 090-1234-5678 045-000-0001 --client acme --ground tokushoho_17 --ref R-1024",
        "dncctl stop - --client acme --asked 2026-11-20 < numbers.txt",
        fine="every number is blocked now",
        no="a number could not be read and is NOT blocked; no list to write to",
    )
)
@click.argument("numbers", nargs=-1, required=True, metavar="NUMBER...")
@click.option("--campaign", default="", metavar="C", help="The campaign that called.")
@click.option("--client", default="", metavar="C", help="Whose campaigns, where no campaign is.")
@click.option("--region", default="", metavar="R", help="How the numbers are read.")
@click.option("--asked", metavar="T", help="When the person asked. [now]")
@click.option("--ground", default="", metavar="CODE", help="Why; see dncctl grounds.")
@click.option("--ref", "reference", default="", metavar="TEXT", help="Your receipt number.")
@click.option("--review", metavar="DATE", help="When somebody should look again.")
@click.option("--requester", default="", metavar="R", help="self, agent, legal_representative.")
@click.option(
    "--request-id", default="", metavar="ID", help="Your own id: the same is never taken twice."
)
@common_options
@click.pass_context
def stop(
    context: click.Context,
    /,
    numbers: tuple[str, ...],
    campaign: str,
    client: str,
    request_id: str,
    **options: Any,
) -> int:
    """Block each NUMBER, because the person asked: in force when this returns.

    - reads numbers from standard input, one a line, so that none stands in the shell's history.
    Written to the list that the policy names as opt_out. It ends only by a removal with a reason.
    While the server cannot be reached it is tried again until --timeout.
    """
    settings = settings_of(context)
    if campaign and client:
        raise click.UsageError(settings.texts.line("stop_whose"))
    request = _request(_read(numbers, settings), request_id, settings.texts, options)
    request.campaign, request.client = campaign, client
    with connect(settings) as connection:
        taken = _send(connection, request, settings)
    if settings.json:
        print_json(_view(taken))
    else:
        for line in _lines(taken, request.numbers, settings.texts):
            print_line(line)
    return exit_codes.FINE if taken.complete else exit_codes.NO


def _read(numbers: tuple[str, ...], settings: Settings) -> list[str]:
    """Return the numbers as texts that can be sent; one too many is left for the server to refuse."""
    lines = list(islice(typed(numbers), MAX_NUMBERS + 1))
    if not lines:
        text = settings.texts.line("check_nothing")
        raise CtlError(text, exit_codes.USAGE, "NO_NUMBER")
    return [sendable(line.decode("utf-8", "surrogateescape")) for line in lines]


def _request(
    numbers: list[str], request_id: str, texts: Catalogue, options: dict[str, Any]
) -> optout_pb2.OptOutRequest:
    return optout_pb2.OptOutRequest(
        request_id=request_id or new_request_id(),
        numbers=numbers,
        region=options["region"],
        attributes=batch_pb2.Attributes(
            ground=options["ground"],
            reference=options["reference"],
            requester=options["requester"],
        ),
        dates=batch_pb2.LocalDates(
            asked=check_form("--asked", options["asked"], texts),
            review=check_form("--review", options["review"], texts),
        ),
    )


def _send(connection: Connection, request: optout_pb2.OptOutRequest, settings: Settings) -> OptOut:
    """Send it until it is acknowledged or the deadline has passed.

    Raises:
        CtlError: It was refused, or nobody said that it is in force.
    """
    call = OptOutCall(request, connection.timeout_seconds)
    try:
        for attempt in call.attempts():
            time.sleep(attempt.pause_seconds)
            _attempt(connection, call, attempt.timeout_seconds)
        return call.outcome()
    except NotAcknowledged as error:
        detail = detail_of(error, settings.texts)
        raise _unsure(request.request_id, detail, error, settings) from None
    except DncdError as error:
        raise explain_error(error, settings.server, settings.texts) from None
    except KeyboardInterrupt:
        detail = settings.texts.line("interrupted")
        raise _unsure(request.request_id, detail, None, settings) from None


def _attempt(connection: Connection, call: OptOutCall, timeout_seconds: float) -> None:
    try:
        call.heard(
            connection.opt_outs.OptOut(
                call.request, timeout=timeout_seconds, metadata=connection.metadata
            )
        )
    except (grpc.RpcError, DecodeError) as failure:
        call.failed(failure)


def _unsure(
    request_id: str, detail: str, cause: NotAcknowledged | None, settings: Settings
) -> CtlError:
    text = settings.texts.line("stop_unsure", detail=detail, request_id=request_id)
    code = exit_codes.UNREACHABLE if cause else exit_codes.INTERRUPTED
    metadata = {"request_id": request_id}
    return CtlError(text, code, "NOT_ACKNOWLEDGED", cause=cause, metadata=metadata)


def _view(taken: OptOut) -> dict[str, Any]:
    return {
        "batch_id": taken.batch_id,
        "list": taken.list,
        "version": taken.version,
        "token": taken.token,
        "added": taken.added,
        "rejected": [
            {"position": position, "code": each.reject}
            for position, each in enumerate(taken.readings, start=1)
            if each.e164 is None
        ],
    }


def _lines(taken: OptOut, numbers: Sequence[str], texts: Catalogue) -> Iterator[str]:
    """Yield what is in force, and which numbers are not blocked, as they were typed."""
    read = sum(each.e164 is not None for each in taken.readings)
    yield texts.line(
        "stop_in_force", list=taken.list, version=taken.version, taken=read, added=taken.added
    )
    yield texts.line("stop_batch", batch_id=taken.batch_id, token=taken.token)
    for position, (number, each) in enumerate(zip(numbers, taken.readings, strict=True), start=1):
        if each.e164 is None:
            meaning = texts.meaning(codes.REJECTS, each.reject)
            yield texts.line(
                "stop_not_read",
                position=position,
                number=number,
                code=each.reject,
                meaning=meaning,
            )
