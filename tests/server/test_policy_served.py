"""Over the wire: what opens waits for another person, an override too, and a confidential list is as if it were not."""

import functools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from conftest import StartDaemon
from dncd.v1 import batch_pb2, policy_pb2
from e2e.planes import SECONDS, check, codes, failure_of, upload
from harness.daemon import Stubs
from server.building import a_campaign, a_list, policy_request
from server.policy_changes import hidden

JAPANESE = "045-000-0001"
AMERICAN = 12025550101
DAY_US = 86_400_000_000


def by(name: str) -> dict[str, Any]:
    """Return how a call says whose it is."""
    return {"metadata": (("dncd-actor", name),), "timeout": SECONDS}


@contextmanager
def world(start_daemon: StartDaemon, *flags: str) -> Iterator[Stubs]:
    """Start a daemon with a policy and a list that holds a number."""
    with start_daemon(*flags).stubs() as stubs:
        request = policy_request(
            {"house": a_list(), "ftc": a_list("registry")},
            {"spring": a_campaign(block=["house"], countries=["JP", "US"])},
            reason="the first policy",
        )
        done = stubs.policy.ApplyPolicy(request, **by("anna"))
        assert (done.applied, list(done.flags), done.held_id) == (True, [], "")
        upload(stubs, "house", f"{JAPANESE}\n".encode(), "b1")
        yield stubs


def why(stubs: Stubs, subject: int | str) -> list[str]:
    return codes(check(stubs.screening, subject, campaign="spring").verdict)


def test_what_opens_waits_until_another_person_approves_it(start_daemon: StartDaemon) -> None:
    with world(start_daemon, "--two-persons", "always") as stubs:
        request = policy_request(
            campaigns={"spring": a_campaign(block=["ftc"], countries=["JP", "US"])}, reason="a"
        )
        request.validate_only = True
        asked = stubs.policy.ApplyPolicy(request, **by("anna"))
        assert (list(asked.flags), asked.changes[0].opens) == (["would_hold"], True)
        request.validate_only = False
        held = stubs.policy.ApplyPolicy(request, **by("anna"))
        assert (held.applied, list(held.flags)) == (False, [])
        assert why(stubs, JAPANESE) == ["LISTED"]

        status = stubs.policy.ListLists(policy_pb2.ListListsRequest(), timeout=SECONDS)
        assert ("held", held.held_id) in [(it.code, it.batch_id) for it in status.attention]
        waiting = stubs.batch.ListBatches(batch_pb2.ListBatchesRequest(held=True), timeout=SECONDS)
        (report,) = waiting.reports
        assert list(report.changes) == ["update campaign spring: block (opens)"]
        approve = batch_pb2.ApproveBatchRequest(
            batch_id=held.held_id, list_version=report.list_version
        )
        same = failure_of(lambda: stubs.batch.ApproveBatch(approve, **by("anna")))
        assert same.reason == "SAME_PERSON"

        done = stubs.batch.ApproveBatch(approve, **by("ben")).report
        assert (done.approved_by, done.state) == ("ben", batch_pb2.BATCH_STATE_ACTIVE)
        assert why(stubs, JAPANESE) == ["LIST_EMPTY"]

        def block(**then: Any) -> list[str]:
            asked = policy_pb2.GetPolicyRequest(**then)
            found = stubs.policy.GetPolicy(asked, timeout=SECONDS)
            assert found.basis.version >= found.policy_version
            return list(found.policy.campaigns["spring"].block)

        assert block() == ["ftc"]
        assert block(as_of_version=done.version - 1) == ["house"]
        assert block(as_of_unix_us=done.at_unix_us) == ["ftc"]
        assert block(as_of_unix_us=done.at_unix_us - 1) == ["house"]


def test_what_was_proposed_can_be_rejected(start_daemon: StartDaemon) -> None:
    with world(start_daemon, "--two-persons", "always") as stubs:
        request = policy_request({"house": a_list(release_limit=9)})
        held = stubs.policy.ApplyPolicy(request, **by("anna"))
        reject = batch_pb2.RejectBatchRequest(batch_id=held.held_id, reason="not so")
        done = stubs.batch.RejectBatch(reject, **by("ben")).report
        assert done.state == batch_pb2.BATCH_STATE_REJECTED
        approve = batch_pb2.ApproveBatchRequest(batch_id=held.held_id, list_version=2)
        late = failure_of(lambda: stubs.batch.ApproveBatch(approve, **by("ben")))
        assert late.reason == "NOT_HELD"
        status = stubs.policy.ListLists(policy_pb2.ListListsRequest(), timeout=SECONDS)
        assert "held" not in [item.code for item in status.attention]


