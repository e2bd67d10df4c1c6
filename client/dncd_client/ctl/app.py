"""The commands put together, and the one place where a run ends."""

import io
import sys
from collections.abc import Sequence
from importlib.metadata import version

import click
import grpc

from dncd_client.ctl import exit_codes
from dncd_client.ctl.commands.apply import apply
from dncd_client.ctl.commands.approve import approve
from dncd_client.ctl.commands.check import check
from dncd_client.ctl.commands.grounds import grounds
from dncd_client.ctl.commands.list import list_group
from dncd_client.ctl.commands.load import load
from dncd_client.ctl.commands.normalize import normalize
from dncd_client.ctl.commands.override import override
from dncd_client.ctl.commands.policy import policy
from dncd_client.ctl.commands.reject import reject
from dncd_client.ctl.commands.revert import revert
from dncd_client.ctl.commands.status import status
from dncd_client.ctl.commands.stop import stop
from dncd_client.ctl.commands.waive import waive
from dncd_client.ctl.errors import CtlError, explain, usage
from dncd_client.ctl.helptext import epilog
from dncd_client.ctl.output import print_json, print_note, print_plain_note
from dncd_client.ctl.settings import Settings, common_options


@click.group(
    epilog=epilog(
        "dncctl list create optout --kind do_not_contact",
        "dncctl load optout refusals.csv",
        "dncctl check 090-1234-5678",
    ),
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(version("dncd"), prog_name="dncctl", message="%(prog)s %(version)s")
@common_options
def dncctl() -> None:
    """Control a do-not-contact daemon: its lists, its policy, its answers."""


_COMMANDS = (
    apply, approve, check, grounds, list_group, load, normalize, override, policy, reject, revert,
    status, stop, waive,
)  # fmt: skip
for command in _COMMANDS:
    dncctl.add_command(command)


def run(arguments: Sequence[str]) -> int:
    """Run dncctl.

    Args:
        arguments: The command line without the program's name.

    Returns:
        The exit code.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    settings = Settings()
    try:
        code = dncctl.main(list(arguments), prog_name="dncctl", standalone_mode=False, obj=settings)
    except click.ClickException as error:
        # A wrong option ends the reading of the others, so --json may not have been noted yet.
        settings.json = settings.json or "--json" in arguments
        if not settings.json:
            print_plain_note(_shown(error))
            return error.exit_code
        return _end(usage(error), settings)
    except click.Abort:
        text = settings.texts.line("interrupted")
        return _end(CtlError(text, exit_codes.INTERRUPTED, "INTERRUPTED"), settings)
    except CtlError as error:
        return _end(error, settings)
    except grpc.RpcError as failure:
        return _end(explain(failure, settings.server, settings.texts), settings)
    return code if isinstance(code, int) else exit_codes.FINE


def _end(error: CtlError, settings: Settings) -> int:
    """Say why a run ends, for people or for programs; return its exit code."""
    if settings.json:
        print_json(error.as_json(), is_error=True)
    else:
        print_note(str(error))
    return error.exit_code


def _shown(error: click.ClickException) -> str:
    """Return what click shows of a wrong command line: the usage, where help is, what is wrong."""
    text = io.StringIO()
    error.show(file=text)
    return text.getvalue().rstrip("\n")
