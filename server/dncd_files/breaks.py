"""Physical lines: counting the breaks LF, CR and CRLF in bytes that arrive in pieces."""


def count_breaks(data: bytes) -> int:
    """Return how many line breaks there are, CRLF being one."""
    carriage_returns = data.count(b"\r")
    both = data.count(b"\r\n") if carriage_returns else 0
    return data.count(b"\n") + carriage_returns - both


def length_of_first_run(data: bytes) -> int:
    """Return how many bytes come before the first line break, all of them if there is none."""
    line_feed = data.find(b"\n")
    end = len(data) if line_feed < 0 else line_feed
    carriage_return = data.find(b"\r", 0, end)
    return end if carriage_return < 0 else carriage_return


def end_of_last_line(data: bytes) -> int:
    """Return the offset after the last line break, 0 if there is none."""
    return max(data.rfind(b"\n"), data.rfind(b"\r")) + 1


class LineCounter:
    """Counts lines over pieces; a CRLF that two pieces share is one break.

    Attributes:
        line: The line, from 1, to which the next byte belongs.
        run_bytes: How many bytes have come since the last break.
    """

    def __init__(self, line: int = 1) -> None:
        self.line = line
        self.run_bytes = 0
        self._ended_in_cr = False

    def line_at(self, data: bytes, offset: int) -> int:
        """Return the line of an offset in the piece that is to be counted next."""
        joins = self._ended_in_cr and offset > 0 and data[0] == 0x0A
        return self.line + count_breaks(data[:offset]) - joins

    def count(self, data: bytes) -> None:
        """Count the next piece."""
        if not data:
            return
        self.line = self.line_at(data, len(data))
        self._ended_in_cr = data[-1] == 0x0D
        end = end_of_last_line(data)
        self.run_bytes = len(data) - end if end else self.run_bytes + len(data)
