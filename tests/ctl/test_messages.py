"""The catalogue in both languages."""

import string

import pytest

from dncd.v1 import batch_pb2, verdict_pb2
from dncd_client import Action, Code, Decision
from dncd_client.ctl import codes
from dncd_client.ctl.batchview import state_name
from dncd_client.ctl.messages import LINES, Catalogue, choose_language
from dncd_client.optout import reject_word

TABLES = {
    "lines": LINES,
    "reasons": codes.REASONS,
    "actions": codes.ACTIONS,
    "decisions": codes.DECISIONS,
    "rejects": codes.REJECTS,
    "flags": codes.FLAGS,
    "attention": codes.ATTENTION,
    "remedies": {code: text for code, (text, _) in codes.REMEDIES.items()},
    "states": codes.STATES,
}


def _placeholders(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_line_has_both_languages(table: dict[str, codes.Text]) -> None:
    """Each is there twice, and both take the same values."""
    for key, (english, japanese) in table.items():
        assert english, key
        assert japanese, key
        assert english.isascii(), key
        assert _placeholders(english) == _placeholders(japanese), key


def test_the_codes_are_the_protocols() -> None:
    """A code that the protocol gains is missed here."""
    rejects = {reject_word(each) for each in batch_pb2.RejectCode.values() if each}
    states = {state_name(each) for each in batch_pb2.BatchState.values() if each}
    reasons = {
        name.removeprefix("REASON_CODE_") for name, value in verdict_pb2.ReasonCode.items() if value
    }

    assert set(codes.REJECTS) == rejects
    assert set(codes.STATES) == states
    assert set(codes.REASONS) == reasons | {"UNAVAILABLE"} == {each.value for each in Code}
    assert set(codes.ACTIONS) == {each.value for each in Action}
    assert set(codes.DECISIONS) == {each.value for each in Decision}


def test_what_is_not_known_is_shown_as_it_is() -> None:
    """A newer server's code passes through."""
    assert Catalogue("ja").meaning(codes.FLAGS, "brand_new") == "brand_new"
    assert reject_word(99) == "code_99"


@pytest.mark.parametrize(
    ("asked", "environment", "language"),
    [
        ("ja", {"LANG": "en_US.UTF-8"}, "ja"),
        ("en", {"LANG": "ja_JP.UTF-8"}, "en"),
        (None, {"DNCCTL_LANG": "ja", "LC_ALL": "C"}, "ja"),
        (None, {"LC_ALL": "C", "LANG": "ja_JP.UTF-8"}, "en"),
        (None, {"LC_ALL": "", "LANG": "ja_JP.UTF-8"}, "ja"),
        (None, {}, "en"),
    ],
)
def test_the_language_is_chosen_in_order(
    monkeypatch: pytest.MonkeyPatch, asked: str | None, environment: dict[str, str], language: str
) -> None:
    """By --lang, DNCCTL_LANG, LC_ALL, LC_MESSAGES and LANG, each unless it is empty."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert choose_language(asked) == language
