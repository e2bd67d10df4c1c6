"""A batch id is the client's: the same upload again is answered and changes nothing; another one is refused."""

import json
import threading
from pathlib import Path
from typing import Any

import grpc
import pytest

from conftest import StartDaemon
from dncd.v1 import batch_pb2
from e2e.numbering import yokohama
from e2e.planes import (
    DO_NOT_CONTACT,
    REFUSED,
    SECONDS,
    Failure,
    apply,
    failure,
    failure_of,
    list_of,
    upload,
    version_of,
)
from harness.daemon import Daemon


@pytest.fixture(scope="module", autouse=True)
def _lists(shared: Daemon) -> None:
    with shared.stubs() as stubs:
        names = ("twice", "other", "bytes", "race", "mended", "header", "restart", "slow")
        apply(stubs, dict.fromkeys(names, DO_NOT_CONTACT))


def _file(folder: Path, *indexes: int) -> Path:
    path = folder / f"{'-'.join(map(str, indexes))}.txt"
    path.write_text("".join(f"{yokohama(index)}\n" for index in indexes), encoding="utf-8")
    return path


def _load(daemon: Daemon, name: str, path: Path, batch_id: str) -> tuple[int, str]:
    done = daemon.ctl("load", name, str(path), "--json", "--batch-id", batch_id)
    return done.returncode, done.stdout if done.stdout else done.stderr


def test_the_same_upload_twice_is_one_version_and_one_report(
    shared: Daemon, tmp_path: Path
) -> None:
    path = _file(tmp_path, 1, 2, 3)

    first = _load(shared, "twice", path, "twice-1")
    with shared.stubs() as stubs:
        version = version_of(stubs)
    copy = tmp_path / "under-another-name.txt"
    copy.write_bytes(path.read_bytes())
    again = [_load(shared, "twice", path, "twice-1"), _load(shared, "twice", copy, "twice-1")]

    assert first[0] == 0
    assert again == [first, first]
    report = json.loads(first[1])
    assert (report["version"], report["state"]) == (version, "ACTIVE")
    with shared.stubs() as stubs:
        assert version_of(stubs) == version
        assert list_of(stubs, "twice").numbers == 3


@pytest.mark.parametrize("name", ["bytes", "other"], ids=["other bytes", "another list"])
def test_the_same_id_for_something_else_is_refused_and_changes_nothing(
    shared: Daemon, tmp_path: Path, name: str
) -> None:
    batch_id = f"once-{name}"
    path = _file(tmp_path, 10, 11)
    code, _ = _load(shared, "bytes", path, batch_id)
    assert code == 0
    with shared.stubs() as stubs:
        version, numbers = version_of(stubs), list_of(stubs, "bytes").numbers

    changed = _file(tmp_path, 10, 12) if name == "bytes" else path
    code, said = _load(shared, name, changed, batch_id)

    assert code == 2
    assert "BATCH_ID_TAKEN" in said
    with shared.stubs() as stubs:
        assert version_of(stubs) == version
        assert list_of(stubs, "bytes").numbers == numbers
        assert list_of(stubs, "other").numbers == 0
        failed = failure_of(lambda: upload(stubs, name, changed.read_bytes() + b" ", batch_id))
        assert (failed.code, failed.domain) == (grpc.StatusCode.ALREADY_EXISTS, "dncd")


@pytest.mark.parametrize(
    "header", [{"published_date": "2026-01-02"}, {"reason": "asked"}, {"region": "US"}]
)
def test_the_same_id_with_another_header_is_refused(shared: Daemon, header: dict[str, Any]) -> None:
    data = f"{yokohama(20)}\n".encode()
    with shared.stubs() as stubs:
        upload(stubs, "header", data, "header-1")
        failed = failure_of(lambda: upload(stubs, "header", data, "header-1", **header))
    assert failed.code is grpc.StatusCode.ALREADY_EXISTS


