"""Every metric that is read off the node at a scrape, in one place. Labels come only from names that the policy holds.

Lists are told of as they are shown: a confidential one is part of the list that it acts as, and of nothing else. What
is counted as it happens is in ``upload_counts`` and ``optout_counts``.
"""

from collections import Counter
from collections.abc import Iterator

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from dncd_engine.drill import DRILL_LIST
from dncd_engine.names import DRILL_CAMPAIGN
from dncd_engine.state import State
from dncd_engine.verdict import Code, Decision
from dncd_server.counts import AnswerKey, Counts, Histogram
from dncd_server.errors import UnavailableError
from dncd_server.ledger.evidence import software
from dncd_server.ledger.open_batches import OpenBatches
from dncd_server.replica import Replica
from dncd_server.screening import UNNAMED

US_PER_SECOND = 1_000_000
OTHER = "other"
POLICY = ""
"""The label of what waits and is of no list."""
_VIA = {2: "guard", 3: "scrub", 4: "desk"}


class NodeCollector(Collector):
    """Reads counts, sizes and ages off the node at each scrape."""

    def __init__(self, replica: Replica, counts: Counts, batches: OpenBatches) -> None:
        self._replica = replica
        self._counts = counts
        self._batches = batches

    def collect(self) -> Iterator[Metric]:
        """Yield every metric of the node."""
        yield _gauge(
            "dncd_build_info",
            "The version that runs.",
            {(software(),): 1},
            "version",
        )
        state = self._state()
        yield from self._node(state)
        yield from self._answers(state)
        if state is not None:
            yield from self._lists(state)

    def _state(self) -> State | None:
        try:
            return self._replica.state
        except UnavailableError:
            return None

    def _node(self, state: State | None) -> Iterator[Metric]:
        ready = state is not None and not self._replica.is_behind
        yield _gauge("dncd_ready", "Whether the node answers checks.", {(): float(ready)})
        yield _gauge(
            "dncd_node_staleness_seconds",
            "Since the node last heard from its ledger.",
            {(): self._replica.staleness_seconds},
        )
        version = 0 if state is None else state.version
        yield _gauge("dncd_ledger_version", "Newest version that the node knows of.", {(): version})
        yield _gauge("dncd_node_version", "Version that the node answers from.", {(): version})

    def _answers(self, state: State | None) -> Iterator[Metric]:
        checks = CounterMetricFamily(
            "dncd_checks", "Numbers answered.", labels=["campaign", "decision", "via"]
        )
        blocks = CounterMetricFamily(
            "dncd_blocks", "Numbers blocked, by deciding reason.", labels=["campaign", "reason"]
        )
        hits = CounterMetricFamily(
            "dncd_hits", "Numbers found on a list.", labels=["campaign", "list", "via"]
        )
        shadow_hits = CounterMetricFamily(
            "dncd_shadow_hits",
            "Numbers that a list in shadow would have blocked.",
            labels=["campaign", "list"],
        )
        totals = _totals(self._counts, state)
        for family, total in zip((checks, blocks, hits, shadow_hits), totals, strict=True):
            for labels, count in sorted(total.items()):
                family.add_metric(labels, count)
            yield family
        yield _histogram(
            "dncd_check_duration_seconds",
            "Time that an answer took inside the node.",
            self._counts.durations(),
        )
        yield _histogram(
            "dncd_check_batch_size", "Numbers in a batch of checks.", self._counts.batch_sizes()
        )

    def _lists(self, state: State) -> Iterator[Metric]:
        lists = state.shown
        yield _gauge(
            "dncd_list_numbers",
            "Distinct numbers on a list.",
            {(name,): item.entries.count for name, item in lists.items()},
            "list",
        )
        yield _gauge(
            "dncd_list_bytes",
            "Memory that a list takes in the index.",
            {(name,): item.entries.size_bytes for name, item in lists.items()},
            "list",
        )
        # the oldest part of a list decides how old it is
        oldest = {
            name: min(item.coverage.values())
            for name, item in lists.items()
            if any(item.coverage.values())
        }
        yield _gauge(
            "dncd_list_published_timestamp_seconds",
            "Publisher's date of a list's oldest part.",
            {(name,): published / US_PER_SECOND for name, published in oldest.items()},
            "list",
        )
        stale_at = {name: lists[name].stale_at_us(published) for name, published in oldest.items()}
        yield _gauge(
            "dncd_list_stale_at_timestamp_seconds",
            "When a list's oldest part becomes too old to let a number through.",
            {(name,): at_us / US_PER_SECOND for name, at_us in stale_at.items() if at_us},
            "list",
        )
        rejects = _by_shown_name(self._batches.open_rejects(), state)
        yield _gauge(
            "dncd_open_rejects",
            "Rejected rows that nobody has mended.",
            {(name,): rejects[name] for name in lists},
            "list",
        )
        held = _by_shown_name(self._batches.held(), state)
        yield _gauge(
            "dncd_batches_held",
            "What waits for another person: batches by list, changes of the policy and overrides under no list.",
            {(name,): held[name] for name in (POLICY, *lists)},
            "list",
        )
        unused = len(state.policy.unused_lists)
        yield _gauge("dncd_lists_unused", "Blocking lists that no campaign uses.", {(): unused})


