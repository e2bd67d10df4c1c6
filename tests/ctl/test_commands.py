"""Each command against a control plane that answers as the test wants."""

from pathlib import Path
from typing import Any

import grpc
import pytest

from client.peers import basis, fails
from ctl.conftest import Dncctl
from ctl.control import control
from dncd.v1 import batch_pb2, policy_pb2, verdict_pb2

LIST = policy_pb2.ListState(
    name="ftc",
    definition=policy_pb2.ListDefinition(
        kind=verdict_pb2.LIST_KIND_REGISTRY, countries=["US"], max_age_seconds=2_678_400
    ),
    numbers=3,
    coverage=[policy_pb2.Coverage(prefix="1", published_unix_us=1_700_000_000_000_000)],
    loaded=True,
)


def _lists(**more: Any) -> policy_pb2.ListListsResponse:
    return policy_pb2.ListListsResponse(
        **{"lists": [LIST], "basis": basis(), "ready": True, "region": "JP", **more}
    )


@pytest.mark.parametrize("before", [True, False])
def test_common_options_stand_before_or_after(dncctl: Dncctl, before: bool) -> None:
    """--json and --server are understood in both places, below a group too."""
    with control(ListLists=_lists()) as (target, requests):
        options = ["--json", "--server", target, "--actor", "desk-3"]
        command = ["list", "ls"]
        ended = dncctl(*(options + command if before else command + options))

    assert ended.json["lists"][0]["name"] == "ftc"
    assert requests[0][2]["dncd-actor"] == "desk-3"


