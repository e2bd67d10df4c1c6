"""See how cells would be read."""

import sys
from collections.abc import Sequence

import click
import grpc

from dncd.v1 import batch_pb2
from dncd_client.ctl import codes, exit_codes
from dncd_client.ctl.connection import Connection, connect
from dncd_client.ctl.errors import CtlError
from dncd_client.ctl.helptext import epilog
from dncd_client.ctl.inputs import lines_of, slices
from dncd_client.ctl.output import e164_text, print_json, print_line, print_note
from dncd_client.ctl.printable import printable
from dncd_client.ctl.settings import Settings, common_options, settings_of
from dncd_client.errors import Unavailable, error_of
from dncd_client.numbers import sendable
from dncd_client.optout import reject_word

_DEFAULT_REGION = "JP"


@click.command(epilog=epilog("echo '090-1234-5678' | dncctl normalize"))
@click.option("--region", default="", metavar="JP", help="How cells are read. [the ledger's]")
@common_options
@click.pass_context
def normalize(context: click.Context, region: str) -> int:
    """Read cells from standard input, one a line, and say how each would be read.

    Stores nothing. Where the server cannot be reached, this program's own rules answer, and it says
    so.
    """
    settings = settings_of(context)
    with connect(settings) as connection:
        reader = _Reader(connection, settings, region)
        for part in slices(lines_of(sys.stdin.buffer)):
            for line, answer in zip(part, reader.read(part), strict=True):
                _tell(line, answer, settings)
    return exit_codes.FINE


class _Reader:
    """Reads slices of cells: by the server's rules, or once it is silent by this program's."""

    def __init__(self, connection: Connection, settings: Settings, region: str) -> None:
        self._connection = connection
        self._settings = settings
        self._region = region
        self._server_answers = True

    def read(self, lines: Sequence[bytes]) -> list[int | str]:
        """Return a number or a reject code for each line."""
        cells = [_decoded(line) for line in lines]
        good = [cell for cell in cells if cell is not None]
        answers = iter(self._answers(good) if good else ())
        return ["encoding_error" if cell is None else next(answers) for cell in cells]

    def _answers(self, cells: list[str]) -> list[int | str]:
        if self._server_answers:
            try:
                return self._ask(cells)
            except grpc.RpcError as failure:
                if not isinstance(error_of(failure), Unavailable):
                    raise
                self._server_answers = False
                self._say_fallback()
        return _read_here(cells, self._region or _DEFAULT_REGION)

    def _ask(self, cells: list[str]) -> list[int | str]:
        request = batch_pb2.NormalizeRequest(raw=cells, region=self._region)
        answer = self._connection.call(self._connection.batches.Normalize, request)
        if len(answer.readings) != len(cells):
            text = self._settings.texts.line(
                "normalize_count", answered=len(answer.readings), asked=len(cells)
            )
            raise CtlError(text, exit_codes.UNREACHABLE, "ANSWER_GARBLED")
        return [
            each.e164 if each.WhichOneof("outcome") == "e164" else reject_word(each.reject)
            for each in answer.readings
        ]

    def _say_fallback(self) -> None:
        from dncd_engine.numbers import NORMALISER_VERSION

        line = self._settings.texts.line(
            "normalize_fallback",
            server=self._settings.server,
            version=NORMALISER_VERSION,
            region=self._region or _DEFAULT_REGION,
        )
        print_note(line)


def _read_here(cells: list[str], region: str) -> list[int | str]:
    from dncd_engine.numbers import is_region, read_many

    if not is_region(region):
        raise click.BadParameter("two letters of ISO 3166, such as JP", param_hint="--region")
    return [each if isinstance(each, int) else each.value for each in read_many(cells, region)]


def _decoded(line: bytes) -> str | None:
    try:
        return sendable(line.decode("utf-8"))
    except UnicodeDecodeError:
        return None


def _tell(line: bytes, answer: int | str, settings: Settings) -> None:
    raw = line.decode("utf-8", "backslashreplace")
    if settings.json:
        key = "error" if isinstance(answer, str) else "e164"
        print_json({"raw": raw, key: answer if isinstance(answer, str) else e164_text(answer)})
    elif isinstance(answer, str):
        print_line(f"{printable(raw)}\t{answer}: {settings.texts.meaning(codes.REJECTS, answer)}")
    else:
        print_line(f"{printable(raw)}\t{e164_text(answer)}")
