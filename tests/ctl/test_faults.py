"""What the server's reasons and fields become: sentences and the options that were typed."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from client.peers import fails
from ctl.conftest import Dncctl
from ctl.control import control
from dncd.v1 import batch_pb2
from dncd_client.ctl import codes, faults, policyfields
from dncd_client.ctl.app import dncctl as program
from dncd_client.ctl.commands.list_create import create
from dncd_client.ctl.fieldnames import LIST_OPTIONS, OPTIONS, general, list_option_of, option_of
from dncd_files.refusal import Reason

ROOT = Path(__file__).resolve().parents[2]
JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龠]")
_WORD = re.compile(r"[A-Z]+(?:_[A-Z]+)*")
_RAISED_BY = re.compile(r"\w+Error|invalid_fields|_known|__init__|close")
_NOT_TYPED = {
    "header.attributes",
    "header.dates",
    "header.expected_rows",
    "header.sends_end",
}


def _calls(name: re.Pattern[str]) -> Iterator[str]:
    """Yield the word that stands first in each call of such a name in the server's source."""
    for path in (ROOT / "server" / "dncd_server").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and node.args):
                continue
            called = node.func
            word = node.args[0]
            callee = getattr(called, "attr", getattr(called, "id", ""))
            if name.fullmatch(callee) and isinstance(word, ast.Constant):
                text = str(word.value)
                if _WORD.fullmatch(text):
                    yield text


def _commented(file: str, field: str) -> set[str]:
    """Return the words in quotes in the comment of a field of the protocol."""
    text = (ROOT / "proto" / "dncd" / "v1" / file).read_text(encoding="utf-8")
    comments = re.findall(rf"((?: *//[^\n]*\n)+) *(?:repeated )?string {field} = ", text)
    return {word for each in comments for word in re.findall(r'"([a-z_]+)"', each)}


def test_every_reason_of_the_server_is_told_in_japanese() -> None:
    """A reason that the server gains is missed here."""
    reasons = set(_calls(_RAISED_BY)) | {"STARTING"}

    assert {"LIST_NOT_FOUND", "EPOCH_MISMATCH", "INTERNAL", "DRAINING"} <= reasons
    assert reasons - faults.ERRORS.keys() == set()


def test_every_refusal_is_told_in_japanese() -> None:
    """Those of the file's reader and those of the desk."""
    refusals = {each.value for each in Reason} | set(_calls(re.compile("Refused")))

    assert "FUTURE_DATED" in refusals
    assert refusals - faults.REFUSALS.keys() == set()


def test_marks_stages_and_what_needs_a_person_are_told_in_both_languages() -> None:
    """The protocol's comments name them all."""
    others = {"confidential", "mostly_releases", "would_hold"}
    assert _commented("batch.proto", "flags") | others == set(codes.FLAGS)
    assert _commented("batch.proto", "stage") == set(codes.STAGES)
    assert _commented("policy.proto", "code") == set(codes.ATTENTION) == set(codes.REMEDIES)


@pytest.mark.parametrize("table", [faults.ERRORS, faults.REFUSALS], ids=["errors", "refusals"])
def test_a_sentence_says_what_and_how(table: dict[str, faults.Fault]) -> None:
    """In Japanese; a value that did not come leaves a mark and no failure."""
    for reason, fault in table.items():
        assert JAPANESE.search(fault.told({})), reason
        assert fault.told({"list": "x"}).count("{") == 0


def test_each_field_of_a_header_is_an_option_of_load() -> None:
    """A field that the protocol gains is missed here."""
    header = batch_pb2.BatchHeader.DESCRIPTOR
    paths = {f"header.{each.name}" for each in header.fields}
    paths |= {f"header.attributes.{each.name}" for each in batch_pb2.Attributes.DESCRIPTOR.fields}
    paths |= {f"header.dates.{each.name}" for each in batch_pb2.LocalDates.DESCRIPTOR.fields}
    options = {flag for each in program.commands["load"].params for flag in each.opts}

    assert paths - OPTIONS.keys() == _NOT_TYPED
    named = {OPTIONS[path] for path in paths - _NOT_TYPED}
    assert {each for each in named if each.startswith("--")} <= options


def test_each_key_of_a_list_is_an_option_of_list_create() -> None:
    """A key that the policy file gains is missed here."""
    options = {flag for each in create.params for flag in each.opts}

    assert set(LIST_OPTIONS) == set(policyfields.LIST)
    assert set(LIST_OPTIONS.values()) <= options


def test_each_field_of_an_opt_out_or_an_override_is_an_option() -> None:
    """So that what the server finds wrong is named as it was typed."""
    stop, override = (
        {flag for each in program.commands[name].params for flag in each.opts}
        for name in ("stop", "override")
    )

    for field in ("request_id", "client", "campaign", "region", "dates.asked", "dates.review",
                  "attributes.ground", "attributes.reference", "attributes.requester"):  # fmt: skip
        assert option_of(field) in stop
    assert option_of("numbers[2]") == option_of("e164[2]") == "NUMBER 3"
    assert {option_of(field) for field in ("until_unix_us", "reason")} <= override


