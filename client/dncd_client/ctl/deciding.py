"""What the commands share that decide about a batch which is there already."""

from collections.abc import Iterable

from dncd.v1 import batch_pb2
from dncd_client.ctl.batchview import decided_json, head_line, marks_of
from dncd_client.ctl.connection import Connection
from dncd_client.ctl.messages import Catalogue
from dncd_client.ctl.output import print_json, print_line
from dncd_client.ctl.settings import Settings


def get_batch(connection: Connection, batch_id: str) -> batch_pb2.BatchReport:
    """Ask how a batch stands, a change of the policy that waits included.

    Raises:
        grpc.RpcError: There was no answer, or there is no such batch.
    """
    request = batch_pb2.GetBatchRequest(batch_id=batch_id)
    return connection.call(connection.batches.GetBatch, request).report


def tell_decided(
    report: batch_pb2.BatchReport, settings: Settings, lines: Iterable[str] = ()
) -> None:
    """Say how a batch stands after a decision.

    Args:
        report: The batch.
        settings: Whether as JSON, and in which language.
        lines: What else people are told.
    """
    if settings.json:
        print_json(decided_json(report))
        return
    for line in (*decided_lines(report, settings.texts), *lines):
        print_line(line)


def decided_lines(report: batch_pb2.BatchReport, texts: Catalogue) -> list[str]:
    """Return where a batch stands, its id and its version."""
    lines = [head_line(report, texts)]
    if report.version:
        lines.append("  " + texts.line("load_version", version=report.version, token=report.token))
    return lines + [f"  {texts.flag(flag)}" for flag in marks_of(report)]
