"""A checkpoint that is damaged or of another ledger answers nothing."""

from pathlib import Path

from conftest import StartDaemon
from e2e.numbering import e164, yokohama
from e2e.planes import STARTS_EMPTY, apply, upload
from e2e.verdicts import ALLOWED, LISTED, NO_POLICY, everywhere

FREE = e164(900_000)


def test_a_checkpoint_of_another_ledger_is_set_aside(start_daemon: StartDaemon) -> None:
    daemon = start_daemon()
    with daemon.stubs() as stubs:
        apply(stubs, {"optout": STARTS_EMPTY})
        upload(stubs, "optout", yokohama(1).encode(), "one")
        assert everywhere(stubs, FREE, "") == ALLOWED
    assert daemon.stop() == 0
    assert (daemon.data / "checkpoint").exists()
    for path in daemon.data.glob("ledger.sqlite3*"):
        path.rename(daemon.data.parent / path.name)

    daemon.start()

    # a volume that was not mounted looks just so: nothing of the old index may answer
    with daemon.stubs() as stubs:
        assert everywhere(stubs, FREE, "") == NO_POLICY
        assert everywhere(stubs, e164(1), "") == NO_POLICY
    assert (daemon.data / "checkpoint.set-aside").exists()
    warned = {event["event"] for event in daemon.events()}
    assert {"checkpoint_set_aside", "ledger_created"} <= warned
    # mounted again, the old ledger answers as before
    assert daemon.stop() == 0
    for path in daemon.data.glob("ledger.sqlite3*"):
        path.unlink()
    for path in daemon.data.parent.glob("ledger.sqlite3*"):
        path.rename(daemon.data / path.name)
    daemon.start()
    with daemon.stubs() as stubs:
        assert everywhere(stubs, e164(1), "") == LISTED
        assert everywhere(stubs, FREE, "") == ALLOWED


def test_a_damaged_checkpoint_is_set_aside(start_daemon: StartDaemon) -> None:
    daemon = start_daemon()
    with daemon.stubs() as stubs:
        apply(stubs, {"optout": STARTS_EMPTY})
        upload(stubs, "optout", yokohama(1).encode(), "one")
    for damage in (_flip_a_bit, _cut_short):
        assert daemon.stop() == 0
        damage(daemon.data / "checkpoint")
        daemon.start()
        with daemon.stubs() as stubs:
            assert everywhere(stubs, e164(1), "") == LISTED
        assert "checkpoint_set_aside" in {event["event"] for event in daemon.events()}


def _flip_a_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)


def _cut_short(path: Path) -> None:
    # the one that was set aside before is written anew when the daemon stops
    path.write_bytes(path.read_bytes()[:-40])
