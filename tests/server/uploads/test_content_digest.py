"""The same content has one digest, however it is sent; other content has another."""

from dataclasses import replace

import pytest

from dncd.v1 import batch_pb2
from dncd_server.uploads.plan import planned
from server.uploads.headers import STATE, header

SHA = "ab" * 32
SAME: list[dict[str, object]] = [
    {"batch_id": "other"},
    {"file_name": "other.csv"},
    {"file_size_bytes": 9},
    {"dry_run": True},
    {"sends_end": True},
]
OTHER: list[dict[str, object]] = [
    {"list": "utc"},
    {"region": "US"},
    {"encoding": "cp932"},
    {"layout": "lines"},
    {"columns": ["電話番号"]},
    {"coverage": ["8145"]},
    {"published_date": "2026-02-03"},
    {"published_unix_us": 1},
    {"mends": "b0"},
    {"reason": "asked"},
    {"attributes": batch_pb2.Attributes(ground="voluntary")},
    {"attributes": batch_pb2.Attributes(source="web")},
    {"attributes": batch_pb2.Attributes(asked_unix_us=1)},
]


@pytest.mark.parametrize("fields", SAME, ids=lambda fields: next(iter(fields)))
def test_the_same_content_has_the_same_digest(fields: dict[str, object]) -> None:
    digest = planned(header(list="ftc"), STATE).content_digest(SHA)

    assert planned(header(**fields), STATE).content_digest(SHA) == digest
    assert len(digest) == 32


@pytest.mark.parametrize("fields", OTHER, ids=lambda fields: next(iter(fields)))
def test_other_content_has_another_digest(fields: dict[str, object]) -> None:
    digest = planned(header(list="ftc"), STATE).content_digest(SHA)

    assert planned(header(**fields), STATE).content_digest(SHA) != digest


def test_other_bytes_and_another_mode_have_another_digest() -> None:
    plan = planned(header(), STATE)
    digests = {plan.content_digest(SHA), plan.content_digest("cd" * 32)}
    for mode in (batch_pb2.BATCH_MODE_REMOVE, batch_pb2.BATCH_MODE_REPLACE):
        digests.add(replace(plan, header=header(mode=mode)).content_digest(SHA))

    assert len(digests) == 4
