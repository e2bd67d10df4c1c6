"""The same id again brings the same rejects and the same report."""

from pathlib import Path
from typing import Any

import grpc

from dncd.v1 import batch_pb2
from e2e.definitions import own_list
from e2e.numbering import fiction, yokohama
from e2e.planes import ACTIVE, ADD, STARTS_EMPTY, apply, failure_of, upload, version_of
from e2e.uploads import file_with, report_of
from harness.daemon import Daemon, Stubs


def _sent(stubs: Stubs, name: str, data: bytes, **fields: Any) -> tuple[list[Any], Any]:
    header = batch_pb2.BatchHeader(list=name, mode=ADD, **fields)
    answers = stubs.upload(header, data)
    rows = [row for answer in answers for row in answer.rejected.rows]
    assert answers[-1].WhichOneof("part") == "report"
    return [(row.line, row.column, row.code, row.raw) for row in rows], answers[-1].report


def test_the_same_id_again_brings_the_same_rejects_and_report(shared: Daemon) -> None:
    lines = [yokohama(index) for index in range(400, 420)]
    lines[3:3] = ["phone", "045-000", "110"]
    data = "".join(f"{line}\n" for line in lines).encode()
    with shared.stubs() as stubs:
        apply(stubs, {"rejecting": STARTS_EMPTY})
        rows, report = _sent(stubs, "rejecting", data, batch_id="rejecting-1")
        version = version_of(stubs)
        assert [row[3] for row in rows] == ["phone", "045-000", "110"]
        assert [row[0] for row in rows] == [4, 5, 6]

        for _ in range(2):
            assert _sent(stubs, "rejecting", data, batch_id="rejecting-1") == (rows, report)

        for changed in (data + b"\n", data.replace(b"phone", b"Phone"), data[: len(data) // 2]):
            failed = failure_of(
                lambda: _sent(stubs, "rejecting", changed, batch_id="rejecting-1")  # noqa: B023
            )
            assert failed.code is grpc.StatusCode.ALREADY_EXISTS
            assert failed.reason == "BATCH_ID_TAKEN"

        # a dry run is worked out anew, whoever has its id
        for tried in (data, f"{yokohama(500)}\n".encode()):
            _, preview = _sent(stubs, "rejecting", tried, batch_id="rejecting-1", dry_run=True)
            assert preview.state == batch_pb2.BATCH_STATE_PREVIEW
            assert (preview.version, preview.token) == (0, "")
        assert version_of(stubs) == version
        assert report_of(stubs, "rejecting-1") == report


def test_rejects_come_again_after_they_were_mended_and_the_list_was_redefined(
    shared: Daemon,
) -> None:
    """A file is read again as it was the first time, so that nobody gets another list of what to mend."""
    data = f"{yokohama(430)}\nphone\n{yokohama(431)}\n".encode()
    with shared.stubs() as stubs:
        apply(stubs, {"redefined": STARTS_EMPTY})
        rows, report = _sent(stubs, "redefined", data, batch_id="redefined-1")
        assert len(rows) == 1

        apply(stubs, {"redefined": own_list("US")})
        assert _sent(stubs, "redefined", data, batch_id="redefined-1") == (rows, report)

        mended = f"+{fiction(40)}\n".encode()
        mending = upload(stubs, "redefined", mended, "redefined-2", mends="redefined-1")
        assert mending.state == ACTIVE
        again, told = _sent(stubs, "redefined", data, batch_id="redefined-1")
        assert again == rows
        assert (report.open_rejects, told.open_rejects) == (1, 0)
        report.open_rejects = 0
        report.flags.remove("incomplete")
        assert told == report


def test_the_rejects_file_is_written_again(shared: Daemon, tmp_path: Path) -> None:
    path = file_with(tmp_path, "file.txt", yokohama(440), "phone", yokohama(441))
    with shared.stubs() as stubs:
        apply(stubs, {"rewritten": STARTS_EMPTY})
    first = shared.load("rewritten", path, "--batch-id", "rewritten-1")
    # the answer was lost on its way, and with it the file
    written = Path(first.report["rejects"]["file"])
    kept = written.read_bytes()
    written.unlink()
    again = shared.load("rewritten", path, "--batch-id", "rewritten-1")

    assert (first.code, again.code) == (1, 1)
    assert again.report == first.report
    assert written.read_bytes() == kept
