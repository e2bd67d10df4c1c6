"""The alerts ring when they should, by Prometheus' own tool; skipped where it is not installed."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from deploy.artefacts import ALERTS, DEPLOY, alerts

CASES = Path(__file__).with_name("alerts_test.yml")
PROMTOOL = shutil.which("promtool")

needs_promtool = pytest.mark.skipif(
    PROMTOOL is None, reason="promtool is not installed: see .ci/install-system-packages"
)


def promtool(*args: str, cwd: Path | None = None) -> None:
    assert PROMTOOL is not None
    done = subprocess.run(
        [PROMTOOL, *args], capture_output=True, text=True, check=False, cwd=cwd, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr


@needs_promtool
def test_the_rules_are_well_formed() -> None:
    promtool("check", "rules", "--lint=all", "--lint-fatal", str(ALERTS))


@needs_promtool
def test_the_configuration_is_well_formed(tmp_path: Path) -> None:
    """The rules lie elsewhere in the container; here the path is put right and nothing else."""
    config = (DEPLOY / "prometheus" / "prometheus.yml").read_text()
    assert "/etc/prometheus/alerts.yml" in config
    path = tmp_path / "prometheus.yml"
    path.write_text(config.replace("/etc/prometheus/alerts.yml", str(ALERTS)))

    promtool("check", "config", str(path))


@needs_promtool
def test_every_alert_rings_when_it_should_and_not_otherwise() -> None:
    promtool("test", "rules", CASES.name, cwd=CASES.parent)


def test_what_to_do_names_only_commands_that_exist() -> None:
    texts = [text for alert in alerts() for text in alert["annotations"].values()]
    named = {
        command
        for text in texts
        for command in re.findall(r"`(dncctl [a-z]+(?: (?:ls|show|create))?)", text)
    }

    assert named
    failed = {command: done.stderr for command in named if (done := _help(command)).returncode}
    assert failed == {}


def _help(command: str) -> subprocess.CompletedProcess[str]:
    program, *subcommands = command.split()
    path = Path(sys.executable).with_name(program)
    return subprocess.run(
        [path, *subcommands, "--help"], capture_output=True, text=True, check=False, timeout=60
    )


def test_no_alert_is_without_a_case_in_which_it_fires() -> None:
    cases = yaml.safe_load(CASES.read_text())["tests"]
    shown = [
        sample["labels"]
        for case in cases
        for query in case["promql_expr_test"]
        for sample in query.get("exp_samples", [])
    ]

    assert [
        alert["alert"]
        for alert in alerts()
        if not any(f'alertname="{alert["alert"]}"' in labels for labels in shown)
    ] == []
