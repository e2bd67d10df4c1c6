"""What the container files say holds of the tree and the daemon; no engine is needed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.artefacts import DEPLOY, REPOSITORY

COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()


@pytest.fixture(scope="module")
def serve_help() -> str:
    dncd = Path(sys.executable).with_name("dncd")
    return subprocess.run(
        [dncd, "serve", "--help"], capture_output=True, text=True, check=True, timeout=60
    ).stdout


def test_every_flag_is_known_to_the_daemon(serve_help: str) -> None:
    known = set(re.findall(r"--[a-z][a-z-]*", serve_help))
    subcommand, *flags = SERVICES["dncd"]["command"]

    assert subcommand == "serve"
    assert set() == {flag.partition("=")[0] for flag in flags} - known


def test_the_image_needs_no_flag_that_lowers_a_guard() -> None:
    """Whoever binds beyond loopback says so; the image does not say it for them."""
    assert re.search(r'^CMD \["serve"\]$', DOCKERFILE, re.MULTILINE)
    assert not re.search(r"^(CMD|ENTRYPOINT|ENV).*insecure", DOCKERFILE, re.MULTILINE)


@pytest.mark.parametrize("service", SERVICES)
def test_ports_are_published_on_loopback_only(service: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[service]["ports"])


@pytest.mark.parametrize("service", SERVICES)
def test_every_mount_exists(service: str) -> None:
    for mount in SERVICES[service]["volumes"]:
        source = mount.split(":")[0]
        if source.startswith("."):
            assert (DEPLOY / source).exists(), source
            assert mount.endswith(":ro"), mount
        else:
            assert source in COMPOSE["volumes"]


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_is_probed_and_can_gain_no_rights(service: str) -> None:
    definition = SERVICES[service]

    assert "healthcheck" in definition or ("build" in definition and "HEALTHCHECK" in DOCKERFILE)
    assert definition["cap_drop"] == ["ALL"]
    assert definition["security_opt"] == ["no-new-privileges:true"]


def test_the_daemons_data_outlives_the_container() -> None:
    dncd = SERVICES["dncd"]
    (data,) = (flag.partition("=")[2] for flag in dncd["command"] if flag.startswith("--data="))

    assert f"dncd-data:{data}" in dncd["volumes"]
    assert f"VOLUME {data}\n" in DOCKERFILE
    assert dncd["read_only"]


def test_prometheus_scrapes_the_daemons_address() -> None:
    config = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text())
    (flag,) = (f for f in SERVICES["dncd"]["command"] if f.startswith("--http="))
    (job,) = config["scrape_configs"]

    assert [f"dncd:{flag.rpartition(':')[2]}"] == job["static_configs"][0]["targets"]
    assert config["rule_files"] == [
        mount.split(":")[1]
        for mount in SERVICES["prometheus"]["volumes"]
        if mount.startswith("./prometheus/alerts.yml")
    ]


def test_grafana_finds_its_dashboard_and_its_prometheus() -> None:
    grafana = SERVICES["grafana"]
    mounted = {mount.split(":")[1] for mount in grafana["volumes"]}
    provider = yaml.safe_load((DEPLOY / "grafana/provisioning/dashboards/dncd.yaml").read_text())
    source = yaml.safe_load(
        (DEPLOY / "grafana/provisioning/datasources/prometheus.yaml").read_text()
    )
    home = Path(grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])

    assert provider["providers"][0]["options"]["path"] in mounted
    assert str(home.parent) in mounted
    assert (DEPLOY / "grafana/dashboards" / home.name).exists()
    assert source["datasources"][0]["url"] == "http://prometheus:9090"
    assert "prometheus" in SERVICES


def test_the_image_runs_without_rights_and_with_a_probe() -> None:
    instructions = dict(re.findall(r"^([A-Z]+) (.+)$", DOCKERFILE, re.MULTILINE))

    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", instructions["USER"])
    assert instructions["STOPSIGNAL"] == "SIGTERM"
    assert {"50051", "50052", "9464"} == set(instructions["EXPOSE"].split())
    assert "/readyz" in DOCKERFILE
    assert "curl" not in DOCKERFILE


def test_the_image_copies_what_exists_and_is_sent_to_the_build() -> None:
    """.dockerignore leaves everything out but what it names: a new COPY needs a line there."""
    sent = set(re.findall(r"^!(.+)$", (REPOSITORY / ".dockerignore").read_text(), re.MULTILINE))
    copied = [
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
        for source in line.split()[:-1]
    ]

    assert set(copied) == sent
    assert all((REPOSITORY / source).exists() for source in copied)
