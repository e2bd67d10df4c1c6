"""The careless day: a client's refusals as its people keep them in Excel, and who must never be called after it."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from e2e.desk import Told, dialable, run
from e2e.numbering import e164, yokohama
from e2e.uploads import days_ago
from harness.daemon import Daemon

OPTOUT, SUSPENDED, OTHERS = "acme/optout", "acme/suspended", "beta/optout"
SPRING, SURVEY, OTHER_CALLS = "acme/spring", "acme/survey", "beta/calls"
POLICY = """
purposes = ["sales:fiber", "survey"]

[lists."acme/optout"]
kind = "do_not_contact"
title = "アクメ 架電禁止"

[lists."acme/suspended"]
kind = "suspended_use"
starts_empty = true

[lists."beta/optout"]
kind = "do_not_contact"
title = "ベータ 架電禁止"

[campaigns."acme/spring"]
purpose = "sales:fiber"
countries = ["JP"]
block = ["acme/optout", "acme/suspended"]
opt_out = "acme/optout"

[campaigns."acme/survey"]
purpose = "survey"
countries = ["JP"]
block = ["acme/optout", "acme/suspended"]
opt_out = "acme/optout"

[campaigns."beta/calls"]
countries = ["JP"]
block = ["beta/optout"]
"""

HEADS = ("受付番号", "受付日時", "お客様名", "電話番号", "備考")
SERIES = range(1_000)
"""Whom the client's own full list held before Friday."""
LATE = range(1_000, 1_020)
"""On that full list, too, and asked after the day of the file that comes on Monday."""
FRIDAY = (*range(10), *range(2_000, 4_990))
"""Who asked on Friday: 3,000, ten of whom stood on the full list already."""
UNREAD = range(5_000, 5_012)
"""Who asked on Friday and cannot be read."""
STOPPED = range(5_100, 5_103)
"""Who said so on the telephone."""
LEFT = range(40)
"""Whom Monday's full list leaves out."""
NEW = range(6_000, 6_100)
"""Who is new on Monday's full list."""
OTHERS_OWN = range(20_000, 23_000)
"""Whom another client's list holds."""
GARBLED = (
    "045-000",
    "045-000-50",
    "不明",
    "電話なし",
    "045-000-5004 045-000-5005",
    "4.50005E+08",
    "045-000-50066-1",
    "０４５－０００－５",
    "110",
    "確認中",
    "045-OOO-5010",
    "内線 12",
)


def numbers(indexes: Iterable[int]) -> list[int]:
    """Return numbers as integers."""
    return [e164(index) for index in indexes]


@dataclass(frozen=True)
class Rows:
    """Rows of an export: who, when they asked, and cells in place of numbers."""

    who: Sequence[int]
    asked: str
    garbled: Sequence[str] = ()

    def cells(self) -> Iterator[tuple[str, str]]:
        """Yield each row's day and number, garbled ones spread among the others."""
        step = max(1, len(self.who) // max(1, len(self.garbled)))
        bad = iter(self.garbled)
        for place, index in enumerate(self.who):
            if place % step == step // 2 and (cell := next(bad, None)) is not None:
                yield self.asked, cell
            yield self.asked, yokohama(index)
        yield from ((self.asked, cell) for cell in bad)


def excel(path: Path, *groups: Rows) -> Path:
    """Write a CSV as Japanese Excel saves it: CP932, CRLF, Japanese heads, a comma within quotes."""
    text = io.StringIO(newline="")
    sheet = csv.writer(text, lineterminator="\r\n")
    sheet.writerow(HEADS)
    place = 0
    for group in groups:
        for asked, number in group.cells():
            place += 1
            sheet.writerow((f"R-{place}", asked, "山田 太郎", number, "架電不可, 本人より"))
    path.write_bytes(text.getvalue().encode("cp932"))
    return path


def asked_on(days: int, clock: str = "09:30") -> str:
    """Return an instant of the past as Excel writes it."""
    return f"{days_ago(days).replace('-', '/')} {clock}"


def friday(path: Path) -> Path:
    """Write Friday's 3,000 refusals with twelve that cannot be read."""
    return excel(path, Rows(FRIDAY, asked_on(4), GARBLED))


def full_list(path: Path) -> Path:
    """Write the client's full list of before Friday."""
    return excel(path, Rows(SERIES, asked_on(40)), Rows(LATE, asked_on(0, "00:00")))


def monday(path: Path) -> Path:
    """Write the client's full list of Monday, which knows nothing of Friday."""
    kept = [index for index in SERIES if index not in LEFT]
    return excel(path, Rows(kept, asked_on(40)), Rows(NEW, asked_on(3)))


def lay_out(daemon: Daemon, folder: Path) -> None:
    """Put the policy in force."""
    path = folder / "policy.toml"
    path.write_text(POLICY, encoding="utf-8")
    assert run(daemon, "apply", "-f", path).code == 0


def begin_week(daemon: Daemon, folder: Path) -> None:
    """Live until Friday evening: the full list, Friday's refusals, three that came by telephone."""
    lay_out(daemon, folder)
    series = ("--mode", "replace", "--published", days_ago(8), "--batch-id", "full")
    load(daemon, full_list(folder / "full.csv"), *series)
    told = run(daemon, "load", OPTOUT, friday(folder / "friday.csv"), "--batch-id", "friday")
    assert (told.code, told.state, told.flags) == (1, "ACTIVE", ["incomplete"]), told
    stopped = run(daemon, "stop", *map(yokohama, STOPPED), "--campaign", SPRING)
    assert (stopped.code, stopped.view["added"]) == (0, len(STOPPED)), stopped


def load(daemon: Daemon, path: Path, *options: str, to: str = OPTOUT) -> Told:
    """Load a file that is to be taken whole."""
    told = run(daemon, "load", to, path, *options)
    assert (told.code, told.state) == (0, "ACTIVE"), told
    return told


def refusers() -> list[int]:
    """Return everybody who must not be called once the week has begun and Monday's list has come."""
    kept = [index for index in SERIES if index not in LEFT]
    return numbers((*FRIDAY, *STOPPED, *kept, *LATE))


def nobody_is_dialled(daemon: Daemon, who: Iterable[int], campaign: str = SPRING) -> None:
    """Make sure that none of some numbers may be dialled; how many may is told, never which."""
    freed = dialable(daemon, who, campaign)
    assert not freed, f"{len(freed)} may be dialled"
