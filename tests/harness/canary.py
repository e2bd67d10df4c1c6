"""The canary: every number that the suite used, and every output that must hold none of them."""

import re
import sys
import unicodedata
from pathlib import Path

from dncd_engine.numbers import Reject, read

MAX_NUMBERS_A_FILE = 2_000
_CELL = re.compile(r"[^,;\t\r\n\"]+")


class Canary:
    """Collects numbers and outputs; ``leaks`` tells which output holds which number's spelling."""

    def __init__(self) -> None:
        self.spellings: set[str] = set()
        self.outputs: list[tuple[str, str]] = []
        self._files: set[int] = set()

    def used(self, text: str, region: str = "JP") -> None:
        """Note every number that stands in a text."""
        found = 0
        for cell in _CELL.findall(text):
            reading = read(cell.strip(), region)
            if isinstance(reading, Reject):
                continue
            self.note(reading, cell)
            found += 1
            if found >= MAX_NUMBERS_A_FILE:
                return

    def note(self, number: int, cell: str = "") -> None:
        """Note a number: as E.164 digits, as it is written at home, and as it stood."""
        digits = str(number)
        self.spellings.add(digits)
        if digits.startswith("81"):
            self.spellings.add("0" + digits[2:])
        elif digits.startswith("1"):
            self.spellings.add(digits[1:])
        plain = unicodedata.normalize("NFKC", cell).strip()
        if sum(character.isdigit() for character in plain) >= 9:
            self.spellings.add(plain)

    def used_file(self, path: Path) -> None:
        """Note every number of a file, in whatever encoding it is read."""
        data = path.read_bytes()[: 1 << 20]
        if hash(data) in self._files:  # it came before, and reading it takes a while
            return
        self._files.add(hash(data))
        for encoding in ("utf-8", "cp932"):
            self.used(data.decode(encoding, errors="ignore"))
        self.used("\n".join(f"+1{line}" for line in data.decode("ascii", "ignore").split()))

    def heard(self, name: str, output: str) -> None:
        """Note an output that must hold no number."""
        self.outputs.append((name, output))

    def leaks(self) -> list[str]:
        """Return the names of outputs that hold a number, never the number."""
        return [name for name, output in self.outputs if leaks_in(output, self.spellings)]


def leaks_in(output: str, spellings: set[str]) -> bool:
    """Tell whether any spelling stands in an output."""
    runs = set(re.findall(r"\d{9,}", output))
    plain = {spelling for spelling in spellings if spelling.isdigit()}
    return any(spelling in run for run in runs for spelling in plain) or any(
        spelling in output for spelling in spellings - plain
    )


def main() -> int:
    """Look for the numbers of one file (a spelling a line) in the outputs of the other."""
    numbers, output = (Path(name).read_text(encoding="utf-8") for name in sys.argv[1:3])
    spellings = set(numbers.splitlines())
    leaking = [
        index for index, line in enumerate(output.splitlines(), 1) if leaks_in(line, spellings)
    ]
    if leaking or not spellings:
        sys.stderr.write(f"canary: {len(spellings)} spellings; numbers in lines {leaking[:20]}\n")
        return 1
    sys.stdout.write(f"canary: none of {len(spellings)} spellings in {len(output)} characters\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
