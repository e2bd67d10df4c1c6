"""Text that is not ours, made safe to show: no character in it steers a terminal."""

import unicodedata
from collections.abc import Callable

# Controls, marks that turn the direction of writing or cannot be seen, half characters, line ends.
_UNSAFE = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))

Escape = Callable[[str], str]


def _as_python(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def printable(text: str, keeping: str = "", escape: Escape = _as_python) -> str:
    r"""Return a text whose unsafe characters are written out, such as \x1b or \u202e.

    Args:
        text: Whatever it is.
        keeping: Unsafe characters that stay as they are.
        escape: How one is written out.
    """
    if text.isprintable():
        return text
    return "".join(
        escape(each) if unicodedata.category(each) in _UNSAFE and each not in keeping else each
        for each in text
    )


def as_json(character: str) -> str:
    """Write out a character as JSON does."""
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{int.from_bytes(units[at : at + 2]):04x}" for at in range(0, len(units), 2))


def as_toml(character: str) -> str:
    """Write out a character as TOML does."""
    code = ord(character)
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"
