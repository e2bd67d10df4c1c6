"""Metrics have the names that dashboards rely on, and labels from names that the policy holds."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from dncd.v1 import batch_pb2
from dncd_engine.state import ListChange, State
from dncd_server.counts import Counts, Histogram
from dncd_server.ledger.open_batches import OpenBatches
from dncd_server.ledger.records import BatchRow
from dncd_server.metrics import OTHER, NodeCollector
from dncd_server.policy.plan import plan
from dncd_server.replica import Replica
from dncd_server.screening import Question, Screening
from dncd_server.upload_counts import UploadCounts
from server.building import FIRST_NUMBER, a_campaign, a_list, policy_request
from server.test_screening import numbers

DAY_US = 86_400_000_000
PUBLISHED_US = 1_700_000_000_000_000
NAMES = {
    "dncd_checks": "counter",
    "dncd_blocks": "counter",
    "dncd_hits": "counter",
    "dncd_check_duration_seconds": "histogram",
    "dncd_check_batch_size": "histogram",
    "dncd_list_numbers": "gauge",
    "dncd_list_bytes": "gauge",
    "dncd_list_published_timestamp_seconds": "gauge",
    "dncd_list_stale_at_timestamp_seconds": "gauge",
    "dncd_open_rejects": "gauge",
    "dncd_batches_held": "gauge",
    "dncd_lists_unused": "gauge",
    "dncd_ledger_version": "gauge",
    "dncd_node_version": "gauge",
    "dncd_batches": "counter",
    "dncd_batch_rows": "counter",
    "dncd_batch_apply_seconds": "histogram",
    "dncd_build_info": "gauge",
}
"""By the contract, as far as this version has them; a counter's samples end in _total."""


def state() -> State:
    base = replace(State(), version=4, epoch=7, head=bytes(32), at_us=1)
    request = policy_request(
        {"acme/optout": a_list(), "ftc": a_list("registry", countries=["US"]), "spare": a_list()},
        {"acme/spring": a_campaign(block=["acme/optout", "ftc"], countries=["JP", "US"])},
    )
    made = base.with_policy(plan(base, request).change)
    made = made.with_list(
        ListChange("acme/optout", numbers(FIRST_NUMBER, FIRST_NUMBER + 1), {}, True)
    )
    old, new = PUBLISHED_US, PUBLISHED_US + DAY_US
    coverage = {"1202": new, "1203": old}
    return made.with_list(ListChange("ftc", numbers(12025550123), coverage, True))


class Node:
    """What a scrape reads."""

    def __init__(self) -> None:
        self.now = 0.0
        self.registry = CollectorRegistry()
        self.counts = Counts()
        self.batches = OpenBatches()
        self.replica = Replica(300.0, lambda: self.now)
        self.registry.register(NodeCollector(self.replica, self.counts, self.batches))
        self.uploads = UploadCounts(self.registry)
        self.screening = Screening(self.replica, self.counts)

    def ask(self, campaign: str, *asked: int, via: int = 1) -> None:
        """Ask about numbers in a batch."""
        question = Question(campaign, "", "", via, 0.0)
        self.screening.check_many(question, np.array(asked, dtype=np.uint64))

    def families(self) -> dict[str, Metric]:
        """Scrape, and read the text as Prometheus would."""
        text = generate_latest(self.registry).decode()
        return {family.name: family for family in text_string_to_metric_families(text)}

    def samples(self, name: str) -> dict[tuple[str, ...], float]:
        """Return a family's values by labels, in the order of the labels' names."""
        return labelled(self.families()[name])


