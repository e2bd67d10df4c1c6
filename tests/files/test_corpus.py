"""Every file of the corpus comes to what `expected.yaml` says, row by row."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from data.make_corpus import defects, quirks
from dncd_files.layouts import Wish
from dncd_files.refusal import FileRefused
from files.loading import load

DATA = Path(__file__).parents[1] / "data"
EXPECTED: dict[str, Any] = yaml.safe_load((DATA / "expected.yaml").read_text(encoding="utf-8"))


def wish_of(case: dict[str, Any]) -> tuple[Wish, str]:
    wish = case.get("wish", {})
    columns = tuple(wish.get("columns", ()))
    return Wish("JP", wish.get("layout", "auto"), columns), wish.get("encoding", "auto")


@pytest.mark.parametrize("name", [name for name, case in EXPECTED.items() if "rows" in case])
def test_each_row_comes_to_what_is_expected(name: str) -> None:
    rows = EXPECTED[name]["rows"]
    loaded = load((DATA / "files" / name).read_bytes(), *wish_of(EXPECTED[name]))
    assert loaded.tally.read == len(rows)
    assert loaded.numbers == [row["number"] for row in rows if "reject" not in row]
    assert loaded.beside == [row["number"] for row in rows if "number" in row and "reject" in row]
    rejected = [(cell.line, cell.column, cell.code) for cell in loaded.rejected]
    assert rejected == [
        (row["line"], row["column"], row["reject"]) for row in rows if "reject" in row
    ]


@pytest.mark.parametrize("name", [name for name, case in EXPECTED.items() if "refusal" in case])
def test_each_defect_is_refused_where_it_stands(name: str) -> None:
    content = (DATA / "files" / name).read_bytes()
    with pytest.raises(FileRefused) as caught:
        load(content, *wish_of(EXPECTED[name]))
    found = {"reason": caught.value.reason, "line": caught.value.line}
    assert found == EXPECTED[name]["refusal"]


@pytest.mark.parametrize("name", [name for name, case in EXPECTED.items() if "refusal" in case])
def test_no_refusal_repeats_a_number_or_a_cell(name: str) -> None:
    with pytest.raises(FileRefused) as caught:
        load((DATA / "files" / name).read_bytes(), *wish_of(EXPECTED[name]))
    for secret in ("045", "060", "0001", "０", "見本"):
        assert secret not in caught.value.message


def test_the_committed_corpus_is_what_its_maker_makes() -> None:
    cases = quirks() + defects()
    assert {case.name: case.expected() for case in cases} == EXPECTED
    for case in cases:
        assert (DATA / "files" / case.name).read_bytes() == case.content, case.name
