"""Every refusal that an operator can meet: how the command ends, the stable reason, and what to do about it."""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest

from dncd.v1 import batch_pb2, policy_pb2, screening_pb2
from e2e.careless import OPTOUT, OTHERS, SPRING, SUSPENDED
from e2e.desk import run, says
from e2e.numbering import yokohama
from e2e.planes import ADD, SECONDS, failure_of, version_of
from e2e.refused import lay_out
from harness.daemon import Daemon, Stubs

ROOT = Path(__file__).parents[2]
WORD = re.compile(r"[A-Z]{3,}|[A-Z]+(?:_[A-Z]+)+")
NO_REASONS = {
    *("DNCD_CONFIG", "GRPC_ENABLE_FORK_SUPPORT", "LANG", "LD_LIBRARY_PATH", "MALLOC_ARENA_MAX"),
    *("OPENBLAS_NUM_THREADS", "PATH", "PATH_INFO", "PYTHONPATH", "PYTHONTZPATH"),
    *("EXCLUSIVE", "FULL", "WAL", "UTC"),
    *("CRASHED", "KILLED", "OUT_OF_MEMORY", "PROTOCOL", "SPOOL_FAILED", "STALLED"),
}
"""Words in capitals of the server's sources that no caller is told as a reason: variables, SQL, how a child ended."""
TESTED_ELSEWHERE = {
    "ABANDONED": "test_work_that_nobody_waits_for_ends_at_its_next_turn",
    "BATCH_UNDER_WAY": "test_the_same_id_at_the_same_time_is_one_version",
    "BEHIND_TOKEN": "test_a_token_of_the_future_is_waited_for_and_then_unavailable",
    "CLOCK_BEHIND": "test_behind_its_ledger_a_clock_lets_nothing_be_written",
    "DRAINING": "test_a_closed_node_answers_nothing",
    "EPOCH_MISMATCH": "test_a_token_of_another_epoch_is_told_the_present_one",
    "INGEST_FAILED": "test_a_reader_that_dies_takes_nothing_with_it",
    "INTERNAL": "test_what_nobody_thought_of_is_told_without_its_text",
    "LEDGER_BUSY": "test_a_ledger_that_never_stands_still_is_given_up",
    "LEDGER_OUT_OF_REACH": "test_while_the_ledger_is_out_of_reach_nothing_is_taken",
    "LEDGER_UNUSABLE": "test_a_ledger_that_needs_a_newer_dncd_stops_every_answer",
    "LIST_RECREATED": "test_a_list_that_was_made_again_takes_over_nothing",
    "MALFORMED": "test_an_upload_ends_at_a_part_that_cannot_be_read",
    "MOSTLY_RELEASES": "test_a_mistake_is_refused_and_says_what_to_do",
    "OPT_OUT_UNDER_WAY": "test_an_opt_out_that_takes_long_is_not_called_lost",
    "OVERRIDE_OVER": "test_an_override_is_not_approved_after_its_time",
    "ROW_COUNT": "test_what_was_announced_is_held_to",
    "STARTING": "test_a_node_that_answers_nothing_takes_nothing",
    "TOO_LARGE": "test_what_was_announced_is_held_to",
    "TOO_MANY_OPT_OUTS": "test_past_the_bound_whoever_comes_is_told_so_at_once",
    "UPLOAD_STALLED": "test_a_source_that_falls_silent_is_given_up",
}
"""Refusals that no single command brings about, each with the test that meets it."""


@dataclass(frozen=True)
class Refusal:
    """A command, how it ends, why, and what it must say: what is wrong, where, how to mend it."""

    command: str
    code: int
    reason: str
    says: tuple[str, ...]
    actor: str = "hanako"


