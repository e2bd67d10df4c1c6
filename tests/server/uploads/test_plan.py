"""How a file is read, and what a person is told of it, follows from the list and from who uses it."""

from dataclasses import replace

import pytest

from dncd.v1 import batch_pb2
from dncd_engine.entries import Entries
from dncd_engine.history import Accepted, Mode, coverage_with
from dncd_engine.state import ListChange, State
from dncd_server.policy.plan import plan as policy_plan
from dncd_server.uploads import reports
from dncd_server.uploads.plan import UploadPlan, freshens, planned
from server.building import ACTOR, a_campaign, a_difference, a_list, done, policy_request

REGION_CASES = {
    "the_uploader_says": ("jp", "US", "JP", "US"),
    "no_countries": ("any", "", "JP", "JP"),
    "no_countries_elsewhere": ("any", "", "US", "US"),
    "the_ledgers_own": ("jp", "", "JP", "JP"),
    "the_ledgers_among_several": ("us-jp", "", "JP", "JP"),
    "the_lists_first": ("us", "", "JP", "US"),
    "the_lists_first_of_several": ("us-jp", "", "GB", "US"),
    "the_ledgers_own_elsewhere": ("us", "", "US", "US"),
    "a_ledger_abroad": ("jp", "", "US", "JP"),
}
LISTS = {
    "any": a_list(),
    "jp": a_list(countries=["JP"]),
    "us": a_list(countries=["US"]),
    "us-jp": a_list(countries=["US", "JP"]),
    "ftc": a_list("registry", countries=["US"]),
}


def state(region: str = "JP", **campaigns: tuple[list[str], list[str]]) -> State:
    """Return a ledger; a campaign is (the lists that block it, its countries)."""
    base = replace(State(), version=2).with_region(region)
    request = policy_request(
        LISTS,
        {
            name: a_campaign(block=block, countries=countries)
            for name, (block, countries) in campaigns.items()
        },
    )
    return base.with_policy(policy_plan(base, request).change)


def plan(held: State, list_name: str, **fields: object) -> UploadPlan:
    header = batch_pb2.BatchHeader(
        batch_id="b1",
        list=list_name,
        mode=batch_pb2.BATCH_MODE_ADD,
        **fields,  # type: ignore[arg-type]
    )
    return planned(header, held)


def flags(
    made: UploadPlan, *, foreign: int = 0, rejected: int = 0, freshens: bool = True
) -> list[str]:
    difference = a_difference(made.list, foreign=foreign, freshens=freshens)
    return reports.flags_of(made, rejected, difference, False)


@pytest.mark.parametrize(
    ("list_name", "said", "ledgers", "wanted"), REGION_CASES.values(), ids=REGION_CASES
)
def test_a_text_is_read_as_the_uploader_says_else_as_the_lists_country_writes(
    list_name: str, said: str, ledgers: str, wanted: str
) -> None:
    made = plan(state(ledgers), list_name, region=said)

    assert made.region == wanted
    assert reports.read(made, ACTOR, done()).region == wanted


@pytest.mark.parametrize("said", ["", "JP", "GB"])
def test_the_layout_of_the_us_registry_is_read_as_american(said: str) -> None:
    made = plan(state(), "any", region=said)
    found = replace(done(), layout="npa-nxx-xxxx")

    assert reports.read(made, ACTOR, found).region == "US"


@pytest.mark.parametrize(
    ("list_name", "said", "countries", "is_marked"),
    [
        ("us", "", ["JP", "US"], True),
        ("us", "", ["US", "JP"], False),
        ("us", "US", ["JP", "US"], False),
        ("us", "JP", ["JP", "US"], False),
        ("any", "", ["US"], True),
        ("any", "", [], False),
        ("any", "", ["JP"], False),
        ("us", "", [], True),
    ],
)
def test_a_list_that_is_read_otherwise_than_a_campaign_reads_is_marked(
    list_name: str, said: str, countries: list[str], is_marked: bool
) -> None:
    """A campaign's first country is how its texts are read; one without countries dials the ledger's region."""
    held = state(spring=([list_name], countries))
    made = plan(held, list_name, region=said)

    assert made.reads_otherwise is is_marked
    assert ("read_otherwise" in flags(made)) is is_marked


