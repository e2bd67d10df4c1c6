"""Screening: a question of a dialer, already taken apart, becomes verdicts and is counted. No transport here."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dncd_engine.drill import drill_reject, drill_verdict
from dncd_engine.names import DRILL_CAMPAIGN, is_name
from dncd_engine.numbers import Reject, inspect, is_region, read, read_many
from dncd_engine.rules import MAX_DISTINCT_VERDICTS, CompiledCampaign
from dncd_engine.segments import Numbers
from dncd_engine.state import CampaignNeededError, State, UnknownCampaignError
from dncd_engine.token import TokenMalformedError, parse_token
from dncd_engine.verdict import Verdict
from dncd_server.counts import AnswerKey, Counts
from dncd_server.errors import (
    FieldProblem,
    InvalidRequestError,
    NotFoundError,
    UnavailableError,
    invalid_field,
)
from dncd_server.replica import Replica

UNNAMED = "unnamed"
"""How a call without a campaign is counted."""
TURN_ITEMS = 100
"""How many numbers are read in one go; the slowest countries' take about 5 ms."""
TURN_SECONDS = 0.003
REST_SECONDS = 0.0005
_turn = threading.Lock()


def always() -> bool:
    """Return True: the caller is still there."""
    return True


def take_turns(
    size: int, work: Callable[[slice], None], is_wanted: Callable[[], bool] = always
) -> None:
    """Do long work slice by slice, so that whoever asks about one number gets in between.

    Python lets one thread compute at a time and takes 5 ms to take it from one that does not let go, so the threads
    that work through batches take turns among themselves, and each lets go after its own.

    Raises:
        UnavailableError: The caller has gone.
    """
    rested_at = time.perf_counter()
    for start in range(0, size, TURN_ITEMS):
        if time.perf_counter() - rested_at > TURN_SECONDS:
            _check_wanted(is_wanted)
            time.sleep(REST_SECONDS)
            rested_at = time.perf_counter()
        with _turn:
            work(slice(start, start + TURN_ITEMS))


def _check_wanted(is_wanted: Callable[[], bool]) -> None:
    if not is_wanted():
        raise UnavailableError("ABANDONED", "the caller has gone")


def read_in_turns(
    texts: Sequence[str], region: str, is_wanted: Callable[[], bool] = always
) -> list[int | Reject]:
    """Return what `read_many` returns, letting others in between.

    Raises:
        UnavailableError: The caller has gone.
    """
    readings: list[int | Reject] = []
    take_turns(len(texts), lambda part: readings.extend(read_many(texts[part], region)), is_wanted)
    return readings


@dataclass(frozen=True, slots=True)
class Question:
    """What every call says beside its numbers, and whether anybody still waits for the answer."""

    campaign: str
    region: str
    at_least: str
    via: int
    timeout_seconds: float
    is_wanted: Callable[[], bool] = always


@dataclass(frozen=True, slots=True)
class Answer:
    """One verdict and what it rests on; ``number`` is 0 where none was read."""

    verdict: Verdict
    number: int
    state: State
    at_us: int


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """The distinct verdicts, which one each number has, the numbers as read, and what all rest on."""

    verdicts: list[Verdict]
    verdict_of: NDArray[np.uint16]
    numbers: Numbers
    state: State
    at_us: int


