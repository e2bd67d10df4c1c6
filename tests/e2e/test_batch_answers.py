"""A batch of numbers is answered in columns, and as each number is answered by itself."""

import random
from collections.abc import Iterator

import pytest

from dncd.v1 import screening_pb2, verdict_pb2
from dncd_engine.drill import DRILL_VERDICTS
from dncd_engine.token import parse_token
from e2e.numbering import e164, fiction, yokohama
from e2e.planes import BLOCK, SECONDS, check, said, verdicts_of, version_of
from e2e.two_campaigns import put_in_force
from harness.daemon import Daemon, Stubs

IN_FLIGHT = 500


@pytest.fixture(scope="module", autouse=True)
def _policy(shared: Daemon) -> None:
    put_in_force(shared)


def test_a_batch_of_ten_thousand_is_answered_in_columns(shared: Daemon) -> None:
    with shared.stubs() as stubs:
        for plane in (stubs.screening, stubs.screening_on_control):
            numbers = [e164(at) for at in range(10_000)]
            answer = plane.CheckBatch(
                screening_pb2.CheckBatchRequest(e164=numbers), timeout=SECONDS
            )
            assert answer.verdicts[0] == verdict_pb2.Verdict()
            assert len(answer.verdict_of) == 20_000
            assert not answer.e164
            assert len(answer.verdicts) < 10
            indexes = set(answer.verdict_of[::2])
            assert indexes == set(range(1, len(answer.verdicts)))
            texts = [yokohama(at) for at in range(10_000)]
            spoken = plane.CheckBatch(
                screening_pb2.CheckBatchRequest(numbers=texts), timeout=SECONDS
            )
            assert list(spoken.e164) == numbers
            assert spoken.verdict_of == answer.verdict_of
            assert spoken.verdicts == answer.verdicts
            parse_token(spoken.basis.token)
            assert spoken.basis.version == version_of(stubs)


def _of_all_classes(dice: random.Random) -> list[int]:
    found = [e164(at) for at in range(1_500)]
    found += [fiction(at) for at in range(100)]
    found += [dice.randrange(10**4, 2**64) for _ in range(200)]
    found += [dice.randrange(10**9, 10**13) for _ in range(300)]
    found += [0, 1, 110, 119, 81_110, 810_450_000_001, 81_570_000_000, 81_990_000_000, 2**64 - 1]
    found += [81_120_000_000 + at for at in range(50)] + [442_079_460_018, 19_002_345_678]
    dice.shuffle(found)
    return found


_TEXTS = (
    "",
    " ",
    "045-000-0000",
    "０４５－０００－０００１",
    "+81 45 000 0002",
    "81450000003",
    "450000004",
    "045-000-0000 045-000-0001",
    "110",
    "4.5E+08",
    "phone",
    "0570-000-000",
    "\x00",
    "045\n000\n0006",
    "+1 202 555 0100",
    "x" * 5_000,
    "٠٤٥٠٠٠٠٠٠٠",
    "020-0000-0000",
)


def _singly(
    stubs: Stubs, numbers: list[int], campaign: str
) -> Iterator[screening_pb2.CheckResponse]:
    """Ask about each number by itself, all in flight at once."""
    ask = stubs.screening.Check.future
    requests = [screening_pb2.CheckRequest(e164=number, campaign=campaign) for number in numbers]
    for call in [ask(request, timeout=SECONDS) for request in requests]:
        yield call.result()


def test_a_batch_says_of_each_number_what_a_single_check_says(shared: Daemon) -> None:
    dice = random.Random(11)  # noqa: S311 - dice
    numbers = _of_all_classes(dice)
    seen: set[tuple[str, ...]] = set()
    with shared.stubs() as stubs:
        for campaign in ("default", "strict"):
            request = screening_pb2.CheckBatchRequest(e164=numbers, campaign=campaign)
            batch = verdicts_of(stubs.screening.CheckBatch(request, timeout=SECONDS))
            for first in range(0, len(numbers), IN_FLIGHT):
                part = slice(first, first + IN_FLIGHT)
                for verdict, single in zip(
                    batch[part], _singly(stubs, numbers[part], campaign), strict=True
                ):
                    assert single.verdict == verdict, campaign
                    decision, action, reasons = said(single)
                    seen.add((decision, action, *reasons[:1]))
            texts = screening_pb2.CheckBatchRequest(numbers=_TEXTS, campaign=campaign)
            spoken = stubs.screening.CheckBatch(texts, timeout=SECONDS)
            for index, verdict in enumerate(verdicts_of(spoken)):
                single_text = check(stubs.screening, _TEXTS[index], campaign=campaign)
                assert single_text.verdict == verdict, index
                assert single_text.e164 == spoken.e164[index], index
    deciding = {words[2] for words in seen if len(words) > 2}
    assert {"LISTED", "NUMBER_INVALID", "NEVER_DIAL", "COUNTRY_NOT_DIALLED"} <= deciding
    assert {"LIST_EMPTY"} <= deciding
    assert ("ALLOW", "DIAL") in seen


def test_the_drill_answers_each_reason(shared: Daemon) -> None:
    wanted = [
        (verdict.decision.name, verdict.action.name, [item.code.name for item in verdict.reasons])
        for verdict in DRILL_VERDICTS.values()
    ]
    with shared.stubs() as stubs:
        for plane in (stubs.screening, stubs.screening_on_control):
            told = [said(check(plane, number, campaign="dncd-test")) for number in DRILL_VERDICTS]
            assert told == wanted
        request = screening_pb2.CheckBatchRequest(
            numbers=[f"+{number}" for number in DRILL_VERDICTS], campaign="dncd-test"
        )
        batch = verdicts_of(stubs.screening.CheckBatch(request, timeout=SECONDS))
        assert [said(screening_pb2.CheckResponse(verdict=verdict)) for verdict in batch] == wanted
        other = check(stubs.screening, e164(1), campaign="dncd-test")
        assert other.verdict.decision == BLOCK
    printed = shared.check(
        *(f"+{number}" for number in DRILL_VERDICTS), options=("--campaign", "dncd-test")
    )
    assert [
        (line["decision"], line["action"], [item["code"] for item in line["reasons"]])
        for line in printed
    ] == wanted
