"""Heads: how the columns that hold numbers are called, and how heads are compared."""

import re
import unicodedata
from collections.abc import Iterable

_SPARE = re.compile(r"[\s_\-.:：]+")
_LONG_DIGITS = re.compile(r"(?:\d\D{0,2}){5}")
_BRACKETED = re.compile(r"[(\[{<【「『〔〈《]([^)\]}>】」』〕〉》]*)[)\]}>】」』〕〉》]")
_MARKS = re.compile(r"[*※#/・,、]+")
_COUNT = re.compile(r"(?:その|no)?\d{1,2}$")

_NUMBER_HEADS = """
電話番号 電話 TEL TEL番号 携帯 携帯電話 携帯番号 携帯電話番号 固定電話 自宅電話 自宅電話番号
勤務先電話番号 連絡先 連絡先電話番号 代表番号 直通番号
phone phone_number telephone telephone_number tel tel_number tel_no
mobile mobile_number mobile_phone cell cell_phone number msisdn e164
"""
_POLITE = "[おご御]?"
_WHOSE = (
    "(?:自宅|実家|勤務先|会社|職場|本人|ご?本人様|お?客様|顧客|契約者|申込者|利用者|使用者|担当者"
    "|代表者?|直通|日中|昼間|夜間|緊急時?|連絡先|連絡用?|携帯|固定|様|の|用"
    "|home|work|office|business|main|primary|secondary|other|day|daytime|evening|mobile|cell"
    "|contact|customer|your)"
)
_WHAT = (
    "(?:電話(?:番号|no)?|でんわ|デンワ|tel(?:ephone)?(?:番号|no|number)?"
    "|携帯(?:電話)?(?:番号|no)?|ケータイ|スマホ|phone(?:no|number)?|mobile(?:no|number)?)"
)
_KNOWN = re.compile(f"(?:{_POLITE}{_WHOSE})*{_POLITE}{_WHAT}")
_QUALIFIER = re.compile(
    f"(?:{_POLITE}{_WHOSE}|{_WHAT}|連絡先|番号|必須|任意|半角|全角|数字|ハイフン(?:なし|あり|無し|有り|不要)|required|\\d+)*"
)
_SAYS = re.compile(
    r"電話|でんわ|デンワ|ケータイ|スマホ|携帯|連絡先|ファックス|ファクス|ファクシミリ|phone|mobile"
    r"|(?<![a-z])(?:tel|fax|cell)(?![a-z])"
)
_SAYS_ELSE = re.compile(
    r"(?:受付|管理|会員|顧客|整理|対応|問合せ)番号|コード|メール|mail|日時|回数|[日時]$|(?:id|code|date|time)$"
)
_AREA_CODE = re.compile(r"市外局番|areacode")


def fold_head(head: str) -> str:
    """Return a head as it is compared: width, case, blanks and joiners do not matter."""
    return _SPARE.sub("", unicodedata.normalize("NFKC", head).casefold())


NUMBER_HEADS = frozenset(map(fold_head, _NUMBER_HEADS.split()))


def is_number_head(head: str) -> bool:
    """Say whether a head is known to stand over numbers, whatever its cells hold.

    Honorifics, a count ("TEL2"), whose number it is ("携帯TEL") and the like in brackets do not
    matter; anything else does: "電話(受付日)" stands over days.
    """
    folded = _MARKS.sub("", fold_head(head))
    if not all(map(_QUALIFIER.fullmatch, _BRACKETED.findall(folded))):
        return False
    folded = _BRACKETED.sub("", folded)
    for plain in (folded, _COUNT.sub("", folded)):
        bare = plain[1:] if plain[:1] in ("お", "ご", "御") else plain
        if bare in NUMBER_HEADS or _KNOWN.fullmatch(plain):
            return True
    return False


def says_number(head: str) -> bool:
    """Say whether a head speaks of telephones, so that figures below it are rather no others."""
    folded = unicodedata.normalize("NFKC", head).casefold().strip()
    if is_number_head(head):
        return True
    return bool(_SAYS.search(folded)) and not _SAYS_ELSE.search(folded)


def is_area_code_head(head: str) -> bool:
    """Say whether a head stands over the first part of a number."""
    return _AREA_CODE.search(fold_head(head)) is not None


def has_long_digits(head: str) -> bool:
    """Say whether a head has five digits or more, so that it could be data."""
    return _LONG_DIGITS.search(head) is not None


def show_heads(heads: Iterable[str]) -> str:
    """Return heads for a message, without those of five digits or more, which could be data."""
    named = [head for head in heads if head.strip() and not has_long_digits(head)]
    # A head is text of a stranger that ends up on somebody's terminal.
    shown = ["".join(filter(str.isprintable, head.strip()[:40])) for head in named]
    return ", ".join(f'"{head}"' for head in shown[:20]) or "none that could be shown"
