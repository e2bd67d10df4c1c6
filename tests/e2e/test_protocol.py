"""The protocol as others meet it: health, reflection, which plane serves what, and every error taken apart."""

import random
import re
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

from dncd.v1 import (
    batch_pb2,
    batch_pb2_grpc,
    policy_pb2,
    policy_pb2_grpc,
    screening_pb2,
    verdict_pb2,
)
from dncd_engine.drill import DRILL_VERDICTS
from dncd_engine.token import Token, parse_token
from e2e.numbering import e164, fiction, yokohama
from e2e.planes import (
    ADD,
    BLOCK,
    DO_NOT_CONTACT,
    SECONDS,
    STARTS_EMPTY,
    apply,
    check,
    dialled_everywhere,
    failure,
    failure_of,
    health_of,
    said,
    upload,
    verdicts_of,
    version_of,
)
from harness.daemon import Daemon, Stubs

SCREENING = "dncd.v1.ScreeningService"
CONTROL = {SCREENING, "dncd.v1.PolicyService", "dncd.v1.BatchService"}
STANDARD = {"grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"}
IDLE_STREAMS = 20
IN_FLIGHT = 500
INVALID = grpc.StatusCode.INVALID_ARGUMENT
NOT_FOUND = grpc.StatusCode.NOT_FOUND
EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED
EXISTS = grpc.StatusCode.ALREADY_EXISTS
CONFLICT = grpc.StatusCode.FAILED_PRECONDITION


@pytest.fixture(scope="module", autouse=True)
def _policy(shared: Daemon) -> None:
    with shared.stubs() as stubs:
        registry = policy_pb2.ListDefinition(
            kind=verdict_pb2.LIST_KIND_REGISTRY, countries=["US"], max_age_seconds=86_400
        )
        lists = {"optout": STARTS_EMPTY, "stop": STARTS_EMPTY, "reg": registry}
        apply(stubs, lists, {"default": dialled_everywhere(), "strict": dialled_everywhere()})
        strict = dialled_everywhere()
        strict.block.extend(("optout", "stop", "reg"))
        apply(stubs, campaigns={"strict": strict})
        upload(
            stubs, "optout", "".join(f"{yokohama(2 * at)}\n" for at in range(500)).encode(), "b-1"
        )
        upload(stubs, "stop", "".join(f"{yokohama(3 * at)}\n" for at in range(300)).encode(), "b-2")


def test_both_planes_serve_health(shared: Daemon) -> None:
    for address in (shared.listen, shared.control):
        with grpc.insecure_channel(address) as channel:
            for service in ("", SCREENING):
                assert health_of(channel, service) == "SERVING"
            failed = failure_of(lambda: health_of(channel, "nobody"))
            assert failed.code is NOT_FOUND


@pytest.mark.parametrize("plane", ["listen", "control"])
def test_both_planes_describe_themselves(shared: Daemon, plane: str) -> None:
    ours = {SCREENING} if plane == "listen" else CONTROL
    with grpc.insecure_channel(getattr(shared, plane)) as channel:
        database = ProtoReflectionDescriptorDatabase(channel)
        assert set(database.get_services()) == ours | STANDARD
        pool = DescriptorPool(database)
        for name in ours:
            methods = [method.name for method in pool.FindServiceByName(name).methods]
            assert methods
        found = pool.FindMessageTypeByName("dncd.v1.CheckBatchResponse")
        assert [field.name for field in found.fields] == [
            "verdicts",
            "verdict_of",
            "e164",
            "basis",
        ]


def test_the_screening_plane_serves_no_other_service(shared: Daemon) -> None:
    with grpc.insecure_channel(shared.listen) as channel:
        policy = policy_pb2_grpc.PolicyServiceStub(channel)
        batch = batch_pb2_grpc.BatchServiceStub(channel)
        calls: list[Callable[[], Any]] = [
            lambda: policy.GetPolicy(policy_pb2.GetPolicyRequest(), timeout=SECONDS),
            lambda: policy.ApplyPolicy(policy_pb2.ApplyPolicyRequest(), timeout=SECONDS),
            lambda: batch.GetBatch(batch_pb2.GetBatchRequest(batch_id="b-1"), timeout=SECONDS),
            lambda: batch.Normalize(batch_pb2.NormalizeRequest(), timeout=SECONDS),
            lambda: list(batch.UploadBatch(iter(()), timeout=SECONDS)),
        ]
        for call in calls:
            assert failure_of(call).code is grpc.StatusCode.UNIMPLEMENTED


