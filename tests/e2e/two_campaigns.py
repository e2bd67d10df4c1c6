"""A policy of two campaigns, default and strict, over lists that hold numbers and a registry that was never loaded."""

from dncd.v1 import policy_pb2, verdict_pb2
from e2e.numbering import yokohama
from e2e.planes import STARTS_EMPTY, apply, dialled_everywhere, upload
from harness.daemon import Daemon


def put_in_force(daemon: Daemon) -> None:
    """Apply the policy and load its lists, as batches b-1 and b-2."""
    with daemon.stubs() as stubs:
        registry = policy_pb2.ListDefinition(
            kind=verdict_pb2.LIST_KIND_REGISTRY, countries=["US"], max_age_seconds=86_400
        )
        lists = {"optout": STARTS_EMPTY, "stop": STARTS_EMPTY, "reg": registry}
        apply(stubs, lists, {"default": dialled_everywhere(), "strict": dialled_everywhere()})
        strict = dialled_everywhere()
        strict.block.extend(("optout", "stop", "reg"))
        apply(stubs, campaigns={"strict": strict})
        upload(
            stubs, "optout", "".join(f"{yokohama(2 * at)}\n" for at in range(500)).encode(), "b-1"
        )
        upload(stubs, "stop", "".join(f"{yokohama(3 * at)}\n" for at in range(300)).encode(), "b-2")
