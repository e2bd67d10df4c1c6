"""Create lists and look at them."""

import click
import grpc

from dncd.v1 import policy_pb2
from dncd_client.ctl import exit_codes, policyfields
from dncd_client.ctl.connection import Connection, connect
from dncd_client.ctl.errors import CtlError, explain
from dncd_client.ctl.fieldnames import list_option_of
from dncd_client.ctl.helptext import epilog
from dncd_client.ctl.listview import coverage_shown, list_columns, list_json, list_row
from dncd_client.ctl.messages import Catalogue
from dncd_client.ctl.output import Cell, print_json, print_line, print_note, print_table
from dncd_client.ctl.policyfields import WrongValueError, read_duration
from dncd_client.ctl.settings import common_options, settings_of


@click.group(name="list", epilog=epilog("dncctl list ls"))
@common_options
def list_group() -> None:
    """Create lists and look at them."""


@list_group.command(
    epilog=epilog(
        'dncctl list create optout --kind do_not_contact --title "Opt-outs"',
        "dncctl list create ftc --kind registry --country US --max-age 31d",
    )
)
@click.argument("name")
@click.option(
    "--kind",
    required=True,
    type=click.Choice(list(policyfields.KINDS)),
    help="What it means; this version of dncd takes do_not_contact, suspended_use and registry, "
    "the others need a newer one.",
)
@click.option("--title", default="", help="Its name for people.")
@click.option("--country", "countries", multiple=True, metavar="CC", help="Repeatable.")
@click.option("--prefix", "prefixes", multiple=True, metavar="DIGITS", help="Repeatable.")
@click.option("--max-age", metavar="31d", help="How old it may be, at its publisher.")
@click.option("--layout", default="", help="The file layout that loads use.")
@click.option("--tz", default="", help="The time zone of its dates, such as Asia/Tokyo.")
@click.option("--starts-empty", is_flag=True, help="It rightly begins with no number.")
@click.option("--contact", default="", help="Whom to ask about it.")
@common_options
@click.pass_context
def create(
    context: click.Context,
    /,
    name: str,
    kind: str,
    countries: tuple[str, ...],
    prefixes: tuple[str, ...],
    max_age: str | None,
    **texts: str,
) -> int:
    """Create the list NAME. It is an error if it exists."""
    settings = settings_of(context)
    definition = policy_pb2.ListDefinition(
        kind=policyfields.KINDS[kind],  # type: ignore[arg-type]
        countries=countries,
        prefixes=[each.removeprefix("+") for each in prefixes],
        max_age_seconds=_seconds(max_age),
        **texts,  # type: ignore[arg-type]
    )
    request = policy_pb2.ApplyPolicyRequest(
        policy=policy_pb2.Policy(lists={name: definition}), create_only=True
    )
    with connect(settings) as connection:
        try:
            answer = connection.call(connection.policy.ApplyPolicy, request)
        except grpc.RpcError as failure:
            raise explain(failure, settings.server, settings.texts, list_option_of) from None
        state = _find(connection, name, settings.texts).lists[0]
    if settings.json:
        basis = answer.basis
        print_json({**list_json(state), "version": basis.version, "token": basis.token})
    else:
        line = settings.texts.line("list_created", name=name, version=answer.basis.version)
        print_line(line)
        if name in answer.unused_lists:
            print_note(settings.texts.line("unused_lists", lists=name))
    return exit_codes.FINE


@list_group.command(epilog=epilog("dncctl list ls --json"))
@common_options
@click.pass_context
def ls(context: click.Context) -> int:
    """Show every list."""
    settings = settings_of(context)
    with connect(settings) as connection:
        answer = connection.call(connection.policy.ListLists, policy_pb2.ListListsRequest())
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
@common_options
@click.pass_context
def show(context: click.Context, name: str) -> int:
    """Show the list NAME."""
    settings = settings_of(context)
    with connect(settings) as connection:
        answer = _find(connection, name, settings.texts)
    (state,) = answer.lists
    if settings.json:
        print_json(list_json(state))
    else:
        heads = [settings.texts.line(each) for each in ("col_name", "col_value")]
        shown = {**list_json(state), "coverage": coverage_shown(state, answer.region)}
        print_table(heads, [(key, _cell(value)) for key, value in shown.items()])
    return exit_codes.FINE


def _find(connection: Connection, name: str, texts: Catalogue) -> policy_pb2.ListListsResponse:
    request = policy_pb2.ListListsRequest(name=name)
    answer = connection.call(connection.policy.ListLists, request)
    if len(answer.lists) != 1:
        text = texts.line("list_count", answered=len(answer.lists), name=name)
        raise CtlError(text, exit_codes.NO, "ANSWER_GARBLED")
    return answer


def _seconds(max_age: str | None) -> int:
    try:
        return read_duration(max_age) if max_age is not None else 0
    except WrongValueError as error:
        raise click.BadParameter(str(error), param_hint="--max-age") from None


def _cell(value: object) -> Cell:
    return [_plain(each) for each in value] if isinstance(value, list) else _plain(value)


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return "  ".join(f"{key} {_plain(each)}" for key, each in value.items())
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
