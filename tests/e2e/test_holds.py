"""All that opens waits for another person, in whatever way it comes; what blocks does not."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from dncd.v1 import batch_pb2
from e2e.careless import (
    FRIDAY,
    LATE,
    OPTOUT,
    POLICY,
    SERIES,
    SPRING,
    STOPPED,
    SUSPENDED,
    Rows,
    asked_on,
    begin_week,
    excel,
    nobody_is_dialled,
    numbers,
)
from e2e.desk import attention, gauge, read, run, says
from e2e.numbering import fiction, yokohama
from e2e.uploads import days_ago, file_with
from harness.daemon import Daemon

EVERYBODY = numbers((*SERIES, *LATE, *FRIDAY, *STOPPED))
MORE = """
[lists.ftc]
kind = "registry"
countries = ["US"]

[lists."acme/washed"]
kind = "clearance"
release_limit = 1

[campaigns."acme/usa"]
purpose = "survey"
countries = ["US"]
block = ["acme/optout", "ftc"]
require = ["acme/washed"]
"""


@dataclass(frozen=True)
class Hold:
    """A command that opens, as which mode it waits, and what its approver is shown."""

    command: str
    mode: str
    shows: tuple[str, ...]


HOLDS = {
    "a removal": Hold(
        f"load {OPTOUT} few.txt --mode remove --reason moved", "remove", ("released: 2", "moved")
    ),
    "a replace": Hold(f"load {OPTOUT} others.csv --mode replace", "replace", ("released: 1010",)),
    "a replace of everything": Hold(
        f"load {OPTOUT} others.csv --mode replace --everything", "replace", ("released: 4013",)
    ),
    "a change": Hold(
        f"load {SUSPENDED} change.csv --mode change --base suspended", "change", ("released: 1",)
    ),
    "an addition to a list that opens": Hold(
        f"load acme/washed few.txt --published {days_ago(1)}", "add", ("released: 2",)
    ),
    "a revert": Hold("revert friday --reason wrong", "revert", ("released: 2990", "friday")),
    "a list that blocks no more": Hold("apply -f less.toml", "policy", ("acme/spring: block",)),
    "a list in shadow": Hold("apply -f shadow.toml", "policy", ("acme/optout: shadow",)),
    "a list that goes": Hold("apply -f prune.toml --prune acme/", "policy", ("delete list",)),
    "a list that is never too old": Hold("apply -f age.toml", "policy", ("ftc: max_age",)),
    "a list of which more is let go": Hold("apply -f limit.toml", "policy", ("release_limit",)),
    "a country that is dialled": Hold("apply -f country.toml", "policy", ("countries",)),
    "a purpose that fewer entries hold for": Hold("apply -f purpose.toml", "policy", ("purpose",)),
    "a requirement that goes": Hold("apply -f require.toml", "policy", ("require",)),
    "an override": Hold(
        "override ftc --until 1h --reason down", "policy", ("let list ftc through",)
    ),
}


@pytest.fixture(scope="module", autouse=True)
def folder(careful: Daemon, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Live until Friday evening, with lists of every direction."""
    folder = tmp_path_factory.mktemp("holds")
    begin_week(careful, folder)
    _policies(folder)
    assert run(careful, "apply", "-f", folder / "more.toml").code == 0
    file_with(folder, "few.txt", yokohama(FRIDAY[50]), yokohama(FRIDAY[51]))
    excel(folder / "others.csv", Rows(range(20_000, 23_000), asked_on(1)))
    file_with(folder, "change.csv", "電話番号,区分", f"{yokohama(700)},削除")
    suspended = file_with(folder, "suspended.txt", *map(yokohama, range(700, 720)))
    for words in (
        ("load", SUSPENDED, suspended, "--mode", "replace", "--batch-id", "suspended"),
        ("load", "ftc", _american(folder), "--published", days_ago(40)),
    ):
        assert run(careful, *words).code == 0
    return folder


def _american(folder: Path) -> Path:
    return file_with(folder, "ftc.txt", *(f"+{fiction(at)}" for at in range(20)))


