"""Tokens: one text for each, and nothing else is one."""

import string

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dncd_engine.token import HASH_PREFIX_BYTES, Token, TokenMalformedError, parse_token

tokens = st.builds(
    Token,
    st.integers(0, 2**64 - 1),
    st.integers(0, 2**64 - 1),
    st.binary(min_size=HASH_PREFIX_BYTES, max_size=HASH_PREFIX_BYTES),
)
TOKEN = Token(4711, 2**63, b"\0\xff" * 4)
_ALPHABET = string.ascii_letters + string.digits + "-_"


@given(token=tokens)
def test_a_token_is_read_as_what_was_written(token: Token) -> None:
    assert parse_token(token.text()) == token


@given(one=tokens, other=tokens)
def test_two_tokens_never_share_a_text(one: Token, other: Token) -> None:
    assert (one.text() == other.text()) == (one == other)


@pytest.mark.parametrize("token", [TOKEN, Token(0, 0, bytes(8))], ids=["some", "nought"])
def test_no_change_of_one_character_leaves_the_token_as_it_was(token: Token) -> None:
    text = token.text()
    for place in range(len(text)):
        for character in (*_ALPHABET, "+", "/", "=", " ", "\n", "\0", "é", "Ａ"):
            changed = text[:place] + character + text[place + 1 :]
            if changed == text:
                continue
            try:
                read = parse_token(changed)
            except TokenMalformedError:
                continue
            assert read != token
            assert read.text() == changed


@settings(max_examples=300)
@given(text=st.text(max_size=40) | st.text(_ALPHABET + "+/= ", min_size=34, max_size=34))
@example("")
@example("\ud800" * 34)
@example("=" * 34)
@example("A" * 33 + "=")
@example("Ａ" * 34)
@example(TOKEN.text() + "=")
@example(TOKEN.text() + "==")
@example(TOKEN.text() + "\n")
@example(" " + TOKEN.text())
@example(TOKEN.text()[:-1])
@example(TOKEN.text()[:-1] + "B")
@example("A" * 1_000_000)
def test_whatever_is_no_token_is_malformed_and_nothing_worse(text: str) -> None:
    try:
        token = parse_token(text)
    except TokenMalformedError:
        return
    assert token.text() == text
