"""Make dashboards/dncd.json, the Grafana dashboard of dncd.

    python deploy/grafana/generate.py           write it
    python deploy/grafana/generate.py --check   exit 1 if what is committed is stale

The JSON is 95 % repetition; what is worth reading, and reviewing, is here: a panel is a title,
what it means and when to worry, its queries, its unit and its thresholds. Needs only Python.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parent / "dashboards" / "dncd.json"

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

# What the template variables choose.
CAMPAIGN = 'campaign=~"$campaign"'
VIA = 'via=~"$via"'
LIST = 'list=~"$list"'


STEP = "[$__rate_interval]"  # the shortest window that holds samples at the present zoom
SHOWN = "[$__range]"  # all that the dashboard shows


def rate(metric: str, *matchers: str, by: str = "", window: str = STEP) -> str:
    """Return the per-second rate of a counter, added up by labels."""
    return added_up("rate", metric, *matchers, by=by, window=window)


def increase(metric: str, *matchers: str, by: str = "", window: str = STEP) -> str:
    """Return how much a counter has grown, added up by labels."""
    return added_up("increase", metric, *matchers, by=by, window=window)


def added_up(function: str, metric: str, *matchers: str, by: str, window: str) -> str:
    """Return a function of a counter over a window, added up by labels."""
    grouping = f" by ({by}) " if by else ""
    selector = f"{{{','.join(matchers)}}}" if matchers else ""
    return f"sum{grouping}({function}({metric}{selector}{window}))"


def quantile(q: float, metric: str) -> str:
    """Return a quantile of a histogram."""
    return f"histogram_quantile({q}, {rate(f'{metric}_bucket', by='le')})"


def hit_rate(by: str = "", window: str = STEP) -> str:
    """Return the share of numbers that were on a list; 0, not nothing, where none was yet."""
    hits = rate("dncd_blocks_total", CAMPAIGN, 'reason="LISTED"', by=by, window=window)
    checks = rate("dncd_checks_total", CAMPAIGN, by=by, window=window)
    return f"({hits} or 0 * {checks}) / {checks}"


def per_list(metric: str, function: str = "max") -> str:
    """Return a gauge by list; every node says the same, so one of them is enough."""
    return f"{function} by (list) ({metric}{{{LIST}}})"


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


GLANCE = [
    Panel(
        "Alerts firing",
        "What needs a person now, by Prometheus' own account. What to do is written in each alert "
        "(Prometheus, page Alerts), in English and Japanese. Empty is good.",
        [
            Query(
                "sort_desc(sum by (severity, alertname, instance, campaign, list, reason) "
                '(ALERTS{alertname=~"Dncd.*",alertstate="firing"}))',
                instant=True,
                format="table",
            )
        ],
        kind="table",
        width=12,
        height=8,
        columns={
            "severity": "Severity",
            "alertname": "Alert",
            "campaign": "Campaign",
            "list": "List",
            "reason": "Reason",
            "instance": "Node",
        },
        hidden=["Value"],
    ),
    Panel(
        "Nodes not ready",
        "Nodes that are starting, draining, behind their ledger or stopped, and nodes that "
        "Prometheus cannot reach. A dialer that gets no answer must not dial. Worry at 1; /readyz "
        "says why.",
        [
            Query(
                '(count(dncd_ready == 0) or vector(0)) + (count(up{job="dncd"} == 0) or vector(0))'
            )
        ],
        kind="stat",
        width=4,
        height=4,
        decimals=0,
        steps=NONE_OR_ALARM,
    ),
    Panel(
        "Lists stale",
        "Lists older, at their publisher, than they may be. Every number that such a list should "
        "clear is blocked until the newest file is loaded. Worry at 1.",
        [Query("count(dncd_list_stale_at_timestamp_seconds <= time()) or vector(0)")],
        kind="stat",
        width=4,
        height=4,
        decimals=0,
        steps=NONE_OR_ALARM,
    ),
    Panel(
        "Next list goes stale in",
        "How long until the first list passes its limit. Age counts from the publisher's date, "
        "never from the upload. Worry below three days. Empty while no list has a limit.",
        [Query("min(dncd_list_stale_at_timestamp_seconds) - time()")],
        kind="stat",
        width=4,
        height=4,
        unit="s",
        steps=TIME_LEFT,
    ),
    Panel(
        "Open rejects",
        "Uploaded rows that could not be read and that nobody has mended or waived. Each is a "
        "person who asked not to be called and still can be. Worry when it stays above 0 for an "
        "hour.",
        [Query("sum(max by (list) (dncd_open_rejects)) or vector(0)")],
        kind="stat",
        width=4,
        height=4,
        decimals=0,
        steps=NONE_IS_GOOD,
    ),
    Panel(
        "Batches held",
        "Changes that would release numbers and wait for a second person. Nothing of them is in "
        "force. Worry when somebody expects them to be.",
        [Query("sum(max by (list) (dncd_batches_held)) or vector(0)")],
        kind="stat",
        width=4,
        height=4,
        decimals=0,
        steps=NONE_IS_GOOD,
    ),
    Panel(
        "Hit rate",
        "The share of the chosen campaigns' numbers that were on a list. It moves slowly: worry "
        "when it drops to zero (a list is missing) or jumps (a batch blocks too much, or the "
        "leads are poor).",
        [Query(hit_rate())],
        kind="stat",
        width=4,
        height=4,
        unit="percentunit",
        decimals=2,
    ),
]

HITS_SHOWN = increase("dncd_hits_total", CAMPAIGN, LIST, VIA, by="campaign, list", window=SHOWN)

HIT_RATE = [
    Panel(
        "Hit rate by campaign",
        "The share of each campaign's numbers that were on a list, on all paths. A number on two "
        "lists counts once. Worry about a campaign at zero: its lists may be empty or not its "
        "own.",
        [Query(hit_rate(by="campaign"), "{{campaign}}")],
        unit="percentunit",
    ),
    Panel(
        "Hit rate by list",
        "Hits on each list against all numbers that the chosen campaigns checked on the chosen "
        "paths. A number on two lists counts on both, so the lines may add up to more than the "
        "hit rate.",
        [
            Query(
                f"{rate('dncd_hits_total', CAMPAIGN, LIST, VIA, by='list')} / "
                f"scalar({rate('dncd_checks_total', CAMPAIGN, VIA)})",
                "{{list}}",
            )
        ],
        unit="percentunit",
    ),
    Panel(
        "Hit rate against the day before",
        "The hit rate over an hour, and the same hour a day before. Worry when the two part: the "
        "alerts call at zero and at three times as much.",
        [
            Query(hit_rate(window="[1h]"), "now"),
            Query(hit_rate(window="[1h] offset 1d"), "the day before"),
        ],
        unit="percentunit",
    ),
    Panel(
        "Hits by campaign and list",
        "How many numbers each list stopped for each campaign in the time shown, and what share "
        "of that campaign's checks that is. A list that a campaign should use and that is not "
        "here stops nobody.",
        [
            Query(HITS_SHOWN, instant=True, format="table"),
            Query(
                f"{HITS_SHOWN} / on (campaign) group_left () "
                + increase("dncd_checks_total", CAMPAIGN, VIA, by="campaign", window=SHOWN),
                instant=True,
                format="table",
            ),
        ],
        kind="table",
        width=24,
        decimals=0,
        columns={
            "campaign": "Campaign",
            "list": "List",
            "Value #A": "Hits",
            "Value #B": "Share of checks",
        },
        overrides=[column("Share of checks", "percentunit")],
    ),
]

UNKNOWING = 'reason=~"NODE_BEHIND|NO_POLICY|LIST_EMPTY|LIST_STALE|OUT_OF_COVERAGE"'

DECISIONS = [
    Panel(
        "Decisions",
        "Numbers decided per second. Worry when it drops to nothing in dialling hours: then "
        "nobody dials, or somebody dials without asking.",
        [
            Query(
                rate("dncd_checks_total", CAMPAIGN, VIA, by="decision"),
                "{{decision}}",
            )
        ],
        unit="cps",
        stacked=True,
        overrides=[colored("allow", GREEN), colored("block", RED)],
    ),
    Panel(
        "Block reasons",
        "Blocked numbers per second by the reason that decided. LISTED is the daily work. "
        "NODE_BEHIND, NO_POLICY, LIST_EMPTY, LIST_STALE and OUT_OF_COVERAGE mean that dncd could "
        "not know: leads are kept, and somebody has to act. Much NUMBER_INVALID means poor leads.",
        [Query(rate("dncd_blocks_total", CAMPAIGN, by="reason"), "{{reason}}")],
        unit="cps",
        stacked=True,
    ),
    Panel(
        "Checks by path",
        "Numbers decided per second by who asked: dial (before a call), guard (numbers already "
        "handed over), scrub (whole lead lists), desk (a person). Worry when dial is missing "
        "while calls are made.",
        [Query(rate("dncd_checks_total", CAMPAIGN, VIA, by="via"), "{{via}}")],
        unit="cps",
        stacked=True,
    ),
    Panel(
        "Block rate by campaign",
        "The share of numbers answered BLOCK, for whatever reason. Above the hit rate by what "
        "could not be read or not be known; worry when the two part.",
        [
            Query(
                rate("dncd_blocks_total", CAMPAIGN, by="campaign")
                + " / "
                + rate("dncd_checks_total", CAMPAIGN, by="campaign"),
                "{{campaign}}",
            )
        ],
        width=12,
        unit="percentunit",
        maximum=1,
    ),
    Panel(
        "Blocked for want of data",
        "The share of numbers held back because dncd could not know (see Block reasons). They are "
        "asked again later and are not lost. Worry above 5 %.",
        [
            Query(
                rate("dncd_blocks_total", CAMPAIGN, UNKNOWING, by="campaign, reason")
                + " / on (campaign) group_left () "
                + rate("dncd_checks_total", CAMPAIGN, by="campaign"),
                "{{campaign}} {{reason}}",
            )
        ],
        width=12,
        unit="percentunit",
        steps=((None, GREEN), (0.05, RED)),
    ),
]

SPEED = [
    Panel(
        "Verdict latency",
        "Time that the daemon takes for one call, a batch being one call. The way over the "
        "network is not in it. Worry when p99 stays above 50 ms: a dialer that gives up waiting "
        "does not dial.",
        [
            Query(quantile(0.5, "dncd_check_duration_seconds"), "p50"),
            Query(quantile(0.95, "dncd_check_duration_seconds"), "p95"),
            Query(quantile(0.99, "dncd_check_duration_seconds"), "p99"),
        ],
        unit="s",
        steps=LATENCY,
    ),
    Panel(
        "Verdict latency, all calls",
        "How many calls took how long. Two bands are single checks and batches; a new band far "
        "above is a processor that is short or a large batch being applied.",
        [
            Query(
                increase("dncd_check_duration_seconds_bucket", by="le"),
                "{{le}}",
                format="heatmap",
            )
        ],
        kind="heatmap",
        unit="s",
    ),
    Panel(
        "Batch size",
        "Numbers in one call. Dialers that ask for many at once cost far less each. Up to 10,000 "
        "are allowed.",
        [
            Query(quantile(0.5, "dncd_check_batch_size"), "p50"),
            Query(quantile(0.95, "dncd_check_batch_size"), "p95"),
            Query(
                f"{rate('dncd_check_batch_size_sum')} / {rate('dncd_check_batch_size_count')}",
                "mean",
            ),
        ],
    ),
]

LISTS = [
    Panel(
        "Lists",
        "Every list with its size, the age of what was loaded (from the publisher's date), the "
        "time until it is stale, and what waits for a person.",
        [
            Query(expr, instant=True, format="table")
            for expr in (
                per_list("dncd_list_numbers"),
                per_list("dncd_list_bytes"),
                f"time() - {per_list('dncd_list_published_timestamp_seconds', 'min')}",
                f"{per_list('dncd_list_stale_at_timestamp_seconds', 'min')} - time()",
                per_list("dncd_open_rejects"),
                per_list("dncd_batches_held"),
            )
        ],
        kind="table",
        width=24,
        columns={
            "list": "List",
            "Value #A": "Numbers",
            "Value #B": "Memory",
            "Value #C": "Age",
            "Value #D": "Stale in",
            "Value #E": "Open rejects",
            "Value #F": "Held",
        },
        overrides=[
            column("Memory", "bytes"),
            column("Age", "s"),
            column("Stale in", "s", TIME_LEFT),
            column("Open rejects", "short", NONE_IS_GOOD),
            column("Held", "short", NONE_IS_GOOD),
        ],
    ),
    Panel(
        "List sizes",
        "Numbers on each list. Registers grow slowly. Worry about a step down: those people can "
        "be called now.",
        [Query(per_list("dncd_list_numbers"), "{{list}}")],
    ),
    Panel(
        "Change in a day",
        "Numbers against the list's peak of the last day, as a share. A register may lose 7 % in "
        "a day; at 10 % the alert DncdListShrank calls.",
        [
            Query(
                f"{per_list('dncd_list_numbers')} / "
                f"max by (list) (max_over_time(dncd_list_numbers{{{LIST}}}[1d])) - 1",
                "{{list}}",
            )
        ],
        kind="bargauge",
        unit="percentunit",
        minimum=-0.2,
        maximum=0,
        steps=((None, RED), (-0.1, ORANGE), (-0.05, GREEN)),
    ),
    Panel(
        "Time until stale",
        "How long each list may still be used. Red is past its limit: what rests on it is "
        "blocked. Lists without a limit do not appear.",
        [
            Query(
                f"{per_list('dncd_list_stale_at_timestamp_seconds', 'min')} - time()",
                "{{list}}",
            )
        ],
        kind="bargauge",
        unit="s",
        steps=TIME_LEFT,
    ),
    Panel(
        "List age",
        "Time since the publisher's date of the oldest part that is in use. It falls with each "
        "new file; a line that only rises is a load that has stopped.",
        [
            Query(
                f"time() - {per_list('dncd_list_published_timestamp_seconds', 'min')}",
                "{{list}}",
            )
        ],
        width=12,
        unit="s",
    ),
    Panel(
        "Memory by list",
        "Memory that each list takes on the node that holds the most of it. It grows with the "
        "list's numbers. Worry before the sum reaches the machine's.",
        [Query(per_list("dncd_list_bytes"), "{{list}}")],
        width=12,
        unit="bytes",
        stacked=True,
    ),
]

BATCHES = [
    Panel(
        "Batches by state",
        "Batches taken in, by what became of them. ACTIVE is in force, HELD waits for a person, "
        "REFUSED was not what it said. Worry about REFUSED: the file's numbers are not in.",
        [
            Query(
                increase("dncd_batches_total", LIST, by="mode, state"),
                "{{mode}} {{state}}",
            )
        ],
        stacked=True,
    ),
    Panel(
        "Rows by outcome",
        "Rows of uploaded files, by what became of them. Worry when the rejected share grows: a "
        "file's layout or encoding has changed at its source.",
        [
            Query(
                increase("dncd_batch_rows_total", LIST, by="outcome"),
                "{{outcome}}",
            )
        ],
        stacked=True,
    ),
    Panel(
        "Open rejects and held batches",
        "What waits for a person, by list. Both should come back to 0 within the hour.",
        [
            Query(f"{per_list('dncd_open_rejects')} > 0", "{{list}}: rejects"),
            Query(f"{per_list('dncd_batches_held')} > 0", "{{list}}: held"),
        ],
    ),
    Panel(
        "Time to apply a batch",
        "From the batch's acceptance to its numbers being in force on the node. Grows with the "
        "batch; worry when small ones get slow.",
        [
            Query(quantile(0.5, "dncd_batch_apply_seconds"), "p50"),
            Query(quantile(0.99, "dncd_batch_apply_seconds"), "p99"),
        ],
        unit="s",
    ),
    Panel(
        "Blocking lists that no campaign uses",
        "Lists that somebody keeps and that protect nobody. Worry at 1: `dncctl status` names "
        "them.",
        [Query("max(dncd_lists_unused)")],
        kind="stat",
        decimals=0,
        steps=NONE_IS_GOOD,
    ),
]

NODE = [
    Panel(
        "Ledger and nodes",
        "The version of the ledger's head and the version that each node answers from. A gap of a "
        "moment is writing; worry when a node's line lies flat below the ledger's.",
        [
            Query("max(dncd_ledger_version)", "ledger"),
            Query("dncd_node_version", "node {{instance}}"),
        ],
        width=6,
    ),
    Panel(
        "Versions behind",
        "Accepted changes that a node does not know yet. Worry when it stays above 0.",
        [
            Query(
                "clamp_min(scalar(max(dncd_ledger_version)) - dncd_node_version, 0)", "{{instance}}"
            )
        ],
        width=6,
        steps=NONE_IS_GOOD,
    ),
    Panel(
        "Ledger last heard",
        "Time since a node last heard from its ledger. Seconds are usual; past the node's "
        "max-staleness, five minutes by default, it answers NODE_BEHIND to everything.",
        [Query("max by (instance) (dncd_node_staleness_seconds)", "{{instance}}")],
        width=6,
        unit="s",
        steps=((None, GREEN), (60, ORANGE), (300, RED)),
    ),
    Panel(
        "Build",
        "What each node runs. Nodes of one ledger should agree, but for the time of an upgrade.",
        [Query("max by (instance, version) (dncd_build_info)", instant=True, format="table")],
        kind="table",
        width=6,
        columns={"instance": "Node", "version": "Version"},
        hidden=["Value"],
    ),
]

ROWS: Sequence[tuple[str, Sequence[Panel]]] = [
    ("At a glance", GLANCE),
    ("Hit rate", HIT_RATE),
    ("Decisions", DECISIONS),
    ("Speed", SPEED),
    ("Lists", LISTS),
    ("Batches", BATCHES),
    ("Nodes", NODE),
]


def variable(name: str, label: str, description: str, metric: str) -> Json:
    """Return a template variable that offers a label's values, all of them chosen."""
    query = f"label_values({metric}, {name})"
    return {
        "name": name,
        "label": label,
        "description": description,
        "type": "query",
        "datasource": DATASOURCE,
        "definition": query,
        "query": {"query": query, "refId": f"Variable-{name}"},
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
        "options": [],
        "hide": 0,
        "skipUrlSync": False,
    }


