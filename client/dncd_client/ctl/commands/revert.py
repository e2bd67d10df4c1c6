"""Undo a batch."""

import click

from dncd.v1 import batch_pb2
from dncd_client.ctl import exit_codes
from dncd_client.ctl.batchview import decided_json, is_in_order, report_lines
from dncd_client.ctl.connection import connect
from dncd_client.ctl.helptext import epilog
from dncd_client.ctl.output import print_json, print_line
from dncd_client.ctl.settings import common_options, settings_of


@click.command(
    epilog=epilog(
        "dncctl revert 20261123T010203Z-0a1b2c3d4e5f --reason wrong-file --dry-run",
        'dncctl revert 20261123T010203Z-0a1b2c3d4e5f --reason "the file of another client"',
        fine="undone, or a dry run",
        no="held for another person; it cannot be undone, or is already",
    )
)
@click.argument("batch_id", metavar="BATCH")
@click.option("--reason", required=True, metavar="TEXT", help="Why; kept with it.")
@click.option("--id", "revert_id", default="", metavar="ID", help="Your own id for the undoing.")
@click.option("--dry-run", is_flag=True, help="Work everything out; change nothing.")
@common_options
@click.pass_context
def revert(
    context: click.Context, batch_id: str, reason: str, revert_id: str, dry_run: bool
) -> int:
    """Undo BATCH: its list gets what it would hold had BATCH never been accepted, all else kept.

    That is a batch of its own, and can be undone again. What it releases may wait for another
    person.
    """
    settings = settings_of(context)
    request = batch_pb2.RevertBatchRequest(
        batch_id=batch_id, reason=reason, revert_id=revert_id, dry_run=dry_run
    )
    with connect(settings) as connection:
        report = connection.call(connection.batches.RevertBatch, request).report
    if settings.json:
        print_json(decided_json(report))
    else:
        for line in report_lines(report, settings.texts):
            print_line(line)
    return exit_codes.FINE if is_in_order(report) else exit_codes.NO
