"""What is counted of lists in shadow, and what nobody can see of confidential ones."""

from dataclasses import replace

import numpy as np
import pytest
from prometheus_client import generate_latest

from dncd.v1 import batch_pb2
from dncd_engine.model import CampaignDefinition, ListDefinition, ListKind
from dncd_engine.state import State
from dncd_engine.verdict import Decision
from dncd_server.ledger.records import BatchRow
from dncd_server.screening import Question
from engine.drawing import confidential
from engine.oracle import shown
from engine.worlds import Load, World
from server.building import FIRST_NUMBER
from server.test_metrics import Node

DNC = ListDefinition(ListKind.DO_NOT_CONTACT)
OPEN, LISTED, TRIED, BOTH = range(FIRST_NUMBER, FIRST_NUMBER + 4)
QUESTION = Question("acme/spring", "", "", 1, 0.0)


def world() -> World:
    """A ledger with a list in shadow and a confidential one."""
    lists = {
        "acme/optout": DNC,
        "acme/hidden": confidential(ListKind.SUSPENDED_USE, "acme/optout"),
        "acme/trial": replace(DNC, shadow=True),
        "acme/trial-2": replace(DNC, shadow=True),
    }
    loads = (
        ("acme/optout", Load(frozenset({LISTED}))),
        ("acme/hidden", Load(frozenset({BOTH}))),
        ("acme/trial", Load(frozenset({TRIED, BOTH}))),
        ("acme/trial-2", Load(frozenset({BOTH}))),
    )
    campaigns = {
        "acme/spring": CampaignDefinition(),
        "acme/tried": CampaignDefinition(block=("acme/trial",)),
    }
    return World(lists=lists, campaigns=campaigns, loads=loads)


def node_of(state: State) -> Node:
    node = Node()
    node.replica.install(state)
    return node


@pytest.fixture
def node() -> Node:
    """A node that answers from it."""
    return node_of(world().state())


def test_what_a_list_in_shadow_would_have_blocked_is_counted_and_not_told(node: Node) -> None:
    node.ask("acme/spring", OPEN, LISTED, TRIED, BOTH)
    node.ask("acme/spring", BOTH)
    node.ask("acme/tried", TRIED)

    assert node.samples("dncd_shadow_hits") == {
        ("acme/spring", "acme/trial"): 3,
        ("acme/spring", "acme/trial-2"): 2,
        ("acme/tried", "acme/trial"): 1,
    }
    assert node.samples("dncd_hits") == {("acme/spring", "acme/optout", "dial"): 3}
    assert node.samples("dncd_checks") == {
        ("acme/spring", "ALLOW", "dial"): 2,
        ("acme/spring", "BLOCK", "dial"): 3,
        ("acme/tried", "BLOCK", "dial"): 1,
    }


def test_one_number_counts_as_one_of_a_batch(node: Node) -> None:
    node.screening.check(QUESTION, TRIED)
    node.screening.check(QUESTION, f"+{TRIED}")

    assert node.samples("dncd_shadow_hits") == {("acme/spring", "acme/trial"): 2}


def test_verdicts_that_differ_only_in_shadow_are_told_as_one(node: Node) -> None:
    """The answer's columns hold distinct verdicts, and a shadow does not show."""
    asked = [TRIED, OPEN, BOTH, LISTED, TRIED]
    answer = node.screening.check_many(QUESTION, np.array(asked, dtype=np.uint64))
    told = [answer.verdicts[place].decision for place in answer.verdict_of.tolist()]

    allow, block = Decision.ALLOW, Decision.BLOCK
    assert told == [allow, allow, block, block, allow]
    assert len(answer.verdicts) == 2
    assert answer.verdict_of.dtype == np.uint16
    assert all(not verdict.shadow_hits for verdict in answer.verdicts)


def test_a_shadow_that_is_gone_is_folded(node: Node) -> None:
    node.ask("acme/spring", TRIED)
    node.replica.install(World(lists={"spare": DNC}).state())

    assert node.samples("dncd_shadow_hits") == {("other", "other"): 1}


def _waiting(list_name: str, batch_id: str) -> BatchRow:
    held = batch_pb2.BATCH_STATE_HELD
    return BatchRow(batch_id, list_name, held, 3, 1, b"", 4, 0, b"", 3, 1, 4, 0, "", 0)


def test_a_confidential_list_counts_as_the_one_that_it_is_shown_as(node: Node) -> None:
    openly = node_of(shown(world()).state())
    for each, hidden in ((node, "acme/hidden"), (openly, "acme/optout")):
        each.batches.rows = [_waiting("acme/optout", "b1"), _waiting(hidden, "b2")]
        each.ask("acme/spring", OPEN, LISTED, TRIED, BOTH)
    families = {name: node.samples(name) for name in node.families() if "duration" not in name}

    assert families == {name: openly.samples(name) for name in families}
    assert families["dncd_list_numbers"]["acme/optout",] == 2
    assert families["dncd_open_rejects"]["acme/optout",] == 8
    assert families["dncd_batches_held"]["acme/optout",] == 2
    assert "hidden" not in generate_latest(node.registry).decode()


def test_a_change_of_the_policy_that_waits_is_counted_under_no_list(node: Node) -> None:
    node.batches.rows = [replace(_waiting("", "policy-0badcafe"), open_rejects=0)]

    held = node.samples("dncd_batches_held")
    assert {name: count for (name,), count in held.items() if count} == {"": 1}