def test_fields_of_a_policy_are_named_as_they_were_typed() -> None:
    """By the options of `list create`; a path without its names finds the hint."""
    assert list_option_of('lists["acme/optout"].max_age') == "--max-age"
    assert list_option_of("lists") == "NAME"
    assert list_option_of('lists["x"].brand_new') == 'lists["x"].brand_new'
    assert list_option_of("region") == "--region"
    assert general('campaigns["acme/x"].opt_out') == "campaigns.opt_out"


def test_a_name_is_put_into_the_japanese_sentence(dncctl: Dncctl) -> None:
    """And the reason stands beside it; nothing is left for English to say."""
    missing = fails(grpc.StatusCode.NOT_FOUND, "LIST_NOT_FOUND", list="nowhere")
    with control(ListLists=missing) as (target, _):
        ended = dncctl("list", "ls", "--lang", "ja", "--server", target)

    assert ended.code == 2
    assert "リスト「nowhere」はありません" in ended.err
    assert "LIST_NOT_FOUND" in ended.err
    assert "as the test wants it" not in ended.err


def test_fields_are_told_by_option_and_hint(dncctl: Dncctl) -> None:
    """The server's own words follow."""
    wrong = fails(grpc.StatusCode.INVALID_ARGUMENT, "INVALID_ARGUMENT")
    with control(CheckBatch=wrong) as (target, _):
        ended = dncctl("check", "x", "--lang", "ja", "--server", target)

    assert f"  --campaign: {faults.FIELDS['campaign']}（mend it）" in ended.err


def test_a_reason_that_is_not_known_shows_the_servers_words(dncctl: Dncctl) -> None:
    """A newer server is understood as well as can be."""
    with control(ListLists=fails(grpc.StatusCode.NOT_FOUND, "BRAND_NEW")) as (target, _):
        ended = dncctl("list", "ls", "--lang", "ja", "--server", target)

    assert "as the test wants it (BRAND_NEW)" in ended.err


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_failure_of_the_server_has_a_request_id(dncctl: Dncctl, language: str) -> None:
    """Its operator finds it in the log by that."""
    failed = fails(grpc.StatusCode.INTERNAL, "INTERNAL", request_id="0123abcd")
    with control(ListLists=failed) as (target, _):
        ended = dncctl("list", "ls", "--lang", language, "--server", target)

    assert "ID: 0123abcd" in ended.err or "request id: 0123abcd" in ended.err


def test_an_error_is_one_line_of_json(dncctl: Dncctl) -> None:
    """On standard error, with all that the server said beside its words."""
    failed = fails(grpc.StatusCode.NOT_FOUND, "LIST_NOT_FOUND", list="x")
    with control(ListLists=failed) as (target, _):
        ended = dncctl("list", "ls", "--json", "--server", target)

    assert ended.out == ""
    assert json.loads(ended.err) == {
        "error": {
            "reason": "LIST_NOT_FOUND",
            "message": "as the test wants it (LIST_NOT_FOUND)\n  --campaign: mend it",
            "status": "NOT_FOUND",
            "fields": [{"field": "campaign", "description": "mend it"}],
            "metadata": {"list": "x"},
        },
        "exit_code": 2,
    }


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("load", "--bogus", "--json"), "USAGE"),
        (("bogus", "--json"), "USAGE"),
        (("check", "-", "--json"), "NO_NUMBER"),
        (("load", "x", "/nowhere", "--json"), "NO_FILE"),
    ],
)
def test_wrong_usage_is_json_too(dncctl: Dncctl, arguments: tuple[str, ...], reason: str) -> None:
    """Even where the option was not reached."""
    ended = dncctl(*arguments, "--server", "127.0.0.1:1")
    view = json.loads(ended.err)

    assert (ended.code, ended.out, view["exit_code"]) == (2, "", 2)
    assert view["error"]["reason"] == reason
    assert view["error"]["status"] is None


def test_silence_has_a_reason_of_our_own(dncctl: Dncctl) -> None:
    """What never answered gave none."""
    ended = dncctl("status", "--json", "--server", "127.0.0.1:1")
    view = json.loads(ended.err)

    assert (ended.code, view["exit_code"]) == (3, 3)
    assert (view["error"]["reason"], view["error"]["status"]) == ("UNREACHABLE", "UNAVAILABLE")


def test_a_broken_upload_names_its_batch(dncctl: Dncctl, numbers: Path) -> None:
    """So that a script sends it again under the same id."""
    with control(UploadBatch=fails(grpc.StatusCode.UNAVAILABLE, "DRAINING")) as (target, _):
        ended = dncctl("load", "x", str(numbers), "--batch-id", "B-1", "--json", "--server", target)
    view = json.loads(ended.err.splitlines()[-1])

    assert (view["error"]["reason"], view["exit_code"]) == ("DRAINING", 3)
    assert view["error"]["metadata"] == {"batch_id": "B-1"}
