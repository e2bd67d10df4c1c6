"""Changes and looks at the ledger at the same moment."""

import threading

import grpc

from dncd.v1 import policy_pb2
from e2e.asking import Asker
from e2e.definitions import campaign_of
from e2e.numbering import e164
from e2e.planes import STARTS_EMPTY, Failure, apply, failure, failure_of, upload
from e2e.verdicts import ALLOWED
from harness.daemon import Daemon

FREE = e164(900_000)


def test_changes_and_looks_at_the_ledger_at_once_disturb_no_answer(shared: Daemon) -> None:
    """An upload looks at the ledger's head when it begins; a change may come just then."""
    over = threading.Event()
    problems: list[Failure] = []

    def change() -> None:
        with shared.stubs() as stubs:
            for turn in range(300):
                title = policy_pb2.CampaignDefinition(countries=["JP"], title=f"at once {turn}")
                try:
                    apply(stubs, campaigns={"at-once": title})
                except grpc.RpcError as error:
                    problems.append(failure(error))
        over.set()

    def look() -> None:
        with shared.stubs() as stubs:
            while not over.is_set():
                failed = failure_of(lambda: upload(stubs, "nowhere", b"x", "looks"))
                if failed.code is not grpc.StatusCode.NOT_FOUND:
                    problems.append(failed)

    with shared.stubs() as stubs:
        apply(stubs, {"calm": STARTS_EMPTY}, {"calm": campaign_of("calm")})
    workers = [threading.Thread(target=work) for work in (change, look, look, look)]
    with Asker(shared, {FREE: ALLOWED}, "calm") as asker:
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(60)
            assert not worker.is_alive()
    assert problems == []
    assert asker.problems == []
    assert asker.asked > 100
