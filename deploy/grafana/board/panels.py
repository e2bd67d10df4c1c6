"""A panel: what it shows, what it means and when to worry, as Grafana's JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

COLUMNS = 24
DATASOURCE: Json = {"type": "prometheus", "uid": "${datasource}"}

GREEN, ORANGE, RED, BLUE = "green", "orange", "red", "blue"

# A threshold list reads: from this value on, this colour. None is "from the bottom".
Steps = Sequence[tuple[float | None, str]]
PLAIN: Steps = ((None, BLUE),)
NONE_IS_GOOD: Steps = ((None, GREEN), (1, ORANGE))
NONE_OR_ALARM: Steps = ((None, GREEN), (1, RED))
DAY = 86_400
# As DncdListStaleSoon and DncdListStale in ../prometheus/alerts.yml.
TIME_LEFT: Steps = ((None, RED), (0, ORANGE), (3 * DAY, GREEN))
# As DncdCheckLatencyHigh.
LATENCY: Steps = ((None, GREEN), (0.01, ORANGE), (0.05, RED))


@dataclass(frozen=True)
class Query:
    """One expression of a panel."""

    expr: str
    legend: str = ""
    instant: bool = False
    format: str = "time_series"

    def to_json(self, ref_id: str) -> Json:
        """Return Grafana's target."""
        return {
            "datasource": DATASOURCE,
            "editorMode": "code",
            "expr": self.expr,
            "format": self.format,
            "instant": self.instant,
            "legendFormat": self.legend or "__auto",
            "range": not self.instant,
            "refId": ref_id,
        }


@dataclass(frozen=True)
class Panel:
    """One panel: what it shows, what it means, when to worry."""

    title: str
    description: str
    queries: Sequence[Query]
    kind: str = "timeseries"
    width: int = 8
    height: int = 8
    unit: str = "short"
    steps: Steps = PLAIN
    decimals: int | None = None
    minimum: float | None = None
    maximum: float | None = None
    stacked: bool = False
    overrides: Sequence[Json] = ()
    mappings: Sequence[Json] = ()
    columns: Mapping[str, str] = field(default_factory=dict)  # of a table: field name to heading
    hidden: Sequence[str] = ()  # fields that a table does not show

    def to_json(self, panel_id: int, x: int, y: int) -> Json:
        """Return Grafana's panel at a place."""
        panel: Json = {
            "id": panel_id,
            "type": self.kind,
            "title": self.title,
            "description": self.description,
            "datasource": DATASOURCE,
            "gridPos": {"h": self.height, "w": self.width, "x": x, "y": y},
            "targets": [query.to_json(chr(ord("A") + i)) for i, query in enumerate(self.queries)],
            "fieldConfig": {"defaults": self._defaults(), "overrides": list(self.overrides)},
            "options": OPTIONS[self.kind],
        }
        if self.kind == "table":
            panel["transformations"] = self._columns()
        return panel

    def _defaults(self) -> Json:
        defaults: Json = {
            "unit": self.unit,
            "mappings": list(self.mappings),
            "thresholds": thresholds(self.steps),
            "color": {"mode": "palette-classic" if self.kind == "timeseries" else "thresholds"},
        }
        if self.decimals is not None:
            defaults["decimals"] = self.decimals
        if self.minimum is not None:
            defaults["min"] = self.minimum
        if self.maximum is not None:
            defaults["max"] = self.maximum
        if self.kind == "timeseries":
            defaults.setdefault("min", 0)
            defaults["custom"] = {
                "drawStyle": "line",
                "fillOpacity": 40 if self.stacked else 8,
                "lineWidth": 1,
                "showPoints": "never",
                "spanNulls": False,
                "stacking": {"mode": "normal" if self.stacked else "none", "group": "A"},
                "thresholdsStyle": {"mode": "dashed" if len(self.steps) > 1 else "off"},
            }
        return defaults

    def _columns(self) -> list[Json]:
        return [
            {"id": "merge", "options": {}},
            {
                "id": "organize",
                "options": {
                    "excludeByName": dict.fromkeys(["Time", *self.hidden], True),
                    "indexByName": {name: i for i, name in enumerate(self.columns)},
                    "renameByName": dict(self.columns),
                },
            },
        ]


OPTIONS: Mapping[str, Json] = {
    "timeseries": {
        "legend": {"calcs": ["lastNotNull"], "displayMode": "table", "placement": "bottom"},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    "stat": {
        "colorMode": "background",
        "graphMode": "area",
        "justifyMode": "auto",
        "orientation": "auto",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "textMode": "value",
    },
    "bargauge": {
        "displayMode": "basic",
        "orientation": "horizontal",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "showUnfilled": True,
        "valueMode": "color",
    },
    "heatmap": {
        "calculate": False,
        "cellGap": 1,
        "color": {"mode": "scheme", "scheme": "Blues", "steps": 64, "reverse": False},
        "legend": {"show": True},
        "rowsFrame": {"layout": "auto"},
        "tooltip": {"mode": "single", "yHistogram": True},
        "yAxis": {"axisPlacement": "left", "unit": "s"},
    },
    "table": {"cellHeight": "sm", "showHeader": True},
}


def thresholds(steps: Steps) -> Json:
    """Return Grafana's thresholds."""
    return {
        "mode": "absolute",
        "steps": [{"value": value, "color": color} for value, color in steps],
    }


def column(heading: str, unit: str, steps: Steps = ()) -> Json:
    """Return how a table shows one column: its unit, and its colour where it has thresholds."""
    properties: list[Json] = [{"id": "unit", "value": unit}]
    if steps:
        properties += [
            {"id": "thresholds", "value": thresholds(steps)},
            {"id": "custom.cellOptions", "value": {"type": "color-background", "mode": "basic"}},
        ]
    return {"matcher": {"id": "byName", "options": heading}, "properties": properties}


def colored(series: str, color: str) -> Json:
    """Return that a series always has the same colour."""
    return {
        "matcher": {"id": "byRegexp", "options": f"/^{series}$/i"},
        "properties": [{"id": "color", "value": {"mode": "fixed", "fixedColor": color}}],
    }
