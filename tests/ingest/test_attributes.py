"""What rows said is kept as it was said, and bytes that are not that are never believed."""

import json
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dncd_engine.chain import DIGEST_BYTES
from dncd_engine.segments import LOW_MASK
from dncd_engine.strata import PLAIN, Stratum
from dncd_files.statements import Statement
from dncd_server.ingest import attributes
from dncd_server.ingest.attributes import AttributesDamagedError, decode, encode, fragment_of
from dncd_server.ingest.frames import (
    HEAD,
    FrameError,
    Kind,
    pack,
    pack_job,
    pack_message,
    unpack_head,
    unpack_job,
    unpack_message,
)
from dncd_server.ingest.messages import (
    MAX_STRATA,
    AttributesFound,
    Done,
    Message,
    RowCounts,
    SegmentFound,
)
from ingest.uploading import job

INSTANT = st.none() | st.integers(1, 253_402_300_799_999_999)
TEXT = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=40)
STATEMENT = st.builds(
    Statement,
    effective_us=INSTANT,
    expires_us=INSTANT,
    review_us=INSTANT,
    asked_us=INSTANT,
    purposes=st.lists(TEXT.filter(bool), max_size=3).map(tuple),
    ground=TEXT,
    requester=TEXT,
    reference=TEXT,
    source=TEXT,
    reason=TEXT,
    ends=st.just(False),
)
DIGEST = bytes(range(DIGEST_BYTES))


@given(st.lists(st.tuples(st.integers(0, LOW_MASK), STATEMENT.filter(any)), min_size=1))
def test_what_was_said_is_read_back(rows: list[tuple[int, Statement]]) -> None:
    rows.sort(key=lambda row: row[0])
    sets = list(dict.fromkeys(statement for _, statement in rows))
    places = [sets.index(statement) for _, statement in rows]
    low = [each for each, _ in rows]
    found = decode(encode(low, places, [fragment_of(each) for each in sets]))
    assert list(found.low) == low
    assert [found.sets[place] for place in found.set] == [statement for _, statement in rows]
    for number in {*low, 0, LOW_MASK}:
        assert found.of(number) == [statement for each, statement in rows if each == number]


def test_a_set_has_only_what_was_given_and_stands_on_one_line() -> None:
    assert fragment_of(Statement()) == fragment_of(Statement(ends=True)) == b""
    said = Statement(expires_us=5, purposes=("a",), reference='R"1\\', reason="理由\u2028")
    assert json.loads(fragment_of(said)) == {
        "expires_us": 5,
        "purposes": ["a"],
        "reference": 'R"1\\',
        "reason": "理由\u2028",
    }
    assert b"\n" not in fragment_of(said)


GOOD = {"low": [1, 1, 7], "set": [0, 1, 0], "sets": [{"asked_us": 5}, {"reason": "x"}]}


@pytest.mark.parametrize(
    "wrong",
    [
        {"low": [1, 7]},
        {"low": [7, 1, 7]},
        {"low": [1, 1, LOW_MASK + 1]},
        {"low": [-1, 1, 7]},
        {"low": [True, 1, 7]},
        {"low": [1, 1, 7.0]},
        {"low": [], "set": []},
        {"low": None},
        {"set": [0, 1, 2]},
        {"set": [0, 1, -1]},
        {"set": [0, 1, "0"]},
        {"sets": [{"asked_us": 5}, {}]},
        {"sets": [{"asked_us": 5}, {"ends": True}]},
        {"sets": [{"asked_us": 5}, {"number": "0450000001"}]},
        {"sets": [{"asked_us": "5"}, {"reason": "x"}]},
        {"sets": [{"asked_us": 0}, {"reason": "x"}]},
        {"sets": [{"asked_us": True}, {"reason": "x"}]},
        {"sets": [{"asked_us": 5}, {"reason": 5}]},
        {"sets": [{"asked_us": 5}, {"reason": ""}]},
        {"sets": [{"asked_us": 5}, {"purposes": []}]},
        {"sets": [{"asked_us": 5}, {"purposes": [1]}]},
        {"sets": [{"asked_us": 5}, {"purposes": "sales"}]},
        {"sets": [5, 6]},
        {"sets": {}},
    ],
)
def test_rows_that_no_file_says_are_refused(wrong: dict[str, object]) -> None:
    assert len(decode(zlib.compress(json.dumps(GOOD).encode())).sets) == 2
    with pytest.raises(AttributesDamagedError):
        decode(zlib.compress(json.dumps(GOOD | wrong).encode()))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no",
        zlib.compress(b""),
        zlib.compress(b"[]"),
        zlib.compress(b"\xff"),
        zlib.compress(b"[" * 100_000),
        zlib.compress(json.dumps(GOOD).encode())[:-1],
        zlib.compress(json.dumps(GOOD).encode()) + b"x",
    ],
)
def test_bytes_that_are_none_are_refused(data: bytes) -> None:
    with pytest.raises(AttributesDamagedError):
        decode(data)