def _check(**asked: Any) -> Callable[[Stubs], object]:
    request = screening_pb2.CheckRequest(**asked)
    return lambda stubs: stubs.screening.Check(request, timeout=SECONDS)


def _check_batch(**asked: Any) -> Callable[[Stubs], object]:
    request = screening_pb2.CheckBatchRequest(**asked)
    return lambda stubs: stubs.screening.CheckBatch(request, timeout=SECONDS)


def _upload(*parts: batch_pb2.UploadBatchRequest, **header: Any) -> Callable[[Stubs], object]:
    given: dict[str, Any] = {"batch_id": "bad", "list": "optout", "mode": ADD, **header}
    opened = batch_pb2.UploadBatchRequest(header=batch_pb2.BatchHeader(**given))
    body = parts or (batch_pb2.UploadBatchRequest(file_bytes=yokohama(7_000).encode()),)
    return lambda stubs: list(stubs.batch.UploadBatch(iter((opened, *body)), timeout=SECONDS))


def _uploaded(*parts: batch_pb2.UploadBatchRequest) -> Callable[[Stubs], object]:
    return lambda stubs: list(stubs.batch.UploadBatch(iter(parts), timeout=SECONDS))


def _policy_of(**asked: Any) -> Callable[[Stubs], object]:
    request = policy_pb2.ApplyPolicyRequest(**asked)
    return lambda stubs: stubs.policy.ApplyPolicy(request, timeout=SECONDS)


def _lists(**definitions: Any) -> policy_pb2.Policy:
    return policy_pb2.Policy(
        lists={name: policy_pb2.ListDefinition(**given) for name, given in definitions.items()}
    )


def _campaigns(**definitions: Any) -> policy_pb2.Policy:
    return policy_pb2.Policy(
        campaigns={n: policy_pb2.CampaignDefinition(**given) for n, given in definitions.items()}
    )


def _ask(service: str, method: str, request: Any) -> Callable[[Stubs], object]:
    return lambda stubs: getattr(getattr(stubs, service), method)(request, timeout=SECONDS)