def datasource_variable() -> Json:
    """Return the variable that chooses the Prometheus: the file can be imported anywhere."""
    return {
        "name": "datasource",
        "label": "Prometheus",
        "description": "Where the metrics are.",
        "type": "datasource",
        "query": "prometheus",
        "refresh": 1,
        "multi": False,
        "includeAll": False,
        "current": {},
        "options": [],
        "hide": 0,
        "skipUrlSync": False,
    }


def place(rows: Iterable[tuple[str, Sequence[Panel]]]) -> list[Json]:
    """Lay panels out from left to right and from top to bottom, under their rows' headings."""
    placed: list[Json] = []
    y = 0
    for title, panels in rows:
        placed.append(
            {
                "id": len(placed) + 1,
                "type": "row",
                "title": title,
                "collapsed": False,
                "panels": [],
                "gridPos": {"h": 1, "w": COLUMNS, "x": 0, "y": y},
            }
        )
        y += 1
        for panel in panels:
            x, top = free_place(placed, panel.width, panel.height, y)
            placed.append(panel.to_json(len(placed) + 1, x, top))
        y = max(p["gridPos"]["y"] + p["gridPos"]["h"] for p in placed)
    return placed


def free_place(placed: Sequence[Json], width: int, height: int, y: int) -> tuple[int, int]:
    """Return the first place, from y on, that no panel covers."""
    while True:
        for x in range(COLUMNS - width + 1):
            if not any(overlaps(p["gridPos"], x, y, width, height) for p in placed):
                return x, y
        y += 1