def _policies(folder: Path) -> None:
    whole = POLICY + MORE
    listed = '[lists."acme/optout"]\nkind = "do_not_contact"\n'
    spring = whole[
        whole.index('[campaigns."acme/spring"]') : whole.index('[campaigns."acme/survey"]')
    ]
    for name, text in {
        "more": whole,
        "less": spring.replace('["acme/optout", "acme/suspended"]', '["acme/optout"]'),
        "shadow": f'{listed}title = "アクメ 架電禁止"\nshadow = true\n{spring}'.replace(
            'opt_out = "acme/optout"', 'opt_out = "acme/suspended"'
        )
        + '[campaigns."acme/survey"]\npurpose = "survey"\nopt_out = "acme/suspended"\n',
        "prune": whole.replace(', "acme/suspended"]', "]").replace(
            '[lists."acme/suspended"]\nkind = "suspended_use"\nstarts_empty = true\n', ""
        ),
        "age": '[lists.ftc]\nkind = "registry"\ncountries = ["US"]\nmax_age = "365d"\n',
        "limit": f"{listed}release_limit = 100000\n",
        "country": spring.replace('["JP"]', '["JP", "US"]'),
        "purpose": spring.replace('purpose = "sales:fiber"', 'purpose = "survey"'),
        "require": whole[whole.index('[campaigns."acme/usa"]') :].replace(
            'require = ["acme/washed"]', ""
        ),
    }.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")


@pytest.fixture(autouse=True)
def _nothing_is_left_waiting(careful: Daemon) -> Iterator[None]:
    yield
    for code, _, batch_id, _ in attention(careful):
        if code == "held" and batch_id:
            run(careful, "reject", batch_id, "--reason", "left over", actor="hanako")
    nobody_is_dialled(careful, EVERYBODY)


def _where(hold: Hold) -> str:
    """Return the list under which it is counted."""
    if hold.mode == "policy":
        return ""
    return OPTOUT if hold.mode == "revert" else hold.command.split(" ")[1]


@pytest.mark.parametrize("what", HOLDS)
def test_it_waits_and_changes_nothing_and_can_be_turned_down(
    careful: Daemon, folder: Path, what: str
) -> None:
    hold = HOLDS[what]
    words = hold.command.split(" ")
    command = [str(folder / word) if (folder / word).is_file() else word for word in words]

    held = read(careful, *command, actor="taro")

    found = re.search(r"dncctl approve (\S+)", held.text)
    assert found, held.text
    assert (held.code, says(held.text, ("another person", "dncctl reject"))) == (1, [])
    nobody_is_dialled(careful, EVERYBODY)
    assert [item[2] for item in attention(careful) if item[0] == "held"] == [found[1]]
    assert gauge(careful, "dncd_batches_held", _where(hold)) == 1
    own = read(careful, "approve", found[1], actor="taro")
    shown = ("SAME_PERSON", hold.mode, "taro", *hold.shows)
    assert (own.code, says(own.text, shown)) == (4, []), own.text

    rejected = run(careful, "reject", found[1], "--reason", "not agreed", actor="hanako")

    assert (rejected.code, rejected.state) == (0, "REJECTED")
    assert rejected.view["mode"] == hold.mode
    assert [item for item in attention(careful) if item[0] == "held"] == []


def test_every_way_to_change_a_list_is_held_to_it() -> None:
    modes = {name.removeprefix("BATCH_MODE_").lower() for name, _ in batch_pb2.BatchMode.items()}

    assert {hold.mode for hold in HOLDS.values()} == modes - {"unspecified"}


@pytest.mark.parametrize(
    "command",
    [
        "apply -f more.toml",
        f"load {OPTOUT} others.csv",
        f"load {OPTOUT} few.txt --mode replace --dry-run",
        "load acme/washed few.txt --mode remove --reason gone",
    ],
)
def test_what_blocks_waits_for_nobody(careful: Daemon, folder: Path, command: str) -> None:
    words = [str(folder / word) if (folder / word).is_file() else word for word in command.split()]

    told = run(careful, *words, actor="taro")

    assert told.code == 0, told.text
    assert [item for item in attention(careful) if item[0] == "held"] == []
    nobody_is_dialled(careful, EVERYBODY, SPRING)
