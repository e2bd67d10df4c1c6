"""Batches, and the node itself."""

from __future__ import annotations

from board.panels import GREEN, NONE_IS_GOOD, ORANGE, RED, Panel, Query
from board.queries import LIST, increase, per_list, quantile

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