_FILE = batch_pb2.UploadBatchRequest(file_bytes=b"x")
_NUMBERS = batch_pb2.UploadBatchRequest(numbers=batch_pb2.PackedNumbers(e164=[e164(7_001)]))
_HEADER = batch_pb2.UploadBatchRequest(header=batch_pb2.BatchHeader(batch_id="bad", list="optout"))
_DNC = verdict_pb2.LIST_KIND_DO_NOT_CONTACT
BAD_REQUESTS: dict[str, tuple[Callable[[Stubs], object], grpc.StatusCode, list[str]]] = {
    "Check: nothing": (_check(), INVALID, ["subject"]),
    "Check: campaign": (_check(e164=1, campaign="A b"), INVALID, ["campaign"]),
    "Check: unknown campaign": (_check(e164=1, campaign="who"), NOT_FOUND, []),
    "Check: region": (_check(number=yokohama(1), region="Japan"), INVALID, ["region"]),
    "Check: token": (_check(e164=1, at_least="nonsense"), INVALID, ["at_least"]),
    "Check: call_ref": (_check(e164=1, call_ref="é" * 40), INVALID, ["call_ref"]),
    "CheckBatch: nothing": (_check_batch(), INVALID, ["numbers"]),
    "CheckBatch: both": (_check_batch(e164=[1], numbers=["x"]), INVALID, ["numbers"]),
    "CheckBatch: integers past the limit": (_check_batch(e164=[1] * 10_001), EXHAUSTED, []),
    "CheckBatch: texts past the limit": (_check_batch(numbers=["1"] * 10_001), EXHAUSTED, []),
    "CheckBatch: campaign": (_check_batch(e164=[1], campaign="/"), INVALID, ["campaign"]),
    "CheckBatch: region": (_check_batch(e164=[1], region="jp"), INVALID, ["region"]),
    "CheckBatch: token": (_check_batch(e164=[1], at_least="é" * 34), INVALID, ["at_least"]),
    "GetPolicy: as of": (
        _ask("policy", "GetPolicy", policy_pb2.GetPolicyRequest(as_of_version=10**6)),
        INVALID,
        ["as_of_version"],
    ),
    "ApplyPolicy: name": (
        _policy_of(policy=_lists(**{"A B": {"kind": _DNC}})),
        INVALID,
        ["lists"],
    ),
    "ApplyPolicy: no kind": (_policy_of(policy=_lists(x={})), INVALID, ['lists["x"].kind']),
    "ApplyPolicy: later kind": (
        _policy_of(policy=_lists(x={"kind": verdict_pb2.LIST_KIND_CONSENT})),
        INVALID,
        ['lists["x"].kind'],
    ),
    "ApplyPolicy: shadow": (
        _policy_of(policy=_lists(x={"kind": _DNC, "shadow": True})),
        INVALID,
        ['lists["x"].shadow'],
    ),
    "ApplyPolicy: kind changed": (
        _policy_of(policy=_lists(optout={"kind": verdict_pb2.LIST_KIND_REGISTRY})),
        INVALID,
        ['lists["optout"].kind'],
    ),
    "ApplyPolicy: several": (
        _policy_of(policy=_campaigns(x={"block": ["nowhere"], "countries": ["Japan"]})),
        INVALID,
        ['campaigns["x"].countries', 'campaigns["x"].block'],
    ),
    "ApplyPolicy: reserved": (
        _policy_of(policy=_campaigns(**{"dncd-test": {}})),
        INVALID,
        ['campaigns["dncd-test"]'],
    ),
    "ApplyPolicy: purpose": (
        _policy_of(policy=_campaigns(x={"purpose": "unsaid"})),
        INVALID,
        ['campaigns["x"].purpose'],
    ),
    "ApplyPolicy: require": (
        _policy_of(policy=_campaigns(x={"require": ["optout"]})),
        INVALID,
        ['campaigns["x"].require'],
    ),
    "ApplyPolicy: prune": (_policy_of(prune_prefix="acme"), INVALID, ["prune_prefix"]),
    "ApplyPolicy: moved": (_policy_of(base_version=10**6), CONFLICT, []),
    "ApplyPolicy: taken": (
        _policy_of(policy=_lists(optout={"kind": _DNC}), create_only=True),
        EXISTS,
        [],
    ),
    "ApplyPolicy: delete": (_policy_of(delete_lists=["nowhere"]), NOT_FOUND, []),
    "ApplyPolicy: delete campaign": (_policy_of(delete_campaigns=["who"]), NOT_FOUND, []),
    "ListLists": (
        _ask("policy", "ListLists", policy_pb2.ListListsRequest(name="nowhere")),
        NOT_FOUND,
        [],
    ),
    "ListCampaigns": (
        _ask("policy", "ListCampaigns", policy_pb2.ListCampaignsRequest(name="who")),
        NOT_FOUND,
        [],
    ),
    "GetBatch: id": (
        _ask("batch", "GetBatch", batch_pb2.GetBatchRequest(batch_id="a b")),
        INVALID,
        ["batch_id"],
    ),
    "GetBatch: unknown": (
        _ask("batch", "GetBatch", batch_pb2.GetBatchRequest(batch_id="who")),
        NOT_FOUND,
        [],
    ),
    "ListBatches: limit": (
        _ask("batch", "ListBatches", batch_pb2.ListBatchesRequest(limit=1_001)),
        INVALID,
        ["limit"],
    ),
    "ListBatches: list": (
        _ask("batch", "ListBatches", batch_pb2.ListBatchesRequest(list="nowhere")),
        NOT_FOUND,
        [],
    ),
    "Normalize: region": (
        _ask("batch", "Normalize", batch_pb2.NormalizeRequest(raw=["x"], region="JPN")),
        INVALID,
        ["region"],
    ),
    "Normalize: cells": (
        _ask("batch", "Normalize", batch_pb2.NormalizeRequest(raw=["x"] * 10_001)),
        EXHAUSTED,
        [],
    ),
    "UploadBatch: nothing": (_uploaded(), INVALID, ["header"]),
    "UploadBatch: no header": (_uploaded(_FILE), INVALID, ["header"]),
    "UploadBatch: header twice": (_upload(_FILE, _HEADER), INVALID, ["part"]),
    "UploadBatch: both": (_upload(_FILE, _NUMBERS), INVALID, ["part"]),
    "UploadBatch: empty part": (_upload(batch_pb2.UploadBatchRequest()), INVALID, ["part"]),
    "UploadBatch: part": (
        _upload(batch_pb2.UploadBatchRequest(file_bytes=b"1" * ((2 << 20) + 1))),
        EXHAUSTED,
        [],
    ),
    "UploadBatch: message": (
        _upload(batch_pb2.UploadBatchRequest(file_bytes=b"1" * (5 << 20))),
        EXHAUSTED,
        [],
    ),
    "UploadBatch: id": (_upload(batch_id="a b"), INVALID, ["header.batch_id"]),
    "UploadBatch: no mode": (_upload(mode=0), INVALID, ["header.mode"]),
    "UploadBatch: remove": (
        _upload(mode=batch_pb2.BATCH_MODE_REMOVE, reason="x"),
        INVALID,
        ["header.mode"],
    ),
    "UploadBatch: replace": (_upload(mode=batch_pb2.BATCH_MODE_REPLACE), INVALID, ["header.mode"]),
    "UploadBatch: change": (_upload(mode=batch_pb2.BATCH_MODE_CHANGE), INVALID, ["header.mode"]),
    "UploadBatch: list": (_upload(list="nowhere"), NOT_FOUND, []),
    "UploadBatch: list name": (_upload(list="A"), INVALID, ["header.list"]),
    "UploadBatch: several": (
        _upload(region="x", encoding="x", layout="x", coverage=["0"]),
        INVALID,
        # coverage twice: it is malformed, and the list is no registry
        ["header.region", "header.encoding", "header.layout"] + ["header.coverage"] * 2,
    ),
    "UploadBatch: effective": (
        _upload(attributes=batch_pb2.Attributes(effective_unix_us=1)),
        INVALID,
        ["header.attributes.effective_unix_us"],
    ),
    "UploadBatch: expires, purposes": (
        _upload(attributes=batch_pb2.Attributes(expires_unix_us=1, purposes=["x"])),
        INVALID,
        ["header.attributes.expires_unix_us", "header.attributes.purposes"],
    ),
    "UploadBatch: reference": (
        _upload(attributes=batch_pb2.Attributes(reference="x" * 257)),
        INVALID,
        ["header.attributes.reference"],
    ),
    "UploadBatch: date": (
        _upload(published_date="2026-02-30"),
        INVALID,
        ["header.published_date"],
    ),
    "UploadBatch: two dates": (
        _upload(published_date="2026-02-03", published_unix_us=1),
        INVALID,
        ["header.published_date"],
    ),
    "UploadBatch: mends": (_upload(mends="who"), NOT_FOUND, []),
    "UploadBatch: mends another list's": (_upload(mends="b-2"), INVALID, ["header.mends"]),
    "UploadBatch: taken": (_upload(batch_id="b-1"), EXISTS, []),
}
NOT_OURS = {"UploadBatch: message"}
"""Refused by gRPC before a byte of it is dncd's."""


