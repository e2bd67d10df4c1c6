"""`dncctl grounds`: the codes in law and in words."""

import re

import pytest

from ctl.conftest import Dncctl
from dncd_client.ctl.grounds import AS_OF, GROUNDS, NOTES
from dncd_engine import model

JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龠]")


def test_the_codes_are_the_engines() -> None:
    """A ground that dncd gains is missed here."""
    assert tuple(GROUNDS) == model.GROUNDS


def test_every_text_has_both_languages() -> None:
    """A law has articles; what is no law has none."""
    for ground in GROUNDS.values():
        assert bool(ground.law) is bool(ground.articles)
        for english, japanese in filter(None, (ground.law, ground.meaning, ground.needs)):
            assert english.isascii()
            assert JAPANESE.search(japanese)
    assert all(JAPANESE.search(japanese) for _, japanese in NOTES)


@pytest.mark.parametrize(
    ("language", "law", "words"),
    [
        ("en", "Act on Specified Commercial Transactions 17", "no legal advice"),
        ("ja", "特定商取引法 17", "法的助言ではありません"),
    ],
)
def test_it_explains_with_the_date_of_the_facts(
    dncctl: Dncctl, language: str, law: str, words: str
) -> None:
    """And asks no server."""
    ended = dncctl("grounds", "--lang", language, "--server", "127.0.0.1:1")

    assert ended.code == 0
    assert law in ended.out
    assert words in ended.out
    assert AS_OF in ended.out
    assert all(code in ended.out for code in GROUNDS)


def test_grounds_as_json_has_both_languages(dncctl: Dncctl) -> None:
    """Whatever the language of messages."""
    view = dncctl("grounds", "voluntary", "unlawful_provision", "--json", "--lang", "ja").json

    assert (view["as_of"], view["legal_advice"]) == ("2026-11-23", False)
    voluntary, provision = view["grounds"]
    assert (voluntary["code"], voluntary["law"], voluntary["articles"]) == ("voluntary", None, None)
    assert provision["articles"] == "35(3), 27(1), 28"
    assert provision["law"] == {
        "en": "Act on the Protection of Personal Information",
        "ja": "個人情報保護法",
    }


def test_an_unknown_ground_is_usage(dncctl: Dncctl) -> None:
    """The known ones are named."""
    ended = dncctl("grounds", "whim")

    assert (ended.code, ended.out) == (2, "")
    assert "tokushoho_17" in ended.err