def test_a_campaign_that_does_not_use_the_list_does_not_matter() -> None:
    held = state(spring=(["jp"], ["JP"]), fall=(["us"], ["US"]))

    assert flags(plan(held, "us")) == []
    assert flags(plan(held, "jp")) == []


def test_one_campaign_of_several_is_enough() -> None:
    held = state(spring=(["any"], ["JP"]), fall=(["any"], ["US"]))

    assert flags(plan(held, "any")) == ["read_otherwise"]


def test_numbers_of_other_countries_are_marked() -> None:
    made = plan(state(), "us")

    assert flags(made, foreign=0) == []
    assert flags(made, foreign=1) == ["foreign_numbers"]
    assert flags(made, foreign=1, rejected=1) == ["incomplete", "foreign_numbers"]


def loaded(*loads: tuple[int, tuple[str, ...]]) -> State:
    """Return a ledger whose registry was loaded, each time with a date and a coverage."""
    held = state()
    for published_us, coverage in loads:
        load = Accepted(1, "b", Mode.ADD, published_us=published_us, coverage=coverage)
        parts = coverage_with(held.lists["ftc"].coverage, load)
        held = held.with_list(ListChange("ftc", Entries(), parts, True))
    return held


FRESHENS = {
    "never_loaded": ((), 5, (), []),
    "never_loaded_nor_dated": ((), 0, (), ["undated"]),
    "newer": (((5, ()),), 6, (), ["freshened"]),
    "as_old": (((5, ()),), 5, (), []),
    "older": (((5, ()),), 4, (), []),
    "no_date": (((5, ()),), 0, (), []),
    "dated_after_undated": (((0, ()),), 5, (), ["freshened"]),
    "undated_again": (((0, ()),), 0, (), ["undated"]),
    "a_part_anew": (((5, ("1202",)),), 6, ("1202",), ["freshened"]),
    "another_part": (((5, ("1202",)),), 6, ("1305",), []),
    "the_older_of_two_parts": (((5, ("1202",)), (9, ("1305",))), 7, ("1202",), ["freshened"]),
    "the_newer_of_two_parts": (((5, ("1202",)), (9, ("1305",))), 7, ("1305",), []),
    "all_over_a_part": (((5, ("1202",)), (9, ("1305",))), 7, (), ["freshened"]),
    "a_part_within": (((5, ()),), 7, ("1202",), ["freshened"]),
    "a_newer_part_within": (((5, ()), (9, ("1202",))), 7, ("1202",), []),
    "around_a_newer_part": (((9, ("1202",)),), 7, ("1",), []),
    "around_an_older_part": (((5, ("1202",)),), 7, ("1",), ["freshened"]),
    "undated_part": (((5, ()),), 0, ("1202",), []),
}


@pytest.mark.parametrize(
    ("loads", "published_us", "coverage", "wanted"), FRESHENS.values(), ids=FRESHENS
)
def test_a_registry_is_said_to_be_newer_where_the_date_makes_it_so(
    loads: tuple[tuple[int, tuple[str, ...]], ...],
    published_us: int,
    coverage: tuple[str, ...],
    wanted: list[str],
) -> None:
    """An add that names enough to be the publication makes it newer; one of a part leaves the list its own date."""
    made = plan(loaded(*loads), "ftc", published_unix_us=published_us, coverage=coverage)

    assert flags(made) == wanted
    kept = ["date_kept" if flag == "freshened" else flag for flag in wanted]
    assert flags(made, freshens=False) == kept


def test_a_batch_that_mends_freshens_nothing() -> None:
    assert flags(plan(loaded((5, ())), "ftc", mends="b0")) == []


def test_a_list_of_ones_own_is_never_fresher() -> None:
    held = state().with_list(ListChange("any", Entries(), {"": 0}, True))

    assert flags(plan(held, "any")) == []


def test_many_parts_are_compared_at_once() -> None:
    """2,000 parts against 2,000: worked out while checks wait, so it takes no four million steps."""
    parts = tuple(str(number) for number in range(1_202_0000, 1_202_2000))
    held = loaded((5, parts))
    made = plan(held, "ftc", published_unix_us=5, coverage=parts)

    assert not freshens(made, made.list)
