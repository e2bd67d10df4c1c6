"""A question is answered at one version and one instant, and counted once a number."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from dncd_engine.drill import DRILL_VERDICTS
from dncd_engine.entries import Entries, EntriesChange
from dncd_engine.segments import cut
from dncd_engine.state import ListChange, State
from dncd_engine.strata import PLAIN
from dncd_engine.verdict import Code, Decision, Verdict
from dncd_server.counts import Counts
from dncd_server.errors import ConflictError, InvalidRequestError, NotFoundError, UnavailableError
from dncd_server.ledger.open_batches import OpenBatches
from dncd_server.metrics import NodeCollector
from dncd_server.policy.plan import plan
from dncd_server.replica import Replica
from dncd_server.screening import UNNAMED, BatchAnswer, Question, Screening
from server.building import FIRST_NUMBER, a_campaign, a_list, policy_request

LISTED, FREE = FIRST_NUMBER, FIRST_NUMBER + 500
REGION_TOLD = "region: a region is two capital letters of ISO 3166, such as JP"
TOKEN_TOLD = "at_least: this is no token of dncd; send one that a reply brought"  # noqa: S105 - a message
NAME_TOLD = "campaign: a name has 1 to 64 of a-z, 0-9, '.', '_', '-' and at most one slash"


def numbers(*values: int) -> Entries:
    change = EntriesChange(Entries())
    for prefix, bitmap in cut(np.array(sorted(values), dtype=np.uint64)):
        change.enter(PLAIN, prefix, bitmap)
    return change.finish()


def state(*, with_clients: bool = True) -> State:
    lists = {"house": a_list()} | ({"acme/optout": a_list()} if with_clients else {})
    campaigns = {"acme/spring": a_campaign(block=["acme/optout"])} if with_clients else {}
    base = replace(State(), version=4, epoch=7, head=bytes(32), at_us=1)
    request = policy_request(lists, {**campaigns, "us": a_campaign(countries=["US"])})
    made = base.with_policy(plan(base, request).change)
    for name in lists:
        made = made.with_list(ListChange(name, numbers(LISTED, LISTED + 1), {}, True))
    return made


class Desk:
    """A node's screening, with a clock that a test moves."""

    def __init__(self, answers_from: State) -> None:
        self.now = 0.0
        self.counts = Counts()
        self.replica = Replica(300.0, lambda: self.now)
        self.replica.install(answers_from)
        self.screening = Screening(self.replica, self.counts)

    def check(self, subject: str | int, **fields: object) -> Verdict:
        """Ask about one number."""
        return self.screening.check(question(**fields), subject).verdict

    def check_many(self, subjects: Sequence[str] | Sequence[int], **fields: object) -> BatchAnswer:
        """Ask about many."""
        asked = [subject for subject in subjects if isinstance(subject, str)]
        column = np.array([s for s in subjects if not isinstance(s, str)], dtype=np.uint64)
        return self.screening.check_many(question(**fields), asked or column)

    def counted(self) -> dict[tuple[str, int, str], int]:
        """Return counts by campaign, via and decision."""
        total: dict[tuple[str, int, str], int] = {}
        for key, count in self.counts.answers().items():
            labels = (key.campaign, key.via, key.verdict.decision.name)
            total[labels] = total.get(labels, 0) + count
        return total


def question(**fields: object) -> Question:
    base: dict[str, object] = {
        "campaign": "acme/spring",
        "region": "",
        "at_least": "",
        "via": 1,
        "timeout_seconds": 0.0,
    }
    return Question(**base | fields)  # type: ignore[arg-type]


def verdicts(answer: BatchAnswer) -> list[Verdict]:
    return [answer.verdicts[index] for index in answer.verdict_of.tolist()]


