"""What an uploader declares is looked at before a byte of the file is read."""

import time

import pytest

from dncd.v1 import batch_pb2
from dncd_engine.model import GROUNDS
from dncd_files.encodings import ENCODINGS
from dncd_files.layouts import LAYOUTS
from dncd_server.errors import InvalidRequestError, NotFoundError
from dncd_server.uploads.header import header_problems
from dncd_server.uploads.plan import planned
from server.uploads.headers import STATE, Header, attributes, header

REMOVE = batch_pb2.BATCH_MODE_REMOVE
REPLACE = batch_pb2.BATCH_MODE_REPLACE
CHANGE = batch_pb2.BATCH_MODE_CHANGE
MODES = "say add, remove, replace or change"
NO_BASE = "only a change builds on a base; take it out"
LONG = "x" * 257
TEXT = "at most 256 bytes without control characters"
NAME = (
    "a name has 1 to 64 of a-z, 0-9, '.', '_', '-', at most one slash and no nine digits in a row"
)
NOT_A_REGISTRY = "only a registry, or a replace, has coverage; take it out"
YEAR_10000_US = 253_402_300_800_000_000

_BAD = [
    (
        {"batch_id": ""},
        "batch_id: an id is 1 to 64 of A-Z, a-z, 0-9, '.', '_', ':' and '-'",
    ),
    (
        {"batch_id": "a b"},
        "batch_id: an id is 1 to 64 of A-Z, a-z, 0-9, '.', '_', ':' and '-'",
    ),
    (
        {"batch_id": "x" * 65},
        "batch_id: an id is 1 to 64 of A-Z, a-z, 0-9, '.', '_', ':' and '-'",
    ),
    (
        {"list": "Acme/Optout"},
        "list: a name has 1 to 64 of a-z, 0-9, '.', '_', '-', at most one slash and no nine digits in a row",
    ),
    (
        {"list": ""},
        "list: a name has 1 to 64 of a-z, 0-9, '.', '_', '-', at most one slash and no nine digits in a row",
    ),
    ({"list": "0450000000"}, f"list: {NAME}"),
    ({"mode": 0}, f"mode: {MODES}"),
    ({"mode": 99}, f"mode: {MODES}"),
    ({"mode": batch_pb2.BATCH_MODE_REVERT}, f"mode: {MODES}"),
    ({"mode": batch_pb2.BATCH_MODE_POLICY}, f"mode: {MODES}"),
    ({"mode": REMOVE}, "reason: a removal needs its reason; say it with --reason"),
    ({"mode": REMOVE, "reason": " "}, "reason: a removal needs its reason; say it with --reason"),
    (
        {"mode": REMOVE, "reason": "x", "published_date": "2026-02-03"},
        "published_date: a removal is no publication; take date and coverage out",
    ),
    (
        {"mode": CHANGE},
        "base_batch_id: a change builds on a batch or a publisher's date; name it with --base",
    ),
    (
        {"mode": CHANGE, "base_batch_id": "b0", "base_published_unix_us": 5},
        "base_batch_id: the base is given twice; keep the batch or the date",
    ),
    (
        {"mode": CHANGE, "base_batch_id": "b 0"},
        "base_batch_id: the id of the batch that the change builds on",
    ),
    ({"mode": CHANGE, "base_published_date": "1"}, "base_published_date: a date as YYYY-MM-DD"),
    ({"mode": REPLACE, "mends": "b0"}, "mends: rejected rows come again with the mode add"),
    ({"region": "jp"}, "region: two capital letters of ISO 3166, such as JP"),
    ({"region": "ZZ"}, "region: two capital letters of ISO 3166, such as JP"),
    ({"encoding": "latin-9"}, f"encoding: one of {', '.join(ENCODINGS)}"),
    ({"layout": "cards"}, f"layout: one of {', '.join(LAYOUTS)}"),
    ({"columns": ["a"] * 21}, "columns: at most 20"),
    ({"columns": [LONG]}, "columns: at most 256 bytes each"),
    ({"mends": "b 0"}, "mends: the id of the batch whose rejected rows come again"),
    (
        {"mends": "b0", "published_unix_us": 1},
        "mends: a batch that mends another keeps its date and coverage; take yours out",
    ),
    (
        {"list": "acme/optout", "coverage": ["8145"]},
        f"coverage: {NOT_A_REGISTRY}",
    ),
    ({"columns": ["番" * 86]}, "columns: at most 256 bytes each"),
    ({"mends": "a b"}, "mends: the id of the batch whose rejected rows come again"),
    ({"coverage": ["1202"] * 2001}, "coverage: at most 2000"),
    (
        {"coverage": ["1202", "0120"]},
        "coverage: E.164 digits with the country code first, such as 1202",
    ),
    (
        {"coverage": [""]},
        "coverage: E.164 digits with the country code first, such as 1202",
    ),
    (
        {"coverage": ["１２０２"]},
        "coverage: E.164 digits with the country code first, such as 1202",
    ),
    ({"published_unix_us": -1}, "published_unix_us: microseconds since 1970"),
    ({"published_unix_us": YEAR_10000_US}, "published_unix_us: microseconds since 1970"),
    ({"published_date": "2026-2-3"}, "published_date: one date as YYYY-MM-DD"),
    ({"published_date": "20260203"}, "published_date: one date as YYYY-MM-DD"),
    ({"published_date": "2026-02-30"}, "published_date: one date as YYYY-MM-DD"),
    ({"published_date": "1969-12-31"}, "published_date: one date as YYYY-MM-DD"),
    (
        {"published_date": "2026-02-03", "published_unix_us": 1},
        "published_date: one date as YYYY-MM-DD",
    ),
    ({"file_name": LONG}, "file_name: at most 256 bytes without control characters"),
    ({"file_name": "禁" * 86}, "file_name: at most 256 bytes without control characters"),
    ({"reason": LONG}, "reason: at most 256 bytes without control characters"),
    ({"base_batch_id": "b0"}, f"base_batch_id: {NO_BASE}"),
    ({"base_published_unix_us": 1}, f"base_batch_id: {NO_BASE}"),
    ({"base_published_date": "2026-02-03"}, f"base_batch_id: {NO_BASE}"),
    ({"everything": True}, "everything: only a replace can touch everything; take it out"),
    (
        {"expected_releases": 1},
        "expected_releases: only a replace is asked how much it releases; take it out",
    ),
]
_BAD_ATTRIBUTES = [
    ({"effective_unix_us": -1}, "effective_unix_us: an instant before the year 10000"),
    (
        {"expires_unix_us": 1},
        "expires_unix_us: the entries would have ended before they begin; mend the dates",
    ),
    (
        {"expires_unix_us": YEAR_10000_US - 1, "effective_unix_us": YEAR_10000_US - 1},
        "expires_unix_us: the entries would have ended before they begin; mend the dates",
    ),
    (
        {"purposes": ["survey"]},
        'purposes: the purpose "survey" is not declared; add it to purposes or mend the spelling (and 1 more)',
    ),
    ({"purposes": ["x"] * 101}, "purposes: at most 100 (and 103 more)"),
    (
        {"ground": "because"},
        "ground: one of beyond_purpose, improper_acquisition, unlawful_provision, no_longer_needed, "
        "breach, rights_or_interests, voluntary, tokushoho_17",
    ),
    ({"requester": "a friend"}, "requester: one of self, agent, legal_representative"),
    ({"reference": LONG}, "reference: at most 256 bytes without control characters"),
    ({"source": "a\nb"}, "source: at most 256 bytes without control characters"),
    (
        {"asked_unix_us": 4_000_000_000_000_000},
        "asked_unix_us: when the person asked: not in the future",
    ),
    ({"review_unix_us": -1}, "review_unix_us: an instant before the year 10000"),
]


