"""A power cut at any moment of an upload leaves the whole batch or none of it, and loses nothing acknowledged."""

import logging
import os
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import grpc

from conftest import StartDaemon
from dncd.v1 import batch_pb2, policy_pb2, screening_pb2
from e2e.ledgers import contents, copied, is_whole, ledger_of, verifying
from e2e.numbering import batch_of, file_of
from e2e.planes import (
    ALLOW,
    SECONDS,
    STARTS_EMPTY,
    Failure,
    apply,
    check,
    codes,
    failure,
    list_of,
    upload,
    verdicts_of,
)
from harness.canary import Canary
from harness.daemon import Daemon, Stubs

BATCH = 50_000
KILLS = 20
KILLS_AFTER_REPORT = 4
SAMPLE = 1_000
LIST = "optout"
_log = logging.getLogger(__name__)


@dataclass
class Upload:
    """An upload on its way in a thread of its own."""

    stubs: Stubs
    batch_id: str
    data: bytes
    report: batch_pb2.BatchReport | None = None
    failed: Failure | None = None
    ended: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        """Set off."""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.report = upload(self.stubs, LIST, self.data, self.batch_id)
        except grpc.RpcError as error:
            self.failed = failure(error)
        finally:
            self.ended.set()

    def join(self) -> None:
        """Wait for its end."""
        assert self.ended.wait(SECONDS)
        self._thread.join(SECONDS)


