"""What stands in the pages: the commands that they show, what those print, and the files that they use."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FLAGS_OF_PAGE: dict[str, tuple[str, ...]] = {
    "README.md": (),
    "docs/operations.md": (),
    "docs/concepts.md": ("--two-persons", "always"),
    "docs/compliance.md": (),
}
"""The pages whose commands are run, each with the flags of the daemon that it speaks to."""

NUMBER = re.compile(r"(?<![\w.-])\+?\d[\d -]{8,}\d(?![\w.-])")
"""What looks like a telephone number."""
_BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
_FILE = re.compile(r"```\w+ ([\w.-]+)\n(.*?)```", re.DOTALL)
_EXIT = re.compile(r"\s+# exit (\d)$")


@dataclass(frozen=True)
class Example:
    """A command of a page, the exit code that the page names and what it says that it prints."""

    command: str
    code: int
    output: tuple[str, ...]


def text_of(page: str) -> str:
    """Return a page."""
    return (ROOT / page).read_text(encoding="utf-8")


def examples_of(page: str) -> list[Example]:
    """Return the commands of a page's console blocks, in order."""
    found = []
    for block in _BLOCK.findall(text_of(page)):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            line, *output = part.rstrip("\n").split("\n")
            code = _EXIT.search(line)
            found.append(Example(_EXIT.sub("", line), int(code[1]) if code else 0, tuple(output)))
    return found


def files_of(page: str) -> dict[str, str]:
    """Return the files that a page shows: blocks whose first line names one after their language."""
    return dict(_FILE.findall(text_of(page)))


def says(printed: str, output: tuple[str, ...]) -> bool:
    """Tell whether a command printed what a page shows; a line of … stands for any lines."""
    lines = ["…" if line == "…" else re.escape(line.rstrip()) for line in output]
    pattern = "\n".join(lines).replace("…\n", "(?:.*\n)*?").replace("…", "(?:.*\n?)*")
    text = "\n".join(line.rstrip() for line in printed.rstrip("\n").split("\n"))
    return re.fullmatch(pattern, text) is not None
