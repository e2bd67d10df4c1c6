"""Find UTF-8 lines in a file that is CP932 as a whole.

Most UTF-8 bytes of Japanese text are also valid CP932, as other characters, so strict decoding
alone does not notice a line that was pasted in from a UTF-8 file.
"""

from copy import copy

import numpy as np

from dncd_files.breaks import LineCounter, end_of_last_line

_FIRST_LEAD, _LAST_LEAD = 0xE2, 0xEF
_FIRST_TRAIL, _LAST_TRAIL = 0x80, 0xBF


class MixtureSeeker:
    """Seeks UTF-8 lines in pieces of a CP932 file.

    Args:
        lines: Where the first piece begins.
    """

    def __init__(self, lines: LineCounter) -> None:
        self._lines = copy(lines)
        self._tail = b""

    def seek(self, data: bytes, *, is_last: bool = False) -> int | None:
        """Return the first line that is UTF-8 of those that this piece completes, or None."""
        block = self._tail + data
        end = len(block) if is_last else end_of_last_line(block)
        self._tail = block[end:]
        block = block[:end]
        begin = find_utf8_line(block)
        if begin is not None:
            return self._lines.line_at(block, begin)
        self._lines.count(block)
        return None


def find_utf8_line(block: bytes) -> int | None:
    """Return the offset at which the first line begins that is UTF-8 beyond doubt, or None.

    Such a line is valid UTF-8 as a whole and has a sequence of three bytes. Sequences of two do not
    count: half-width katakana in CP932 look like them.

    Args:
        block: Whole lines.
    """
    codes = np.frombuffer(block, dtype=np.uint8)
    if codes.size < 3:
        return None
    leads = np.flatnonzero((codes[:-2] >= _FIRST_LEAD) & (codes[:-2] <= _LAST_LEAD))
    for step in (1, 2):
        trails = codes[leads + step]
        leads = leads[(trails >= _FIRST_TRAIL) & (trails <= _LAST_TRAIL)]
    end = 0
    for lead in leads.tolist():
        if lead < end:
            continue
        begin = max(block.rfind(b"\n", 0, lead), block.rfind(b"\r", 0, lead)) + 1
        end = _end_of_line(block, lead)
        if _is_utf8(block[begin:end]):
            return begin
    return None


def _end_of_line(block: bytes, start: int) -> int:
    # The search for a carriage return stops at the line feed: without that bound, each could run
    # through the whole of a block that has none.
    end = block.find(b"\n", start)
    end = len(block) if end < 0 else end
    carriage_return = block.find(b"\r", start, end)
    return end if carriage_return < 0 else carriage_return


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
