"""Nothing that is not ours steers a terminal."""

import json
import tomllib

import grpc
import pytest

from client.peers import batch
from ctl.conftest import Dncctl
from ctl.control import control
from dncd.v1 import batch_pb2, policy_pb2, verdict_pb2
from dncd_client.ctl.policytoml import quoted
from dncd_client.ctl.printable import as_json, printable

EVIL = "x\x1b]0;pwn\x07\x9b31m\u202e\u2028\u200b\x7f\r\U000e0041"
UNSAFE = set(EVIL) - {*"x]0;pwn31m"}


def test_only_what_steers_is_written_out() -> None:
    """Japanese, its wide blank and the signs of a maker stay as they are."""
    assert printable("架電禁止　①\ue000") == "架電禁止　①\ue000"
    assert printable("a\x1bb\u202ec\udc83") == "a\\x1bb\\u202ec\\udc83"
    assert printable("a\n\tb", keeping="\n") == "a\n\\tb"


def test_json_and_toml_keep_the_text() -> None:
    """Their own escapes are read back as what they stood for."""
    written = printable(json.dumps(EVIL, ensure_ascii=False), escape=as_json)
    policy = f"title = {quoted(EVIL)}"

    assert not UNSAFE & set(written + policy)
    assert json.loads(written) == EVIL
    assert tomllib.loads(policy)["title"] == EVIL


def _lists() -> policy_pb2.ListListsResponse:
    definition = policy_pb2.ListDefinition(
        kind=verdict_pb2.LIST_KIND_REGISTRY, title=EVIL, contact=EVIL
    )
    attention = [policy_pb2.Attention(code=EVIL, list=EVIL, batch_id=EVIL)]
    state = policy_pb2.ListState(name=EVIL, definition=definition, last_batch_id=EVIL)
    return policy_pb2.ListListsResponse(lists=[state], attention=attention, ready=True)


@pytest.mark.parametrize("json_too", [(), ("--json",)], ids=["people", "json"])
@pytest.mark.parametrize(
    "command",
    [
        ("list", "ls"),
        ("list", "show", "x"),
        ("status",),
        ("policy",),
        ("check", EVIL),
        ("normalize",),
        ("load", "x", "/nowhere/" + EVIL),
        ("bogus" + EVIL,),
    ],
    ids=" ".join,
)
def test_no_command_passes_it_on(
    dncctl: Dncctl, command: tuple[str, ...], json_too: tuple[str, ...]
) -> None:
    """Neither of the server's nor of the user's own."""
    policy = policy_pb2.Policy(
        purposes=[EVIL], lists={EVIL: _lists().lists[0].definition}, answers={"LISTED": EVIL}
    )
    reading = batch_pb2.Reading(reject=batch_pb2.REJECT_CODE_LETTERS)
    with control(
        ListLists=_lists(),
        GetPolicy=policy_pb2.GetPolicyResponse(policy=policy, region=EVIL),
        CheckBatch=batch(b"\2\0", [5]),
        Normalize=batch_pb2.NormalizeResponse(readings=[reading]),
    ) as (target, _):
        stdin = EVIL.replace("\r", "").encode()
        ended = dncctl(*command, *json_too, "--server", target, stdin=stdin)

    assert ended.out + ended.err
    assert not UNSAFE & set(ended.out + ended.err)


def test_an_errors_words_do_not_either(dncctl: Dncctl) -> None:
    """A message is one line of ours."""

    def fail(_request: object, context: grpc.ServicerContext) -> None:
        context.abort(grpc.StatusCode.NOT_FOUND, EVIL + "\nforged")

    with control(ListLists=fail) as (target, _):
        ended = dncctl("list", "ls", "--server", target)

    assert not UNSAFE & set(ended.err)
    assert ended.err.count("\n") == 1
