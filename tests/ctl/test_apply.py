"""`dncctl apply` and `dncctl policy`: what changes is shown before it does."""

from pathlib import Path
from typing import Any

import grpc
import pytest

from client.peers import basis, fails
from ctl.conftest import Dncctl
from ctl.control import control
from dncd.v1 import policy_pb2, verdict_pb2

CHANGE = policy_pb2.PolicyChange(
    verb=policy_pb2.PolicyChange.VERB_UPDATE,
    object="campaign",
    name="acme/spring",
    fields=["block"],
    opens=True,
)
SEEN = policy_pb2.GetPolicyResponse(policy_version=5, basis=basis())
HELD = policy_pb2.ApplyPolicyResponse(changes=[CHANGE], held_id="policy-0a1b2c3d", basis=basis())


@pytest.fixture(name="file")
def _file(tmp_path: Path) -> str:
    path = tmp_path / "policy.toml"
    path.write_text('[campaigns."acme/spring"]\nblock = ["acme/optout"]\n')
    return str(path)


def _answer(request: Any, _context: object) -> policy_pb2.ApplyPolicyResponse:
    return policy_pb2.ApplyPolicyResponse(
        changes=[CHANGE],
        applied=not request.validate_only,
        basis=basis(),
        flags=[] if request.validate_only else ["unapproved"],
    )


def test_what_opens_is_shown_before_it_is_put_in_place(dncctl: Dncctl, file: str) -> None:
    """And what is put in place is what was shown: the version goes along."""
    with control(GetPolicy=SEEN, ApplyPolicy=_answer) as (target, requests):
        ended = dncctl("apply", "-f", file, "--reason", "as agreed", "--server", target)

    asked, applied = (each for method, each, _ in requests if method == "ApplyPolicy")
    assert ended.code == 0
    assert (asked.validate_only, asked.base_version) == (True, 5)
    assert (applied.validate_only, applied.base_version) == (False, 5)
    assert applied.reason == "as agreed"
    assert ended.out.count("OPENS") == 1
    assert ended.out.index("OPENS") < ended.out.index("applied at version 7")
    assert "unapproved" in ended.err


def test_a_policy_that_moved_meanwhile_is_not_put_in_place(dncctl: Dncctl, file: str) -> None:
    """It ends with 1; what was shown stands there."""

    def move(request: Any, context: Any) -> Any:
        if request.validate_only:
            return _answer(request, context)
        return fails(grpc.StatusCode.FAILED_PRECONDITION, "POLICY_MOVED")(request, context)

    with control(GetPolicy=SEEN, ApplyPolicy=move) as (target, _):
        ended = dncctl("apply", "-f", file, "--server", target)

    assert ended.code == 1
    assert "OPENS" in ended.out
    assert "POLICY_MOVED" in ended.err


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_change_that_waits_says_who_must_do_what(
    dncctl: Dncctl, file: str, language: str
) -> None:
    """And ends with 1."""
    with control(GetPolicy=SEEN, ApplyPolicy=HELD) as (target, _):
        ended = dncctl("apply", "-f", file, "--lang", language, "--server", target)

    assert ended.code == 1
    assert "dncctl approve policy-0a1b2c3d" in ended.out
    assert "applied" not in ended.out


def test_apply_as_json_asks_once(dncctl: Dncctl, file: str) -> None:
    """A program reads the changes from the answer, the id of what waits included."""
    with control(ApplyPolicy=HELD) as (target, requests):
        ended = dncctl("apply", "-f", file, "--json", "--server", target)

    assert (ended.code, len(requests)) == (1, 1)
    assert (ended.json["applied"], ended.json["held_id"]) == (False, "policy-0a1b2c3d")
    assert ended.json["changes"][0]["opens"] is True


