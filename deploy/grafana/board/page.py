"""The page: rows in order, panels laid out, template variables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from board.changes import BATCHES, NODE
from board.glance import GLANCE
from board.hits import DECISIONS, HIT_RATE
from board.lists import LISTS
from board.panels import COLUMNS, DATASOURCE, Json, Panel
from board.speed import SPEED

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
