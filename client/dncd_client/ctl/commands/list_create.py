"""Create a list."""

from typing import Any

import click
import grpc

from dncd.v1 import policy_pb2
from dncd_client.ctl import exit_codes, policyfields
from dncd_client.ctl.batchview import held_lines
from dncd_client.ctl.connection import Connection, connect
from dncd_client.ctl.counts import count
from dncd_client.ctl.errors import explain
from dncd_client.ctl.fieldnames import list_option_of
from dncd_client.ctl.helptext import epilog
from dncd_client.ctl.listview import find_list, list_json
from dncd_client.ctl.output import print_json, print_line, print_note
from dncd_client.ctl.policyfields import WrongValueError
from dncd_client.ctl.settings import Settings, common_options, settings_of


@click.command(
    epilog=epilog(
        'dncctl list create optout --kind do_not_contact --title "Opt-outs"',
        "dncctl list create ftc --kind registry --country US --max-age 31d",
        "dncctl list create acme/leads --kind origin --release-limit 50000",
        "dncctl list create ctps --kind registry --country GB --shadow",
        "dncctl list create acme/restricted --kind do_not_contact --confidential "
        '--shown-as acme/optout --confidential-ground "order art. 5" '
        "--confidential-review 2027-03-31",
    )
)
@click.argument("name")
@click.option(
    "--kind",
    required=True,
    type=click.Choice(list(policyfields.KINDS)),
    help="What it means: the first three block, the others open.",
)
@click.option("--title", help="Its name for people.")
@click.option("--country", "countries", multiple=True, metavar="CC", help="Repeatable.")
@click.option("--prefix", "prefixes", multiple=True, metavar="DIGITS", help="Repeatable.")
@click.option("--max-age", metavar="31d", help="How old it may be, at its publisher.")
@click.option("--layout", help="The file layout that loads use.")
@click.option("--tz", help="The time zone of its dates, such as Asia/Tokyo.")
@click.option("--starts-empty", is_flag=True, help="It rightly begins with no number.")
@click.option("--contact", help="Whom to ask about it.")
@click.option("--shadow", is_flag=True, help="Count what it would block, and block nothing.")
@click.option(
    "--growth-limit",
    type=count,
    metavar="N",
    help="Above so many additions a batch is marked unusual. [100,000, or all that it held]",
)
@click.option(
    "--release-limit",
    type=count,
    metavar="N",
    help="Above so many releases another person is needed. "
    "[0 for the company's own, else 1,000 or a tenth]",
)
@click.option("--confidential", is_flag=True, help="Hide that it exists; needs the next three.")
@click.option("--shown-as", metavar="LIST", help="The do_not_contact list its hits appear as.")
@click.option("--confidential-ground", metavar="TEXT", help="Why nobody may know of it.")
@click.option("--confidential-review", metavar="DATE", help="When to look again whether so.")
@common_options
@click.pass_context
def create(context: click.Context, /, name: str, **options: Any) -> int:
    """Create the list NAME. It is an error if it exists."""
    settings = settings_of(context)
    definition = _definition(options)
    request = policy_pb2.ApplyPolicyRequest(
        policy=policy_pb2.Policy(lists={name: definition}), create_only=True
    )
    with connect(settings) as connection:
        try:
            answer = connection.call(connection.policy.ApplyPolicy, request)
        except grpc.RpcError as failure:
            raise explain(failure, settings.server, settings.texts, list_option_of) from None
        if answer.held_id:
            return _tell_held(name, answer, settings)
        _tell_created(connection, name, definition.confidential, answer, settings)
    return exit_codes.FINE


def _definition(options: dict[str, Any]) -> policy_pb2.ListDefinition:
    """Return what the options say, each by the name that the policy file gives it.

    Raises:
        click.BadParameter: A value cannot be read.
    """
    definition = policy_pb2.ListDefinition()
    options["prefixes"] = [each.removeprefix("+") for each in options["prefixes"]]
    for name, value in options.items():
        if value is None or value is False or value == () or value == []:
            continue
        field = policyfields.LIST[name]
        attribute = field.attribute or name
        try:
            read = field.read(list(value) if isinstance(value, tuple) else value)
        except WrongValueError as error:
            option = f"--{name.replace('_', '-')}"
            raise click.BadParameter(str(error), param_hint=option) from None
        if isinstance(read, list):
            getattr(definition, attribute).extend(read)
        else:
            setattr(definition, attribute, read)
    return definition


def _tell_held(name: str, answer: policy_pb2.ApplyPolicyResponse, settings: Settings) -> int:
    if settings.json:
        print_json({"name": name, "held_id": answer.held_id})
        return exit_codes.NO
    print_line(settings.texts.line("apply_held"))
    for line in held_lines(answer.held_id, settings.texts):
        print_line(line)
    return exit_codes.NO


def _tell_created(
    connection: Connection,
    name: str,
    confidential: bool,
    answer: policy_pb2.ApplyPolicyResponse,
    settings: Settings,
) -> None:
    if settings.json:
        state = find_list(connection, name, settings.texts, confidential).lists[0]
        basis = answer.basis
        print_json({**list_json(state), "version": basis.version, "token": basis.token})
        return
    version = answer.basis.version
    print_line(settings.texts.line("list_created", name=name, version=version))
    for flag in answer.flags:
        print_note(settings.texts.flag(flag))
    if name in answer.unused_lists:
        print_note(settings.texts.line("unused_lists", lists=name))