@pytest.mark.parametrize(
    ("as_of", "version", "unix_us"),
    [
        ("41", 41, 0),
        ("2026-11-20T09:00:00+09:00", 0, 1_795_132_800_000_000),
        ("2026-11-20", 0, 1_795_100_400_000_000),
    ],
)
def test_the_policy_of_a_version_or_an_instant(
    dncctl: Dncctl, as_of: str, version: int, unix_us: int
) -> None:
    """A date is its first instant where the ledger lives."""
    lists = policy_pb2.ListListsResponse(region="JP")
    with control(GetPolicy=SEEN, ListLists=lists) as (target, requests):
        ended = dncctl("policy", "--as-of", as_of, "--confidential", "--server", target)

    _, request, _ = requests[-1]
    assert ended.code == 0
    assert (request.as_of_version, request.as_of_unix_us) == (version, unix_us)
    assert request.confidential


@pytest.mark.parametrize("as_of", ["0", "-1", "yesterday", "2026-13-01"])
def test_what_is_neither_is_refused(dncctl: Dncctl, as_of: str) -> None:
    """It ends with 2."""
    with control(GetPolicy=SEEN) as (target, requests):
        assert dncctl("policy", "--as-of", as_of, "--server", target).code == 2

    assert requests == []


def test_every_key_of_a_list_can_be_given(dncctl: Dncctl) -> None:
    """Each option of `list create` arrives in its field; 0 is something to say."""
    state = policy_pb2.ListState(name="acme/quiet")
    with control(
        ApplyPolicy=policy_pb2.ApplyPolicyResponse(applied=True, basis=basis()),
        ListLists=policy_pb2.ListListsResponse(lists=[state]),
    ) as (target, requests):
        ended = dncctl(
            "list", "create", "acme/quiet", "--kind", "do_not_contact", "--title", "静かに",
            "--confidential", "--shown-as", "acme/optout", "--confidential-ground", "order",
            "--confidential-review", "2027-03-31", "--growth-limit", "10", "--release-limit", "0",
            "--prefix", "+81", "--tz", "Asia/Tokyo", "--contact", "desk", "--layout", "lines",
            "--shadow", "--json", "--server", target,
        )  # fmt: skip

    (_, applied, _), (_, listed, _) = requests
    definition = applied.policy.lists["acme/quiet"]
    assert ended.code == 0
    assert definition == policy_pb2.ListDefinition(
        kind=verdict_pb2.LIST_KIND_DO_NOT_CONTACT,
        title="静かに",
        confidential=True,
        shown_as="acme/optout",
        confidential_ground="order",
        confidential_review="2027-03-31",
        growth_limit=10,
        release_limit=0,
        prefixes=["81"],
        tz="Asia/Tokyo",
        contact="desk",
        layout="lines",
        shadow=True,
    )
    assert definition.HasField("release_limit")
    assert listed.confidential


def test_a_limit_that_is_not_given_is_not_said(dncctl: Dncctl) -> None:
    """The kind's default holds then."""
    answer = policy_pb2.ApplyPolicyResponse(applied=True, basis=basis())
    with control(ApplyPolicy=answer) as (target, requests):
        dncctl("list", "create", "optout", "--kind", "do_not_contact", "--server", target)

    assert not requests[0][1].policy.lists["optout"].HasField("release_limit")


@pytest.mark.parametrize(
    "options",
    [("--confidential-review", "soon"), ("--release-limit", "-1"), ("--max-age", "31")],
)
def test_a_value_that_cannot_be_read_is_usage(dncctl: Dncctl, options: tuple[str, ...]) -> None:
    """It names the option."""
    ended = dncctl("list", "create", "x", "--kind", "registry", *options, "--server", "127.0.0.1:1")

    assert ended.code == 2
    assert options[0] in ended.err


def test_a_list_that_waits_is_not_said_to_be_created(dncctl: Dncctl) -> None:
    """Whatever made it wait."""
    with control(ApplyPolicy=HELD) as (target, _):
        shown = dncctl("list", "create", "x", "--kind", "consent", "--server", target)
        printed = dncctl("list", "create", "x", "--kind", "consent", "--json", "--server", target)

    assert (shown.code, printed.code) == (1, 1)
    assert "dncctl approve policy-0a1b2c3d" in shown.out
    assert printed.json == {"name": "x", "held_id": "policy-0a1b2c3d"}
