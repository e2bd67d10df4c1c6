"""The docs are true: every command in them is run, and says what they say."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from conftest import StartDaemon
from dncd_client.ctl.app import dncctl
from dncd_server.settings import Settings
from docs.pages import FLAGS_OF_PAGE, NUMBER, ROOT, examples_of, files_of, says, text_of
from harness.canary import Canary
from harness.daemon import BIN


@pytest.mark.parametrize("page", FLAGS_OF_PAGE)
def test_every_command_of_a_page_does_what_the_page_says(
    page: str, start_daemon: StartDaemon, canary: Canary, tmp_path: Path
) -> None:
    daemon = start_daemon(*FLAGS_OF_PAGE[page])
    shutil.copytree(ROOT / "deploy" / "demo", tmp_path / "deploy" / "demo")
    for name, content in files_of(page).items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    for path in (tmp_path / "deploy" / "demo").glob("*.[ct][sx][vt]"):
        canary.used_file(path)
    environment = {
        **os.environ,
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "DNCCTL_SERVER": daemon.control,
        "LANG": "C.UTF-8",
    }
    examples = examples_of(page)
    for number in NUMBER.findall(text_of(page)):
        canary.used(number)

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
    (source,) = re.findall(r"```python\n(.*?)```", text_of("README.md"), re.DOTALL)
    script = tmp_path / "example.py"
    script.write_text(source.replace("127.0.0.1:50051", daemon.listen), encoding="utf-8")

    done = subprocess.run(
        [BIN / "python", script], capture_output=True, text=True, timeout=30, check=False
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("RETRY ["), done.stdout


def test_operations_names_every_setting_with_its_default() -> None:
    _, _, after = text_of("docs/operations.md").partition("| setting |")
    table, _, _ = after.partition("\n\n")
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", table, re.MULTILINE))

    assert rows.keys() == Settings.model_fields.keys()
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, str | bool | int | float) and field.default != "":
            default = field.default
            plain = f"{default:g}" if isinstance(default, float) else str(default)
            shown = plain.lower() if isinstance(default, bool) else plain
            assert rows[name] == f"`{shown}`"


def test_operations_names_every_metric_of_a_daemon(start_daemon: StartDaemon) -> None:
    _, text = start_daemon().get("/metrics")
    types = re.findall(r"^# TYPE (dncd_\w+) (\w+)$", text, re.MULTILINE)
    named = re.findall(r"`(dncd_\w+)", text_of("docs/operations.md"))

    assert set(named) == {name for name, _ in types if not name.endswith("_created")}


def test_every_command_of_dncctl_stands_in_the_docs() -> None:
    pages = "".join(text_of(page) for page in FLAGS_OF_PAGE)

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
    page = text_of("docs/architecture.md")
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
