"""Ask about numbers."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

import click
from rich.text import Text

from dncd.v1 import screening_pb2, verdict_pb2
from dncd_client.ctl import codes, exit_codes
from dncd_client.ctl.connection import Connection, connect
from dncd_client.ctl.errors import CtlError
from dncd_client.ctl.helptext import epilog
from dncd_client.ctl.inputs import slices, typed
from dncd_client.ctl.messages import Catalogue
from dncd_client.ctl.output import (
    Cell,
    e164_text,
    moment,
    print_json,
    print_line,
    print_table,
)
from dncd_client.ctl.settings import common_options, settings_of
from dncd_client.numbers import several
from dncd_client.verdict import Reason, Verdict
from dncd_client.wire import read_batch


@click.command(
    epilog=epilog(
        "dncctl check 090-1234-5678 +14155550123 --campaign acme/spring",
        "dncctl check - --json < leads.txt",
        fine="all are allowed",
        no="at least one is blocked",
    )
)
@click.argument("numbers", nargs=-1, required=True, metavar="NUMBER...")
@click.option("--campaign", default="", metavar="C", help="For which campaign.")
@click.option("--region", default="", metavar="R", help="How the numbers are read.")
@click.option(
    "--at-least", default="", metavar="TOKEN", help="Answer from this token's version on."
)
@common_options
@click.pass_context
def check(
    context: click.Context, numbers: tuple[str, ...], campaign: str, region: str, at_least: str
) -> int:
    """Ask whether each NUMBER may be dialled; - reads them from standard input, one a line.

    Ends with 0 when all are allowed, with 1 when any is blocked.
    """
    settings = settings_of(context)
    asked = screening_pb2.CheckBatchRequest(
        campaign=campaign, region=region, at_least=at_least, via=verdict_pb2.VIA_DESK
    )
    asked_any, all_allowed = False, True
    with connect(settings) as connection:
        for asked_for, verdicts in _ask(connection, asked, typed(numbers)):
            asked_any = True
            all_allowed = all_allowed and all(each.allowed for each in verdicts)
            if settings.json:
                for number, verdict in zip(asked_for, verdicts, strict=True):
                    print_json(verdict_json(number, verdict))
            else:
                _show(asked_for, verdicts, settings.texts)
    if not asked_any:
        text = settings.texts.line("check_nothing")
        raise CtlError(text, exit_codes.USAGE, "NO_NUMBER")
    return exit_codes.FINE if all_allowed else exit_codes.NO


def verdict_json(number: str, verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as `dncctl check --json` prints it; what there is not is null."""
    return {
        "number": number,
        "e164": e164_text(verdict.e164),
        "campaign": verdict.campaign or None,
        "decision": verdict.decision.value,
        "action": verdict.action.value,
        "reasons": [
            {
                "code": each.code.value,
                "list": each.list or None,
                "kind": each.kind.value if each.kind else None,
                "detail": each.detail or None,
            }
            for each in verdict.reasons
        ],
        "version": verdict.version,
        "token": verdict.token or None,
        "at": moment(verdict.at),
    }


def _ask(
    connection: Connection, asked: screening_pb2.CheckBatchRequest, cells: Iterator[bytes]
) -> Iterator[tuple[list[str], list[Verdict]]]:
    """Ask slice by slice; a later slice never rests on an older version than an earlier one."""
    for part in slices(cells):
        texts = [line.decode("utf-8", "surrogateescape") for line in part]
        sent, _ = several(texts)
        request = screening_pb2.CheckBatchRequest(numbers=sent)
        request.MergeFrom(asked)
        answer = connection.call(connection.screening.CheckBatch, request)
        verdicts = read_batch(answer, sent, asked.campaign)
        asked.at_least = verdicts.token or asked.at_least
        yield texts, list(verdicts)


def _show(numbers: list[str], verdicts: list[Verdict], texts: Catalogue) -> None:
    names = ("col_number", "col_decision", "col_action", "col_reasons")
    print_table(
        [texts.line(each) for each in names],
        [_row(number, verdict, texts) for number, verdict in zip(numbers, verdicts, strict=True)],
    )
    first = verdicts[0]
    if first.version is not None:
        at = moment(first.at) or ""
        print_line(texts.line("check_basis", version=first.version, at=at, token=first.token))


def _row(number: str, verdict: Verdict, texts: Catalogue) -> tuple[Cell, ...]:
    read = e164_text(verdict.e164)
    decision = texts.meaning(codes.DECISIONS, verdict.decision)
    action = texts.meaning(codes.ACTIONS, verdict.action)
    return (
        number if read in (None, number) else f"{number} = {read}",
        Text(decision, style="green" if verdict.allowed else "bold red"),
        f"{verdict.action} ({action})",
        [_reason_line(each, texts) for each in verdict.reasons],
    )


def _reason_line(reason: Reason, texts: Catalogue) -> str:
    about = " ".join(chain(filter(None, (reason.list, reason.kind, reason.detail))))
    return f"{reason.code}{f' [{about}]' if about else ''}: " + texts.meaning(
        codes.REASONS, reason.code
    )
