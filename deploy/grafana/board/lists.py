"""What lists hold and how old they are."""

from __future__ import annotations

from board.panels import GREEN, NONE_IS_GOOD, ORANGE, RED, TIME_LEFT, Panel, Query, column
from board.queries import LIST, per_list

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