def labelled(family: Metric) -> dict[tuple[str, ...], float]:
    return {
        tuple(value for _, value in sorted(sample.labels.items())): sample.value
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


@pytest.fixture
def node() -> Node:
    """One that answers, with one upload counted."""
    made = Node()
    made.replica.install(state())
    report = batch_pb2.BatchReport(list="ftc", mode=batch_pb2.BATCH_MODE_ADD)
    report.state = batch_pb2.BATCH_STATE_ACTIVE
    report.rows.CopyFrom(batch_pb2.RowCounts(read=6, accepted=3, duplicate=1, rejected=2))
    made.uploads.count(report, report.list, 0.02)
    return made


@pytest.mark.parametrize("name", NAMES)
def test_a_metric_of_the_contract_is_there_and_of_its_type(name: str, node: Node) -> None:
    node.ask("acme/spring", FIRST_NUMBER, FIRST_NUMBER + 9)
    family = node.families()[name]

    assert family.type == NAMES[name]
    assert family.documentation
    assert family.samples


def test_every_name_begins_with_the_prefix(node: Node) -> None:
    assert all(name.startswith("dncd_") for name in node.families())


def test_answers_are_counted_by_campaign_decision_and_via(node: Node) -> None:
    node.ask("acme/spring", FIRST_NUMBER, FIRST_NUMBER + 1, FIRST_NUMBER + 5)
    node.ask("acme/spring", FIRST_NUMBER, 12025550123, via=3)
    node.ask("acme/spring", FIRST_NUMBER, via=0)
    node.ask("dncd-test", 12025550100, via=99)

    assert node.samples("dncd_checks") == {
        ("acme/spring", "ALLOW", "dial"): 1,
        ("acme/spring", "BLOCK", "dial"): 3,
        ("acme/spring", "BLOCK", "scrub"): 2,
        ("dncd-test", "ALLOW", "dial"): 1,
    }
    assert node.samples("dncd_blocks") == {("acme/spring", "LISTED"): 5}
    assert node.samples("dncd_hits") == {
        ("acme/spring", "acme/optout", "dial"): 3,
        ("acme/spring", "acme/optout", "scrub"): 1,
        ("acme/spring", "ftc", "scrub"): 1,
    }


def test_lists_are_measured(node: Node) -> None:
    node.batches.rows = [
        BatchRow("b1", "ftc", batch_pb2.BATCH_STATE_HELD, 3, 1, b"", 4, 0, b"", 3, 1, 4, 0, "", 0),
        BatchRow(
            "b2", "ftc", batch_pb2.BATCH_STATE_ACTIVE, 4, 1, b"", 5, 0, b"", None, 1, 5, 0, "", 0
        ),
    ]
    published = PUBLISHED_US / 1e6

    assert node.samples("dncd_list_numbers") == {("acme/optout",): 2, ("ftc",): 1, ("spare",): 0}
    assert node.samples("dncd_list_bytes")["acme/optout",] > 0
    assert node.samples("dncd_list_published_timestamp_seconds") == {("ftc",): published}
    stale_at = published + 31 * 86_400
    assert node.samples("dncd_list_stale_at_timestamp_seconds") == {("ftc",): stale_at}
    assert node.samples("dncd_open_rejects") == {("acme/optout",): 0, ("ftc",): 9, ("spare",): 0}
    held = {("",): 0, ("acme/optout",): 0, ("ftc",): 1, ("spare",): 0}
    assert node.samples("dncd_batches_held") == held
    assert node.samples("dncd_lists_unused") == {(): 1}


def test_uploads_are_counted(node: Node) -> None:
    assert node.samples("dncd_batches") == {("ftc", "add", "active"): 1}
    assert node.samples("dncd_batch_rows") == {
        ("ftc", "accepted"): 3,
        ("ftc", "duplicate"): 1,
        ("ftc", "rejected"): 2,
    }
    assert sum_of(node.families()["dncd_batch_apply_seconds"].samples, "_count") == 1


def sum_of(samples: Iterable[object], suffix: str) -> float:
    return sum(s.value for s in samples if s.name.endswith(suffix))  # type: ignore[attr-defined]


def test_the_node_tells_where_it_stands(node: Node) -> None:
    assert node.samples("dncd_node_version") == node.samples("dncd_ledger_version") == {(): 4}
    assert node.samples("dncd_ready") == {(): 1}
    node.now = 301.0
    assert node.samples("dncd_ready") == {(): 0}
    assert node.samples("dncd_node_staleness_seconds") == {(): 301}


def test_a_node_without_a_state_is_scraped_too() -> None:
    node = Node()

    assert node.samples("dncd_ready") == {(): 0}
    assert node.samples("dncd_node_version") == {(): 0}
    assert "dncd_list_numbers" not in node.families()


def test_names_that_are_gone_are_folded(node: Node) -> None:
    """A label is a name that the policy holds, or one word for all that were once in it."""
    node.ask("acme/spring", FIRST_NUMBER, 12025550123)
    gone = replace(node.replica.state, version=5).with_policy(
        plan(
            node.replica.state,
            policy_request(delete_campaigns=["acme/spring"], delete_lists=["acme/optout"]),
        ).change
    )
    node.replica.install(gone)

    assert node.samples("dncd_checks") == {(OTHER, "BLOCK", "dial"): 2}
    assert node.samples("dncd_blocks") == {(OTHER, "LISTED"): 2}
    assert node.samples("dncd_hits") == {
        (OTHER, "ftc", "dial"): 1,
        (OTHER, OTHER, "dial"): 1,
    }
    assert set(node.samples("dncd_list_numbers")) == {("ftc",), ("spare",)}


def test_no_label_is_a_number(node: Node) -> None:
    node.ask("acme/spring", FIRST_NUMBER, 12025550123, FIRST_NUMBER + 7)
    text = generate_latest(node.registry).decode()

    assert str(FIRST_NUMBER) not in text
    assert "12025550123" not in text


def test_a_histogram_counts_what_falls_on_a_bound_beneath_it() -> None:
    counted = Histogram((1.0, 10.0))
    for value in (0.5, 1.0, 1.5, 10.0, 11.0):
        counted.observe(value)

    assert (counted.buckets, counted.total) == ([2, 2, 1], 24.0)


def test_batch_sizes_are_cumulative(node: Node) -> None:
    node.ask("acme/spring", FIRST_NUMBER)
    node.ask("acme/spring", *range(FIRST_NUMBER, FIRST_NUMBER + 11))
    family = node.families()["dncd_check_batch_size"]
    buckets = {s.labels["le"]: s.value for s in family.samples if s.name.endswith("_bucket")}

    assert (buckets["1.0"], buckets["10.0"], buckets["100.0"], buckets["+Inf"]) == (1, 1, 2, 2)
    assert sum_of(family.samples, "_sum") == 12
    assert sum_of(family.samples, "_count") == 2
