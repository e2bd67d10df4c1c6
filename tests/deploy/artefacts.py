"""What deploy/ holds, read for the tests: the dashboard's and the alerts' expressions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).parents[2]
DEPLOY = REPOSITORY / "deploy"
DASHBOARD = DEPLOY / "grafana" / "dashboards" / "dncd.json"
ALERTS = DEPLOY / "prometheus" / "alerts.yml"

LABEL_VALUES = re.compile(r"label_values\((?P<selector>.+),\s*(?P<label>\w+)\)")
IN_BRACES = re.compile(r"\{\{\s*(\w+)\s*\}\}")
# What Grafana puts in for its own variables; the others stand for "All".
WINDOW = "30s"
BUILT_IN = {"__rate_interval": WINDOW, "__interval": WINDOW, "__range": "5m"}


@dataclass(frozen=True)
class Expression:
    """One expression, and the labels that its words around it name."""

    where: str
    text: str
    named_labels: frozenset[str] = frozenset()


def dashboard() -> dict[str, Any]:
    """Return the dashboard as Grafana reads it."""
    content: dict[str, Any] = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    return content


def panels() -> list[dict[str, Any]]:
    """Return every panel that shows something."""
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]


def variables() -> list[dict[str, Any]]:
    """Return the template variables that ask Prometheus."""
    return [v for v in dashboard()["templating"]["list"] if v["type"] == "query"]


def filled_in(expression: str) -> str:
    """Return an expression with Grafana's variables replaced, as if all were chosen."""
    return re.sub(r"\$\{?(\w+)\}?", lambda match: BUILT_IN.get(match.group(1), ".*"), expression)


def panel_expressions() -> Iterator[Expression]:
    """Yield what the panels and the annotations ask."""
    for panel in panels():
        for target in panel["targets"]:
            yield Expression(
                f"{panel['title']} {target['refId']}",
                filled_in(target["expr"]),
                frozenset(IN_BRACES.findall(target["legendFormat"])),
            )
    for annotation in dashboard()["annotations"]["list"]:
        yield Expression(
            annotation["name"],
            filled_in(annotation["expr"]),
            frozenset(IN_BRACES.findall(annotation["textFormat"])),
        )


def variable_queries() -> Iterator[tuple[str, str, str]]:
    """Yield each template variable's name, selector and label."""
    for each in variables():
        match = LABEL_VALUES.fullmatch(each["query"]["query"])
        assert match, each["query"]
        yield each["name"], filled_in(match["selector"]), match["label"]


def rules() -> list[dict[str, Any]]:
    """Return the alerting and recording rules."""
    content = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))
    return [rule for group in content["groups"] for rule in group["rules"]]


def alerts() -> list[dict[str, Any]]:
    """Return the alerting rules."""
    return [rule for rule in rules() if "alert" in rule]


def rule_expressions() -> Iterator[Expression]:
    """Yield what the rules ask; for an alert with the labels that its texts name."""
    for rule in rules():
        texts = " ".join(rule.get("annotations", {}).values())
        yield Expression(
            rule.get("alert") or rule["record"],
            rule["expr"],
            frozenset(re.findall(r"\$labels\.(\w+)", texts)),
        )
