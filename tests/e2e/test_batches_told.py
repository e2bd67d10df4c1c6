"""The batches of a list are told newest first."""

from dncd.v1 import batch_pb2
from e2e.numbering import yokohama
from e2e.planes import DO_NOT_CONTACT, SECONDS, apply, upload
from harness.daemon import Daemon


def test_batches_are_told_newest_first(shared: Daemon) -> None:
    with shared.stubs() as stubs:
        apply(stubs, {"told": DO_NOT_CONTACT})
        reports = [
            upload(stubs, "told", f"{yokohama(9_000 + at)}\n".encode(), f"told-{at}")
            for at in range(3)
        ]
        ask = stubs.batch.ListBatches
        every = ask(batch_pb2.ListBatchesRequest(list="told"), timeout=SECONDS).reports
        assert list(every) == reports[::-1]
        two = ask(batch_pb2.ListBatchesRequest(list="told", limit=2), timeout=SECONDS).reports
        assert list(two) == reports[:0:-1]
        rest = ask(
            batch_pb2.ListBatchesRequest(list="told", before_version=two[-1].version),
            timeout=SECONDS,
        ).reports
        assert list(rest) == reports[:1]
