"""The dashboard is whole, fits Grafana's grid, and asks only for what a daemon exposes."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.request
from collections import Counter, defaultdict
from itertools import combinations
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from deploy.artefacts import (
    DEPLOY,
    Expression,
    alerts,
    dashboard,
    panel_expressions,
    panels,
    rule_expressions,
    rules,
    variable_queries,
)
from deploy.promql import selectors
from deploy.traffic import Daemon

# What Prometheus itself adds: to every sample, and as series of its own.
TARGET_LABELS = {"instance", "job"}
OWN_SERIES = {
    "up": TARGET_LABELS,
    "ALERTS": TARGET_LABELS | {"alertname", "alertstate", "severity", "campaign", "list", "reason"},
}
EXPRESSIONS = [*panel_expressions(), *rule_expressions()]
COLUMNS = 24


def test_the_committed_dashboard_is_what_the_generator_makes() -> None:
    done = subprocess.run(
        [sys.executable, str(DEPLOY / "grafana" / "make_dashboard.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr


def test_ids_are_unique() -> None:
    ids = Counter(panel["id"] for panel in dashboard()["panels"])

    assert {1} == set(ids.values())


def test_titles_are_unique() -> None:
    titles = Counter(panel["title"] for panel in panels())

    assert [title for title, times in titles.items() if times > 1] == []


def test_no_panel_covers_another_or_leaves_the_grid() -> None:
    places = [(panel["title"], panel["gridPos"]) for panel in dashboard()["panels"]]

    assert [
        title for title, at in places if at["x"] < 0 or at["x"] + at["w"] > COLUMNS or at["h"] < 1
    ] == []
    assert [
        (one, other) for (one, a), (other, b) in combinations(places, 2) if _overlap(a, b)
    ] == []


def _overlap(a: dict[str, int], b: dict[str, int]) -> bool:
    beside = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
    apart = a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
    return not (beside or apart)


@pytest.mark.parametrize("panel", panels(), ids=lambda panel: panel["title"])
def test_a_panel_says_what_it_means(panel: dict[str, Any]) -> None:
    """Each has a description, a unit, rising thresholds and no data source of its own."""
    steps = [step["value"] for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"]]

    assert len(panel["description"]) > 40
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert steps[0] is None
    assert sorted(steps[1:]) == steps[1:]
    assert len(panel["targets"]) == len({target["refId"] for target in panel["targets"]})
    assert {"${datasource}"} == {
        source["datasource"]["uid"] for source in (panel, *panel["targets"])
    }


def test_the_data_source_is_the_provisioned_one_or_chosen() -> None:
    provisioned = yaml.safe_load(
        (DEPLOY / "grafana/provisioning/datasources/prometheus.yaml").read_text()
    )["datasources"]
    chosen = [v for v in dashboard()["templating"]["list"] if v["type"] == "datasource"]

    assert [source["type"] for source in provisioned if source["isDefault"]] == ["prometheus"]
    assert [variable["name"] for variable in chosen] == ["datasource"]


@pytest.mark.parametrize("expression", EXPRESSIONS, ids=lambda each: each.where)
def test_words_name_only_labels_that_the_query_keeps(expression: Expression) -> None:
    """A legend or an alert's text that names a label which the query drops would show a gap."""
    kept = TARGET_LABELS.union(*(use.labels for use in selectors(expression.text)))

    assert set() == expression.named_labels - kept - _labels_of_recorded(expression)


def _labels_of_recorded(expression: Expression) -> set[str]:
    """Return the labels of recorded series; their names say them: ``campaign:metric:operation``."""
    return {
        label
        for use in selectors(expression.text)
        if ":" in use.metric
        for label in use.metric.partition(":")[0].split("_")
    }