def test_the_environment_names_server_and_actor(
    dncctl: Dncctl, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An option wins over it."""
    with control(ListLists=_lists()) as (target, requests):
        monkeypatch.setenv("DNCCTL_SERVER", target)
        monkeypatch.setenv("DNCCTL_ACTOR", "tanaka")
        dncctl("status")
        dncctl("status", "--actor", "suzuki")

    assert [each[2]["dncd-actor"] for each in requests] == ["tanaka", "suzuki"]


def test_an_actor_is_ascii(dncctl: Dncctl) -> None:
    """Metadata carries nothing else."""
    assert dncctl("status", "--actor", "田中").code == 2


def test_list_show_prints_the_object(dncctl: Dncctl) -> None:
    """By the keys of the policy file, dates as RFC 3339 or null."""
    with control(ListLists=_lists()) as (target, _):
        shown = dncctl("list", "show", "ftc", "--json", "--server", target).json

    assert shown["kind"] == "registry"
    assert shown["max_age"] == "31d"
    assert shown["numbers"] == 3
    assert shown["coverage"] == [
        {"prefix": "1", "published": "2023-11-14T22:13:20Z", "stale_at": None}
    ]


def test_list_create_makes_one_list_and_only_makes(dncctl: Dncctl) -> None:
    """It is ApplyPolicy of one item that must not exist."""
    applied = policy_pb2.ApplyPolicyResponse(applied=True, basis=basis())
    with control(ApplyPolicy=applied, ListLists=_lists()) as (target, requests):
        ended = dncctl(
            "list", "create", "ftc", "--kind", "registry", "--country", "US", "--max-age", "31d",
            "--starts-empty", "--json", "--server", target,
        )  # fmt: skip

    _, request, _ = requests[0]
    definition = request.policy.lists["ftc"]
    assert request.create_only
    assert (definition.max_age_seconds, list(definition.countries)) == (2_678_400, ["US"])
    assert definition.starts_empty
    assert (ended.json["name"], ended.json["version"]) == ("ftc", 7)


def test_apply_shows_what_changes_and_what_opens(dncctl: Dncctl, tmp_path: Path) -> None:
    """A dry run asks for the difference only."""
    change = policy_pb2.PolicyChange(
        verb=policy_pb2.PolicyChange.VERB_UPDATE, object="list", name="ftc", opens=True
    )
    answer = policy_pb2.ApplyPolicyResponse(changes=[change], basis=basis())
    path = tmp_path / "policy.toml"
    path.write_text('[lists.ftc]\nkind = "registry"\n')
    with control(ApplyPolicy=answer) as (target, requests):
        options = ("--dry-run", "--prune", "acme/", "--server", target)
        table = dncctl("apply", "-f", str(path), *options)
        printed = dncctl("apply", "-f", str(path), *options, "--json")

    assert requests[0][1].validate_only
    assert requests[0][1].prune_prefix == "acme/"
    assert "OPENS" in table.out
    assert "nothing was changed" in table.out
    assert printed.json["changes"] == [
        {"verb": "update", "object": "list", "name": "ftc", "fields": [], "opens": True}
    ]


def test_apply_of_a_wrong_file_asks_nothing(dncctl: Dncctl, tmp_path: Path) -> None:
    """It ends with 2 and names the key."""
    path = tmp_path / "policy.toml"
    path.write_text("[lists.ftc]\nkinds = 1\n")

    ended = dncctl("apply", "-f", str(path), "--server", "127.0.0.1:1")

    assert ended.code == 2
    assert "lists.ftc.kinds: unknown key; did you mean kind?" in ended.err


def test_policy_prints_what_apply_reads(dncctl: Dncctl) -> None:
    """A comment says of which version."""
    policy = policy_pb2.Policy(lists={"ftc": LIST.definition})
    answer = policy_pb2.GetPolicyResponse(policy=policy, policy_version=5, region="JP")
    with control(GetPolicy=answer) as (target, _):
        printed = dncctl("policy", "--server", target).out
        as_json = dncctl("policy", "--json", "--server", target).json

    assert printed.startswith("# policy of version 5, region JP\n")
    assert '[lists.ftc]\nkind = "registry"\ncountries = ["US"]\nmax_age = "31d"' in printed
    assert as_json["lists"]["ftc"]["kind"] == "registry"


def test_dates_are_shown_where_the_list_lives(dncctl: Dncctl) -> None:
    """In the list's zone, else in the region's, else in UTC, each with its offset; JSON is UTC."""

    def shown(tz: str, region: str, *command: str) -> str:
        state = policy_pb2.ListState()
        state.CopyFrom(LIST)
        state.definition.tz = tz
        with control(ListLists=_lists(lists=[state], region=region)) as (target, _):
            return dncctl(*command, "--server", target).out

    for command in (("list", "ls"), ("status",), ("list", "show", "ftc")):
        assert "2023-11-15 07:13:20+09:00" in shown("", "JP", *command)
        assert "2023-11-14 17:13:20-05:00" in shown("America/New_York", "JP", *command)
        assert "2023-11-14 22:13:20+00:00" in shown("", "US", *command)
        assert "2023-11-14T22:13:20Z" in shown("", "JP", *command, "--json")


def test_an_own_list_has_no_ages(dncctl: Dncctl) -> None:
    """Only a registry can be undated, and what is undated is stale from the first."""
    kinds = (verdict_pb2.LIST_KIND_DO_NOT_CONTACT, verdict_pb2.LIST_KIND_REGISTRY)
    states = [
        policy_pb2.ListState(name=f"l{kind}", definition=policy_pb2.ListDefinition(kind=kind))
        for kind in kinds
    ]
    states[1].coverage.add()
    states[1].stale = True
    with control(ListLists=_lists(lists=states)) as (target, _):
        _, own, registry = dncctl("list", "ls", "--server", target).out.splitlines()

    assert own.split() == ["l1", "do_not_contact", "0", "–", "–"]
    assert registry.split() == ["l3", "registry", "0", "undated", "stale"]


def test_list_create_names_the_options(dncctl: Dncctl) -> None:
    """A field of the policy that is wrong is told as it was typed."""
    wrong = fails(grpc.StatusCode.INVALID_ARGUMENT, "POLICY_INVALID", field='lists["x"].kind')
    with control(ApplyPolicy=wrong) as (target, _):
        ended = dncctl("list", "create", "x", "--kind", "consent", "--server", target)

    assert ended.code == 2
    assert "--kind: mend it" in ended.err


def test_status_is_1_when_something_needs_a_person(dncctl: Dncctl) -> None:
    """And 3 when the node is not ready, whatever else."""
    attention = [policy_pb2.Attention(code="never_loaded", list="ftc")]
    answers = iter([_lists(), _lists(attention=attention), _lists(ready=False)])
    with control(ListLists=lambda *_: next(answers)) as (target, _):
        codes = [dncctl("status", "--json", "--server", target) for _ in range(3)]

    assert [each.code for each in codes] == [0, 1, 3]
    assert codes[1].json["attention"] == [
        {"code": "never_loaded", "list": "ftc", "batch_id": None, "count": 0}
    ]
    assert codes[0].json["lists"][0].keys() == {"name", "kind", "numbers", "coverage", "stale"}


def test_normalize_asks_the_server(dncctl: Dncctl) -> None:
    """A line for a line; bytes that are no UTF-8 are never sent."""
    readings = [
        batch_pb2.Reading(e164=819012345678),
        batch_pb2.Reading(reject=batch_pb2.REJECT_CODE_TOO_SHORT),
    ]
    answer = batch_pb2.NormalizeResponse(readings=readings, normaliser_version=1, region="JP")
    with control(Normalize=answer) as (target, requests):
        stdin = b"\xef\xbb\xbf090-1234-5678\r\n\x83\x41\n090\n"
        ended = dncctl("normalize", "--json", "--server", target, stdin=stdin)

    assert ended.code == 0
    assert ended.lines == [
        {"raw": "090-1234-5678", "e164": "+819012345678"},
        {"raw": "\\x83A", "error": "encoding_error"},
        {"raw": "090", "error": "too_short"},
    ]
    assert list(requests[0][1].raw) == ["090-1234-5678", "090"]


def test_normalize_without_a_server_reads_by_itself_and_says_so(dncctl: Dncctl) -> None:
    """Once, on standard error."""
    ended = dncctl("normalize", "--json", "--server", "127.0.0.1:1", stdin=b"090-1234-5678\n" * 3)

    assert ended.code == 0
    assert {line["e164"] for line in ended.lines} == {"+819012345678"}
    assert ended.err.count("cannot be reached") == 1


@pytest.mark.parametrize(
    ("code", "exit_code"),
    [
        (grpc.StatusCode.INVALID_ARGUMENT, 2),
        (grpc.StatusCode.NOT_FOUND, 2),
        (grpc.StatusCode.ALREADY_EXISTS, 2),
        (grpc.StatusCode.FAILED_PRECONDITION, 1),
        (grpc.StatusCode.UNAVAILABLE, 3),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, 3),
        (grpc.StatusCode.DEADLINE_EXCEEDED, 3),
        (grpc.StatusCode.INTERNAL, 3),
        (grpc.StatusCode.UNAUTHENTICATED, 4),
        (grpc.StatusCode.PERMISSION_DENIED, 4),
    ],
)
def test_each_status_has_its_exit_code(
    dncctl: Dncctl, code: grpc.StatusCode, exit_code: int
) -> None:
    """As the contract has them; standard output stays empty."""
    with control(ListLists=fails(code, "SOME_REASON")) as (target, _):
        ended = dncctl("list", "ls", "--json", "--server", target)

    assert (ended.code, ended.out) == (exit_code, "")
    assert "SOME_REASON" in ended.err
    assert "campaign: mend it" in ended.err


def test_wrong_usage_is_2(dncctl: Dncctl) -> None:
    """Unknown commands and options, missing arguments, a deadline of nothing."""
    for arguments in (["bogus"], ["check"], ["status", "--bogus"], ["status", "--timeout", "0"]):
        assert dncctl(*arguments).code == 2


def test_every_command_teaches(dncctl: Dncctl) -> None:
    """Help has an example and the exit codes."""
    for command in ("", "list", "list create", "list ls", "list show", "apply", "policy",
                    "load", "check", "normalize", "status", "approve", "reject", "revert",
                    "waive", "override", "stop", "grounds"):  # fmt: skip
        ended = dncctl(*command.split(), "--help")

        assert ended.code == 0
        assert f"dncctl {command}".rstrip() in ended.out
        assert "Examples:" in ended.out
        assert "Exit codes:" in ended.out
