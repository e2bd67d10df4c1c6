"""Instants: one meaning or none, in whatever zone, on whatever day."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dncd_files.instants import MAX_INSTANT_US, parse_instant

TOKYO = ZoneInfo("Asia/Tokyo")
NEW_YORK = ZoneInfo("America/New_York")
NO_INSTANTS = """
45985 20261124 2026-1-4 2026-11 26-11-24 24/11/2026 11/24/2026 2026.11.24 2026-11/24 2026/11-24
2026-02-29 2026-13-01 2026-00-10 2026-11-31 2026-11-24T 2026-11-24T24:00 2026-11-24T14 2026-11-24T14:60
2026-11-24T14:05:61 2026-11-24T14:05+0900 2026-11-24T14:05+09 2026-11-24T14:05+15:00
2026-11-24T14:05+09:60 2026-11-24Z 2026-11-24+09:00 1969-12-31 0001-01-01 10000-01-01 -2026-11-24
2026-11-24t14:05 2026-11-24T14:05z 2026-11-24T1405 2026年11月 11月24日 令和8年11月24日 R8.11.24 なし -
٢٠٢٦-١١-٢٤ ②026-11-24 2026-11-24T14:05:30. 2026-11-24T14:05.5 2026-11-24T14:05:30.1234567
2026-11-24T14:05:30+09:00Z tomorrow 0 99999999999999999999999999999999999999999999999999999999999999999
"""


def read(text: str, zone: ZoneInfo = TOKYO, *, end_of_day: bool = False) -> str | None:
    """Return what a text means, in UTC."""
    instant = parse_instant(text, zone, end_of_day=end_of_day)
    if instant is None:
        return None
    shown = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=instant)
    return shown.isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize(
    "text",
    ["2026-11-24", "2026/11/24", "２０２６／１１／２４", "2026年11月24日", " 2026年11月24日\u3000"],
)
def test_a_day_is_read_in_every_form(text: str) -> None:
    assert read(text) == "2026-11-23T15:00:00Z"
    assert read(text, end_of_day=True) == "2026-11-24T15:00:00Z"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026/1/4", "2026-01-03T15:00:00Z"),
        ("2026年1月4日", "2026-01-03T15:00:00Z"),
        ("2026-11-24T14:05", "2026-11-24T05:05:00Z"),
        ("2026-11-24 14:05:30", "2026-11-24T05:05:30Z"),
        ("2026/11/24 9:05", "2026-11-24T00:05:00Z"),
        ("２０２６年１１月２４日　１４：０５", "2026-11-24T05:05:00Z"),
        ("2026-11-24T14:05Z", "2026-11-24T14:05:00Z"),
        ("2026-11-24T14:05:30+09:00", "2026-11-24T05:05:30Z"),
        ("2026-11-24 14:05-05:30", "2026-11-24T19:35:00Z"),
        ("2026-11-24T14:05:30.25Z", "2026-11-24T14:05:30.250000Z"),
        ("2026-11-24T14:05:30.123456", "2026-11-24T05:05:30.123456Z"),
        ("2028-02-29", "2028-02-28T15:00:00Z"),
    ],
)
def test_a_time_is_local_unless_it_says_where(text: str, meant: str) -> None:
    assert read(text) == meant
    if " " in text or "T" in text or "　" in text:
        assert read(text, end_of_day=True) == meant


@pytest.mark.parametrize(
    "text",
    NO_INSTANTS.split(),
)
def test_what_is_not_plainly_one_instant_is_none(text: str) -> None:
    assert read(text) is None
    assert read(text, end_of_day=True) is None


def test_blanks_are_no_date() -> None:
    for text in ("", " ", "\u3000", "2026-11-24\n2026-11-25", "2026 - 11 - 24"):
        assert read(text) is None


def test_a_day_ends_with_the_next_midnight_of_its_zone() -> None:
    # 23 hours when clocks are put forward, 25 when they are put back.
    assert read("2026-03-08", NEW_YORK) == "2026-03-08T05:00:00Z"
    assert read("2026-03-08", NEW_YORK, end_of_day=True) == "2026-03-09T04:00:00Z"
    assert read("2026-11-01", NEW_YORK) == "2026-11-01T04:00:00Z"
    assert read("2026-11-01", NEW_YORK, end_of_day=True) == "2026-11-02T05:00:00Z"


def test_a_midnight_that_is_left_out_is_the_first_instant_of_its_day() -> None:
    # Beirut puts its clocks forward at midnight: the 29th begins at one o'clock.
    beirut = ZoneInfo("Asia/Beirut")
    assert read("2026-03-29", beirut) == "2026-03-28T22:00:00Z"
    assert read("2026-03-28", beirut, end_of_day=True) == "2026-03-28T22:00:00Z"
    assert read("2026-03-29T00:30", beirut) is None
    # Samoa had no 30 December in 2011.
    apia = ZoneInfo("Pacific/Apia")
    assert read("2011-12-29", apia, end_of_day=True) == read("2011-12-31", apia)
    assert read("2011-12-30T12:00", apia) is None


def test_a_time_that_comes_twice_is_the_first_and_one_that_never_comes_is_none() -> None:
    assert read("2026-11-01T01:30", NEW_YORK) == "2026-11-01T05:30:00Z"
    assert read("2026-11-01T01:30-05:00", NEW_YORK) == "2026-11-01T06:30:00Z"
    assert read("2026-03-08T02:30", NEW_YORK) is None


def test_the_first_and_last_days_that_can_be_written_are_read() -> None:
    assert parse_instant("1970-01-01", TOKYO, end_of_day=False) == 1
    assert parse_instant("1970-01-01T00:00Z", TOKYO, end_of_day=False) == 1
    assert read("9999-12-31", end_of_day=True) == "9999-12-31T15:00:00Z"
    assert read("9999-12-31", NEW_YORK) == "9999-12-31T05:00:00Z"
    for text in ("9999-12-31", "9999-12-31T23:59:59.999999", "9999-12-31T23:59-14:00"):
        assert parse_instant(text, NEW_YORK, end_of_day=True) == MAX_INSTANT_US


@given(st.dates(date(1970, 1, 2), date(9999, 12, 30)), st.sampled_from([TOKYO, NEW_YORK]))
def test_days_follow_each_other_without_a_gap(day: date, zone: ZoneInfo) -> None:
    after = day + timedelta(days=1)
    end = parse_instant(day.isoformat(), zone, end_of_day=True)
    assert end == parse_instant(after.isoformat(), zone, end_of_day=False)


@given(st.datetimes(datetime(1971, 1, 1), datetime(9999, 12, 30)))
def test_what_python_writes_is_read_to_the_microsecond(moment: datetime) -> None:
    utc = moment.replace(tzinfo=UTC)
    expected = (utc - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    assert parse_instant(utc.isoformat(), TOKYO, end_of_day=True) == expected


@given(st.text(st.sampled_from("0123456789０９-/年月日: TZ+.٣①"), max_size=30))
def test_any_text_is_an_instant_or_none(text: str) -> None:
    instant = parse_instant(text, NEW_YORK, end_of_day=True)
    assert instant is None or 1 <= instant <= MAX_INSTANT_US