@pytest.mark.parametrize("what", BAD_REQUESTS)
def test_an_error_says_what_where_and_for_programs(shared: Daemon, what: str) -> None:
    call, code, fields = BAD_REQUESTS[what]
    with shared.stubs() as stubs:
        version = version_of(stubs)
        failed = failure_of(lambda: call(stubs))
        assert version_of(stubs) == version
    assert failed.code is code, failed
    assert sorted(failed.fields) == sorted(fields)
    assert not re.search(r"\d{9,}", failed.text)
    if what in NOT_OURS:
        return
    assert failed.domain == "dncd"
    assert re.fullmatch(r"[A-Z][A-Z_]+", failed.reason)
    assert len(failed.text.split()) > 3


def test_no_message_repeats_a_number(shared: Daemon) -> None:
    number = e164(8_000)
    asked: list[dict[str, Any]] = [
        {"campaign": str(number)},
        {"region": str(number)},
        {"at_least": str(number)},
        {"call_ref": str(number) * 8},
    ]
    with shared.stubs() as stubs:
        for given in asked:
            failed = failure_of(lambda: check(stubs.screening, number, **given))  # noqa: B023
            if "campaign" in given:
                assert failed.code is INVALID
            assert str(number) not in failed.text
        refused = upload(stubs, "optout", f"+{number}\x00\n".encode(), "nul")
        assert str(number) not in refused.refusal.message