def refusal(sent: Header) -> InvalidRequestError:
    with pytest.raises(InvalidRequestError) as caught:
        planned(sent, STATE)
    assert caught.value.reason == "HEADER_INVALID"
    return caught.value


@pytest.mark.parametrize(("fields", "told"), _BAD, ids=[told[:30] for _, told in _BAD])
def test_a_header_that_is_wrong_is_told_where_and_how_to_mend_it(
    fields: dict[str, object], told: str
) -> None:
    error = refusal(header(**fields))

    assert error.message == f"header.{told}"
    assert [f"{item.field}: {item.message}" for item in error.fields] == [error.message]


@pytest.mark.parametrize(("fields", "told"), _BAD_ATTRIBUTES)
def test_an_attribute_that_is_wrong_is_told(fields: dict[str, object], told: str) -> None:
    assert refusal(attributes(**fields)).message == f"header.attributes.{told}"


def test_the_contracts_grounds_and_requesters_are_taken() -> None:
    assert GROUNDS == (
        "beyond_purpose",
        "improper_acquisition",
        "unlawful_provision",
        "no_longer_needed",
        "breach",
        "rights_or_interests",
        "voluntary",
        "tokushoho_17",
    )
    for ground in GROUNDS:
        assert header_problems(attributes(ground=ground)) == []
    for requester in ("self", "agent", "legal_representative"):
        assert header_problems(attributes(requester=requester)) == []


