"""Put in force what waits for another person."""

import sys

import click
import grpc

from dncd.v1 import batch_pb2
from dncd_client.ctl import exit_codes
from dncd_client.ctl.batchview import decided_json, is_in_order, proposal_lines
from dncd_client.ctl.connection import Connection, connect
from dncd_client.ctl.deciding import get_batch, tell_decided
from dncd_client.ctl.errors import explain
from dncd_client.ctl.helptext import epilog
from dncd_client.ctl.output import print_json, print_line, print_note
from dncd_client.ctl.settings import Settings, common_options, settings_of

_MOVED = ("LIST_MOVED", "POLICY_MOVED")


@click.command(
    epilog=epilog(
        "dncctl approve 20261123T010203Z-0a1b2c3d4e5f",
        "dncctl approve policy-0a1b2c3d --yes",
        fine="in force",
        no="declined; moved meanwhile; it does not wait; you proposed it yourself",
    )
)
@click.argument("batch_id", metavar="ID")
@click.option("--yes", is_flag=True, help="Do not ask.")
@common_options
@click.pass_context
def approve(context: click.Context, batch_id: str, yes: bool) -> int:
    """Put in force what waits for another person: the batch, policy change or override ID.

    Shows who wants it, why, and the difference that it makes, then asks, on a terminal. Whoever
    proposed it cannot approve it. If things have moved since, nothing is put in force and the new
    difference is shown.
    """
    settings = settings_of(context)
    with connect(settings) as connection:
        seen = get_batch(connection, batch_id)
        if not settings.json:
            _show(seen, settings)
        is_held = seen.state == batch_pb2.BATCH_STATE_HELD
        if is_held and not (yes or _is_wanted(settings)):
            print_note(settings.texts.line("approve_not"))
            return exit_codes.NO
        report = _approve(connection, seen, settings)
    tell_decided(report, settings)
    return exit_codes.FINE if is_in_order(report) else exit_codes.NO


def _is_wanted(settings: Settings) -> bool:
    """Ask the person at the terminal; a program that runs this has decided by running it."""
    if settings.json or not sys.stdin.isatty():
        return True
    return click.confirm(settings.texts.line("approve_ask"), err=True)


def _approve(
    connection: Connection, seen: batch_pb2.BatchReport, settings: Settings
) -> batch_pb2.BatchReport:
    request = batch_pb2.ApproveBatchRequest(batch_id=seen.batch_id, list_version=seen.list_version)
    try:
        return connection.call(connection.batches.ApproveBatch, request).report
    except grpc.RpcError as failure:
        error = explain(failure, settings.server, settings.texts)
        if error.reason in _MOVED:
            print_note(settings.texts.line("approve_moved"))
            _show(get_batch(connection, seen.batch_id), settings)
        raise error from None


def _show(report: batch_pb2.BatchReport, settings: Settings) -> None:
    if settings.json:
        print_json(decided_json(report))
        return
    for line in proposal_lines(report, settings.texts):
        print_line(line)
