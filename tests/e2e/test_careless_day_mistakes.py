"""Every mistake of a hurried morning is refused, says what to do, and lets nobody be called who asked not to be."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from e2e.careless import (
    FRIDAY,
    LATE,
    OPTOUT,
    OTHERS_OWN,
    POLICY,
    SERIES,
    SPRING,
    STOPPED,
    SURVEY,
    Rows,
    asked_on,
    begin_week,
    excel,
    monday,
    nobody_is_dialled,
    numbers,
)
from e2e.desk import read, says
from e2e.numbering import yokohama
from e2e.planes import version_of
from e2e.uploads import days_ago, file_with
from harness.daemon import Daemon

EVERYBODY = numbers((*SERIES, *LATE, *FRIDAY, *STOPPED))
TOMORROW = days_ago(-2)
"""A day that has not come anywhere."""


@pytest.fixture(scope="module", autouse=True)
def folder(shared: Daemon, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Live until Friday evening, and lay the files of a hurried morning ready."""
    folder = tmp_path_factory.mktemp("hurry")
    begin_week(shared, folder)
    whole = monday(folder / "monday.csv").read_bytes()
    (folder / "empty.csv").write_bytes(b"")
    (folder / "heads.csv").write_bytes(whole.splitlines(keepends=True)[0])
    (folder / "cut.csv").write_bytes(whole[:-3])
    excel(folder / "others.csv", Rows(OTHERS_OWN, asked_on(40)))
    excel(folder / "unread.csv", Rows(SERIES, asked_on(40), ("045-000",)))
    rows = [f"{yokohama(index)},sales:fibre" for index in range(50)]
    file_with(folder, "purposes.csv", "電話番号,利用目的", *rows)
    file_with(folder, "gone.txt", yokohama(FRIDAY[20]))
    file_with(folder, "change.csv", "電話番号,区分", f"{yokohama(SERIES[60])},削除")
    misspelt = POLICY.replace('purpose = "sales:fiber"', 'purpose = "sales:fibre"')
    (folder / "purpose.toml").write_text(misspelt, encoding="utf-8")
    lost = POLICY.replace('opt_out = "acme/optout"', 'opt_out = "acme/optouts"')
    (folder / "optout.toml").write_text(lost, encoding="utf-8")
    return folder


@pytest.fixture(autouse=True)
def _nobody_who_refused_is_dialled(shared: Daemon) -> Iterator[None]:
    with shared.stubs() as stubs:
        before = version_of(stubs)
        yield
        assert version_of(stubs) == before
    for campaign in (SPRING, SURVEY):
        nobody_is_dialled(shared, EVERYBODY, campaign)


@dataclass(frozen=True)
class Mistake:
    """A command, how it ends, and what it must say: in English, and in Japanese."""

    command: str
    code: int
    reason: str
    english: tuple[str, ...]
    japanese: tuple[str, ...]


