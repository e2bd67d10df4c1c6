"""dncctl normalize: how cells are read, with a daemon and without one."""

import json

from e2e.ctl_files import NOBODY
from e2e.numbering import fiction, yokohama
from harness.daemon import Daemon

CELLS = "\n".join(
    [yokohama(1), "０４５－０００－０００２", "phone", "110", f"+{fiction(3)}", "", "045-000"]
)


def test_normalize_says_how_cells_are_read_with_and_without_a_server(shared: Daemon) -> None:
    served = shared.ctl("normalize", "--json", input=CELLS)
    alone = shared.ctl("normalize", "--json", "--server", NOBODY, input=CELLS)

    lines = [json.loads(line) for line in served.stdout.splitlines()]
    assert (served.returncode, alone.returncode) == (0, 0)
    assert alone.stdout == served.stdout
    assert not served.stderr
    assert NOBODY in alone.stderr, "it says that the server did not answer"
    assert [line["raw"] for line in lines] == CELLS.split("\n")
    assert [line.get("e164") for line in lines[:2]] == ["+81450000001", "+81450000002"]
    assert all(list(line) in (["raw", "e164"], ["raw", "error"]) for line in lines)
    assert lines[3] == {"raw": "110", "error": "special_number"}
    american = shared.ctl("normalize", "--region", "US", "--json", input="202-555-0107\n")
    assert json.loads(american.stdout)["e164"] == f"+{fiction(7)}"
    assert shared.ctl("normalize", "--region", "usa", input="x\n").returncode == 2
