"""A ledger on which every refusal can be met: batches of every state, files of every fault, a policy that has moved."""

from pathlib import Path

from e2e.careless import OPTOUT, OTHERS, POLICY, SPRING, SUSPENDED
from e2e.desk import Told, run
from e2e.numbering import yokohama
from e2e.uploads import days_ago, file_with
from harness.daemon import Daemon

MORE = """
[lists.ftc]
kind = "registry"
countries = ["US"]

[lists."acme/leads"]
kind = "origin"

[lists."acme/consents"]
kind = "consent"
release_limit = 1

[campaigns."acme/usa"]
purpose = "survey"
countries = ["US"]
block = ["acme/optout", "ftc"]

[campaigns."acme/own"]
block = ["acme/optout", "acme/suspended"]
"""
WAITING = "waiting"
"""What waits for another person than taro."""


def lay_out(daemon: Daemon, folder: Path) -> dict[str, str]:
    """Live until every refusal can be met; return the ids that dncd chose.

    The daemon is one on which what opens waits. Taro proposes, hanako approves.
    """
    _files(folder)
    _do(run(daemon, "apply", "-f", folder / "policy.toml", actor="taro"), "")
    _load(daemon, folder / "own.txt", OPTOUT, "base")
    _load(daemon, folder / "series.txt", OTHERS, "series", "--mode", "replace")
    _load(daemon, folder / "suspended.txt", SUSPENDED, "undone")
    stop = ("stop", yokohama(70), "--campaign", SPRING, "--request-id", "said")
    _do(run(daemon, *stop), "")
    for batch in ("undone", "said"):
        revert = ("revert", batch, "--reason", "a mistake", "--id", f"revert-{batch}")
        _do(run(daemon, *revert, actor="taro"), "HELD")
        _do(run(daemon, "approve", f"revert-{batch}", actor="hanako"), "ACTIVE")
    remove = ("--mode", "remove", "--reason", "moved", "--batch-id")
    gone = folder / "gone.txt"
    _do(run(daemon, "load", OTHERS, gone, *remove, WAITING, actor="taro"), "HELD")
    _do(run(daemon, "load", OPTOUT, gone, *remove, "stirred", actor="taro"), "HELD")
    asked = folder / "asked.txt"
    _do(run(daemon, "load", OPTOUT, asked, *remove, "asked", actor="taro"), "HELD")
    _do(run(daemon, "stop", yokohama(71), yokohama(6), "--campaign", SPRING), "")
    opened = run(daemon, "apply", "-f", folder / "opens.toml", actor="taro")
    assert opened.view["held_id"], opened
    _do(run(daemon, "apply", "-f", folder / "titled.toml", actor="taro"), "")
    return {"policy_id": opened.view["held_id"]}


def _do(told: Told, state: str) -> None:
    assert (told.code, told.state) == (int(state == "HELD"), state), told


def _load(daemon: Daemon, path: Path, name: str, batch_id: str, *options: str) -> None:
    _do(run(daemon, "load", name, path, "--batch-id", batch_id, *options), "ACTIVE")


def _files(folder: Path) -> None:
    (folder / "policy.toml").write_text(POLICY + MORE, encoding="utf-8")
    usa = '[campaigns."acme/usa"]\ncountries = ["US"]\npurpose = "survey"\n'
    for name, text in {
        "opens.toml": usa + 'block = ["acme/optout"]\n',
        "titled.toml": usa + 'block = ["acme/optout", "ftc"]\ntitle = "USA"\n',
        "wrong.toml": '[campaigns."acme/usa"]\nblock = ["acme/optouts"]\n',
        "pruned.toml": '[campaigns."acme/usa"]\nblock = ["acme/optout"]\n',
    }.items():
        (folder / name).write_text(text, encoding="utf-8")
    file_with(folder, "own.txt", *map(yokohama, range(60)))
    file_with(folder, "series.txt", *map(yokohama, range(300)))
    file_with(folder, "suspended.txt", *map(yokohama, range(60, 64)))
    file_with(folder, "gone.txt", yokohama(5))
    file_with(folder, "asked.txt", yokohama(6), yokohama(7))
    file_with(folder, "unread.txt", yokohama(1), yokohama(2), "045-000")
    file_with(folder, "mostly.txt", yokohama(1), "045-000", "045-000")
    file_with(folder, "change.csv", "電話番号,区分", f"{yokohama(5)},削除")
    (folder / "empty.csv").write_bytes(b"")
    (folder / "cut.csv").write_bytes(b"id,phone\r\n" + b"1,045-000-0001\r\n" * 9 + b"2,045")
    (folder / "excel.csv").write_bytes(f"電話番号,備考\r\n{yokohama(1)},不可\r\n".encode("cp932"))
    (folder / "book.csv").write_bytes(b"PK\x03\x04" + bytes(range(256)) * 40)
    (folder / "endless.txt").write_bytes(b"0" * (2 << 20))
    days = (f"{yokohama(at)},{days_ago(-400)} {_clock(at)}" for at in range(10_001))
    file_with(folder, "terms.csv", "電話番号,有効期限", *days)


def _clock(second: int) -> str:
    return f"{second // 3_600:02}:{second // 60 % 60:02}:{second % 60:02}"