def _by_shown_name(counted: Counter[str], state: State) -> Counter[str]:
    total: Counter[str] = Counter()
    for name, count in counted.items():
        total[state.shown_name(name)] += count
    return total


_Totals = dict[tuple[str, ...], int]


def _totals(counts: Counts, state: State | None) -> tuple[_Totals, _Totals, _Totals, _Totals]:
    """Fold the counts of answers to (checks, blocks, hits, shadow hits).

    Names that the policy no longer holds are ``other``.
    """
    checks: _Totals = {}
    blocks: _Totals = {}
    hits: _Totals = {}
    shadow_hits: _Totals = {}
    for key, count in counts.answers().items():
        campaign, via = _campaign_label(key, state), _VIA.get(key.via, "dial")
        decision = key.verdict.decision
        _add(checks, (campaign, decision.name, via), count)
        if decision is Decision.BLOCK:
            _add(blocks, (campaign, key.verdict.reasons[0].code.name), count)
        for reason in key.verdict.reasons:
            if reason.code is Code.LISTED:
                _add(hits, (campaign, _list_label(reason.list, state), via), count)
        for name in key.verdict.shadow_hits:
            _add(shadow_hits, (campaign, _list_label(name, state)), count)
    return checks, blocks, hits, shadow_hits


def _campaign_label(key: AnswerKey, state: State | None) -> str:
    known = state is not None and key.campaign in state.campaigns
    return key.campaign if known or key.campaign in (UNNAMED, DRILL_CAMPAIGN) else OTHER


def _list_label(name: str, state: State | None) -> str:
    known = state is not None and name in state.shown
    return name if known or name == DRILL_LIST else OTHER


def _add(total: _Totals, labels: tuple[str, ...], count: int) -> None:
    total[labels] = total.get(labels, 0) + count


def _gauge(
    name: str, text: str, values: dict[tuple[()] | tuple[str], float], *labels: str
) -> Metric:
    family = GaugeMetricFamily(name, text, labels=list(labels))
    for label_values, value in sorted(values.items()):
        family.add_metric(list(label_values), value)
    return family


def _histogram(name: str, text: str, counted: Histogram) -> Metric:
    family = HistogramMetricFamily(name, text)
    below = 0
    buckets = []
    for bound, count in zip((*counted.bounds, float("inf")), counted.buckets, strict=True):
        below += count
        buckets.append(("+Inf" if bound == float("inf") else repr(float(bound)), below))
    family.add_metric([], buckets, counted.total)
    return family
