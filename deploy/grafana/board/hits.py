"""The hit rate by list and campaign, and what was decided and why."""

from __future__ import annotations

from board.panels import GREEN, RED, Panel, Query, colored, column
from board.queries import CAMPAIGN, LIST, SHOWN, VIA, hit_rate, increase, rate

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
