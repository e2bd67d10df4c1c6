"""A list that was deleted and made again under its name is another list."""

import json
from pathlib import Path

import grpc

from conftest import StartDaemon
from dncd.v1 import policy_pb2
from e2e.numbering import e164, yokohama
from e2e.planes import (
    SECONDS,
    STARTS_EMPTY,
    apply,
    check,
    failure_of,
    list_of,
    said,
    upload,
    version_of,
)
from e2e.uploads import file_with
from e2e.verdicts import ALLOWED
from harness.daemon import Daemon


def test_a_list_that_was_made_again_takes_over_nothing(
    start_daemon: StartDaemon, tmp_path: Path
) -> None:
    daemon = start_daemon()
    path = file_with(tmp_path, "first.txt", yokohama(1), yokohama(2), "x")
    mend = file_with(tmp_path, "mend.txt", yokohama(3))
    other = file_with(tmp_path, "other.txt", yokohama(4))
    with daemon.stubs() as stubs:
        apply(stubs, {"again": STARTS_EMPTY})
        assert daemon.load("again", path, "--batch-id", "again-1").code == 1
        assert daemon.load("again", other, "--batch-id", "again-2").code == 0
        assert _attention(daemon) == [("incomplete", "again-1")]
        assert list_of(stubs, "again").last_batch_id == "again-2"

        stubs.policy.ApplyPolicy(
            policy_pb2.ApplyPolicyRequest(delete_lists=["again"]), timeout=SECONDS
        )
        assert _attention(daemon) == []
        apply(stubs, {"again": STARTS_EMPTY})

    def holds() -> None:
        with daemon.stubs() as stubs:
            version = version_of(stubs)
            for sent, batch_id in ((path, "again-1"), (mend, "again-1"), (other, "again-2")):
                loaded = daemon.load("again", sent, "--batch-id", batch_id)
                assert loaded.code == 1, loaded
                assert "LIST_RECREATED" in loaded.stderr
            failed = failure_of(lambda: upload(stubs, "again", path.read_bytes(), "again-1"))
            assert failed.code is grpc.StatusCode.FAILED_PRECONDITION
            assert (failed.reason, failed.domain) == ("LIST_RECREATED", "dncd")
            assert failed.metadata == {"batch_id": "again-1", "list": "again"}
            mending = daemon.load("again", mend, "--mends", "again-1")
            assert mending.code == 2
            assert "BATCH_NOT_FOUND" in mending.stderr

            item = list_of(stubs, "again")
            assert version_of(stubs) == version
            assert (item.numbers, item.open_rejects, item.last_batch_id) == (0, 0, "")
            assert _attention(daemon) == []
            assert daemon.ctl("status").returncode == 0
            assert said(check(stubs.screening, e164(1))) == ALLOWED

    holds()
    # over a checkpoint, and from the ledger's first event
    assert daemon.stop() == 0
    daemon.start()
    holds()
    assert daemon.stop() == 0
    (daemon.data / "checkpoint").unlink()
    daemon.start()
    holds()
    assert daemon.load("again", path, "--batch-id", "again-3").code == 1
    with daemon.stubs() as stubs:
        item = list_of(stubs, "again")
        assert (item.numbers, item.open_rejects, item.last_batch_id) == (2, 1, "again-3")


def _attention(daemon: Daemon) -> list[tuple[str, str]]:
    told = json.loads(daemon.ctl("status", "--json").stdout)["attention"]
    return [(each["code"], each["batch_id"]) for each in told]
