"""The closed list of words that may stand before or after a number and say nothing about it.

A word outside the list may be a name, a note or part of the number, so its row is rejected.
"""

from unicodedata import normalize

from dncd_engine.numbers.alphabet import TABLE

_WORDS = """
tel telno telephone phone phoneno phonenumber ph mobile mobilephone mob cell cellphone home work
office main direct fax telfax
電話 電話番号 お電話 お電話番号 でんわ デンワ デンワバンゴウ tel番号 番号
連絡先 電話連絡先 緊急連絡先
携帯 携帯電話 携帯番号 携帯電話番号 けいたい ケータイ ケイタイ スマホ
自宅 自宅電話 自宅電話番号 ご自宅 ジタク 実家 固定 固定電話 固定電話番号
会社 会社電話 会社電話番号 勤務先 勤務先電話 勤務先電話番号 職場 事務所 本社 支社 支店 店舗
代表 代表電話 代表番号 代 直通 直通電話 直
本人 ご本人 本人様 ご本人様 お客様 様
"""

# One letter says what it is only with its colon, as in "p:+81..." of lead exports.
_LETTERS_WITH_COLON = frozenset({"p", "t", "m"})


def fold(word: str) -> str:
    """Return the form in which a word is compared: half-width kana and capitals folded."""
    return normalize("NFKC", word).lower().translate(TABLE).strip("-.")


_LABELS = frozenset(fold(word) for word in _WORDS.split())


def are_labels(words: list[str], *, has_colon: bool) -> bool:
    """Tell whether every word is on the closed list."""
    return all(
        (folded := fold(word)) in _LABELS or (has_colon and folded in _LETTERS_WITH_COLON)
        for word in words
    )
