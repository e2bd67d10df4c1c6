"""Let a stale list through for a time."""

from datetime import UTC, datetime, tzinfo
from typing import Any

import click

from dncd.v1 import policy_pb2
from dncd_client.ctl import exit_codes
from dncd_client.ctl.batchview import held_lines
from dncd_client.ctl.connection import Connection, connect
from dncd_client.ctl.helptext import epilog
from dncd_client.ctl.output import instant, local_instant, print_json, print_line, print_note
from dncd_client.ctl.policyfields import WrongValueError, read_duration
from dncd_client.ctl.settings import Settings, common_options, settings_of
from dncd_client.ctl.times import Clock, Edge, now_unix_us

_FAR_SECONDS = 10**9  # what the message can carry; the server says that it is too far


@click.command(
    epilog=epilog(
        'dncctl override ftc --until 24h --reason "the publisher\'s site is down"',
        'dncctl override ftc --until 2026-11-25T18:00+09:00 --reason "as agreed with legal"',
        "dncctl override ftc --end --reason loaded",
        fine="in force, or ended",
        no="held for another person",
    )
)
@click.argument("list_name", metavar="LIST")
@click.option(
    "--until", metavar="T", help="Until when: a time, a date (its end), or 24h; 72h at most."
)
@click.option("--end", is_flag=True, help="End the override that is in force.")
@click.option("--reason", default="", metavar="TEXT", help="Why; kept with it.")
@common_options
@click.pass_context
def override(
    context: click.Context, list_name: str, until: str | None, end: bool, reason: str
) -> int:
    """Let the registry or clearance LIST through although it is too old, for 72 h at most.

    Takes two persons. Every verdict that rests on it says STALE_ALLOWED. It ends by itself.
    """
    settings = settings_of(context)
    if end is (until is not None):
        raise click.UsageError(settings.texts.line("override_when"))
    with connect(settings) as connection:
        request = policy_pb2.OverrideListRequest(
            list=list_name,
            until_unix_us=_until(connection, list_name, until, settings) if until else 0,
            reason=reason,
        )
        answer = connection.call(connection.policy.OverrideList, request)
    if settings.json:
        print_json(_view(request, answer))
    else:
        _show(request, answer, settings)
    return exit_codes.NO if answer.held_id else exit_codes.FINE


def _until(connection: Connection, list_name: str, until: str, settings: Settings) -> int:
    """Return the end as an instant: a length of time counts from now."""
    try:
        return now_unix_us() + min(read_duration(until), _FAR_SECONDS) * 1_000_000
    except WrongValueError:
        return Clock(connection, list_name, settings.texts).unix_us("--until", until, Edge.END)


def _view(
    request: policy_pb2.OverrideListRequest, answer: policy_pb2.OverrideListResponse
) -> dict[str, Any]:
    return {
        "list": request.list,
        "until": instant(request.until_unix_us),
        "applied": answer.applied,
        "flags": list(answer.flags),
        "held_id": answer.held_id or None,
        "version": answer.basis.version or None,
        "token": answer.basis.token or None,
    }


def _show(
    request: policy_pb2.OverrideListRequest,
    answer: policy_pb2.OverrideListResponse,
    settings: Settings,
) -> None:
    texts = settings.texts
    if answer.held_id:
        print_line(texts.line("override_held", list=request.list))
        for line in held_lines(answer.held_id, texts):
            print_line(line)
    elif not answer.applied:
        print_line(texts.line("override_none"))
    else:
        key = "override_on" if request.until_unix_us else "override_off"
        until = local_instant(request.until_unix_us, _here())
        version = answer.basis.version
        print_line(texts.line(key, list=request.list, until=until, version=version))
    for flag in answer.flags:
        print_note(texts.flag(flag))


def _here() -> tzinfo:
    """Return the zone of whoever looks at the terminal."""
    return datetime.now().astimezone().tzinfo or UTC
