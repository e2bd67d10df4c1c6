"""The options that every command takes, before its name or after it."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import click

from dncd_client.ctl.messages import LANGUAGES, Catalogue, choose_language

DEFAULT_SERVER = "127.0.0.1:50052"

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass
class Settings:
    """What the common options said, else the environment."""

    server: str = field(default_factory=lambda: os.environ.get("DNCCTL_SERVER") or DEFAULT_SERVER)
    timeout_seconds: float = 10.0
    actor: str = field(default_factory=lambda: os.environ.get("DNCCTL_ACTOR", ""))
    json: bool = False
    lang: str | None = None

    @property
    def texts(self) -> Catalogue:
        """Return the catalogue of the chosen language."""
        return Catalogue(choose_language(self.lang))


def settings_of(context: click.Context) -> Settings:
    """Return the settings of a run; every context below the root shares them."""
    return context.ensure_object(Settings)


def common_options(command: Command) -> Command:
    """Add the common options to a command; each may stand before or after its name."""
    options = (
        _option("--json", "json", is_flag=True, help="Print JSON; an error as one line of it."),
        _option("--server", "server", metavar="ADDRESS", help="Control plane. [DNCCTL_SERVER]"),
        _option(
            "--timeout",
            "timeout_seconds",
            type=click.FloatRange(min=0, min_open=True, max=3600),
            metavar="SECONDS",
            help="Deadline of each call. [10]",
        ),
        _option("--actor", "actor", help="Who acts. [DNCCTL_ACTOR, else user@host]"),
        _option("--lang", "lang", type=click.Choice(LANGUAGES), help="Language. [LANG]"),
    )
    for option in reversed(options):  # the last applied is shown first
        command = option(command)
    return command


def confidential_option(command: Command) -> Command:
    """Add the option of commands that can show what is confidential."""
    return click.option(
        "--confidential", is_flag=True, help="Confidential lists, too; for auditors."
    )(command)


def _option(flag: str, name: str, **attributes: Any) -> Callable[[Command], Command]:
    def store(context: click.Context, _parameter: click.Parameter, value: Any) -> None:
        if value:
            setattr(settings_of(context), name, value)

    return click.option(flag, name, callback=store, expose_value=False, **attributes)