def overlaps(grid: Json, x: int, y: int, width: int, height: int) -> bool:
    """Say whether a place covers part of another."""
    beside = grid["x"] + grid["w"] <= x or x + width <= grid["x"]
    apart = grid["y"] + grid["h"] <= y or y + height <= grid["y"]
    return not (beside or apart)


def dashboard() -> Json:
    """Return the whole dashboard."""
    return {
        "uid": "dncd",
        "title": "dncd",
        "description": "The do-not-contact daemon: what it blocks, why and how fast.",
        "tags": ["dncd"],
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "fiscalYearStartMonth": 0,
        "liveNow": False,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timepicker": {},
        "timezone": "browser",
        "weekStart": "",
        "links": [],
        "templating": {
            "list": [
                datasource_variable(),
                variable("campaign", "Campaign", "Whose checks to show.", "dncd_checks_total"),
                variable("list", "List", "Which lists to show.", "dncd_list_numbers"),
                variable("via", "Path", "Who asked.", "dncd_checks_total"),
            ]
        },
        "annotations": {
            "list": [
                {
                    "name": "Ledger changes",
                    "datasource": DATASOURCE,
                    "enable": False,
                    "iconColor": "purple",
                    "expr": "changes(dncd_ledger_version[$__rate_interval]) > 0",
                    "titleFormat": "ledger moved",
                    "textFormat": "{{instance}}",
                }
            ]
        },
        "panels": place(ROWS),
    }


def main() -> int:
    """Write the dashboard, or say whether what is committed is what would be written."""
    parser = argparse.ArgumentParser(description="Make the Grafana dashboard.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if it is stale")
    arguments = parser.parse_args()
    text = json.dumps(dashboard(), indent=2, ensure_ascii=False) + "\n"
    if not arguments.check:
        TARGET.write_text(text, encoding="utf-8")
    elif not TARGET.exists() or TARGET.read_text(encoding="utf-8") != text:
        sys.stderr.write(f"{TARGET} is stale: python {Path(__file__).name}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
