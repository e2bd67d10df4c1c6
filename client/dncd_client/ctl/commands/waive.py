"""Give up the rows of a batch that could not be read."""

import click

from dncd.v1 import batch_pb2
from dncd_client.ctl import exit_codes
from dncd_client.ctl.batchview import is_in_order
from dncd_client.ctl.connection import connect
from dncd_client.ctl.deciding import tell_decided
from dncd_client.ctl.helptext import epilog
from dncd_client.ctl.settings import common_options, settings_of


@click.command(
    epilog=epilog(
        'dncctl waive 20261123T010203Z-0a1b2c3d4e5f --reason "5 rows were extensions, checked"',
        fine="no row of it is open any more",
        no="it has no open row",
    )
)
@click.argument("batch_id", metavar="BATCH")
@click.option("--reason", required=True, metavar="TEXT", help="Why; kept with it.")
@common_options
@click.pass_context
def waive(context: click.Context, batch_id: str, reason: str) -> int:
    """Give up, in your name, the rows of BATCH that could not be read and that nobody mended.

    They block nobody. To mend them instead, load them with `dncctl load --mends BATCH`.
    """
    settings = settings_of(context)
    request = batch_pb2.WaiveRejectsRequest(batch_id=batch_id, reason=reason)
    with connect(settings) as connection:
        report = connection.call(connection.batches.WaiveRejects, request).report
    tell_decided(report, settings, [f"  {settings.texts.line('waived')}"])
    return exit_codes.FINE if is_in_order(report) else exit_codes.NO
