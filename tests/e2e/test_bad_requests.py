"""Every error taken apart: its code, the fields it names, and no number in its text."""

import re
from collections.abc import Callable
from typing import Any

import grpc
import pytest

from dncd.v1 import batch_pb2, policy_pb2, screening_pb2, verdict_pb2
from e2e.numbering import e164, yokohama
from e2e.planes import ADD, SECONDS, check, failure_of, upload, version_of
from e2e.two_campaigns import put_in_force
from harness.daemon import Daemon, Stubs

INVALID = grpc.StatusCode.INVALID_ARGUMENT
NOT_FOUND = grpc.StatusCode.NOT_FOUND
EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED
EXISTS = grpc.StatusCode.ALREADY_EXISTS
CONFLICT = grpc.StatusCode.FAILED_PRECONDITION


@pytest.fixture(scope="module", autouse=True)
def _policy(shared: Daemon) -> None:
    put_in_force(shared)


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
    "ApplyPolicy: shadow": (
        _policy_of(policy=_lists(x={"kind": verdict_pb2.LIST_KIND_CONSENT, "shadow": True})),
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
        _upload(mode=batch_pb2.BATCH_MODE_REMOVE),
        INVALID,
        ["header.reason"],
    ),
    "UploadBatch: revert": (_upload(mode=batch_pb2.BATCH_MODE_REVERT), INVALID, ["header.mode"]),
    "UploadBatch: change": (
        _upload(mode=batch_pb2.BATCH_MODE_CHANGE),
        INVALID,
        ["header.base_batch_id"],
    ),
    "UploadBatch: list": (_upload(list="nowhere"), NOT_FOUND, []),
    "UploadBatch: list name": (_upload(list="A"), INVALID, ["header.list"]),
    "UploadBatch: several": (
        _upload(region="x", encoding="x", layout="x", coverage=["0"]),
        INVALID,
        # coverage twice: it is malformed, and the list is no registry
        ["header.region", "header.encoding", "header.layout"] + ["header.coverage"] * 2,
    ),
    "UploadBatch: effective": (
        _upload(attributes=batch_pb2.Attributes(effective_unix_us=-1)),
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
