"""The planes as others meet them: health, reflection, and which plane serves what."""

from collections.abc import Callable
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

from dncd.v1 import batch_pb2, batch_pb2_grpc, policy_pb2, policy_pb2_grpc
from e2e.planes import SECONDS, failure_of, health_of
from harness.daemon import Daemon

SCREENING = {"dncd.v1.ScreeningService", "dncd.v1.OptOutService"}
CONTROL = SCREENING | {"dncd.v1.PolicyService", "dncd.v1.BatchService"}
STANDARD = {"grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"}
NOT_FOUND = grpc.StatusCode.NOT_FOUND


def test_both_planes_serve_health(shared: Daemon) -> None:
    for address in (shared.listen, shared.control):
        with grpc.insecure_channel(address) as channel:
            for service in ("", *SCREENING):
                assert health_of(channel, service) == "SERVING"
            failed = failure_of(lambda: health_of(channel, "nobody"))
            assert failed.code is NOT_FOUND


@pytest.mark.parametrize("plane", ["listen", "control"])
def test_both_planes_describe_themselves(shared: Daemon, plane: str) -> None:
    ours = SCREENING if plane == "listen" else CONTROL
    with grpc.insecure_channel(getattr(shared, plane)) as channel:
        database = ProtoReflectionDescriptorDatabase(channel)
        assert set(database.get_services()) == ours | STANDARD
        pool = DescriptorPool(database)
        for name in ours:
            methods = [method.name for method in pool.FindServiceByName(name).methods]
            assert methods
        found = pool.FindMessageTypeByName("dncd.v1.CheckBatchResponse")
        assert [field.name for field in found.fields] == [
            "verdicts",
            "verdict_of",
            "e164",
            "basis",
        ]


def test_the_screening_plane_serves_no_other_service(shared: Daemon) -> None:
    with grpc.insecure_channel(shared.listen) as channel:
        policy = policy_pb2_grpc.PolicyServiceStub(channel)
        batch = batch_pb2_grpc.BatchServiceStub(channel)
        calls: list[Callable[[], Any]] = [
            lambda: policy.GetPolicy(policy_pb2.GetPolicyRequest(), timeout=SECONDS),
            lambda: policy.ApplyPolicy(policy_pb2.ApplyPolicyRequest(), timeout=SECONDS),
            lambda: batch.GetBatch(batch_pb2.GetBatchRequest(batch_id="b-1"), timeout=SECONDS),
            lambda: batch.Normalize(batch_pb2.NormalizeRequest(), timeout=SECONDS),
            lambda: list(batch.UploadBatch(iter(()), timeout=SECONDS)),
        ]
        for call in calls:
            assert failure_of(call).code is grpc.StatusCode.UNIMPLEMENTED