LOAD = f"load {OPTOUT}"
MISTAKES = {
    "an empty replace": Mistake(
        f"{LOAD} empty.csv --mode replace",
        1,
        "EMPTY",
        ("no bytes", "Export it again"),
        ("番号の行がありません", "書き出し直して"),
    ),
    "a replace of heads alone": Mistake(
        f"{LOAD} heads.csv --mode replace",
        1,
        "EMPTY",
        ("none but its heads", "never taken for a list"),
        ("番号の行がありません",),
    ),
    "a replace with a row that cannot be read": Mistake(
        f"{LOAD} unread.csv --mode replace",
        1,
        "UNREADABLE_ROWS",
        ("1 rows cannot be read", "load the whole file again"),
        ("行を直してから", "ファイル全体"),
    ),
    "a replace cut short": Mistake(
        f"{LOAD} cut.csv --mode replace",
        1,
        "TRUNCATED",
        ("line 1061",),
        ("1061 行目", "途中で切れて"),
    ),
    "opt-outs cut short": Mistake(f"{LOAD} cut.csv", 1, "TRUNCATED", ("line 1061",), ("行目",)),
    "a file of the future": Mistake(
        f"{LOAD} monday.csv --mode replace --published {TOMORROW}",
        1,
        "FUTURE_DATED",
        ("in the future", "--published", "clock"),
        ("未来", "--published", "時計"),
    ),
    "refusals of the future": Mistake(
        f"{LOAD} monday.csv --asked {TOMORROW}",
        2,
        "HEADER_INVALID",
        ("--asked", "not in the future"),
        ("--asked",),
    ),
    "a purpose misspelt as an option": Mistake(
        f"{LOAD} monday.csv --purpose sales:fibre",
        2,
        "HEADER_INVALID",
        ("--purpose", '"sales:fibre" is not declared', "mend the spelling"),
        ("--purpose", "sales:fibre"),
    ),
    "a purpose misspelt in every row": Mistake(
        f"{LOAD} purposes.csv",
        1,
        "MOSTLY_UNREADABLE",
        ("a purpose must be declared",),
        ("半分を超える行",),
    ),
    "a purpose misspelt in the policy": Mistake(
        "apply -f purpose.toml",
        2,
        "POLICY_INVALID",
        ("acme/spring", "purpose", "not declared", "mend the spelling"),
        ("方針に誤り", "acme/spring"),
    ),
    "opt-outs that would go nowhere": Mistake(
        "apply -f optout.toml",
        2,
        "POLICY_INVALID",
        ("acme/spring", "opt_out", 'there is no list "acme/optouts"'),
        ("方針に誤り", "acme/optouts"),
    ),
    "a removal without a reason": Mistake(
        f"{LOAD} gone.txt --mode remove",
        2,
        "HEADER_INVALID",
        ("--reason", "a removal needs its reason"),
        ("--reason",),
    ),
    "a removal with a blank reason": Mistake(
        f"{LOAD} gone.txt --mode remove --reason \u3000",
        2,
        "HEADER_INVALID",
        ("--reason",),
        ("--reason",),
    ),
    "a change without its base": Mistake(
        f"{LOAD} change.csv --mode change",
        2,
        "HEADER_INVALID",
        ("--base", "builds on"),
        ("--base",),
    ),
    "a change of another week": Mistake(
        f"{LOAD} change.csv --mode change --base 2026-01-05",
        1,
        "BASE_OUT_OF_ORDER",
        ("does not build on what the list holds", "friday", "full file"),
        ("差分の基準", "--mode replace"),
    ),
    "a change on a batch that is not the last": Mistake(
        f"{LOAD} change.csv --mode change --base full",
        1,
        "BASE_OUT_OF_ORDER",
        ('its newest load is "friday"', "full file"),
        ("差分の基準",),
    ),
    "a change on a batch that is not there": Mistake(
        f"{LOAD} change.csv --mode change --base fool",
        2,
        "BATCH_NOT_FOUND",
        ("no batch", "base"),
        ("そのバッチはありません",),
    ),
    "a replace of another part than it says": Mistake(
        f"{LOAD} monday.csv --mode replace --coverage 8190",
        1,
        "WRONG_COVERAGE",
        ("outside what --coverage says", "mend --coverage"),
        ("--coverage",),
    ),
    "a list that does not exist": Mistake(
        "load acme/optouts gone.txt",
        2,
        "LIST_NOT_FOUND",
        ('no list "acme/optouts"', "mend the name"),
        ("リスト「acme/optouts」はありません",),
    ),
    "a call without its campaign": Mistake(
        f"check {yokohama(FRIDAY[0])}",
        2,
        "CAMPAIGN_NEEDED",
        ("campaign",),
        ("--campaign",),
    ),
    "a call with a campaign misspelt": Mistake(
        f"check {yokohama(FRIDAY[0])} --campaign acme/sprung",
        2,
        "CAMPAIGN_NOT_FOUND",
        ('"acme/sprung"',),
        ("「acme/sprung」はありません",),
    ),
    "a stop without its campaign": Mistake(
        f"stop {yokohama(FRIDAY[0])}", 2, "CAMPAIGN_NEEDED", ("campaign",), ("--campaign",)
    ),
    "a stop for nobody": Mistake(
        f"stop {yokohama(FRIDAY[0])} --client amce",
        2,
        "CLIENT_NOT_FOUND",
        ('"amce"', "mend the name"),
        ("「amce」",),
    ),
    "a revert without a reason": Mistake("revert friday", 2, "", ("--reason",), ("--reason",)),
    "a replace with another client's list": Mistake(
        f"{LOAD} others.csv --mode replace --published {days_ago(1)}",
        1,
        "MOSTLY_RELEASES",
        ("would release", "--dry-run", "--releases"),
        ("別のリストのファイルかもしれません", "--dry-run", "--releases"),
    ),
}


def _words(mistake: Mistake, folder: Path) -> list[str]:
    parts = mistake.command.split(" ")
    return [str(folder / word) if (folder / word).is_file() else word for word in parts]


@pytest.mark.parametrize("what", MISTAKES)
def test_a_mistake_is_refused_and_says_what_to_do(shared: Daemon, folder: Path, what: str) -> None:
    mistake = MISTAKES[what]
    command = _words(mistake, folder)

    for lang, words in (("en", mistake.english), ("ja", mistake.japanese)):
        told = read(shared, *command, lang=lang)
        assert told.code == mistake.code, told.text
        assert says(told.text, (mistake.reason, *words)) == [], told.text
        assert "Traceback" not in told.text