def test_a_batch_of_ten_thousand_is_answered_in_columns(shared: Daemon) -> None:
    with shared.stubs() as stubs:
        for plane in (stubs.screening, stubs.screening_on_control):
            numbers = [e164(at) for at in range(10_000)]
            answer = plane.CheckBatch(
                screening_pb2.CheckBatchRequest(e164=numbers), timeout=SECONDS
            )
            assert answer.verdicts[0] == verdict_pb2.Verdict()
            assert len(answer.verdict_of) == 20_000
            assert not answer.e164
            assert len(answer.verdicts) < 10
            indexes = set(answer.verdict_of[::2])
            assert indexes == set(range(1, len(answer.verdicts)))
            texts = [yokohama(at) for at in range(10_000)]
            spoken = plane.CheckBatch(
                screening_pb2.CheckBatchRequest(numbers=texts), timeout=SECONDS
            )
            assert list(spoken.e164) == numbers
            assert spoken.verdict_of == answer.verdict_of
            assert spoken.verdicts == answer.verdicts
            parse_token(spoken.basis.token)
            assert spoken.basis.version == version_of(stubs)


def _of_all_classes(dice: random.Random) -> list[int]:
    found = [e164(at) for at in range(1_500)]
    found += [fiction(at) for at in range(100)]
    found += [dice.randrange(10**4, 2**64) for _ in range(200)]
    found += [dice.randrange(10**9, 10**13) for _ in range(300)]
    found += [0, 1, 110, 119, 81_110, 810_450_000_001, 81_570_000_000, 81_990_000_000, 2**64 - 1]
    found += [81_120_000_000 + at for at in range(50)] + [442_079_460_018, 19_002_345_678]
    dice.shuffle(found)
    return found


_TEXTS = (
    "",
    " ",
    "045-000-0000",
    "０４５－０００－０００１",
    "+81 45 000 0002",
    "81450000003",
    "450000004",
    "045-000-0000 045-000-0001",
    "110",
    "4.5E+08",
    "phone",
    "0570-000-000",
    "\x00",
    "045\n000\n0006",
    "+1 202 555 0100",
    "x" * 5_000,
    "٠٤٥٠٠٠٠٠٠٠",
    "020-0000-0000",
)


def _singly(
    stubs: Stubs, numbers: list[int], campaign: str
) -> Iterator[screening_pb2.CheckResponse]:
    """Ask about each number by itself, all in flight at once."""
    ask = stubs.screening.Check.future
    requests = [screening_pb2.CheckRequest(e164=number, campaign=campaign) for number in numbers]
    for call in [ask(request, timeout=SECONDS) for request in requests]:
        yield call.result()


def test_a_batch_says_of_each_number_what_a_single_check_says(shared: Daemon) -> None:
    dice = random.Random(11)  # noqa: S311 - dice
    numbers = _of_all_classes(dice)
    seen: set[tuple[str, ...]] = set()
    with shared.stubs() as stubs:
        for campaign in ("default", "strict"):
            request = screening_pb2.CheckBatchRequest(e164=numbers, campaign=campaign)
            batch = verdicts_of(stubs.screening.CheckBatch(request, timeout=SECONDS))
            for first in range(0, len(numbers), IN_FLIGHT):
                part = slice(first, first + IN_FLIGHT)
                for verdict, single in zip(
                    batch[part], _singly(stubs, numbers[part], campaign), strict=True
                ):
                    assert single.verdict == verdict, campaign
                    decision, action, reasons = said(single)
                    seen.add((decision, action, *reasons[:1]))
            texts = screening_pb2.CheckBatchRequest(numbers=_TEXTS, campaign=campaign)
            spoken = stubs.screening.CheckBatch(texts, timeout=SECONDS)
            for index, verdict in enumerate(verdicts_of(spoken)):
                single_text = check(stubs.screening, _TEXTS[index], campaign=campaign)
                assert single_text.verdict == verdict, index
                assert single_text.e164 == spoken.e164[index], index
    deciding = {words[2] for words in seen if len(words) > 2}
    assert {"LISTED", "NUMBER_INVALID", "NEVER_DIAL", "COUNTRY_NOT_DIALLED"} <= deciding
    assert {"LIST_EMPTY"} <= deciding
    assert ("ALLOW", "DIAL") in seen


