"""The tally: what a file's rows came to, and whether the file as a whole can be believed."""

from collections import Counter
from collections.abc import Mapping

from dncd_files.layouts import blank_file
from dncd_files.reading import Reading
from dncd_files.refusal import FileRefused, Reason

_ENCODING_ERROR = "encoding_error"
_HINTS: Mapping[str, str] = {
    "not_a_number": "Check which column holds the numbers (--column).",
    "letters": "Check which column holds the numbers (--column) and the encoding.",
    "too_short": (
        "Check which column holds the numbers (--column) and the region (--region). If a number is "
        "split over several columns, join them in one."
    ),
    "too_long": "Check which column holds the numbers (--column) and the region (--region).",
    "invalid_number": "Check the region in which the numbers are read (--region).",
    "special_number": "Check which column holds the numbers (--column).",
    "multiple_numbers": (
        "Put one number into a cell, and name every column that holds numbers with --column."
    ),
    "precision_lost": "Export again from the source, with the column formatted as text.",
    "non_voice": "Check the region in which the numbers are read (--region).",
    "encoding_error": "Check the encoding.",
    "invalid_date": (
        "Write dates as 2026-11-24 or 2026-11-24T14:05; nobody asks in the future, and nothing ends "
        "before it begins."
    ),
    "invalid_attribute": (
        "Check the columns of purposes, grounds, requesters, texts and changes: a purpose must be "
        "declared, a ground and a requester are code words."
    ),
}


class Tally:
    """Counts rows.

    Attributes:
        read: All rows but blank ones and the header.
        rejected: Rows with a cell that could not be read.
        by_code: Rejected rows by the code of their first rejected cell.
    """

    def __init__(self) -> None:
        self.read = 0
        self.rejected = 0
        self.by_code: Counter[str] = Counter()
        self._digitless: Counter[str] = Counter()

    def add(self, reading: Reading) -> None:
        """Count a slice."""
        self.read += reading.rows
        self.add_rejected(reading.codes)
        self._digitless.update(reading.digitless)

    def add_rejected(self, codes: list[str]) -> None:
        """Count rejected rows by their codes."""
        self.rejected += len(codes)
        self.by_code.update(codes)

    def judge(self, expected_rows: int = 0) -> None:
        """Refuse what is no list after all.

        Raises:
            FileRefused: No row, another number of rows than expected, or more than half of them
                unreadable.
        """
        if self.read == 0:
            raise blank_file()
        if expected_rows and self.read != expected_rows:
            message = (
                f"The file has {self.read:,} rows, but {expected_rows:,} were expected. Transfer "
                "it again."
            )
            raise FileRefused(Reason.ROW_COUNT, 0, message)
        if 2 * self._digitless.total() > self.read:
            self._refuse_digitless()
        if 2 * self.rejected > self.read:
            self._refuse_unreadable()

    def _refuse_digitless(self) -> None:
        digitless = self._digitless.total()
        self.by_code -= self._digitless
        self.by_code[_ENCODING_ERROR] += digitless
        message = (
            f"{digitless:,} of {self.read:,} rows have not one digit: the file was read or saved "
            "in a wrong encoding, or holds no numbers. Declare the encoding that it is in, or "
            "export it again."
        )
        raise FileRefused(Reason.ENCODING, 0, message)

    def _refuse_unreadable(self) -> None:
        most = self.by_code.most_common(3)
        counts = ", ".join(f"{count:,} {code}" for code, count in most)
        message = (
            f"{self.rejected:,} of {self.read:,} rows could not be read ({counts}). "
            f"{_HINTS.get(most[0][0], 'Check the column, the encoding and the region.')}"
        )
        raise FileRefused(Reason.MOSTLY_UNREADABLE, 0, message)