def test_recorded_series_exist_and_are_named_by_their_labels() -> None:
    recorded = {rule["record"]: rule["expr"] for rule in rules() if "record" in rule}
    used = {use.metric for each in EXPRESSIONS for use in selectors(each.text) if ":" in use.metric}

    assert used <= set(recorded)
    for name, expression in recorded.items():
        level = set(name.partition(":")[0].split("_"))
        assert all(level <= use.labels for use in selectors(expression)), name


def test_every_alert_says_in_two_languages_what_is_wrong_and_what_to_do() -> None:
    for alert in alerts():
        notes = alert["annotations"]
        assert {"summary", "summary_ja", "action", "action_ja"} == set(notes), alert["alert"]
        for key, text in notes.items():
            is_japanese = any("\u3040" <= letter <= "\u30ff" for letter in text)
            assert is_japanese == key.endswith("_ja"), (alert["alert"], key)
        assert alert["labels"]["severity"] in {"critical", "warning", "info"}


def test_everything_asked_for_is_exposed_by_a_daemon(busy_daemon: Daemon) -> None:
    """Every metric, label and plain label value that a panel, variable or alert names is there."""
    asked = [(each.where, use) for each in EXPRESSIONS for use in selectors(each.text)]
    asked += [
        (name, use.needing({label}))
        for name, selector, label in variable_queries()
        for use in selectors(selector)
    ]
    asked = [(where, use) for where, use in asked if ":" not in use.metric]

    exposed = _exposed(busy_daemon, {use.metric for _, use in asked} - set(OWN_SERIES))

    missing = {
        f"{where}: {use.metric} {sorted(lacking)}"
        for where, use in asked
        if (lacking := use.labels - TARGET_LABELS - exposed.get(use.metric, set()))
        or use.metric not in exposed
    }
    assert set() == missing


def test_words_that_are_compared_with_are_the_daemons_words(busy_daemon: Daemon) -> None:
    """``via="Dial"`` would find nothing, and nothing would complain."""
    said = _values(busy_daemon)
    compared = {pair for each in EXPRESSIONS for use in selectors(each.text) for pair in use.values}

    # The dashboard colours these two, in whichever case they come.
    assert {"allow", "block"} == {value.lower() for value in said["decision"]}
    assert "LISTED" in said["reason"]
    assert "dial" in said["via"]
    assert set() == {value for label, value in compared if label == "decision"}
    assert {"dial", "guard"} == {value for label, value in compared if label == "via"}


def test_reasons_that_are_compared_with_are_the_protocols() -> None:
    from dncd.v1.verdict_pb2 import ReasonCode

    compared = {
        value
        for each in EXPRESSIONS
        for use in selectors(each.text)
        for label, value in use.values
        if label == "reason"
    }

    assert compared
    assert compared <= {name.removeprefix("REASON_CODE_") for name in ReasonCode.keys()}  # noqa: SIM118 - not a dict


def _exposed(daemon: Daemon, wanted: set[str]) -> dict[str, set[str]]:
    """Return the labels of every series; waits for counts that are still on their way."""
    deadline = time.monotonic() + 10
    while True:
        exposed: dict[str, set[str]] = defaultdict(set, {k: set(v) for k, v in OWN_SERIES.items()})
        for name, labels in _samples(daemon):
            exposed[name] |= set(labels)
        if wanted <= set(exposed) or time.monotonic() > deadline:
            return dict(exposed)
        time.sleep(0.2)


def _values(daemon: Daemon) -> dict[str, set[str]]:
    """Return every label's values, once the counts of the blocked checks have come in."""
    deadline = time.monotonic() + 10
    while True:
        values: dict[str, set[str]] = defaultdict(set)
        for _, labels in _samples(daemon):
            for label, value in labels.items():
                values[label].add(value)
        if "LISTED" in values["reason"] or time.monotonic() > deadline:
            return values
        time.sleep(0.2)


def _samples(daemon: Daemon) -> list[tuple[str, dict[str, str]]]:
    with urllib.request.urlopen(f"http://{daemon.http}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    return [
        (sample.name, sample.labels)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    ]