@pytest.mark.parametrize("waits", [False, True])
def test_a_stale_registry_is_let_through_for_a_time(start_daemon: StartDaemon, waits: bool) -> None:
    with world(start_daemon, *(("--two-persons", "always") if waits else ())) as stubs:
        now_us = time.time_ns() // 1000
        american = a_campaign(block=["ftc"], countries=["US"])
        stubs.policy.ApplyPolicy(policy_request(campaigns={"abroad": american}), **by("anna"))
        upload(
            stubs, "ftc", b"2025550102\n", "b2", published_unix_us=now_us - 40 * DAY_US, region="US"
        )

        def verdict() -> list[str]:
            return codes(check(stubs.screening, AMERICAN, campaign="abroad").verdict)

        assert verdict() == ["LIST_STALE"]
        request = policy_pb2.OverrideListRequest(
            list="ftc", until_unix_us=now_us + DAY_US, reason="the publisher is down"
        )
        done = stubs.policy.OverrideList(request, **by("anna"))
        assert (done.applied, list(done.flags)) == (not waits, [] if waits else ["unapproved"])
        if waits:
            assert verdict() == ["LIST_STALE"]
            report = stubs.batch.GetBatch(
                batch_pb2.GetBatchRequest(batch_id=done.held_id), timeout=SECONDS
            ).report
            approve = batch_pb2.ApproveBatchRequest(
                batch_id=done.held_id, list_version=report.list_version
            )
            stubs.batch.ApproveBatch(approve, **by("ben"))
        assert verdict() == ["STALE_ALLOWED"]
        end = policy_pb2.OverrideListRequest(list="ftc", reason="it is up again")
        assert stubs.policy.OverrideList(end, **by("anna")).applied
        assert verdict() == ["LIST_STALE"]


def test_a_confidential_list_is_as_if_it_were_not(start_daemon: StartDaemon) -> None:
    with world(start_daemon) as stubs:
        stubs.policy.ApplyPolicy(policy_request({"claimers": hidden("house")}), **by("anna"))
        upload(stubs, "claimers", b"045-000-0002\n", "b2")
        assert why(stubs, "045-000-0002") == why(stubs, JAPANESE) == ["LISTED"]

        def listed(**asked: Any) -> dict[str, int]:
            request = policy_pb2.ListListsRequest(**asked)
            found = stubs.policy.ListLists(request, timeout=SECONDS)
            return {item.name: item.numbers for item in found.lists}

        assert listed() == {"ftc": 0, "house": 2}
        assert listed(confidential=True) == {"claimers": 1, "ftc": 0, "house": 1}
        told = []
        for name in ("claimers", "nothings"):
            failure = failure_of(functools.partial(listed, name=name))
            told.append((failure.code, failure.reason, failure.text.replace(name, "…")))
        assert told[0] == told[1]

        def defined(**asked: Any) -> set[str]:
            request = policy_pb2.GetPolicyRequest(**asked)
            return set(stubs.policy.GetPolicy(request, timeout=SECONDS).policy.lists)

        assert defined() == {"ftc", "house"}
        assert defined(as_of_version=4) == {"ftc", "house"}
        assert defined(as_of_version=4, confidential=True) == {"claimers", "ftc", "house"}


def test_a_change_that_names_a_confidential_list_waits_unseen(start_daemon: StartDaemon) -> None:
    with world(start_daemon, "--two-persons", "always") as stubs:
        held = stubs.policy.ApplyPolicy(policy_request({"claimers": hidden("house")}), **by("anna"))

        def waiting(*, confidential: bool) -> list[str]:
            request = batch_pb2.ListBatchesRequest(held=True, confidential=confidential)
            found = stubs.batch.ListBatches(request, timeout=SECONDS)
            return [report.batch_id for report in found.reports]

        assert waiting(confidential=False) == []
        assert waiting(confidential=True) == [held.held_id]
