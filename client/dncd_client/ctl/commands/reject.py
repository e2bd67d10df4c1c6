"""End what waits for another person."""

import click

from dncd.v1 import batch_pb2
from dncd_client.ctl import exit_codes
from dncd_client.ctl.connection import connect
from dncd_client.ctl.deciding import tell_decided
from dncd_client.ctl.helptext import epilog
from dncd_client.ctl.settings import common_options, settings_of


@click.command(
    epilog=epilog(
        'dncctl reject policy-0a1b2c3d --reason "not agreed with the client"',
        fine="rejected",
        no="it does not wait",
    )
)
@click.argument("batch_id", metavar="ID")
@click.option("--reason", required=True, metavar="TEXT", help="Why; kept with it.")
@common_options
@click.pass_context
def reject(context: click.Context, batch_id: str, reason: str) -> int:
    """End what waits for another person: the batch, policy change or override ID.

    Nothing else changes. Whoever proposed it may take it back so.
    """
    settings = settings_of(context)
    request = batch_pb2.RejectBatchRequest(batch_id=batch_id, reason=reason)
    with connect(settings) as connection:
        report = connection.call(connection.batches.RejectBatch, request).report
    tell_decided(report, settings)
    return exit_codes.FINE