REFUSALS = (
    Refusal(f"load {OPTOUT} empty.csv", 1, "EMPTY", ("no bytes", "Export it again")),
    Refusal(f"load {OPTOUT} cut.csv", 1, "TRUNCATED", ("cut short", "again")),
    Refusal(
        f"load {OPTOUT} excel.csv --encoding utf-8", 1, "ENCODING", ("not utf-8", "right encoding")
    ),
    Refusal(f"load {OPTOUT} book.csv", 1, "LAYOUT", ("Save it as CSV",)),
    Refusal(f"load {OPTOUT} own.txt --column 電話", 1, "LAYOUT", ("--column", "heads")),
    Refusal(f"load {OPTOUT} endless.txt", 1, "LINE_TOO_LONG", ("line", "characters")),
    Refusal(f"load {OPTOUT} mostly.txt", 1, "MOSTLY_UNREADABLE", ("2 of 3", "--column")),
    Refusal(f"load {OPTOUT} terms.csv", 1, "TOO_MANY_TERMS", ("10,000", "split the file")),
    Refusal("load ftc own.txt --region JP", 1, "WRONG_COUNTRY", ("60 of 60", "US", "--region")),
    Refusal(
        f"load {OTHERS} series.txt --mode replace --coverage 8190",
        1,
        "WRONG_COVERAGE",
        ("300 of 300", "mend --coverage"),
    ),
    Refusal(f"load {OPTOUT} own.txt --published 2999-12-31", 1, "FUTURE_DATED", ("--published",)),
    Refusal(f"load {OTHERS} unread.txt --mode replace", 1, "UNREADABLE_ROWS", ("1 rows", "whole")),
    Refusal("load acme/consents unread.txt", 1, "UNREADABLE_ROWS", ("a list that opens", "mend")),
    Refusal("load acme/leads own.txt", 1, "LAYOUT", ("where it came from", "--source")),
    Refusal(f"load {OPTOUT} own.txt --ground no", 2, "HEADER_INVALID", ("--ground", "one of")),
    Refusal(f"load {OPTOUT} own.txt --region Japan", 2, "HEADER_INVALID", ("--region", "JP")),
    Refusal(f"load {OPTOUT} own.txt --mends series", 2, "HEADER_INVALID", (OTHERS,)),
    Refusal(f"load {OPTOUT} own.txt --base base", 2, "HEADER_INVALID", ("--base", "take it out")),
    Refusal(f"load {OPTOUT} gone.txt --mode remove", 2, "HEADER_INVALID", ("--reason",)),
    Refusal("load nobody own.txt", 2, "LIST_NOT_FOUND", ('"nobody"', "dncctl list create")),
    Refusal(f"load {OPTOUT} gone.txt --batch-id base", 2, "BATCH_ID_TAKEN", ("new id",)),
    Refusal(f"load {OPTOUT} own.txt --mends who", 2, "BATCH_NOT_FOUND", ("mends",)),
    Refusal(
        f"load {OTHERS} change.csv --mode change --base base",
        1,
        "BASE_OUT_OF_ORDER",
        ('its newest load is "series"', "full file"),
    ),
    Refusal("apply -f wrong.toml", 2, "POLICY_INVALID", ("acme/usa", "block", "acme/optouts")),
    Refusal("apply -f pruned.toml --prune acme", 2, "POLICY_INVALID", ("--prune", '"acme/"')),
    Refusal("apply -f pruned.toml --prune acme/", 1, "LIST_IN_USE", ("change the campaign first",)),
    Refusal("list create ftc --kind registry", 2, "NAME_TAKEN", ('"ftc" exists already',)),
    Refusal("policy --as-of 2001-01-01", 2, "BEFORE_LEDGER", ("not begun", "later")),
    Refusal("policy --as-of 4000000", 2, "INVALID_ARGUMENT", ("--as-of", "version")),
    Refusal(f"check {yokohama(1)}", 2, "CAMPAIGN_NEEDED", ("campaign",)),
    Refusal(f"check {yokohama(1)} --campaign who", 2, "CAMPAIGN_NOT_FOUND", ('"who"',)),
    Refusal(f"check {yokohama(1)} --campaign {SPRING} --region J", 2, "INVALID_ARGUMENT", ("JP",)),
    Refusal(f"check 1 --campaign {SPRING} --at-least x", 2, "INVALID_ARGUMENT", ("--at-least",)),
    Refusal(
        f"stop 045 --campaign {SPRING}", 2, "NUMBERS_UNREADABLE", ("NUMBER 1", "special_number")
    ),
    Refusal(f"stop {yokohama(1)} --client who", 2, "CLIENT_NOT_FOUND", ('"who"', "mend the name")),
    Refusal(
        f"stop {yokohama(1)} --campaign acme/own", 1, "NO_OPT_OUT_LIST", ("opt_out", "acme/own")
    ),
    Refusal(
        f"stop {yokohama(70)} --campaign {SPRING} --request-id said",
        1,
        "BATCH_REVERTED",
        ("new request_id",),
    ),
    Refusal("approve who", 2, "BATCH_NOT_FOUND", ("no batch",)),
    Refusal("approve ???", 2, "INVALID_ARGUMENT", ("BATCH", "an id is")),
    Refusal("approve base", 1, "NOT_HELD", ("does not wait",)),
    Refusal("approve waiting", 4, "SAME_PERSON", ("another person",), actor="taro"),
    Refusal("approve stirred", 1, "LIST_MOVED", ("look again", "released")),
    Refusal("approve asked", 1, "ASKED_SINCE", ("1 of the numbers", "again", "propose it anew")),
    Refusal("approve {policy_id}", 1, "POLICY_MOVED", ("the policy has moved", "look again")),
    Refusal("reject base --reason no", 1, "NOT_HELD", ("does not wait",)),
    Refusal("reject waiting --reason \u3000", 2, "INVALID_ARGUMENT", ("say why",)),
    Refusal("revert waiting --reason no", 1, "NOT_REVERTIBLE", ("not in force", "dncctl reject")),
    Refusal("revert undone --reason no", 1, "ALREADY_REVERTED", ("revert the batch that did so",)),
    Refusal("revert base --reason no --id series", 2, "BATCH_ID_TAKEN", ("new id",)),
    Refusal("waive base --reason no", 1, "NOTHING_TO_WAIVE", ("no row",)),
    Refusal("override ftc --until 73h --reason x", 2, "OVERRIDE_INVALID", ("--until", "72 hours")),
    Refusal("override ftc --until 1h", 2, "OVERRIDE_INVALID", ("--reason", "say why")),
    Refusal(f"override {SUSPENDED} --until 1h --reason x", 2, "OVERRIDE_INVALID", ("registry",)),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where the files lie."""
    return tmp_path_factory.mktemp("refused")


@pytest.fixture(scope="module")
def ids(careful: Daemon, folder: Path) -> dict[str, str]:
    """Live until every refusal can be met."""
    return lay_out(careful, folder)


@pytest.fixture
def _nothing_changes(careful: Daemon, ids: dict[str, str]) -> Iterator[None]:
    with careful.stubs() as stubs:
        before = version_of(stubs)
        yield
        assert version_of(stubs) == before


@pytest.mark.usefixtures("_nothing_changes")
@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda each: f"{each.reason}: {each.command}")
def test_a_refusal_says_what_where_and_how_to_mend_it(
    careful: Daemon, folder: Path, ids: dict[str, str], refusal: Refusal
) -> None:
    words = refusal.command.format(**ids).split(" ")
    command = [str(folder / word) if (folder / word).is_file() else word for word in words]

    told = run(careful, *command, actor=refusal.actor)

    assert (told.code, told.reason) == (refusal.code, refusal.reason), told.text
    where = told.view.get("refusal", {}).get("line")
    said = " ".join((told.message, *(str(each) for each in told.error.get("fields", ()))))
    assert says(said, refusal.says) == [], said
    assert said.rstrip(".").count(" ") >= 3 or where
    assert not re.search(r"\d{9}", said)


def _upload(stubs: Stubs, *parts: batch_pb2.UploadBatchRequest) -> object:
    header = batch_pb2.BatchHeader(batch_id="b", list=OPTOUT, mode=ADD, sends_end=True)
    opened = batch_pb2.UploadBatchRequest(header=header)
    return list(stubs.batch.UploadBatch(iter((opened, *parts)), timeout=SECONDS))


_TOO_MANY = ["1"] * 10_001
_LARGE = batch_pb2.UploadBatchRequest(file_bytes=b"1" * ((2 << 20) + 1))
_SMALL = batch_pb2.UploadBatchRequest(file_bytes=yokohama(1).encode())
OF_PROGRAMS: dict[str, tuple[Callable[[Stubs], object], grpc.StatusCode]] = {
    "BATCH_TOO_LARGE": (
        lambda stubs: stubs.screening.CheckBatch(
            screening_pb2.CheckBatchRequest(numbers=_TOO_MANY), timeout=SECONDS
        ),
        grpc.StatusCode.RESOURCE_EXHAUSTED,
    ),
    "TOO_MANY_CELLS": (
        lambda stubs: stubs.batch.Normalize(
            batch_pb2.NormalizeRequest(raw=_TOO_MANY), timeout=SECONDS
        ),
        grpc.StatusCode.RESOURCE_EXHAUSTED,
    ),
    "PART_TOO_LARGE": (lambda stubs: _upload(stubs, _LARGE), grpc.StatusCode.RESOURCE_EXHAUSTED),
    "UPLOAD_CUT_SHORT": (lambda stubs: _upload(stubs, _SMALL), grpc.StatusCode.INVALID_ARGUMENT),
    "SOURCE_NOT_FOUND": (
        lambda stubs: stubs.policy.ApplyPolicy(
            policy_pb2.ApplyPolicyRequest(delete_sources=["who"]), timeout=SECONDS
        ),
        grpc.StatusCode.NOT_FOUND,
    ),
}
"""What dncctl never does, so that only a program of one's own is told."""


@pytest.mark.usefixtures("_nothing_changes")
@pytest.mark.parametrize("reason", OF_PROGRAMS)
def test_a_program_is_told_alike(careful: Daemon, reason: str) -> None:
    call, status = OF_PROGRAMS[reason]
    with careful.stubs() as stubs:
        failed = failure_of(lambda: call(stubs))
    assert (failed.code, failed.reason, failed.domain) == (status, reason, "dncd")
    assert failed.text.count(" ") >= 4


def _words_of(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    constants = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return {text for text in constants if isinstance(text, str) and WORD.fullmatch(text)}


def reasons() -> set[str]:
    """Return every stable reason that stands in the server's sources."""
    paths = [*(ROOT / "server/dncd_server").rglob("*.py"), ROOT / "server/dncd_files/refusal.py"]
    return set().union(*map(_words_of, paths)) - NO_REASONS


def test_no_reason_of_the_server_is_without_its_test() -> None:
    met = {refusal.reason for refusal in REFUSALS} | OF_PROGRAMS.keys()

    assert reasons() - met - TESTED_ELSEWHERE.keys() == set()
    # and none is kept here that no source has any more
    assert (met | TESTED_ELSEWHERE.keys()) - reasons() == set()
    assert met & TESTED_ELSEWHERE.keys() == set()


@pytest.mark.parametrize("reason", TESTED_ELSEWHERE)
def test_the_other_test_is_there_and_meets_it(reason: str) -> None:
    definition = re.compile(rf"^(?:async )?def {TESTED_ELSEWHERE[reason]}\(", re.MULTILINE)
    texts = (path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))

    assert [text for text in texts if definition.search(text) and reason in text]
