"""Long batches are worked through in turns, which changes no answer and ends where nobody waits for it."""

import logging
import random
import threading
import time
from typing import Any

import numpy as np
import pytest
from google.rpc import error_details_pb2

from dncd_engine.numbers import read_many
from dncd_server.api import status
from dncd_server.errors import UnavailableError
from dncd_server.screening import TURN_ITEMS, TURN_SECONDS, read_in_turns, take_turns
from server.test_screening import LISTED, Desk, question, state, verdicts

DICE = random.Random(17)  # noqa: S311 - dice
FOREIGN = [DICE.randrange(2 * 10**10, 9 * 10**11) for _ in range(7 * TURN_ITEMS + 3)]
HOME = [LISTED + at for at in range(50)] + [0, 110, 12_025_550_100, 2**64 - 1]
ANYWHERE = [*FOREIGN, *HOME]
DICE.shuffle(ANYWHERE)


@pytest.mark.parametrize("campaign", ["acme/spring", "us"])
@pytest.mark.parametrize("size", [0, 1, TURN_ITEMS, 3 * TURN_ITEMS, len(ANYWHERE)])
def test_a_batch_in_turns_says_what_the_same_batch_says_at_once(campaign: str, size: int) -> None:
    desk = Desk(state())
    asked = ANYWHERE[:size] or [LISTED]
    answer = desk.check_many(asked, campaign=campaign)
    compiled = desk.replica.state.campaign(campaign)
    column = np.array(asked, dtype=np.uint64)
    whole, verdict_of = compiled.decide_many(column, answer.at_us, False)
    assert verdicts(answer) == [whole[index] for index in verdict_of.tolist()]
    assert len(set(answer.verdicts)) == len(answer.verdicts)
    assert sum(desk.counted().values()) == len(asked)


def test_texts_in_turns_are_read_as_at_once() -> None:
    texts = [f"+{number}" for number in ANYWHERE] + ["", "x", "110"] * TURN_ITEMS
    assert read_in_turns(texts, "DE") == read_many(texts, "DE")
    desk = Desk(state())
    spoken = desk.check_many(texts, region="DE")
    singly = [desk.check(text, region="DE") for text in texts]
    assert verdicts(spoken) == singly


def test_nothing_is_nothing() -> None:
    assert read_in_turns([], "DE") == []


def test_work_that_nobody_waits_for_ends_at_its_next_turn() -> None:
    done: list[slice] = []

    def work(part: slice) -> None:
        done.append(part)
        time.sleep(2 * TURN_SECONDS)

    with pytest.raises(UnavailableError) as caught:
        take_turns(100 * TURN_ITEMS, work, lambda: len(done) < 3)
    assert caught.value.reason == "ABANDONED"
    assert len(done) == 3


def test_a_batch_that_was_left_before_its_turn_is_not_begun() -> None:
    desk = Desk(state())
    with pytest.raises(UnavailableError):
        desk.screening.check_many(question(is_wanted=lambda: False), np.array([LISTED], np.uint64))
    assert desk.counted() == {}


def test_a_turn_that_fails_leaves_the_next_one_free() -> None:
    def fail(_: slice) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        take_turns(1, fail)
    thread = threading.Thread(target=take_turns, args=(1, lambda _: None))
    thread.start()
    thread.join(5)
    assert not thread.is_alive()


def test_an_integer_that_is_no_number_is_not_given_back() -> None:
    desk = Desk(state())
    for subject in (0, 110, 81_110, 2**64 - 1):
        assert desk.screening.check(question(), subject).number == 0
        assert desk.screening.check(question(campaign="dncd-test"), subject).number == 0
    assert desk.screening.check(question(), LISTED).number == LISTED


def test_a_request_id_can_be_found_again_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.CRITICAL):
        told = [status.status_of(ZeroDivisionError("x")) for _ in range(50)]
    ids = {_request_id(item) for item in told}
    assert len(ids) == 50
    assert all(item.isalpha() and len(item) == 16 for item in ids)


def _request_id(told: Any) -> str:
    info = error_details_pb2.ErrorInfo()
    told.details[0].Unpack(info)
    return str(info.metadata["request_id"])
