"""Heads: how the columns that hold numbers are called, and how heads are compared."""

import re
import unicodedata
from collections.abc import Iterable

_SPARE = re.compile(r"[\s_\-.:：]+")
_LONG_DIGITS = re.compile(r"(?:\d\D{0,2}){5}")

_NUMBER_HEADS = """
電話番号 お電話番号 電話番号1 電話番号2 電話番号3 電話 TEL TEL番号 TEL1 TEL2 TEL3
携帯 携帯電話 携帯番号 携帯電話番号 固定電話 自宅電話 自宅電話番号 勤務先電話番号
連絡先 ご連絡先 連絡先電話番号
phone phone_number phone1 phone2 phone3 telephone telephone_number tel tel_number tel_no
mobile mobile_number mobile_phone cell cell_phone number msisdn e164
"""


def fold_head(head: str) -> str:
    """Return a head as it is compared: width, case, blanks and joiners do not matter."""
    return _SPARE.sub("", unicodedata.normalize("NFKC", head).casefold())


NUMBER_HEADS = frozenset(map(fold_head, _NUMBER_HEADS.split()))


def is_number_head(head: str) -> bool:
    """Say whether a head is known to stand over numbers."""
    return fold_head(head) in NUMBER_HEADS


def show_heads(heads: Iterable[str]) -> str:
    """Return heads for a message, without those of five digits or more, which could be data."""
    named = [head for head in heads if head.strip() and not _LONG_DIGITS.search(head)]
    # A head is text of a stranger that ends up on somebody's terminal.
    shown = ["".join(filter(str.isprintable, head.strip()[:40])) for head in named]
    return ", ".join(f'"{head}"' for head in shown[:20]) or "none that could be shown"