def test_the_drill_answers_each_reason(shared: Daemon) -> None:
    wanted = [
        (verdict.decision.name, verdict.action.name, [item.code.name for item in verdict.reasons])
        for verdict in DRILL_VERDICTS.values()
    ]
    with shared.stubs() as stubs:
        for plane in (stubs.screening, stubs.screening_on_control):
            told = [said(check(plane, number, campaign="dncd-test")) for number in DRILL_VERDICTS]
            assert told == wanted
        request = screening_pb2.CheckBatchRequest(
            numbers=[f"+{number}" for number in DRILL_VERDICTS], campaign="dncd-test"
        )
        batch = verdicts_of(stubs.screening.CheckBatch(request, timeout=SECONDS))
        assert [said(screening_pb2.CheckResponse(verdict=verdict)) for verdict in batch] == wanted
        other = check(stubs.screening, e164(1), campaign="dncd-test")
        assert other.verdict.decision == BLOCK
    printed = shared.check(
        *(f"+{number}" for number in DRILL_VERDICTS), options=("--campaign", "dncd-test")
    )
    assert [
        (line["decision"], line["action"], [item["code"] for item in line["reasons"]])
        for line in printed
    ] == wanted


class _Idle:
    """Streams that are opened and then say nothing."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._over = threading.Event()
        reflection: Any = reflection_pb2_grpc.ServerReflectionStub(channel)
        health: Any = health_pb2_grpc.HealthStub(channel)
        self.streams = [
            reflection.ServerReflectionInfo(self._nothing()) for _ in range(IDLE_STREAMS)
        ]
        self.streams += [health.Watch(health_pb2.HealthCheckRequest()) for _ in range(IDLE_STREAMS)]

    def _nothing(self) -> Iterator[reflection_pb2.ServerReflectionRequest]:
        yield reflection_pb2.ServerReflectionRequest(list_services="")
        self._over.wait(60)

    def end(self) -> None:
        """Let go of them."""
        self._over.set()
        for stream in self.streams:
            stream.cancel()


@pytest.mark.parametrize("plane", ["listen", "control"])
def test_idle_streams_starve_no_check(shared: Daemon, plane: str) -> None:
    with grpc.insecure_channel(getattr(shared, plane)) as channel, shared.stubs() as stubs:
        idle = _Idle(channel)
        try:
            time.sleep(0.5)
            stub = stubs.screening if plane == "listen" else stubs.screening_on_control
            started = time.monotonic()
            for at in range(200):
                check(stub, e164(at), timeout=2)
            assert time.monotonic() - started < 10
            assert health_of(channel) == "SERVING"
        finally:
            idle.end()
    with shared.stubs() as stubs:
        check(stubs.screening, e164(1), timeout=2)


def test_waiting_for_a_token_starves_no_check(shared: Daemon) -> None:
    with shared.stubs() as stubs:
        token = parse_token(check(stubs.screening, e164(1)).basis.token)
        future = Token(token.version + 9, token.epoch, bytes(8)).text()
        request = screening_pb2.CheckRequest(e164=e164(1), at_least=future)
        for plane in (stubs.screening, stubs.screening_on_control):
            waiting = [plane.Check.future(request, timeout=1) for _ in range(20)]
            for at in range(100):
                check(plane, e164(at), timeout=2)
            for call in waiting:
                with pytest.raises(grpc.RpcError) as caught:
                    call.result()
                assert failure(caught.value).code in (
                    grpc.StatusCode.UNAVAILABLE,
                    grpc.StatusCode.DEADLINE_EXCEEDED,
                )


def test_batches_are_told_newest_first(shared: Daemon) -> None:
    with shared.stubs() as stubs:
        apply(stubs, {"told": DO_NOT_CONTACT})
        reports = [
            upload(stubs, "told", f"{yokohama(9_000 + at)}\n".encode(), f"told-{at}")
            for at in range(3)
        ]
        ask = stubs.batch.ListBatches
        every = ask(batch_pb2.ListBatchesRequest(list="told"), timeout=SECONDS).reports
        assert list(every) == reports[::-1]
        two = ask(batch_pb2.ListBatchesRequest(list="told", limit=2), timeout=SECONDS).reports
        assert list(two) == reports[:0:-1]
        rest = ask(
            batch_pb2.ListBatchesRequest(list="told", before_version=two[-1].version),
            timeout=SECONDS,
        ).reports
        assert list(rest) == reports[:1]
