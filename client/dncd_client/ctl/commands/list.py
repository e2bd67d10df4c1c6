"""Create lists and look at them."""

import click

from dncd.v1 import policy_pb2
from dncd_client.ctl import exit_codes
from dncd_client.ctl.commands.list_create import create
from dncd_client.ctl.connection import connect
from dncd_client.ctl.helptext import epilog
from dncd_client.ctl.listview import (
    coverage_shown,
    find_list,
    list_columns,
    list_json,
    list_row,
    local_instant_of,
)
from dncd_client.ctl.output import Cell, print_json, print_line, print_table
from dncd_client.ctl.settings import common_options, confidential_option, settings_of


@click.group(name="list", epilog=epilog("dncctl list ls"))
@common_options
def list_group() -> None:
    """Create lists and look at them."""


list_group.add_command(create)


@list_group.command(epilog=epilog("dncctl list ls --json"))
@confidential_option
@common_options
@click.pass_context
def ls(context: click.Context, confidential: bool) -> int:
    """Show every list."""
    settings = settings_of(context)
    request = policy_pb2.ListListsRequest(confidential=confidential)
    with connect(settings) as connection:
        answer = connection.call(connection.policy.ListLists, request)
    if settings.json:
        print_json({"lists": [list_json(each) for each in answer.lists]})
    elif answer.lists:
        rows = [list_row(each, answer.region, settings.texts) for each in answer.lists]
        print_table(list_columns(settings.texts), rows)
    else:
        print_line(settings.texts.line("no_lists"))
    return exit_codes.FINE


@list_group.command(epilog=epilog("dncctl list show optout"))
@click.argument("name")
@confidential_option
@common_options
@click.pass_context
def show(context: click.Context, name: str, confidential: bool) -> int:
    """Show the list NAME."""
    settings = settings_of(context)
    with connect(settings) as connection:
        answer = find_list(connection, name, settings.texts, confidential)
    (state,) = answer.lists
    if settings.json:
        print_json(list_json(state))
    else:
        heads = [settings.texts.line(each) for each in ("col_name", "col_value")]
        shown = {
            **list_json(state),
            "coverage": coverage_shown(state, answer.region),
            "override_until": local_instant_of(state, answer.region, state.override_until_unix_us),
        }
        print_table(heads, [(key, _cell(value)) for key, value in shown.items()])
    return exit_codes.FINE


def _cell(value: object) -> Cell:
    return [_plain(each) for each in value] if isinstance(value, list) else _plain(value)


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return "  ".join(f"{key} {_plain(each)}" for key, each in value.items())
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
