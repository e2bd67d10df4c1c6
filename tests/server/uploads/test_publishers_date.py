"""A publisher's date is taken as the earliest instant that it can mean."""

from datetime import UTC, datetime

import pytest

from dncd_server.uploads.plan import planned
from server.uploads.headers import STATE, header, state


@pytest.mark.parametrize("name", ["acme/optout", "ftc"])
def test_every_list_takes_a_publishers_date(name: str) -> None:
    plan = planned(header(list=name, published_date="2026-02-03"), STATE)

    assert plan.published_us > 0


@pytest.mark.parametrize(
    ("list_name", "region", "begins"),
    [
        ("home", "JP", datetime(2026, 2, 2, 15, tzinfo=UTC)),
        ("home", "US", datetime(2026, 2, 3, tzinfo=UTC)),
        ("ftc", "JP", datetime(2026, 2, 3, 5, tzinfo=UTC)),
        ("utc", "JP", datetime(2026, 2, 3, tzinfo=UTC)),
    ],
)
def test_a_publishers_date_begins_with_the_day_in_the_lists_zone(
    list_name: str, region: str, begins: datetime
) -> None:
    """The earliest instant that it can mean, so that no list seems younger than it is."""
    plan = planned(header(list=list_name, published_date="2026-02-03"), state(region))

    assert plan.published_us == int(begins.timestamp()) * 1_000_000


def test_a_publishers_instant_is_taken_as_it_is() -> None:
    assert planned(header(list="ftc", published_unix_us=123), STATE).published_us == 123


@pytest.mark.parametrize("list_name", ["home", "utc"])
def test_a_date_that_was_given_is_never_taken_for_none(list_name: str) -> None:
    """The first day of 1970 begins at or before 0, which means that no date was given."""
    plan = planned(header(list=list_name, published_date="1970-01-01"), STATE)

    assert plan.published_us == 1