def test_the_same_id_at_the_same_time_is_one_version(shared: Daemon) -> None:
    data = "".join(f"{yokohama(index)}\n" for index in range(100, 140)).encode()
    with shared.stubs() as stubs:
        version = version_of(stubs)
        outcomes: list[batch_pb2.BatchReport | Failure] = []
        gate = threading.Barrier(4)

        def send() -> None:
            gate.wait(SECONDS)
            try:
                outcomes.append(upload(stubs, "race", data, "race-1"))
            except grpc.RpcError as error:
                outcomes.append(failure(error))

        senders = [threading.Thread(target=send) for _ in range(4)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join(SECONDS)

        reports = [item for item in outcomes if isinstance(item, batch_pb2.BatchReport)]
        failures = [item for item in outcomes if isinstance(item, Failure)]
        assert len(outcomes) == 4
        assert reports
        assert {report.version for report in reports} == {version + 1}
        assert {item.reason for item in failures} <= {"BATCH_UNDER_WAY"}
        assert version_of(stubs) == version + 1
        assert upload(stubs, "race", data, "race-1") == reports[0]


def test_the_id_of_a_refused_file_serves_for_the_mended_one(shared: Daemon, tmp_path: Path) -> None:
    empty = tmp_path / "empty.txt"
    empty.write_bytes(b"")
    good = _file(tmp_path, 30, 31)
    known = batch_pb2.GetBatchRequest(batch_id="mended-1")

    assert _load(shared, "mended", empty, "mended-1")[0] == 1
    with shared.stubs() as stubs:
        assert stubs.batch.GetBatch(known, timeout=SECONDS).report.state == REFUSED
    assert _load(shared, "mended", empty, "mended-1")[0] == 1
    code, said = _load(shared, "mended", good, "mended-1")

    assert (code, json.loads(said)["numbers"]["added"]) == (0, 2)
    # and now the id is taken: what was refused before is other content
    assert _load(shared, "mended", empty, "mended-1")[0] == 2
    assert _load(shared, "mended", good, "mended-1") == (code, said)


def test_a_dry_run_uses_up_no_id(shared: Daemon, tmp_path: Path) -> None:
    path = _file(tmp_path, 40)
    with shared.stubs() as stubs:
        version = version_of(stubs)

    preview = shared.load("mended", path, "--batch-id", "dry-1", "--dry-run")

    assert (preview.code, preview.report["state"]) == (0, "PREVIEW")
    assert (preview.report["version"], preview.report["numbers"]["added"]) == (None, 1)
    with shared.stubs() as stubs:
        assert version_of(stubs) == version
        known = batch_pb2.GetBatchRequest(batch_id="dry-1")
        failed = failure_of(lambda: stubs.batch.GetBatch(known, timeout=SECONDS))
        assert failed.code is grpc.StatusCode.NOT_FOUND
    real = shared.load("mended", path, "--batch-id", "dry-1")
    assert (real.code, real.report["state"]) == (0, "ACTIVE")


@pytest.mark.parametrize("end", ["kill", "stop"])
def test_an_id_is_known_over_a_restart(start_daemon: StartDaemon, tmp_path: Path, end: str) -> None:
    daemon = start_daemon()
    with daemon.stubs() as stubs:
        apply(stubs, {"restart": DO_NOT_CONTACT, "other": DO_NOT_CONTACT})
    path = _file(tmp_path, 50, 51)
    first = _load(daemon, "restart", path, "restart-1")
    assert first[0] == 0

    if end == "kill":
        daemon.kill()
    else:
        assert daemon.stop() == 0
    daemon.start()

    assert _load(daemon, "restart", path, "restart-1") == first
    assert _load(daemon, "other", path, "restart-1")[0] == 2
    assert _load(daemon, "restart", _file(tmp_path, 52), "restart-1")[0] == 2
    with daemon.stubs() as stubs:
        assert version_of(stubs) == json.loads(first[1])["version"]
        assert list_of(stubs, "restart").numbers == 2