@pytest.fixture
def desk() -> Desk:
    """One among clients."""
    return Desk(state())


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"region": "jp"}, REGION_TOLD),
        ({"region": "JPN"}, REGION_TOLD),
        ({"at_least": "x"}, TOKEN_TOLD),
        ({"at_least": "A" * 34}, TOKEN_TOLD),
        ({"campaign": "Acme Spring"}, NAME_TOLD),
        ({"campaign": "a/b/c"}, NAME_TOLD),
        ({"campaign": "x" * 65}, NAME_TOLD),
    ],
)
def test_a_question_that_is_malformed_is_told_where(
    desk: Desk, fields: dict[str, object], told: str
) -> None:
    for ask in (lambda: desk.check(FREE, **fields), lambda: desk.check_many([FREE], **fields)):
        with pytest.raises(InvalidRequestError) as caught:
            ask()
        assert (caught.value.reason, caught.value.message) == ("INVALID_ARGUMENT", told)
        assert [item.field for item in caught.value.fields] == [told.partition(":")[0]]
    assert desk.counted() == {}


def test_a_campaign_that_is_not_there_is_told(desk: Desk) -> None:
    with pytest.raises(NotFoundError) as caught:
        desk.check(FREE, campaign="acme/fall")

    told = 'there is no campaign "acme/fall"; define it with dncctl apply or mend the name'
    assert (caught.value.reason, caught.value.message) == ("CAMPAIGN_NOT_FOUND", told)
    assert caught.value.metadata == {"campaign": "acme/fall"}


def test_a_campaign_is_needed_where_lists_belong_to_clients(desk: Desk) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        desk.check(FREE, campaign="")

    assert caught.value.reason == "CAMPAIGN_NEEDED"
    told = 'name a campaign: lists belong to clients here and no campaign "default" is defined'
    assert caught.value.message == told


def test_without_clients_a_call_need_not_name_a_campaign() -> None:
    desk = Desk(state(with_clients=False))

    assert desk.check(LISTED, campaign="").decision is Decision.BLOCK
    assert desk.check(FREE, campaign="").decision is Decision.ALLOW
    assert desk.counted() == {(UNNAMED, 1, "BLOCK"): 1, (UNNAMED, 1, "ALLOW"): 1}


def test_a_text_and_its_integer_have_one_answer(desk: Desk) -> None:
    for text in ("045-000-1000", "+81 45 000 1000", "０４５０００１０００"):
        answer = desk.screening.check(question(), text)
        assert (answer.number, answer.verdict) == (LISTED, desk.check(LISTED))


def test_a_text_is_read_in_the_region_that_is_said(desk: Desk) -> None:
    answer = desk.screening.check(question(region="US", campaign="us"), "202 555 0123")
    by_campaign = desk.screening.check(question(campaign="us"), "202 555 0123")

    assert answer.number == by_campaign.number == 12025550123


def test_a_text_that_is_not_read_is_blocked(desk: Desk) -> None:
    answer = desk.screening.check(question(), "not a number")

    assert answer.number == 0
    assert answer.verdict.decision is Decision.BLOCK
    assert answer.verdict.reasons[0].code is Code.NUMBER_INVALID


def test_an_answer_names_what_it_rests_on(desk: Desk) -> None:
    one = desk.screening.check(question(), FREE)
    many = desk.check_many([FREE, LISTED])

    assert one.state is many.state is desk.replica.state
    assert one.at_us > one.state.at_us
    assert many.at_us > many.state.at_us


def test_an_instant_is_never_before_its_version(desk: Desk) -> None:
    """A clock that was set back must not answer as of a time when the version was not yet there."""
    future = replace(desk.replica.state, at_us=4_000_000_000_000_000)
    desk.replica.install(future)

    assert desk.screening.check(question(), FREE).at_us == future.at_us
    assert desk.check_many([FREE]).at_us == future.at_us


def test_a_node_that_is_behind_blocks_everything(desk: Desk) -> None:
    desk.now += 301.0
    for verdict in (desk.check(FREE), *verdicts(desk.check_many([FREE, LISTED]))):
        assert verdict.decision is Decision.BLOCK
        assert verdict.reasons[0].code is Code.NODE_BEHIND


def test_a_token_is_held_to(desk: Desk) -> None:
    here = desk.replica.state.token
    assert desk.check(FREE, at_least=here.text()).decision is Decision.ALLOW
    with pytest.raises(UnavailableError):
        desk.check(FREE, at_least=replace(here, version=5).text())
    with pytest.raises(ConflictError):
        desk.check(FREE, at_least=replace(here, epoch=8).text())


