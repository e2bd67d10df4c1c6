"""Lists as people and programs see them."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from dncd.v1 import policy_pb2
from dncd_client.ctl import exit_codes, policyfields
from dncd_client.ctl.connection import Connection
from dncd_client.ctl.errors import CtlError
from dncd_client.ctl.messages import Catalogue
from dncd_client.ctl.output import instant, local_instant
from dncd_client.ctl.policytoml import definition_as_dict
from dncd_client.ctl.times import zone_to_show

Json = dict[str, Any]

NOTHING = "–"
"""What stands in a table where there is nothing to say."""


def coverage_json(
    state: policy_pb2.ListState, write: Callable[[int], str | None] = instant
) -> list[Json]:
    """Return how fresh a list is, by prefix; dates are RFC 3339 or null."""
    return [
        {
            "prefix": each.prefix,
            "published": write(each.published_unix_us),
            "stale_at": write(each.stale_at_unix_us),
        }
        for each in state.coverage
    ]


def coverage_shown(state: policy_pb2.ListState, region: str) -> list[Json]:
    """Return how fresh a list is, with dates as they are where the list lives."""
    return coverage_json(state, _clock(state, region))


def list_json(state: policy_pb2.ListState) -> Json:
    """Return a list: its definition by the keys of the policy file, then what it holds."""
    definition = state.definition
    return {
        "name": state.name,
        "kind": policyfields.kind_name(definition.kind),
        "title": definition.title,
        **{
            name: value
            for name, value in definition_as_dict(definition, policyfields.LIST).items()
            if name not in ("kind", "title")
        },
        "numbers": state.numbers,
        "size_bytes": state.size_bytes,
        "coverage": coverage_json(state),
        "stale": state.stale,
        "loaded": state.loaded,
        "open_rejects": state.open_rejects,
        "batches_held": state.batches_held,
        "used_by": list(state.used_by),
        "last_batch_id": state.last_batch_id or None,
        "last_version": state.last_version or None,
        "override_until": instant(state.override_until_unix_us),
        "terms": state.terms,
    }


def local_instant_of(state: policy_pb2.ListState, region: str, unix_us: int) -> str | None:
    """Return an instant as it is where the list lives; None for 0."""
    return _clock(state, region)(unix_us)


def find_list(
    connection: Connection, name: str, texts: Catalogue, confidential: bool
) -> policy_pb2.ListListsResponse:
    """Ask for one list.

    Raises:
        grpc.RpcError: There was no answer, or there is no such list.
        CtlError: The answer is not about one list.
    """
    request = policy_pb2.ListListsRequest(name=name, confidential=confidential)
    answer = connection.call(connection.policy.ListLists, request)
    if len(answer.lists) != 1:
        text = texts.line("list_count", answered=len(answer.lists), name=name)
        raise CtlError(text, exit_codes.NO, "ANSWER_GARBLED")
    return answer


def list_row(state: policy_pb2.ListState, region: str, texts: Catalogue) -> Sequence[str]:
    """Return a list as a row of a table: its oldest publication and its nearest end.

    Args:
        state: The list.
        region: The ledger's region, whose dates hold where the list has no zone of its own.
        texts: The language.
    """
    write = _clock(state, region)
    has_ages = bool(state.coverage)  # only what a publisher dates has them, once it is loaded
    undated = texts.line("undated") if has_ages else NOTHING
    endless = texts.line("stale" if state.stale else "never") if has_ages else NOTHING
    published = [each.published_unix_us for each in state.coverage if each.published_unix_us]
    ends = [each.stale_at_unix_us for each in state.coverage if each.stale_at_unix_us]
    return (
        state.name,
        policyfields.kind_name(state.definition.kind) or "",
        f"{state.numbers:,}",
        (write(min(published)) if published else None) or undated,
        (write(min(ends)) if ends else None) or endless,
        state.definition.title,
    )


def _clock(state: policy_pb2.ListState, region: str) -> Callable[[int], str | None]:
    return partial(local_instant, zone=zone_to_show(state.definition.tz, region))


def list_columns(texts: Catalogue) -> Sequence[str]:
    """Return the heads of list_row's table."""
    names = ("col_list", "col_kind", "col_numbers", "col_published", "col_stale_at", "col_title")
    return [texts.line(name) for name in names]
