"""The docs are true: every command in them is run, and says what they say."""

import os
import re
import shutil
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

from conftest import StartDaemon
from dncd_client.ctl.app import dncctl
from dncd_server.settings import Settings
from harness.canary import Canary
from harness.daemon import BIN

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("README.md", "docs/operations.md")
_BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
_EXIT = re.compile(r"\s+# exit (\d)$")


@dataclass(frozen=True)
class Example:
    """A command of a page, the exit code that the page names and what it says that it prints."""

    command: str
    code: int
    output: tuple[str, ...]


def examples_of(page: str) -> list[Example]:
    """Return the commands of a page's console blocks, in order."""
    found = []
    for block in _BLOCK.findall((ROOT / page).read_text(encoding="utf-8")):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            line, *output = part.rstrip("\n").split("\n")
            code = _EXIT.search(line)
            found.append(Example(_EXIT.sub("", line), int(code[1]) if code else 0, tuple(output)))
    return found


def says(printed: str, output: tuple[str, ...]) -> bool:
    """Tell whether a command printed what a page shows; a line of … stands for any lines."""
    lines = ["…" if line == "…" else re.escape(line.rstrip()) for line in output]
    pattern = "\n".join(lines).replace("…\n", "(?:.*\n)*?").replace("…", "(?:.*\n?)*")
    text = "\n".join(line.rstrip() for line in printed.rstrip("\n").split("\n"))
    return re.fullmatch(pattern, text) is not None


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_a_page_does_what_the_page_says(
    page: str, start_daemon: StartDaemon, canary: Canary, tmp_path: Path
) -> None:
    daemon = start_daemon()
    shutil.copytree(ROOT / "deploy" / "demo", tmp_path / "deploy" / "demo")
    for path in (tmp_path / "deploy" / "demo").glob("*.[ct][sx][vt]"):
        canary.used_file(path)
    environment = {
        **os.environ,
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "DNCCTL_SERVER": daemon.control,
        "LANG": "C.UTF-8",
    }
    examples = examples_of(page)

    assert examples
    for example in examples:
        done = subprocess.run(
            ["bash", "-c", f"set -o pipefail; {example.command} 2>&1"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        assert done.returncode == example.code, (example.command, done.stdout)
        assert says(done.stdout, example.output), (example.command, done.stdout)


def test_the_python_example_of_the_readme_runs(start_daemon: StartDaemon, tmp_path: Path) -> None:
    daemon = start_daemon()
    policy = tmp_path / "policy.toml"
    shutil.copy(ROOT / "deploy" / "demo" / "policy.toml", policy)
    assert daemon.ctl("apply", "-f", str(policy)).returncode == 0
    (source,) = re.findall(
        r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL
    )
    script = tmp_path / "example.py"
    script.write_text(source.replace("127.0.0.1:50051", daemon.listen), encoding="utf-8")

    done = subprocess.run(
        [BIN / "python", script], capture_output=True, text=True, timeout=30, check=False
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("RETRY ["), done.stdout


def test_operations_names_every_setting_with_its_default() -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", page, re.MULTILINE))

    assert rows.keys() == Settings.model_fields.keys()
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, str | bool | int | float) and field.default != "":
            default = field.default
            plain = f"{default:g}" if isinstance(default, float) else str(default)
            shown = plain.lower() if isinstance(default, bool) else plain
            assert rows[name] == f"`{shown}`"


def test_every_command_of_dncctl_stands_in_the_docs() -> None:
    pages = "".join((ROOT / page).read_text(encoding="utf-8") for page in PAGES)

    assert [name for name in dncctl.commands if f"dncctl {name}" not in pages] == []


def test_links_between_pages_lead_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]
    broken = [
        f"{page.name}: {target}"
        for page in pages
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]

    assert broken == []


def test_paths_named_in_the_architecture_exist() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    roots = (
        "",
        "server",
        "server/dncd_server",
        "server/dncd_server/ingest",
        "server/dncd_engine",
        "client",
    )
    named = set(re.findall(r"`([\w./]+\.(?:py|toml))`", page))
    lost = [name for name in named if not any((ROOT / root / name).is_file() for root in roots)]

    assert named
    assert lost == []


def test_the_version_is_the_newest_of_the_changelog() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "version"
    ]

    assert version in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
