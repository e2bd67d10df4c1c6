"""A ledger that this version cannot read stops every answer."""

import time
from pathlib import Path

import grpc
import pytest

from conftest import StartDaemon
from dncd.v1 import ledger_pb2
from dncd_engine.chain import LEDGER_FORMAT, EventHeader
from e2e.ledgers import ledger_of, opened
from e2e.numbering import e164, yokohama
from e2e.planes import DO_NOT_CONTACT, STARTS_EMPTY, apply, check, failure_of, health_of, upload
from e2e.verdicts import ALLOWED, everywhere
from harness.daemon import Daemon

FREE = e164(900_000)


@pytest.fixture(params=["a newer format", "an unknown kind"])
def unreadable(start_daemon: StartDaemon, request: pytest.FixtureRequest, tmp_path: Path) -> Daemon:
    """Serve a ledger whose newest event this version cannot know."""
    daemon = start_daemon()
    with daemon.stubs() as stubs:
        apply(stubs, {"optout": STARTS_EMPTY})
        upload(stubs, "optout", yokohama(1).encode(), "one")
        assert everywhere(stubs, FREE, "") == ALLOWED
    assert daemon.stop() == 0
    is_newer = request.param == "a newer format"
    _write_event(
        ledger_of(daemon.data),
        needs=LEDGER_FORMAT + is_newer,
        kind=ledger_pb2.EVENT_KIND_POLICY_APPLIED if is_newer else 99,
    )
    daemon.start()
    return daemon


def _write_event(path: Path, *, needs: int, kind: int) -> None:
    with opened(path) as ledger:
        epoch, version, head, at_us = ledger.execute(
            "SELECT epoch, version, hash, at_us FROM head"
        ).fetchone()
        # bodies as the event before has them: the format is looked at before anything of theirs
        effect, evidence = ledger.execute(
            "SELECT effect_digest, evidence_digest FROM event WHERE version = ?", (version,)
        ).fetchone()
        header = EventHeader(version + 1, epoch, at_us + 1, kind, needs, effect, evidence, head)
        columns = ", ".join(EventHeader.__slots__)
        ledger.execute(
            f"INSERT INTO event ({columns}, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - our own names
            (*(getattr(header, name) for name in EventHeader.__slots__), header.hash()),
        )
        ledger.execute(
            "INSERT INTO body SELECT version + 1, part, salt, data FROM body WHERE version = ?",
            (version,),
        )
        ledger.execute(
            "UPDATE head SET version = ?, hash = ?, at_us = ?",
            (version + 1, header.hash(), at_us + 1),
        )


def test_a_ledger_that_needs_a_newer_dncd_stops_every_answer(
    unreadable: Daemon, tmp_path: Path
) -> None:
    assert unreadable.get("/readyz")[0] == 503
    assert unreadable.get("/healthz")[0] == 200
    assert "dncd_ready 0.0" in unreadable.get("/metrics")[1]
    for address in (unreadable.listen, unreadable.control):
        with grpc.insecure_channel(address) as channel:
            assert health_of(channel) == "NOT_SERVING"
    with unreadable.stubs() as stubs:
        for plane in (stubs.screening, stubs.screening_on_control):
            for number in (FREE, e164(1)):
                failed = failure_of(lambda: check(plane, number))  # noqa: B023
                assert failed.code is grpc.StatusCode.UNAVAILABLE
                assert (failed.reason, failed.domain) == ("LEDGER_UNUSABLE", "dncd")
        failed = failure_of(lambda: upload(stubs, "optout", yokohama(2).encode(), "two"))
        assert failed.code is grpc.StatusCode.UNAVAILABLE
        failed = failure_of(lambda: apply(stubs, {"another": DO_NOT_CONTACT}))
        assert failed.code is grpc.StatusCode.UNAVAILABLE
    path = tmp_path / "file.txt"
    path.write_text(f"{yokohama(2)}\n", encoding="utf-8")
    assert unreadable.ctl("check", yokohama(1)).returncode == 3
    assert unreadable.ctl("status").returncode == 3
    assert unreadable.load("optout", path).code == 3
    # it goes on trying, and stays shut
    time.sleep(1.2)
    assert unreadable.get("/readyz")[0] == 503
    assert unreadable.stop() == 0
