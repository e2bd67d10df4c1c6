"""Who asked not to be called again is not called again: from the moment of the answer, on both planes."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dncd.v1 import batch_pb2, optout_pb2, policy_pb2
from e2e.numbering import e164, fiction, yokohama
from e2e.optouts import CAMPAIGN, LIST, PLANES, OptOuts, define, opt_out, opt_outs, used
from e2e.planes import (
    ACTIVE,
    DO_NOT_CONTACT,
    SECONDS,
    STARTS_EMPTY,
    apply,
    check,
    codes,
    failure_of,
    list_of,
    upload,
    version_of,
)
from e2e.uploads import report_of
from e2e.verdicts import ALLOWED, LISTED, everywhere
from harness.canary import Canary
from harness.daemon import Daemon, Stubs

SPECIAL = batch_pb2.REJECT_CODE_SPECIAL_NUMBER
LETTERS = batch_pb2.REJECT_CODE_LETTERS


@dataclass(frozen=True)
class Desk:
    """A daemon's planes."""

    daemon: Daemon
    stubs: Stubs
    opt_outs: OptOuts


@pytest.fixture(scope="module")
def desk(shared: Daemon, canary: Canary) -> Iterator[Desk]:
    used(canary, *range(e164(0), e164(200)), *map(fiction, range(10)))
    with shared.stubs() as stubs, opt_outs(shared) as stub:
        define(stubs)
        yield Desk(shared, stubs, stub)


