"""The table of cells and their readings."""

from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from dncd_engine.numbers import NORMALISER_VERSION, Reject, is_region, read, read_many

_TABLE = Path(__file__).parents[2] / "data" / "spellings.yaml"


class Case(NamedTuple):
    """One cell of the table."""

    region: str
    raw: str
    wanted: int | Reject


def load_cases() -> list[Case]:
    groups = yaml.safe_load(_TABLE.read_text(encoding="utf-8"))
    return [
        Case(region, case["raw"], case.get("e164") or Reject(case["error"]))
        for region, chapters in groups.items()
        for cases in chapters.values()
        for case in cases
    ]


CASES = load_cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.region}-{case.raw[:24]!a}")
def test_every_cell_of_the_table_is_read_as_it_says(case: Case) -> None:
    got = read(case.raw, case.region)
    assert got == case.wanted
    assert isinstance(got, Reject) == isinstance(case.wanted, Reject)


@pytest.mark.parametrize("region", sorted({case.region for case in CASES}))
def test_read_many_gives_what_read_gives(region: str) -> None:
    texts = [case.raw for case in CASES]
    assert read_many(texts, region) == [read(text, region) for text in texts]


@pytest.mark.parametrize("length", [0, 1, 5])
def test_read_many_keeps_the_length(length: int) -> None:
    assert len(read_many(["090-1234-5678"] * length, "JP")) == length


def test_regions_are_upper_case_codes_that_exist() -> None:
    assert is_region("JP")
    assert is_region("CA")
    assert not any(map(is_region, ["", "jp", "ZZ", "001", "JPN"]))


def test_an_unknown_region_still_reads_international_forms() -> None:
    assert read("+81 90-1234-5678", "ZZ") == 819012345678
    assert read("090-1234-5678", "ZZ") is Reject.INVALID_NUMBER


def test_the_values_of_reject_codes_are_those_of_the_contract() -> None:
    assert {reject.value for reject in Reject} == {
        "not_a_number", "letters", "too_short", "too_long", "invalid_number", "special_number",
        "multiple_numbers", "precision_lost", "non_voice", "encoding_error",
    }  # fmt: skip


def test_the_version_is_one() -> None:
    assert NORMALISER_VERSION == 1
