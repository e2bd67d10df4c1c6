"""dncd: the daemon's command line."""

import os
import sys
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError
from pydantic_settings import SettingsError

from dncd_server.settings import Settings, load_settings, misspelt_variables

_EXAMPLE = """
\b
Examples:
  dncd serve --data ./dncd-data
  DNCD_REGION=US dncd serve
  dncd serve --config /etc/dncd/dncd.toml

\b
Exit codes: 0 stopped as asked, 2 wrong usage, 3 cannot start.
"""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="dncd")
def main() -> None:
    """Run the do-not-contact daemon and look after its ledger."""


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _options(command: Any) -> Any:
    """Give a command one option for each setting, without defaults: what is not given is left to the other sources."""
    for name, field in reversed(Settings.model_fields.items()):
        default = "in your home folder" if field.default_factory else field.get_default()
        text = f"{field.description} [default: {default}]" if default != "" else field.description
        is_flag = field.annotation is bool
        kind: dict[str, Any] = {"is_flag": True} if is_flag else {"type": str}
        command = click.option(_flag(name), name, default=None, help=text, **kind)(command)
    return command


@main.command(epilog=_EXAMPLE)
@_options
@click.option(
    "--config",
    envvar="DNCD_CONFIG",
    type=click.Path(dir_okay=False, path_type=Path),
    help="TOML file with the same names as keys.",
)
def serve(config: Path | None, **flags: Any) -> None:
    """Serve checks to dialers and take suppression batches.

    Each option is also a key of the TOML file and an environment variable DNCD_…; a flag outweighs the environment,
    and that the file.
    """
    # a fork by a library must not run gRPC's handlers; children are started by exec
    os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
    # what the daemon writes is nobody else's to read
    os.umask(0o077)
    for name, nearest in misspelt_variables(os.environ):
        click.echo(f"Warning: {name} is no setting and is ignored; is it {nearest}?", err=True)
    settings = _settings(
        config, {name: value for name, value in flags.items() if value is not None}
    )
    if settings.exposed and not settings.insecure:
        address = settings.exposed[0]
        raise click.UsageError(
            f"{address} can be reached from other machines, and this version does not ask who calls; "
            "bind 127.0.0.1, or accept it with --insecure"
        )
    # imported here so that --help and wrong usage answer at once
    from dncd_server.logs import configure_logs
    from dncd_server.run import run

    configure_logs(settings.log_level)
    sys.exit(run(settings))


def _settings(config: Path | None, flags: dict[str, Any]) -> Settings:
    if config is not None and not config.is_file():
        raise click.UsageError(f"there is no file {config}")
    try:
        return load_settings(flags, config)
    except ValidationError as error:
        problems = [_problem(item["loc"], item["msg"], config) for item in error.errors()]
        raise click.UsageError("; ".join(problems)) from None
    except (SettingsError, ValueError) as error:
        raise click.UsageError(f"{config}: {error}") from None


def _problem(location: tuple[int | str, ...], message: str, config: Path | None) -> str:
    name = ".".join(map(str, location))
    known = name in Settings.model_fields
    told = message.removeprefix("Value error, ")
    return f"{_flag(name)}: {told}" if known else f"{config}: unknown key {name}; mend the spelling"


@main.group()
def ledger() -> None:
    """Look after a ledger file, without a server."""


@ledger.command(epilog="Exit codes: 0 whole, 1 broken, 2 wrong usage, 3 cannot be opened.")
@click.option("--ledger", "url", required=True, help="sqlite:///PATH")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def verify(url: str, as_json: bool) -> None:
    """Walk the chain and every digest, and name the first event that is broken."""
    from dncd_server.ledger.verify import verify_ledger

    sys.exit(verify_ledger(url, as_json))


if __name__ == "__main__":
    main()
