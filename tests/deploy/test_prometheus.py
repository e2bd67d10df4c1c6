"""A real Prometheus scrapes a real daemon and answers every question of dashboard and alerts."""

from __future__ import annotations

import math
import time
from pathlib import Path

import pytest

from deploy.artefacts import panel_expressions, rule_expressions, rules, variable_queries
from deploy.prometheus import PROMETHEUS, Prometheus, QueryError, running_prometheus
from deploy.promql import selectors
from deploy.traffic import CAMPAIGN, Daemon, load_one_more, make_calls

pytestmark = pytest.mark.skipif(
    PROMETHEUS is None, reason="prometheus is not installed: see .ci/install-system-packages"
)

# Empty a minute after the start, each for a reason.
EMPTY = {
    "Alerts firing A": "nothing has been wrong for long enough",
    "Hit rate against the day before B": "there is no day before",
    "Blocked for want of data A": "no list is stale and no node behind",
    "Open rejects and held batches B": "nothing is held",
    "Ledger changes": "an annotation marks moments",
}


def test_every_question_is_answered(busy_daemon: Daemon, tmp_path: Path) -> None:
    with running_prometheus(busy_daemon.http, tmp_path) as prometheus:
        prometheus.wait_for_scrapes(2)
        # Rates need a before and an after.
        load_one_more(busy_daemon, tmp_path)
        make_calls(busy_daemon)
        prometheus.wait_for_scrapes(4)

        _panels_have_data(prometheus)
        _variables_have_values(prometheus)
        _rules_evaluate(prometheus)


def _panels_have_data(prometheus: Prometheus) -> None:
    failed = {}
    for each in panel_expressions():
        try:
            samples = prometheus.query(each.text)
        except QueryError as error:
            failed[each.where] = str(error)
            continue
        if each.where in EMPTY:
            continue
        if not samples:
            failed[each.where] = "no data"
        elif all(math.isnan(float(sample["value"][1])) for sample in samples):
            failed[each.where] = "only NaN"
        elif lacking := [s["metric"] for s in samples if not each.named_labels <= set(s["metric"])]:
            failed[each.where] = f"the legend names a label that is missing from {lacking}"
    assert failed == {}


def _variables_have_values(prometheus: Prometheus) -> None:
    values = {
        name: prometheus.label_values(label, selector)
        for name, selector, label in variable_queries()
    }

    assert {"campaign", "list", "via"} == set(values)
    assert CAMPAIGN in values["campaign"]
    assert {"acme/optout", "ftc"} <= set(values["list"])
    assert {"desk", "dial"} <= set(values["via"])


def _rules_evaluate(prometheus: Prometheus) -> None:
    """Every rule was evaluated without an error, and every series that it names has samples."""
    deadline = time.monotonic() + 20
    while any(rule["health"] == "unknown" for rule in prometheus.rules()):
        assert time.monotonic() < deadline, "Prometheus does not evaluate the rules"
        time.sleep(0.2)
    evaluated = prometheus.rules()

    assert {rule.get("alert") or rule["record"] for rule in rules()} == {
        rule["name"] for rule in evaluated
    }
    assert {r["name"]: r["lastError"] for r in evaluated if r["health"] != "ok"} == {}
    named = {use.metric for each in rule_expressions() for use in selectors(each.text)}
    exposed = {metric for metric in named if ":" not in metric}
    assert set() == {metric for metric in exposed if not prometheus.query(f"count({metric})")}
