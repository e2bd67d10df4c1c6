"""Two persons who are known by a proof, and what one of them decides about."""

from prometheus_client import CollectorRegistry

from dncd.v1 import batch_pb2
from dncd_server.actors import Actor
from dncd_server.changes.approvals import Approvals
from dncd_server.policy.desk import PolicyDesk
from dncd_server.upload_counts import UploadCounts
from server.building import Office

ANNA = Actor("anna", "token", "ipv4:127.0.0.1:1")
BEN = Actor("ben", "token", "ipv4:127.0.0.1:2")


def approvals_of(it: Office, desk: PolicyDesk) -> Approvals:
    """Return what decides what waits."""
    return Approvals(it.journal, UploadCounts(CollectorRegistry()), desk.approve)


def report_of(it: Office, held_id: str) -> batch_pb2.BatchReport:
    """Return what is told of a change of the policy that waits or waited."""
    row = it.store.batch(held_id)
    assert row is not None
    report = batch_pb2.BatchReport.FromString(row.report)
    assert (row.state, row.list, row.mode) == (report.state, "", batch_pb2.BATCH_MODE_POLICY)
    return report
