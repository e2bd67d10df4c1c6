"""Dates and times on the command line."""

from collections.abc import Iterator
from datetime import datetime

import click
import pytest

from ctl.control import control
from dncd.v1 import policy_pb2
from dncd_client.ctl.connection import connect
from dncd_client.ctl.errors import CtlError
from dncd_client.ctl.messages import Catalogue
from dncd_client.ctl.settings import Settings
from dncd_client.ctl.times import Clock, Edge, check_form, is_date


def _lists(tz: str, region: str) -> policy_pb2.ListListsResponse:
    definition = policy_pb2.ListDefinition(tz=tz)
    state = policy_pb2.ListState(name="optout", definition=definition)
    return policy_pb2.ListListsResponse(lists=[state], region=region)


def _clock(tz: str = "", region: str = "JP") -> Iterator[Clock]:
    with (
        control(ListLists=_lists(tz, region)) as (target, _),
        connect(Settings(server=target)) as connection,
    ):
        yield Clock(connection, "optout", Catalogue("en"))


@pytest.fixture(name="clock")
def _fixture() -> Iterator[Clock]:
    yield from _clock()


def _us(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1_000_000)


def test_a_date_is_a_day_where_the_list_lives(clock: Clock) -> None:
    """In Japan a day begins nine hours before it does in Greenwich; it ends with the next one."""
    assert clock.unix_us("--asked", "2026-11-23") == _us("2026-11-23T00:00:00+09:00")
    assert clock.unix_us("--expires", "2026-11-23", Edge.END) == _us("2026-11-24T00:00:00+09:00")


def test_a_time_is_taken_as_it_is(clock: Clock) -> None:
    """With an offset it needs no list, without one it is local to the list."""
    assert clock.unix_us("--asked", "2026-11-23T10:00:00Z") == _us("2026-11-23T10:00:00+00:00")
    assert clock.unix_us("--asked", "2026-11-23 10:00") == _us("2026-11-23T10:00:00+09:00")
    assert clock.unix_us("--asked", None) == 0


@pytest.mark.parametrize(
    "text", ["tomorrow", "2026-13-01", "20261123", "２０２６-11-23", "2026-W01-1", "9999-12-31"]
)
def test_what_is_neither_is_refused(clock: Clock, text: str) -> None:
    """The message names the option."""
    with pytest.raises(click.UsageError, match="--expires"):
        clock.unix_us("--expires", text, Edge.END)


def test_the_lists_own_zone_wins() -> None:
    """A list of New York has days of New York, summer time included."""
    for clock in _clock(tz="America/New_York"):
        assert clock.unix_us("--asked", "2026-07-01") == _us("2026-07-01T00:00:00-04:00")


def test_a_zone_is_never_guessed() -> None:
    """A region of several zones needs a full time: a guess could end a block too early."""
    for clock in _clock(region="US"):
        with pytest.raises(CtlError, match="names no time zone"):
            clock.unix_us("--expires", "2026-07-01")
        assert clock.unix_us("--expires", "2026-07-01T00:00:00-04:00")


@pytest.mark.parametrize(
    ("text", "is_one"), [("2026-11-23", True), ("2026-02-30", False), ("x", False)]
)
def test_dates_are_told_from_batch_ids(text: str, is_one: bool) -> None:
    """`--base` takes either."""
    assert is_date(text) is is_one


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        (None, ""),
        ("2026-11-24", "2026-11-24"),
        ("2026-11-24 14:05", "2026-11-24T14:05"),
        ("2026-11-24t14:05z", "2026-11-24T14:05Z"),
        ("2026-11-24T14:05:06+09:00", "2026-11-24T14:05:06+09:00"),
    ],
)
def test_what_the_server_reads_goes_as_it_was_typed(text: str | None, sent: str) -> None:
    """It knows where the list lives; only what is plainly wrong stays here."""
    assert check_form("--asked", text, Catalogue("en")) == sent


@pytest.mark.parametrize("text", ["tomorrow", "2026-02-30", "2026-11-24T25:00", "２０２６-11-24"])
def test_what_is_plainly_wrong_is_not_sent(text: str) -> None:
    """The message names the option."""
    with pytest.raises(click.UsageError, match="--asked"):
        check_form("--asked", text, Catalogue("en"))
