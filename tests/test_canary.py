"""No number that the suite used stands in any output that must hold none."""

import pytest

from harness.canary import Canary


def test_the_canary_notices_a_number_however_it_is_written() -> None:
    canary = Canary()
    canary.used("03-1234-0000")
    for leak in ("call 81312340000!", '{"number": "0312340000"}', "raw 03-1234-0000"):
        canary.heard("leaky", leak)

    assert canary.leaks() == ["leaky"] * 3


def test_no_output_of_the_suite_holds_a_number(
    canary: Canary, request: pytest.FixtureRequest
) -> None:
    if not canary.outputs:
        pytest.skip("no daemon ran in this session, so there is no output to look through")

    assert canary.spellings
    assert canary.leaks() == []
