"""Names: what they may look like, and whose they are."""

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dncd_engine.names import client_of, is_batch_id, is_name, may_use

_LETTERS = string.ascii_lowercase + string.digits + "._-"
_NINE_DIGITS = re.compile(r"[0-9]{9}", re.ASCII)
part = st.text(_LETTERS, min_size=1, max_size=31).filter(lambda text: not _NINE_DIGITS.search(text))
names = part | st.builds("{}/{}".format, part, part)


digits = st.text(string.digits, max_size=12)


@given(
    text=st.text(max_size=70)
    | st.text(_LETTERS + "/A \n", max_size=70)
    | names
    | st.builds("{}{}{}".format, names, digits, names)
)
def test_a_name_is_what_the_contract_says(text: str) -> None:
    parts = text.split("/")
    wanted = (
        len(parts) <= 2
        and all(parts)
        and set(text) <= {*_LETTERS, "/"}
        and len(text.encode("utf-8", "surrogatepass")) <= 64
        and not any(set(text[at : at + 9]) <= set(string.digits) for at in range(len(text) - 8))
    )
    assert is_name(text) == wanted


NO_NAMES = {
    "empty": "",
    "slash": "/",
    "no_client": "/optout",
    "no_list": "acme/",
    "two_slashes": "acme/jp/optout",
    "capital": "Acme/optout",
    "blank": "acme optout",
    "newline_after": "acme/optout\n",
    "full_width": "ａcme",
    "arabic_digit": "acme٣",
    "kelvin_sign": "\u212a",
    "long": "a" * 65,
    "long_with_slash": "a" * 32 + "/" + "a" * 32,
    "nul": "acme\0",
    "surrogate": "\ud800",
    "nine_digits": "045000000",
    "nine_digits_within": "acme/list-202601020-b",
    "nine_digits_of_a_client": "123456789/optout",
    "a_number": "81450001000",
}


@pytest.mark.parametrize("text", NO_NAMES.values(), ids=NO_NAMES)
def test_what_is_no_name(text: str) -> None:
    assert not is_name(text)


_MANY_DIGITS = ["12345678", "ftc-20260203", "2026.02.03-12345678", "12345678/12345678"]


@pytest.mark.parametrize(
    "text", ["a" * 64, "a/" + "b" * 62, "0", "a.b-c_d/e", "-", ".", *_MANY_DIGITS]
)
def test_what_is_a_name(text: str) -> None:
    assert is_name(text)


@given(text=st.text(max_size=70))
def test_a_batch_id_is_what_the_message_says(text: str) -> None:
    letters = set(string.ascii_letters + string.digits + "._:-")
    assert is_batch_id(text) == (1 <= len(text) <= 64 and set(text) <= letters)


@given(campaign=names, list_name=names)
def test_a_campaign_may_use_its_own_clients_lists_and_those_of_nobody(
    campaign: str, list_name: str
) -> None:
    its_own = campaign.split("/")[0] == list_name.split("/")[0] and "/" in campaign
    assert may_use(campaign, list_name) == ("/" not in list_name or its_own)


@given(name=names)
def test_a_name_belongs_to_what_stands_before_its_slash(name: str) -> None:
    assert client_of(name) == (name.split("/")[0] if re.search("/", name) else "")