class Screening:
    """Answers from a replica and counts what it answered."""

    def __init__(self, replica: Replica, counts: Counts) -> None:
        self._replica = replica
        self._counts = counts

    def check(self, question: Question, subject: str | int) -> Answer:
        """Answer about one number, as text or as integer.

        Raises:
            DncdError: The question is malformed or cannot be answered.
        """
        started = time.perf_counter()
        state = self._state(question)
        behind = self._replica.is_behind
        at_us = max(time.time_ns() // 1000, state.at_us)
        if question.campaign == DRILL_CAMPAIGN:
            verdict, number = _drill(subject, question.region or state.region)
        else:
            campaign = campaign_named(state, question.campaign)
            reading = (
                subject if isinstance(subject, int) else read(subject, _region(question, campaign))
            )
            if isinstance(reading, Reject):
                verdict, number = campaign.decide_unread(reading, behind), 0
            else:
                verdict = campaign.decide(reading, at_us, behind)
                number = _as_read(reading)
        shard = self._counts.shard
        shard.answers[AnswerKey(question.campaign or UNNAMED, question.via, verdict)] += 1
        shard.durations.observe(time.perf_counter() - started)
        return Answer(verdict, number, state, at_us)

    def check_many(self, question: Question, subjects: Sequence[str] | Numbers) -> BatchAnswer:
        """Answer about many numbers at one version and one instant.

        Raises:
            DncdError: The question is malformed or cannot be answered.
        """
        _check_wanted(question.is_wanted)
        started = time.perf_counter()
        state = self._state(question)
        behind = self._replica.is_behind
        at_us = max(time.time_ns() // 1000, state.at_us)
        numbers: Numbers
        if question.campaign == DRILL_CAMPAIGN:
            region = question.region or state.region
            drilled = [_drill(_plain(subject), region) for subject in subjects]
            numbers = np.array([number for _, number in drilled], dtype=np.uint64)
            verdicts, verdict_of = _distinct([verdict for verdict, _ in drilled])
        else:
            campaign = campaign_named(state, question.campaign)
            numbers, rejects = _read_all(question, subjects, _region(question, campaign))
            verdicts, verdict_of = _decide_all(question, campaign, numbers, at_us, behind, rejects)
        shard = self._counts.shard
        times = np.bincount(verdict_of, minlength=len(verdicts)).tolist()
        for verdict, count in zip(verdicts, times, strict=True):
            shard.answers[AnswerKey(question.campaign or UNNAMED, question.via, verdict)] += count
        verdicts, verdict_of = _told(verdicts, verdict_of)
        shard.batch_sizes.observe(len(subjects))
        shard.durations.observe(time.perf_counter() - started)
        return BatchAnswer(verdicts, verdict_of, numbers, state, at_us)

    def _state(self, question: Question) -> State:
        if question.region and not is_region(question.region):
            raise invalid_field("region", "a region is two capital letters of ISO 3166, such as JP")
        if not question.at_least:
            return self._replica.state
        try:
            token = parse_token(question.at_least)
        except TokenMalformedError:
            raise invalid_field(
                "at_least", "this is no token of dncd; send one that a reply brought"
            ) from None
        return self._replica.state_at_least(token, question.timeout_seconds)


def campaign_named(state: State, name: str) -> CompiledCampaign:
    """Return the campaign that a call names, or the one that stands in where it names none.

    Raises:
        InvalidRequestError: It is no name, or a call must give one here.
        NotFoundError: No campaign has this name.
    """
    if name and not is_name(name):
        raise invalid_field(
            "campaign", "a name has 1 to 64 of a-z, 0-9, '.', '_', '-' and at most one slash"
        )
    try:
        return state.campaign(name)
    except UnknownCampaignError:
        raise NotFoundError(
            "CAMPAIGN_NOT_FOUND",
            f'there is no campaign "{name}"; define it with dncctl apply or mend the name',
            {"campaign": name},
        ) from None
    except CampaignNeededError:
        raise InvalidRequestError(
            "CAMPAIGN_NEEDED",
            'name a campaign: lists belong to clients here and no campaign "default" is defined',
            [FieldProblem("campaign", "name one")],
        ) from None


def _region(question: Question, campaign: CompiledCampaign) -> str:
    return question.region or campaign.text_region


def _drill(subject: str | int, region: str) -> tuple[Verdict, int]:
    reading = subject if isinstance(subject, int) else read(subject, region)
    if isinstance(reading, Reject):
        return drill_reject(reading), 0
    return drill_verdict(reading), _as_read(reading)


def _as_read(number: int) -> int:
    """Return an integer that was asked about if a text could have been read as it, else 0."""
    return number if inspect(number).reject is None else 0


def _plain(subject: str | np.uint64) -> str | int:
    return subject if isinstance(subject, str) else int(subject)


def _told(
    verdicts: list[Verdict], verdict_of: NDArray[np.uint16]
) -> tuple[list[Verdict], NDArray[np.uint16]]:
    """Return verdicts as they are told, distinct again: what lists in shadow would have blocked is only counted."""
    if not any(verdict.shadow_hits for verdict in verdicts):
        return verdicts, verdict_of
    place_of: dict[Verdict, int] = {}
    told = (replace(verdict, shadow_hits=()) for verdict in verdicts)
    places = [place_of.setdefault(verdict, len(place_of)) for verdict in told]
    return list(place_of), np.array(places, dtype=np.uint16)[verdict_of]


def _distinct(verdicts: list[Verdict]) -> tuple[list[Verdict], NDArray[np.uint16]]:
    index_of = {verdict: index for index, verdict in enumerate(dict.fromkeys(verdicts))}
    indexes = np.array([index_of[verdict] for verdict in verdicts], dtype=np.uint16)
    return list(index_of), indexes


def _read_all(
    question: Question, subjects: Sequence[str] | Numbers, region: str
) -> tuple[Numbers, list[Reject | None] | None]:
    if isinstance(subjects, np.ndarray):
        return subjects, None
    readings = read_in_turns(subjects, region, question.is_wanted)
    numbers = [0 if isinstance(reading, Reject) else reading for reading in readings]
    rejects = [reading if isinstance(reading, Reject) else None for reading in readings]
    return np.array(numbers, dtype=np.uint64), rejects


def _decide_all(
    question: Question,
    campaign: CompiledCampaign,
    numbers: Numbers,
    at_us: int,
    behind: bool,
    rejects: list[Reject | None] | None,
) -> tuple[list[Verdict], NDArray[np.uint16]]:
    if np.count_nonzero(_is_foreign(numbers)) <= TURN_ITEMS:
        return campaign.decide_many(numbers, at_us, behind, rejects)
    place_of: dict[Verdict, int] = {}
    parts: list[NDArray[np.uint16]] = []

    def decide(part: slice) -> None:
        of_part = None if rejects is None else rejects[part]
        verdicts, verdict_of = campaign.decide_many(numbers[part], at_us, behind, of_part)
        places = [place_of.setdefault(verdict, len(place_of)) for verdict in verdicts]
        if len(place_of) > MAX_DISTINCT_VERDICTS:
            raise ValueError("more distinct verdicts than two bytes tell apart")
        parts.append(np.array(places, dtype=np.uint16)[verdict_of])

    take_turns(numbers.size, decide, question.is_wanted)
    return list(place_of), np.concatenate(parts)


def _is_foreign(numbers: Numbers) -> NDArray[np.bool_]:
    """Tell which numbers are neither Japan's nor the NANP's, so that a library is asked about each."""
    billions = numbers // np.uint64(10**9)
    is_home = (billions // 10 == 81) | (billions == 81) | (billions // 10 == 1)
    foreign: NDArray[np.bool_] = ~is_home & (numbers > 0)
    return foreign
