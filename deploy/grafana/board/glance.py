"""The first row: is anything wrong?"""

from __future__ import annotations

from board.panels import NONE_IS_GOOD, NONE_OR_ALARM, TIME_LEFT, Panel, Query
from board.queries import hit_rate

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
