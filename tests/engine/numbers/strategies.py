"""Numbers and their spellings for the property tests of the normaliser."""

from hypothesis import strategies as st

HYPHENS = "-‐‑‒–—―−－ーｰ─━"
SPACES = " \u00a0\u2002\u2003\u2009\u202f\u3000\t"
INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u202a\u202c\u2060\u2066\u2069\ufeff"
REGIONS = ("JP", "US", "CA", "GB", "DE", "IT", "FR", "BR", "AU", "KR", "SG", "NU", "RU", "AR", "ZZ")

_full_width = str.maketrans("0123456789+()", "０１２３４５６７８９＋（）")

ten_digit_nsn = st.one_of(
    st.builds("{}0{}".format, st.integers(5, 9), st.integers(10**7, 10**8 - 1)),
    st.integers(0, 10**7 - 1).map("800{:07}".format),
)
nine_digit_nsn = st.one_of(
    st.builds("{}{}{:07}".format, st.integers(2, 9), st.integers(1, 9), st.integers(0, 10**7 - 1)),
    st.builds(
        "{}{:06}".format,
        st.sampled_from([120, 570, 990, 180, 600, 112, 155]),
        st.integers(0, 10**6 - 1),
    ),
)
japanese_nsn = st.one_of(ten_digit_nsn, nine_digit_nsn)
nanp_digits = st.builds(
    "{}{:07}".format,
    st.integers(200, 999).filter(lambda area: area % 100 != 11),
    st.integers(2 * 10**6, 10**7 - 1),
)


@st.composite
def spelled(draw: st.DrawFn, digits: str, mark: str = "-") -> str:
    """Draw a spelling of digits: breaks anywhere, in any typography."""
    cuts = draw(st.sets(st.integers(1, max(1, len(digits) - 1)), max_size=4))
    if mark == "-":
        separator = draw(
            st.text(HYPHENS, min_size=1, max_size=2) | st.text(SPACES, max_size=2) | st.just("")
        )
    else:
        separator = mark
    text = "".join(separator * (i in cuts) + digit for i, digit in enumerate(digits))
    if draw(st.booleans()):
        text = text.translate(_full_width)
    place = draw(st.integers(0, len(text)))
    text = text[:place] + draw(st.text(INVISIBLE, max_size=2)) + text[place:]
    around = st.text(SPACES + "\n", max_size=2)
    return draw(around) + text + draw(around)


nasty_characters = st.one_of(
    st.sampled_from("0123456789"),
    st.sampled_from("０９+-.()（）,、/~〜・#*xXeE'\"=:; \u3000\n\t\0一ー〇①٠²℡☎"),
    st.sampled_from(["内線", "電話", "TEL", "様", "ext", "tel:", ".0", "E+11", "+81", "010", "00"]),
    st.characters(exclude_categories=[]),
)
nasty_texts = st.lists(nasty_characters, max_size=24).map("".join)
number_like_texts = st.lists(
    st.sampled_from([*"0123456789", *"0123456789", "-", " ", "+", "(", ")", ".", "81", "090", "0"]),
    max_size=20,
).map("".join)
any_text = nasty_texts | number_like_texts | st.text(st.characters(exclude_categories=[]))

integers = st.one_of(
    st.integers(0, 10**15 - 1),
    st.integers(0, 2**64 - 1),
    st.integers(0, 10**7),
    japanese_nsn.map(lambda nsn: int("81" + nsn)),
    nanp_digits.map(lambda digits: int("1" + digits)),
    st.integers(0, 10**13).map(lambda n: int(f"81{n}")),
    st.integers(0, 10**11).map(lambda n: int(f"1{n}")),
    st.builds(
        lambda code, n: int(f"{code}{n}"),
        st.sampled_from([7, 33, 39, 44, 49, 52, 54, 55, 65, 82, 225, 290, 683, 800, 882, 979]),
        st.integers(0, 10**12),
    ),
)
