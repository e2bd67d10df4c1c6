"""Load a file into a list."""

from typing import Any

import click

from dncd.v1 import batch_pb2
from dncd_client.ctl import exit_codes
from dncd_client.ctl.batchview import UPLOAD_MODES, is_in_order, report_json, report_lines
from dncd_client.ctl.connection import Connection, connect
from dncd_client.ctl.counts import count
from dncd_client.ctl.errors import CtlError
from dncd_client.ctl.header import batch_header, mending_command
from dncd_client.ctl.helptext import epilog
from dncd_client.ctl.ids import new_batch_id
from dncd_client.ctl.inputs import InputFile
from dncd_client.ctl.output import print_json, print_line, print_note
from dncd_client.ctl.progress import upload_progress
from dncd_client.ctl.rejects import RejectsFile
from dncd_client.ctl.settings import Settings, common_options, settings_of
from dncd_client.ctl.upload import Upload

_COLUMNS = """Columns that say something of their row:
  asked 受付日時, effective 開始日時, expires 有効期限, review 見直し日,
  purpose 利用目的, ground 根拠, requester 請求者, source 取得元,
  reason 理由, ref 受付番号; in a change: op 変更区分 (A adds, D deletes)"""


@click.command(
    epilog=epilog(
        "dncctl load optout refusals.csv --asked 2026-11-20 --ground tokushoho_17",
        "dncctl load ftc 2026-11.txt --mode replace --published 2026-11-01 --dry-run",
        "dncctl load ftc change.csv --mode change --base 2026-11-01 --published 2026-11-02",
        'dncctl load optout moved.csv --mode remove --reason "numbers given back"',
        "dncctl load leads bought.csv --source meibo --expires 2027-03-31",
        "dncctl load optout refusals.csv.rejects.csv --column raw --mends BATCH",
        more=_COLUMNS,
        fine="in force whole (or a dry run without rejected rows)",
        no="held, refused or incomplete",
    )
)
@click.argument("list_name", metavar="LIST")
@click.argument("file")
@click.option(
    "--mode",
    type=click.Choice(list(UPLOAD_MODES)),
    default="add",
    show_default=True,
    help="add; remove: end all entries of these numbers, with --reason; replace: the whole list "
    "anew, within --coverage; change: adds and deletes of a series, on a --base.",
)
@click.option("--region", default="", metavar="JP", help="How texts are read.")
@click.option("--encoding", default="", metavar="auto", help="utf-8, cp932, utf-16 ...")
@click.option("--layout", default="", metavar="auto", help="lines, csv, npa-nxx-xxxx.")
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="NAME",
    help="The head of a column of numbers; repeatable.",
)
@click.option("--source", default="", metavar="NAME|TEXT", help="Where the numbers come from.")
@click.option("--ground", default="", metavar="CODE", help="Why they are listed: dncctl grounds.")
@click.option(
    "--purpose", "purposes", multiple=True, metavar="P", help="Only for that purpose; repeatable."
)
@click.option("--asked", metavar="T", help="When the persons asked.")
@click.option("--effective", metavar="T", help="When the entries begin. [at once]")
@click.option("--expires", metavar="DATE", help="The last day of the entries. [never]")
@click.option("--review", metavar="DATE", help="When somebody should look again.")
@click.option("--ref", "reference", default="", metavar="TEXT", help="Your receipt number.")
@click.option("--requester", default="", metavar="R", help="self, agent, legal_representative.")
@click.option("--reason", default="", metavar="TEXT", help="Why; needed for a removal.")
@click.option("--published", metavar="DATE", help="The publisher's date: ages count from it.")
@click.option(
    "--coverage", multiple=True, metavar="PREFIX", help="What the file speaks about; repeatable."
)
@click.option("--base", metavar="BATCH|DATE", help="What a change builds on.")
@click.option("--mends", default="", metavar="BATCH", help="Brings its rejected rows again.")
@click.option(
    "--everything",
    is_flag=True,
    help="Let a replace end entries, too, that came by add or because a person asked.",
)
@click.option(
    "--releases",
    type=count,
    default="0",
    metavar="N",
    help="How many numbers it may let free, as a dry run told.",
)
@click.option("--rejects", metavar="FILE", help="Where unreadable rows go. [FILE.rejects.csv]")
@click.option("--batch-id", metavar="ID", help="Your own id: the same one is never taken twice.")
@click.option("--dry-run", is_flag=True, help="Work everything out; change nothing.")
@common_options
@click.pass_context
def load(
    context: click.Context, /, file: str, rejects: str | None, batch_id: str | None, **options: Any
) -> int:
    """Load FILE into LIST; - is standard input. All of it or nothing.

    Rows that cannot be read go to a file beside it, with the reason. What blocks acts at once; what
    lets numbers free may wait for another person. Ends with 0 when the batch is in force whole,
    with 1 when it is held, refused or incomplete.

    The options from --source to --reason hold for all rows; a row's own cells win. A date is the
    whole day where the list lives.
    """
    settings = settings_of(context)
    options["batch_id"] = batch_id or new_batch_id()
    source = _open(file, settings)
    with connect(settings) as connection:
        try:
            header = batch_header(options, source, settings.texts)
            print_note(settings.texts.line("batch_id", batch_id=header.batch_id))
            wanted = rejects or f"{'stdin' if file == '-' else file}.rejects.csv"
            out = RejectsFile(wanted, settings.texts)
            report = _send(connection, header, source, out, settings)
        finally:
            source.close()
    return _tell(report, out, header, settings)


def _open(file: str, settings: Settings) -> InputFile:
    try:
        return InputFile(file, settings.texts)
    except OSError as error:
        raise CtlError(f"{file}: {error.strerror}", exit_codes.USAGE, "NO_FILE") from None


def _send(
    connection: Connection,
    header: batch_pb2.BatchHeader,
    source: InputFile,
    out: RejectsFile,
    settings: Settings,
) -> batch_pb2.BatchReport:
    upload = Upload(connection, header, source, out, settings.server, settings.texts)
    try:
        with upload_progress(source.size_bytes, settings.texts) as progress:
            return upload.run(progress)
    except OSError as error:
        raise CtlError(f"{source.name}: {error.strerror}", exit_codes.USAGE, "NO_FILE") from None
    finally:
        out.close()
        if out.failure:
            detail = out.failure.strerror or str(out.failure)
            print_note(settings.texts.line("rejects_failed", detail=detail))


def _tell(
    report: batch_pb2.BatchReport,
    out: RejectsFile,
    header: batch_pb2.BatchHeader,
    settings: Settings,
) -> int:
    if settings.json:
        print_json(report_json(report, out.path))
    else:
        mending = mending_command(header, out.path or "")
        for line in report_lines(report, settings.texts, out.path, mending):
            print_line(line)
    return exit_codes.FINE if is_in_order(report) and not out.failure else exit_codes.NO