def test_a_closed_node_answers_nothing(desk: Desk) -> None:
    desk.replica.close("DRAINING")
    for campaign in ("acme/spring", "dncd-test"):
        with pytest.raises(UnavailableError):
            desk.check(FREE, campaign=campaign)
        with pytest.raises(UnavailableError):
            desk.check_many([FREE], campaign=campaign)


@pytest.mark.parametrize("number", DRILL_VERDICTS)
def test_the_drill_answers_by_integer_and_by_text(desk: Desk, number: int) -> None:
    expected = DRILL_VERDICTS[number]
    text = f"+{number}"

    assert desk.check(number, campaign="dncd-test") == expected
    assert desk.check(text, campaign="dncd-test") == expected
    assert verdicts(desk.check_many([number], campaign="dncd-test")) == [expected]
    answer = desk.check_many([text, "nonsense"], campaign="dncd-test")
    assert verdicts(answer)[0] == expected
    assert answer.numbers.tolist() == [number, 0]


def test_the_drill_reads_texts_at_home(desk: Desk) -> None:
    first = next(iter(DRILL_VERDICTS))
    answer = desk.screening.check(question(campaign="dncd-test", region="US"), "(202) 555-0100")
    special = desk.check("110", campaign="dncd-test")
    unread = desk.check("nonsense", campaign="dncd-test")
    other = desk.check(LISTED, campaign="dncd-test")

    assert answer.number == first
    assert special.reasons[0].code is Code.NEVER_DIAL
    assert unread.reasons[0].code is Code.NUMBER_INVALID
    assert other.reasons[0].code is Code.NO_POLICY


SUBJECTS = [
    "045-000-1000",
    "045-000-1001",
    "045-000-1500",
    "nonsense",
    "",
    "110",
    "+12025550123",
    "045-000-1000",
    "+4420",
]
INTEGERS = [LISTED, FREE, 0, 110, 12025550123, 810450001000, (1 << 64) - 1, 999_999_999_999_999]


@pytest.mark.parametrize("campaign", ["acme/spring", "us", "dncd-test"])
def test_a_batch_is_its_single_answers(desk: Desk, campaign: str) -> None:
    for subjects in (SUBJECTS, INTEGERS):
        answer = desk.check_many(subjects, campaign=campaign)
        singles = [desk.screening.check(question(campaign=campaign), one) for one in subjects]

        assert verdicts(answer) == [single.verdict for single in singles]
        read = [(n, s) for n, s in zip(answer.numbers.tolist(), singles, strict=True) if s.number]
        assert [n for n, _ in read] == [single.number for _, single in read]
        assert len(set(answer.verdicts)) == len(answer.verdicts)
        assert set(answer.verdict_of.tolist()) == set(range(len(answer.verdicts)))


def test_an_empty_batch_is_answered(desk: Desk) -> None:
    for campaign in ("acme/spring", "dncd-test"):
        answer = desk.check_many([], campaign=campaign)
        assert (answer.verdicts, answer.verdict_of.tolist()) == ([], [])


def test_every_number_is_counted_once(desk: Desk) -> None:
    desk.check(LISTED)
    desk.check(LISTED, via=3)
    desk.check_many([LISTED, FREE, LISTED + 1, FREE])
    desk.check_many(SUBJECTS, campaign="us", via=3)
    desk.check(FREE, campaign="dncd-test")

    assert desk.counted() == {
        ("acme/spring", 1, "BLOCK"): 3,
        ("acme/spring", 3, "BLOCK"): 1,
        ("acme/spring", 1, "ALLOW"): 2,
        ("us", 3, "BLOCK"): 8,
        ("us", 3, "ALLOW"): 1,
        ("dncd-test", 1, "BLOCK"): 1,
    }
    assert sum(desk.counts.durations().buckets) == 5
    assert (desk.counts.batch_sizes().total, sum(desk.counts.batch_sizes().buckets)) == (13, 2)


def test_hits_are_counted_by_list() -> None:
    desk = Desk(state())
    desk.check_many([LISTED, LISTED + 1, FREE])
    collector = NodeCollector(desk.replica, desk.counts, OpenBatches())
    hits = next(family for family in collector.collect() if family.name == "dncd_hits")

    assert [(sample.labels, sample.value) for sample in hits.samples] == [
        ({"campaign": "acme/spring", "list": "acme/optout", "via": "dial"}, 2)
    ]
