"""A list of some countries takes no file that speaks of others."""

from pathlib import Path

import pytest

from dncd_server.changes.work import Difference
from server.building import a_list, numbers_from, office, policy_request, run

JAPANESE = numbers_from(0, 4)
AMERICAN = [12_025_550_100 + index for index in range(4)]
CANADIAN = [16_045_550_100 + index for index in range(4)]
NOBODYS = [999_000_000_001 + index for index in range(4)]
"""999 is given to no country."""


def difference(folder: Path, countries: list[str], numbers: list[int]) -> Difference:
    async def scene() -> Difference:
        async with office(folder / "ledger") as it:
            await it.apply(policy_request({"house": a_list(countries=countries)}))
            return await it.difference("house", numbers)

    return run(scene())


@pytest.mark.parametrize(
    ("countries", "numbers", "foreign", "is_mostly_foreign"),
    [
        ([], JAPANESE + AMERICAN, 0, False),
        (["JP"], JAPANESE, 0, False),
        (["JP"], JAPANESE + AMERICAN[:1], 1, False),
        (["JP"], JAPANESE + AMERICAN, 4, False),
        (["JP"], JAPANESE[:3] + AMERICAN, 4, True),
        (["JP"], AMERICAN, 4, True),
        (["US"], AMERICAN, 0, False),
        (["US"], AMERICAN + CANADIAN, 4, False),
        (["US"], AMERICAN[:3] + CANADIAN, 4, True),
        (["US", "CA"], AMERICAN + CANADIAN, 0, False),
        (["US", "JP"], AMERICAN + JAPANESE, 0, False),
        (["JP"], NOBODYS, 0, False),
    ],
)
def test_numbers_of_other_countries_are_counted(
    tmp_path: Path,
    countries: list[str],
    numbers: list[int],
    foreign: int,
    is_mostly_foreign: bool,
) -> None:
    """Half of them is not yet most; one of no known country may be of any."""
    found = difference(tmp_path, countries, numbers)

    assert (found.named, found.foreign) == (len(numbers), foreign)
    assert found.is_mostly_foreign is is_mostly_foreign