def test_a_bomb_is_refused_before_it_goes_off(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = zlib.compress(json.dumps(GOOD).encode() + b" " * (1 << 20))
    assert len(bomb) < 2_000
    assert len(decode(bomb).sets) == 2
    monkeypatch.setattr(attributes, "MAX_PLAIN_BYTES", 1 << 19)
    with pytest.raises(AttributesDamagedError):
        decode(bomb)
    with pytest.raises(ValueError, match="too many"):
        encode([1], [0], [b" " * (1 << 20)])


def test_no_rows_are_not_written() -> None:
    for low in ([], [1]):
        with pytest.raises(ValueError, match="no rows"):
            encode(low, [], [])


def back(message: Message) -> Message:
    """Return a message as it arrives."""
    frame = pack_message(message)
    size, kind = unpack_head(frame[: HEAD.size])
    assert size == len(frame) - HEAD.size
    return unpack_message(kind, frame[HEAD.size :])


@given(
    st.lists(
        st.builds(
            Stratum,
            st.integers(0, 1 << 60),
            st.integers(0, 1 << 60),
            st.lists(TEXT, max_size=3).map(tuple),
            st.integers(0, 1 << 60),
        ),
        max_size=5,
    )
)
def test_messages_arrive_as_they_were_sent(strata: list[Stratum]) -> None:
    done = Done(RowCounts(1), {}, 1, "utf-8", "csv", b"\0" * 32, 1, (PLAIN, *strata), 7)
    assert back(done) == done
    for message in (
        SegmentFound(5, 1, b"data", DIGEST, MAX_STRATA, ends=False),
        SegmentFound(5, 1, b"data", DIGEST, 0, ends=True),
        AttributesFound(5, 3, 2, b"data", DIGEST),
    ):
        assert back(message) == message


def test_ten_thousand_strata_fit_into_one_message() -> None:
    purposes = tuple(f"sales:product-number-{at}" for at in range(200))
    strata = tuple(Stratum(at, at + 1, purposes) for at in range(MAX_STRATA + 1))
    done = Done(RowCounts(1), {}, 1, "utf-8", "csv", b"\0" * 32, 1, strata)
    assert back(done) == done


def test_a_segment_of_no_stratum_is_not_believed() -> None:
    for found in (
        SegmentFound(5, 1, b"data", DIGEST, MAX_STRATA + 1),
        SegmentFound(5, 1, b"data", DIGEST, 1, ends=True),
    ):
        with pytest.raises(FrameError):
            back(found)


@pytest.mark.parametrize(
    "body",
    [
        b'{"rows":{},"sha256":"","purposes":[],"strata":[[0,0,[0],0]]}',
        b'{"rows":{},"sha256":"","purposes":[],"strata":[[0,0,[]]]}',
        b'{"rows":{},"sha256":"","strata":[]}',
        b'{"rows":{},"sha256":"","purposes":[],"strata":5}',
    ],
)
def test_strata_that_are_none_are_not_believed(body: bytes) -> None:
    with pytest.raises(FrameError):
        unpack_message(Kind.DONE, body)
    with pytest.raises(FrameError):
        unpack_message(Kind.ATTRIBUTES, b"short")
    with pytest.raises(FrameError):
        pack(Kind.ATTRIBUTES, bytes(18 << 20))


def test_a_job_arrives_as_it_was_sent(tmp_path: Path) -> None:
    sent = job(
        tmp_path,
        mode="change",
        terms=Stratum(1, 2, ("a", "b"), 3),
        tz="Asia/Tokyo",
        now_us=5,
        declared_purposes=("a", "b"),
        needs_source=True,
        keeps_last=True,
        columns=("電話",),
    )
    assert unpack_job(pack_job(sent)[HEAD.size :]) == sent
