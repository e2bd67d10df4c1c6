"""One character per meaning: what people type in place of a digit, a hyphen or a space.

The table is written out and is not Unicode's NFKC, because NFKC also makes digits of circled and
raised figures and letters of the telephone sign, and would so invent what the text does not show.
"""

_DIGITS = {chr(0xFF10 + i): str(i) for i in range(10)}  # full-width 0-9
_LETTERS = {chr(0xFF21 + i): chr(0x61 + i) for i in range(26)}  # full-width A-Z, folded
_LETTERS |= {chr(0xFF41 + i): chr(0x61 + i) for i in range(26)}

# U+30FC and U+FF70 are katakana length marks, U+2500 and U+2501 box drawing: all four are what a
# Japanese keyboard offers for a dash. The kanji for one (U+4E00) looks alike and is also a digit,
# so it stays out, and whatever holds it is rejected.
_HYPHENS = (
    "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uff0d\u30fc\uff70\u2500\u2501\ufe63\ufe58\u2043"
)

_SPACES = (
    "\t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f"
    "\u3000"
)

# Soft hyphen, zero-width and bidirectional marks, byte order mark, variation selectors.
_INVISIBLE = (
    "\u00ad\u034f\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufeff"
) + "".join(chr(c) for c in range(0xFE00, 0xFE10))

# What stands between two numbers. Between the digits of one it is not plain, and is rejected.
_SEPARATORS = (
    "，、､。｡;；﹔/／⁄∕|｜¦&＆・･·•‧\n\r\v\f\u2028\u2029"  # punctuation and line ends
    "☎☏✆℡📞📱📲"
)

_SAME: dict[str, str] = {
    "(": "（﹙[［{｛【〔「『〈《<＜",
    ")": "）﹚]］}｝】〕」』〉》>＞",
    "+": "＋﹢",
    ".": "．",
    ":": "：﹕",
    "~": "～〜∼˜",
    "#": "＃♯",
    "*": "＊",
    "=": "＝",
    "'": "＇‘’`´′",
    '"': "＂“”〝〞〟″",
}

TABLE: dict[int, str | None] = str.maketrans(
    _DIGITS
    | _LETTERS
    | dict.fromkeys(_HYPHENS, "-")
    | dict.fromkeys(_SPACES, " ")
    | dict.fromkeys(_SEPARATORS, ",")
    | {look: one for one, looks in _SAME.items() for look in looks}
    | dict.fromkeys(_INVISIBLE, None)
)
"""For `str.translate`: afterwards `,` stands for every mark that separates two numbers."""