@pytest.mark.parametrize("plane", PLANES)
def test_a_number_is_blocked_when_the_answer_comes(desk: Desk, plane: str) -> None:
    number = e164(1 + PLANES.index(plane))
    assert everywhere(desk.stubs, number, CAMPAIGN) == ALLOWED

    before = version_of(desk.stubs)
    answer = opt_out(desk.opt_outs.of(plane), f"first-{plane}", number)

    assert everywhere(desk.stubs, number, CAMPAIGN) == LISTED
    assert (answer.batch_id, answer.list, answer.added) == (f"first-{plane}", LIST, 1)
    assert [reading.e164 for reading in answer.readings] == [number]
    assert answer.basis.version == before + 1 == version_of(desk.stubs)
    assert abs(answer.basis.at_unix_us - time.time_ns() // 1000) < 60_000_000
    assert answer.basis.normaliser_version
    seen = check(desk.stubs.screening, number, campaign=CAMPAIGN, at_least=answer.basis.token)
    assert seen.basis.version >= answer.basis.version


def test_texts_are_read_as_the_campaigns_first_country_writes_them(desk: Desk) -> None:
    answer = opt_out(desk.opt_outs.listen, "texts", yokohama(10), "+1 202 555 0100")

    assert [reading.e164 for reading in answer.readings] == [e164(10), fiction(0)]
    for number in (e164(10), fiction(0)):
        assert everywhere(desk.stubs, number, CAMPAIGN) == LISTED


def test_a_clients_word_holds_for_its_campaigns(desk: Desk) -> None:
    answer = opt_out(desk.opt_outs.listen, "client", e164(11), client="acme")

    assert answer.list == LIST
    assert everywhere(desk.stubs, e164(11), CAMPAIGN) == LISTED


def test_what_cannot_be_read_keeps_no_other_out_and_is_not_forgotten(desk: Desk) -> None:
    texts = (yokohama(20), "110", "045-000-CALL", f"+{e164(21)}", yokohama(20))
    answer = opt_out(desk.opt_outs.listen, "mixed", *texts)

    told = [reading.e164 or reading.reject for reading in answer.readings]
    assert told == [e164(20), SPECIAL, LETTERS, e164(21), e164(20)]
    assert answer.added == 2
    for index in (20, 21):
        assert everywhere(desk.stubs, e164(index), CAMPAIGN) == LISTED
    report = report_of(desk.stubs, "mixed")
    assert list(report.flags) == ["incomplete"]
    assert report.open_rejects == report.rows.rejected == 2
    assert dict(report.rejects_by_code) == {"special_number": 1, "letters": 1}
    assert (report.rows.read, report.rows.accepted, report.rows.duplicate) == (5, 2, 1)
    mending = upload(
        desk.stubs,
        LIST,
        yokohama(22).encode() + b"\n" + yokohama(23).encode(),
        "mends",
        mends="mixed",
    )
    assert mending.rows.accepted == 2
    assert report_of(desk.stubs, "mixed").open_rejects == 0


def test_who_asks_twice_is_on_the_list_already(desk: Desk) -> None:
    opt_out(desk.opt_outs.listen, "once", e164(30))
    numbers = list_of(desk.stubs, LIST).numbers
    again = opt_out(desk.opt_outs.listen, "twice", e164(30), e164(31))

    assert again.added == 1
    assert list_of(desk.stubs, LIST).numbers == numbers + 1
    assert report_of(desk.stubs, "twice").numbers.unchanged == 1


def test_an_opt_out_does_not_make_a_list_pass_for_loaded(desk: Desk) -> None:
    campaign = policy_pb2.CampaignDefinition(
        countries=["JP"], opt_out="acme/late", block=["acme/late"]
    )
    apply(desk.stubs, {"acme/late": DO_NOT_CONTACT}, {"acme/late": campaign})

    opt_out(desk.opt_outs.listen, "late", e164(40), campaign="acme/late")

    listed = check(desk.stubs.screening, e164(40), campaign="acme/late").verdict
    unknown = check(desk.stubs.screening, e164(41), campaign="acme/late").verdict
    assert codes(listed) == ["LISTED", "LIST_EMPTY"]
    assert codes(unknown) == ["LIST_EMPTY"]


@pytest.mark.parametrize("planes", [PLANES, PLANES[::-1]])
def test_the_same_request_again_is_answered_alike(desk: Desk, planes: tuple[str, str]) -> None:
    fields: dict[str, Any] = {
        "attributes": batch_pb2.Attributes(ground="voluntary", reference="R-1"),
        "dates": batch_pb2.LocalDates(asked="2026-11-01"),
    }
    first, second = (
        opt_out(desk.opt_outs.of(plane), f"again-{planes[0]}", yokohama(50), "110", **fields)
        for plane in planes
    )

    assert first == second
    assert version_of(desk.stubs) == first.basis.version


def test_another_request_of_the_same_id_is_refused(desk: Desk) -> None:
    opt_out(desk.opt_outs.listen, "taken", e164(60))
    version = version_of(desk.stubs)
    for numbers, fields in (
        ([e164(61)], {}),
        ([e164(60)], {"client": "acme"}),
        ([e164(60)], {"attributes": batch_pb2.Attributes(reference="other")}),
    ):
        failed = failure_of(lambda: opt_out(desk.opt_outs.listen, "taken", *numbers, **fields))  # noqa: B023 - called at once
        assert (failed.code.name, failed.reason) == ("ALREADY_EXISTS", "BATCH_ID_TAKEN")
        assert failed.metadata == {"batch_id": "taken"}

    assert version_of(desk.stubs) == version
    assert everywhere(desk.stubs, e164(61), CAMPAIGN) == ALLOWED


def test_an_id_belongs_to_an_upload_or_to_an_opt_out(desk: Desk) -> None:
    upload(desk.stubs, LIST, yokohama(70).encode(), "uploaded")
    opt_out(desk.opt_outs.listen, "opted", e164(71))

    calls = (
        lambda: opt_out(desk.opt_outs.listen, "uploaded", yokohama(70)),
        lambda: upload(desk.stubs, LIST, yokohama(71).encode(), "opted"),
    )
    for call in calls:
        failed = failure_of(call)
        assert (failed.code.name, failed.reason) == ("ALREADY_EXISTS", "BATCH_ID_TAKEN")


def test_a_refused_upload_leaves_its_id_free(desk: Desk) -> None:
    report = upload(desk.stubs, LIST, b"nothing\nto\nread\n", "free")
    assert report.refusal.reason

    assert opt_out(desk.opt_outs.listen, "free", e164(75)).added == 1


def test_a_request_that_comes_again_is_answered_alike_under_another_policy(desk: Desk) -> None:
    campaign = policy_pb2.CampaignDefinition(countries=["US"], block=["kept"], opt_out="kept")
    apply(desk.stubs, {"kept": STARTS_EMPTY}, {"moved/x": campaign})
    first = opt_out(desk.opt_outs.listen, "moved", "202-555-0105", campaign="moved/x")

    read_otherwise = policy_pb2.CampaignDefinition(countries=["JP", "US"], block=["kept"])
    apply(desk.stubs, campaigns={"moved/x": read_otherwise})
    again = opt_out(desk.opt_outs.listen, "moved", "202-555-0105", campaign="moved/x")
    _prune(desk, "moved/")
    gone = opt_out(desk.opt_outs.control, "moved", "202-555-0105", campaign="moved/x")

    assert again == gone == first
    failed = failure_of(
        lambda: opt_out(desk.opt_outs.control, "moved", "202-555-0106", campaign="moved/x")
    )
    assert failed.reason == "BATCH_ID_TAKEN"


def test_the_batch_is_there_to_be_looked_at(desk: Desk) -> None:
    asked = datetime.now(UTC) - timedelta(days=2)
    answer = opt_out(
        desk.opt_outs.listen,
        "shown",
        e164(90),
        attributes=batch_pb2.Attributes(asked_unix_us=int(asked.timestamp()) * 1_000_000),
    )
    report = report_of(desk.stubs, "shown")

    assert (report.state, report.mode) == (ACTIVE, batch_pb2.BATCH_MODE_ADD)
    assert (report.list, report.version, report.token) == (
        LIST,
        answer.basis.version,
        answer.basis.token,
    )
    assert (report.numbers.added, report.numbers.unchanged, report.numbers.released) == (1, 0, 0)
    assert report.actor_proof == "declared"
    newest = desk.stubs.batch.ListBatches(
        batch_pb2.ListBatchesRequest(list=LIST, limit=1), timeout=SECONDS
    )
    assert [item.batch_id for item in newest.reports] == ["shown"]


def test_who_declares_a_name_is_named(desk: Desk) -> None:
    desk.opt_outs.listen.OptOut(
        optout_pb2.OptOutRequest(request_id="named", e164=[e164(95)], campaign=CAMPAIGN),
        metadata=(("dncd-actor", "desk-7"),),
        timeout=SECONDS,
    )

    assert report_of(desk.stubs, "named").actor == "desk-7"


def test_an_opt_out_that_was_reverted_is_not_answered_as_if_it_held(desk: Desk) -> None:
    opt_out(desk.opt_outs.listen, "mistake", e164(100))
    desk.stubs.batch.RevertBatch(
        batch_pb2.RevertBatchRequest(batch_id="mistake", reason="wrong person"), timeout=SECONDS
    )
    assert everywhere(desk.stubs, e164(100), CAMPAIGN) == ALLOWED

    failed = failure_of(lambda: opt_out(desk.opt_outs.listen, "mistake", e164(100)))
    assert (failed.code.name, failed.reason) == ("FAILED_PRECONDITION", "BATCH_REVERTED")


def test_an_opt_out_to_a_list_that_was_deleted_is_not_answered_as_if_it_held(desk: Desk) -> None:
    campaign = policy_pb2.CampaignDefinition(countries=["JP"], block=["gone/optout"])
    for turn in range(2):
        apply(desk.stubs, {"gone/optout": DO_NOT_CONTACT}, {"gone/spring": campaign})
        if not turn:
            opt_out(desk.opt_outs.listen, "gone", e164(101), client="gone")
            _prune(desk, "gone/")

    failed = failure_of(lambda: opt_out(desk.opt_outs.listen, "gone", e164(101), client="gone"))
    assert (failed.code.name, failed.reason) == ("FAILED_PRECONDITION", "LIST_RECREATED")
    assert codes(check(desk.stubs.screening, e164(101), campaign="gone/spring").verdict) == [
        "LIST_EMPTY"
    ]


def _prune(desk: Desk, prefix: str) -> None:
    request = policy_pb2.ApplyPolicyRequest(prune_prefix=prefix)
    desk.stubs.policy.ApplyPolicy(request, timeout=SECONDS)


def _metric(daemon: Daemon, name: str) -> float:
    lines = daemon.get("/metrics")[1].splitlines()
    return next((float(line.split()[-1]) for line in lines if line.startswith(f"{name} ")), 0.0)


def test_how_long_a_person_waited_is_counted(desk: Desk) -> None:
    count, total = "dncd_optout_seconds_count", "dncd_optout_seconds_sum"
    taken = f'dncd_batches_total{{list="{LIST}",mode="add",state="active"}}'
    rows = f'dncd_batch_rows_total{{list="{LIST}",outcome="rejected"}}'
    names = (count, total, taken, rows)
    before = [_metric(desk.daemon, name) for name in names]

    opt_out(desk.opt_outs.listen, "counted-1", yokohama(110), "110")
    at_once = [_metric(desk.daemon, name) for name in names]
    yesterday = datetime.now(UTC) - timedelta(days=1)
    asked = batch_pb2.Attributes(asked_unix_us=int(yesterday.timestamp() * 1e6))
    for _ in range(2):  # what is only repeated is counted once
        opt_out(desk.opt_outs.listen, "counted-2", e164(111), attributes=asked)
    after = [_metric(desk.daemon, name) for name in names]

    assert at_once[0] - before[0] == at_once[2] - before[2] == at_once[3] - before[3] == 1
    assert 0 < at_once[1] - before[1] < 10
    assert after[0] - at_once[0] == after[2] - at_once[2] == 1
    assert after[1] - at_once[1] == pytest.approx(86_400, abs=60)
