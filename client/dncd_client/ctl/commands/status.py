"""Say how the node stands and what needs a person."""

from collections.abc import Iterable, Iterator
from typing import Any

import click

from dncd.v1 import policy_pb2
from dncd_client.ctl import codes, exit_codes, policyfields
from dncd_client.ctl.connection import connect
from dncd_client.ctl.helptext import epilog
from dncd_client.ctl.listview import coverage_json, list_columns, list_row
from dncd_client.ctl.messages import Catalogue
from dncd_client.ctl.output import print_json, print_line, print_table
from dncd_client.ctl.settings import common_options, confidential_option, settings_of


@click.command(
    epilog=epilog(
        "dncctl status --json",
        fine="ready, and nothing needs a person",
        no="something needs a person",
    )
)
@confidential_option
@common_options
@click.pass_context
def status(context: click.Context, confidential: bool) -> int:
    """Say how the node stands, how old each list is, and what needs a person.

    Ends with 1 when something needs a person, with 3 when the node is not ready.
    """
    settings = settings_of(context)
    request = policy_pb2.ListListsRequest(confidential=confidential)
    with connect(settings) as connection:
        answer = connection.call(connection.policy.ListLists, request)
    if settings.json:
        print_json(_view(answer))
    else:
        _show(answer, settings.texts)
    if not answer.ready:
        return exit_codes.UNREACHABLE
    return exit_codes.NO if answer.attention else exit_codes.FINE


def _view(answer: policy_pb2.ListListsResponse) -> dict[str, Any]:
    return {
        "version": answer.basis.version,
        "token": answer.basis.token or None,
        "ready": answer.ready,
        "lists": [
            {
                "name": each.name,
                "kind": policyfields.kind_name(each.definition.kind),
                "numbers": each.numbers,
                "coverage": coverage_json(each),
                "stale": each.stale,
            }
            for each in answer.lists
        ],
        "attention": [
            {
                "code": each.code,
                "list": each.list or None,
                "batch_id": each.batch_id or None,
                "count": each.count,
            }
            for each in answer.attention
        ],
    }


def _show(answer: policy_pb2.ListListsResponse, texts: Catalogue) -> None:
    readiness = texts.line("ready" if answer.ready else "unready")
    print_line(
        texts.line(
            "status_head",
            version=answer.basis.version,
            readiness=readiness,
            lists=len(answer.lists),
        )
    )
    if answer.lists:
        rows = [list_row(each, answer.region, texts) for each in answer.lists]
        print_table(list_columns(texts), rows)
    if not answer.attention:
        print_line(texts.line("status_calm"))
        return
    print_line()
    names = ("col_attention", "col_list", "col_count", "col_batch")
    print_table(
        [texts.line(each) for each in names],
        [
            (
                f"{each.code}: {texts.meaning(codes.ATTENTION, each.code)}",
                each.list,
                str(each.count or ""),
                each.batch_id,
            )
            for each in answer.attention
        ],
    )
    print_line()
    for line in _what_to_do(answer.attention, texts):
        print_line(line)


def _what_to_do(attention: Iterable[policy_pb2.Attention], texts: Catalogue) -> Iterator[str]:
    """Yield what a person does about each code, with the commands for all that have it."""
    commands: dict[str, list[str]] = {}
    for each in attention:
        about = {"list": each.list or "LIST", "batch_id": each.batch_id or "BATCH"}
        _, patterns = codes.REMEDIES.get(each.code, codes.NO_REMEDY)
        told = commands.setdefault(each.code, [])
        told += (pattern.format(**about) for pattern in patterns)
    yield texts.line("what_to_do")
    for code, lines in commands.items():
        text, _ = codes.REMEDIES.get(code, codes.NO_REMEDY)
        yield f"  {code}: {texts.pick(text)}"
        yield from (f"    {line}" for line in dict.fromkeys(lines))
