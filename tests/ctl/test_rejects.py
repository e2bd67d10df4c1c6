"""The file of rows that could not be read."""

import csv
import stat
from pathlib import Path

import pytest

from dncd.v1 import batch_pb2
from dncd_client.ctl.messages import Catalogue
from dncd_client.ctl.rejects import RejectsFile, defused


def _row(line: int, raw: str, column: int = 1) -> batch_pb2.RejectedRow:
    return batch_pb2.RejectedRow(
        line=line, column=column, code=batch_pb2.REJECT_CODE_TOO_SHORT, raw=raw
    )


def test_without_a_rejected_row_there_is_no_file(tmp_path: Path) -> None:
    """Nothing is left behind by a clean batch."""
    out = RejectsFile(str(tmp_path / "f.rejects.csv"), Catalogue("en"))
    out.write([])
    out.close()

    assert out.path is None
    assert list(tmp_path.iterdir()) == []


def test_rows_are_written_for_people_and_their_spreadsheet(tmp_path: Path) -> None:
    """UTF-8 with the mark that Excel wants, quoted, in the chosen language, for its owner only."""
    out = RejectsFile(str(tmp_path / "f.rejects.csv"), Catalogue("ja"))
    out.write([_row(3, "090, 1234")])
    out.write([_row(5, 'ア"\n', column=0)])
    out.close()

    path = Path(out.path or "")
    assert path.read_bytes().startswith(b"\xef\xbb\xbfline,column,code,raw,reason\r\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0] == {
        "line": "3",
        "column": "1",
        "code": "too_short",
        "raw": "090, 1234",
        "reason": "桁が足りません",
    }
    assert rows[1]["raw"] == 'ア"\n'
    assert rows[1]["column"] == ""


def test_rows_are_there_as_soon_as_they_arrive(tmp_path: Path) -> None:
    """Whoever watches the file sees them before the batch ends."""
    out = RejectsFile(str(tmp_path / "f.csv"), Catalogue("en"))
    out.write([_row(3, "090")])

    assert b"090" in (tmp_path / "f.csv").read_bytes()
    out.close()


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_formula_is_defused(start: str) -> None:
    """A spreadsheet shows it and does not run it."""
    assert defused(f"{start}1+1") == f"'{start}1+1"
    assert defused("090") == "090"


def test_a_file_is_never_replaced(tmp_path: Path) -> None:
    """A name that is taken gets .1, .2 and so on; a link is not followed."""
    wanted = tmp_path / "f.csv"
    wanted.write_text("mine")
    (tmp_path / "f.csv.1").symlink_to(tmp_path / "elsewhere")
    out = RejectsFile(str(wanted), Catalogue("en"))
    out.write([_row(1, "x")])
    out.close()

    assert out.path == f"{wanted}.2"
    assert wanted.read_text() == "mine"
    assert not (tmp_path / "elsewhere").exists()


def test_a_failure_is_kept_and_not_raised(tmp_path: Path) -> None:
    """The batch goes on; the command says so in the end."""
    out = RejectsFile(str(tmp_path / "missing" / "f.csv"), Catalogue("en"))
    out.write([_row(1, "x")])
    out.write([_row(2, "x")])
    out.close()

    assert isinstance(out.failure, FileNotFoundError)
    assert out.path is None
