"""Say how the node stands and what needs a person."""

from typing import Any

import click

from dncd.v1 import policy_pb2
from dncd_client.ctl import codes, exit_codes, policyfields
from dncd_client.ctl.connection import connect
from dncd_client.ctl.helptext import epilog
from dncd_client.ctl.listview import coverage_json, list_columns, list_row
from dncd_client.ctl.messages import Catalogue
from dncd_client.ctl.output import print_json, print_line, print_table
from dncd_client.ctl.settings import common_options, settings_of


@click.command(
    epilog=epilog(
        "dncctl status --json",
        fine="ready, and nothing needs a person",
        no="something needs a person",
    )
)
@common_options
@click.pass_context
def status(context: click.Context) -> int:
    """Say how the node stands, how old each list is, and what needs a person.

    Ends with 1 when something needs a person, with 3 when the node is not ready.
    """
    settings = settings_of(context)
    with connect(settings) as connection:
        answer = connection.call(connection.policy.ListLists, policy_pb2.ListListsRequest())
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