def test_the_bounds_themselves_are_taken() -> None:
    longest = "禁" * 85 + "x"
    assert len(longest.encode()) == 256
    sent = header(
        list="ftc",
        file_name=longest,
        reason=longest,
        columns=[longest] * 20,
        coverage=["1202"] * 2000,
        published_unix_us=YEAR_10000_US - 1,
        attributes=batch_pb2.Attributes(
            reference=longest, source=longest, review_unix_us=YEAR_10000_US - 1
        ),
    )

    assert header_problems(sent) == []


def test_nobody_has_asked_in_the_future(monkeypatch: pytest.MonkeyPatch) -> None:
    now_us = 1_770_000_000_000_000
    monkeypatch.setattr(time, "time_ns", lambda: now_us * 1000)

    assert header_problems(attributes(asked_unix_us=now_us)) == []
    problems = header_problems(attributes(asked_unix_us=now_us + 1))
    assert [item.field for item in problems] == ["header.attributes.asked_unix_us"]


def test_what_is_wrong_is_told_without_repeating_it() -> None:
    """A number could stand in any of them."""
    number = "81450000000"
    sent = header(
        batch_id=f"{number} ",
        list=number,
        region=number,
        mends=f"{number} ",
        published_date=number,
        coverage=[f"{number}x"],
        reason=f"{number}\n",
        attributes=batch_pb2.Attributes(ground=number, requester=number, source=f"{number}\n"),
    )
    problems = header_problems(sent)

    assert len(problems) == 11  # and mends with a date and a coverage
    assert number not in str(problems)


def test_only_a_registry_has_a_coverage() -> None:
    fields = {"coverage": ["8145"]}

    told = refusal(header(list="acme/optout", **fields)).message

    assert told == f"header.coverage: {NOT_A_REGISTRY}"
    assert planned(header(**fields), STATE).list.name == "ftc"


@pytest.mark.parametrize(
    "fields", [{"published_date": "2026-02-03"}, {"published_unix_us": 5}, {"coverage": ["1202"]}]
)
def test_a_batch_that_mends_brings_no_date_and_coverage_of_its_own(
    fields: dict[str, object],
) -> None:
    told = "header.mends: a batch that mends another keeps its date and coverage; take yours out"

    assert refusal(header(list="ftc", mends="b0", **fields)).message == told
    assert planned(header(list="ftc", mends="b0"), STATE).published_us == 0


def test_all_that_is_wrong_is_named() -> None:
    error = refusal(header(batch_id="", mode=0, reason=LONG))

    assert error.message.endswith(" (and 2 more)")
    assert [item.field for item in error.fields] == [
        "header.batch_id",
        "header.mode",
        "header.reason",
    ]


def test_a_field_of_a_newer_version_is_refused() -> None:
    """An attribute that is dropped in silence could be the one that narrows or ends an entry."""
    told = "header: it holds a field that this version does not know; take it out or upgrade dncd"
    newer = b"\xf8\x3f\x01"
    assert refusal(Header.FromString(header().SerializeToString() + newer)).message == told

    within = header()
    within.attributes.MergeFromString(newer)
    assert refusal(Header.FromString(within.SerializeToString())).message == told


def test_a_list_that_is_not_there_is_told() -> None:
    with pytest.raises(NotFoundError) as caught:
        planned(header(list="acme/other"), STATE)

    told = 'there is no list "acme/other"; make it with dncctl list create, or mend the name'
    assert (caught.value.reason, caught.value.message) == ("LIST_NOT_FOUND", told)
    assert caught.value.metadata == {"list": "acme/other"}


def test_what_is_not_said_is_taken_from_the_list_and_the_ledger() -> None:
    plan = planned(header(list="acme/optout"), STATE)
    told = planned(header(region="US", encoding="utf-8", layout="lines"), STATE)

    assert (plan.region, plan.encoding, plan.layout, plan.published_us) == ("JP", "auto", "csv", 0)
    assert planned(header(list="home"), STATE).layout == "auto"
    assert (told.region, told.encoding, told.layout) == ("US", "utf-8", "lines")
    assert plan.list is STATE.lists["acme/optout"]
