"""Headers that an uploader declares, and the lists that they are declared for."""

from dataclasses import replace

from dncd.v1 import batch_pb2
from dncd_engine.state import State
from dncd_server.policy.plan import plan as policy_plan
from server.building import a_list, policy_request

Header = batch_pb2.BatchHeader


def state(region: str = "JP") -> State:
    request = policy_request(
        {
            "acme/optout": a_list(layout="csv"),
            "ftc": a_list("registry", layout="csv", tz="America/New_York"),
            "utc": a_list("registry", tz="UTC"),
            "home": a_list("registry"),
        }
    )
    base = replace(State(), region=region, version=2)
    return base.with_policy(policy_plan(base, request).change)


STATE = state()


def header(**fields: object) -> Header:
    base: dict[str, object] = {
        "batch_id": "b1",
        "list": "ftc",
        "mode": batch_pb2.BATCH_MODE_ADD,
    }
    return Header(**base | fields)  # type: ignore[arg-type]


def attributes(**fields: object) -> Header:
    return header(attributes=batch_pb2.Attributes(**fields))  # type: ignore[arg-type]