def test_a_kill_at_any_moment_leaves_all_of_a_batch_or_none(
    start_daemon: StartDaemon, tmp_path: Path, canary: Canary
) -> None:
    seed = int(os.environ.get("DNCD_KILL_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
    dice = random.Random(seed)  # noqa: S311 - dice
    daemon = start_daemon()
    with daemon.stubs() as stubs:
        lists = dict.fromkeys((LIST, "measured-1", "measured-2"), STARTS_EMPTY)
        campaign = policy_pb2.CampaignDefinition(countries=["JP", "US", "CA"], block=[LIST])
        apply(stubs, lists, {"default": campaign})
    numbers = [batch_of(turn, size=BATCH) for turn in range(KILLS + 1)]
    for batch in numbers:
        canary.used("\n".join(f"+{number}" for number in batch[:50]))
    seconds = _measured(daemon, file_of(numbers[0], dice))

    fell: Counter[str] = Counter()
    for turn in range(1, KILLS + 1):
        where = f"seed {seed}, kill {turn}"
        after_report = turn > KILLS - KILLS_AFTER_REPORT
        # every third falls into the last part, where what was staged is committed and applied
        earliest = 0.65 * seconds if turn % 3 == 0 else 0.0
        moment = dice.uniform(earliest, 1.1 * seconds)
        batch_id, data = f"batch-{turn}", file_of(numbers[turn], dice)
        with daemon.stubs() as stubs:
            # a first call, so that the moment counts from the upload and not from the connection
            check(stubs.screening, numbers[turn][0])
            under_way = Upload(stubs, batch_id, data)
            if after_report:
                assert under_way.ended.wait(SECONDS), where
            else:
                time.sleep(moment)
            children = _children(daemon)
            daemon.kill()
            under_way.join()

        copy = copied(daemon.data, tmp_path / f"after-{turn}")
        found = contents(copy)
        verification = verifying(copy)
        taken = batch_id in found.batches
        fell[_phase(found.staged, found.staged_segments, taken, under_way.report)] += 1
        assert found.versions == list(range(1, found.head + 1)), where
        assert set(found.staged) <= {batch_id}, where
        assert not found.stray_segments, where
        assert taken or under_way.report is None, f"{where}: an acknowledged batch is lost"
        for earlier in range(turn):
            assert f"batch-{earlier}" in found.batches, f"{where}: an earlier batch is lost"

        daemon.start()
        with daemon.stubs() as stubs:
            _is_there_or_not(stubs, numbers[: turn + 1], taken, dice, where)
            _completes_once(stubs, batch_id, data, under_way.report, taken, where)
            _is_there_or_not(stubs, numbers[: turn + 1], True, dice, where)
        _wait_until_gone(children, where)
        # waited for here, so that it takes no time from the next upload
        assert is_whole(verification) == "", where
        assert sorted(path.name for path in daemon.data.iterdir() if "ledger" not in path.name) in (
            [],
            ["checkpoint"],
        ), where

    _log.info("seed %d, an upload takes %.2f s, kills fell: %s", seed, seconds, dict(fell))
    assert daemon.stop() == 0
    assert is_whole(verifying(ledger_of(daemon.data))) == "", f"seed {seed}"
    found = contents(ledger_of(daemon.data))
    assert (found.staged, found.staged_segments, found.stray_segments) == ([], 0, 0)
    expected = {"m-1", "m-2", *(f"batch-{turn}" for turn in range(KILLS + 1))}
    assert found.batches.keys() == expected
    # the ledger's first event, the policy, what was measured, and one for each batch
    assert found.head == 2 + 2 + KILLS + 1


def _measured(daemon: Daemon, data: bytes) -> float:
    """Load the first batch into three lists and return the median duration, each time on a daemon just started."""
    times = []
    for name, batch_id in (("measured-1", "m-1"), ("measured-2", "m-2"), (LIST, "batch-0")):
        daemon.kill()
        daemon.start()
        with daemon.stubs() as stubs:
            stubs.policy.ListLists(policy_pb2.ListListsRequest(), timeout=SECONDS)
            started = time.monotonic()
            upload(stubs, name, data, batch_id)
            times.append(time.monotonic() - started)
    return sorted(times)[1]


def _is_there_or_not(
    stubs: Stubs, turns: list[list[int]], taken: bool, dice: random.Random, where: str
) -> None:
    """All of the last batch is on the list, or none of it; all of those before are."""
    there = turns if taken else turns[:-1]
    assert list_of(stubs, LIST).numbers == sum(map(len, there)), where
    for numbers, is_there in [(turns[-1], taken), (dice.choice(turns[:-1]), True)]:
        sample = dice.sample(numbers, SAMPLE)
        request = screening_pb2.CheckBatchRequest(e164=sample)
        answer = stubs.screening.CheckBatch(request, timeout=SECONDS)
        each = verdicts_of(answer)
        assert {"LISTED" in codes(verdict) for verdict in each} == {is_there}, where
        allowed = any(verdict.decision == ALLOW for verdict in each)
        assert allowed is not is_there, where


def _completes_once(
    stubs: Stubs,
    batch_id: str,
    data: bytes,
    before: batch_pb2.BatchReport | None,
    taken: bool,
    where: str,
) -> None:
    """The same id again brings the batch to its end once: one version, the same report ever after."""
    known = batch_pb2.GetBatchRequest(batch_id=batch_id)
    if taken:
        stored = stubs.batch.GetBatch(known, timeout=SECONDS).report
        assert before is None or stored == before, where
    report = upload(stubs, LIST, data, batch_id)
    assert report.numbers.added == BATCH, where
    assert before is None or report == before, where
    assert stubs.batch.GetBatch(known, timeout=SECONDS).report == report, where
    assert list_of(stubs, LIST).last_version == report.version, where


def _phase(
    staged: list[str], segments: int, taken: bool, report: batch_pb2.BatchReport | None
) -> str:
    if report is not None:
        return "after the report"
    if taken:
        return "committed, not yet reported"
    if not staged:
        return "before staging was opened"
    return "staging" if segments else "reading"


def _children(daemon: Daemon) -> list[int]:
    assert daemon.process is not None
    found = []
    for task in Path(f"/proc/{daemon.process.pid}/task").iterdir():
        found += [int(pid) for pid in (task / "children").read_text().split()]
    return found


def _is_alive(pid: int) -> bool:
    try:
        return "dncd_server.ingest" in Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return False


def _wait_until_gone(children: list[int], where: str) -> None:
    deadline = time.monotonic() + SECONDS
    while any(map(_is_alive, children)):
        assert time.monotonic() < deadline, f"{where}: a reader of uploads outlives its daemon"
        time.sleep(0.05)
