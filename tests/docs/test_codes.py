"""The docs keep up: every code that a user may meet is named in them, and the numbers in them are nobody's."""

import re
from collections.abc import Iterable

import pytest

from dncd.v1 import batch_pb2
from dncd_client.ctl import codes, faults
from dncd_client.ctl.policyfields import KINDS
from dncd_engine.model import GROUNDS, REQUESTERS
from dncd_engine.numbers import read
from dncd_engine.verdict import ACTION_OF, Code
from docs.pages import NUMBER, ROOT, text_of

NAMED_IN = ("docs/concepts.md", "docs/operations.md")
MODES = [
    name.removeprefix("BATCH_MODE_").lower() for name, each in batch_pb2.BatchMode.items() if each
]
CODES: dict[str, Iterable[str]] = {
    "verdict codes": codes.REASONS,
    "actions": codes.ACTIONS,
    "reject codes": codes.REJECTS,
    "list kinds": KINDS,
    "batch modes": MODES,
    "batch states": codes.STATES,
    "flags": codes.FLAGS,
    "what needs a person": codes.ATTENTION,
    "refusals": faults.REFUSALS,
    "requesters": REQUESTERS,
}
_NOBODY_HAS = re.compile(r"8145000\d{4}|1\d{3}55501\d{2}")


@pytest.mark.parametrize("words", CODES.values(), ids=CODES)
def test_every_code_is_named_in_the_docs(words: Iterable[str]) -> None:
    """A code that the program gains is missed here."""
    named = set(re.findall(r"`(\w+)`", "".join(map(text_of, NAMED_IN))))

    assert set(words)
    assert set(words) - named == set()


def test_every_ground_stands_in_the_compliance_map() -> None:
    """Each with the article that it comes from."""
    rows = re.findall(r"^\| `(\w+)` \|", text_of("docs/compliance.md"), re.MULTILINE)

    assert set(GROUNDS) <= set(rows)


def test_the_verdict_table_names_each_code_with_the_action_that_it_has() -> None:
    """The table of the concepts is the table of the rules."""
    rows = re.findall(
        r"^\| \d \| .* \| ([^|]+) \| `(\w+)` \|$", text_of("docs/concepts.md"), re.MULTILINE
    )
    shown = {code: action for cell, action in rows for code in re.findall(r"`(\w+)`", cell)}
    meant = {code.name: ACTION_OF[code].name if code in ACTION_OF else "DIAL" for code in Code}
    del meant["ERASED"]  # no rule gives it yet

    assert shown == meant


def test_the_compliance_map_says_when_it_was_true_and_that_it_is_no_advice() -> None:
    """At its top, in both languages; and what does not exist is said not to."""
    top = text_of("docs/compliance.md")[:2_000]

    assert re.search(r"State: 20\d\d-\d\d-\d\d", top)
    assert "no legal advice" in top
    assert "法的助言ではありません" in top
    assert "not yet" in text_of("docs/compliance.md")


@pytest.mark.parametrize(
    "page", sorted(str(each.relative_to(ROOT)) for each in ROOT.glob("docs/*.md"))
)
def test_numbers_in_the_docs_are_nobodys(page: str) -> None:
    """045-000-xxxx in Japan, 555-01xx in North America."""
    for text in NUMBER.findall(text_of(page)):
        number = read(text, "JP")
        assert not isinstance(number, int) or _NOBODY_HAS.fullmatch(str(number)), page


def test_the_picture_can_be_read_without_being_seen() -> None:
    """It has a title, a description and colours for a dark page; the page has a text in its place."""
    picture = (ROOT / "docs" / "model.svg").read_text(encoding="utf-8")

    assert 'aria-labelledby="title desc"' in picture
    assert "prefers-color-scheme: dark" in picture
    assert re.search(r"!\[[^\]]{100,}\]\(model\.svg\)", text_of("docs/concepts.md"))
