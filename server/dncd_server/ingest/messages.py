"""Messages: what an ingest child is asked and what it answers, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from dncd_engine.chain import SALT_BYTES
from dncd_engine.strata import PLAIN, Stratum
from dncd_files.encodings import ENCODINGS
from dncd_files.layouts import LAYOUTS

MIB = 1 << 20
MODES = ("add", "remove", "replace", "change")
MAX_STRATA = 10_000
"""How many sets of start, end and purposes the rows of one file may have."""
Terms = Stratum
"""The stratum of a batch's rows that say nothing else, as the header was worked out."""


@dataclass(frozen=True, slots=True)
class IngestJob:
    """One upload to read.

    Attributes:
        region: How texts are read.
        encoding: One of ``ENCODINGS``.
        layout: One of ``LAYOUTS``.
        columns: Heads of the columns that hold numbers; none means those that are found.
        salt: 32 random bytes under which the segments are digested.
        spool_dir: Where the bytes lie while they are read, in a file without a name.
        packed: Whether the bytes are numbers, ``uint64`` little endian, and not a file.
        mode: One of ``MODES``. Rows of a removal have the plain stratum whatever they say, which is kept as evidence.
        terms: What holds for rows that do not say otherwise.
        tz: The zone (IANA) of days and times without an offset.
        now_us: The instant of the upload, in microseconds since 1970: what is past by then is told by it, and nobody
            asked after it. Left at 0, nothing is past, and no row can say when somebody asked.
        declared_purposes: The purposes that rows may name.
        needs_source: Whether each row that adds must say where its number came from.
        keeps_last: Whether, of rows that name a number twice, only the last counts; else the number is in the strata
            of all of them.
        expected_rows: How many rows the uploader expects; 0 means not known.
        expected_bytes: How many bytes the uploader has; 0 means not known.
        max_bytes: How many bytes are taken at most.
        memory_bytes: How much address space the child may add to what it has when it starts.

    Raises:
        ValueError: A value is none of those that it may be.
    """

    region: str
    salt: bytes = field(repr=False)
    spool_dir: Path
    encoding: str = "auto"
    layout: str = "auto"
    columns: tuple[str, ...] = ()
    packed: bool = False
    mode: str = "add"
    terms: Terms = PLAIN
    tz: str = "UTC"
    now_us: int = 0
    declared_purposes: tuple[str, ...] = ()
    needs_source: bool = False
    keeps_last: bool = False
    expected_rows: int = 0
    expected_bytes: int = 0
    max_bytes: int = 8192 * MIB
    memory_bytes: int = 3072 * MIB

    def __post_init__(self) -> None:
        """Refuse what no file can be read by."""
        if self.encoding not in ENCODINGS:
            raise ValueError(f"an encoding is one of {', '.join(ENCODINGS)}")
        if self.layout not in LAYOUTS:
            raise ValueError(f"a layout is one of {', '.join(LAYOUTS)}")
        if self.mode not in MODES:
            raise ValueError(f"a mode is one of {', '.join(MODES)}")
        try:
            ZoneInfo(self.tz)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError("a zone is one of the time zone database") from error
        if len(self.salt) != SALT_BYTES:
            raise ValueError(f"a salt has {SALT_BYTES} bytes")


@dataclass(frozen=True, slots=True)
class RowCounts:
    """Counts of rows: read = accepted + duplicate + rejected, once the file has been read."""

    read: int = 0
    accepted: int = 0
    duplicate: int = 0
    rejected: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an upload has come; ``stage`` is "waiting" (before its child begins), "receiving" or "reading"."""

    bytes_received: int
    rows_read: int
    rows_rejected: int
    stage: str


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that could not be read; ``raw`` goes to the uploader and is stored nowhere."""

    line: int
    column: int
    code: str
    raw: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RejectedRows:
    """Rejected rows in the order of the file. They may come before the file is refused."""

    rows: tuple[RejectedRow, ...]


@dataclass(frozen=True, slots=True)
class SegmentFound:
    """The upload's numbers of one prefix and stratum, digested under the job's salt.

    They come in order of prefix; of a prefix, those that end come last.

    Attributes:
        prefix: ``number >> 22`` of all of them.
        count: How many there are, at least 1.
        data: The segment.
        digest: Its salted digest.
        stratum: Which of the strata of ``Done``; 0 where they end.
        ends: Whether a change deletes them.
    """

    prefix: int
    count: int
    data: bytes = field(repr=False)
    digest: bytes
    stratum: int = 0
    ends: bool = False


@dataclass(frozen=True, slots=True)
class AttributesFound:
    """What rows said of their entries, of one prefix; see ``attributes.decode``.

    Rows that said nothing, or nothing that counts because a later row replaced it, are not among them.

    Attributes:
        prefix: ``number >> 22`` of all of them.
        part: From 0, where the rows of one prefix are too many for one message.
        count: How many rows there are, at least 1.
        data: The rows.
        digest: The salted digest of the data.
    """

    prefix: int
    part: int
    count: int
    data: bytes = field(repr=False)
    digest: bytes


@dataclass(frozen=True, slots=True)
class Done:
    """The file has been read and every segment sent; the last message.

    Attributes:
        rows: Counts of rows.
        rejects_by_code: Rejected rows by code.
        numbers: How many distinct numbers the segments hold, those that end left out.
        encoding: How the bytes were read; empty for packed numbers.
        layout: How the rows were read; empty for packed numbers.
        sha256: Digest of the bytes received.
        normaliser_version: The rules by which texts were read.
        strata: What the segments' ``stratum`` refers to; the first is the batch's own terms, used or not.
        ended: How many distinct numbers a change deletes.
    """

    rows: RowCounts
    rejects_by_code: Mapping[str, int]
    numbers: int
    encoding: str
    layout: str
    sha256: bytes
    normaliser_version: int
    strata: tuple[Stratum, ...] = (PLAIN,)
    ended: int = 0


@dataclass(frozen=True, slots=True)
class Refused:
    """The file is not taken; the last message. No segment has been sent.

    Attributes:
        reason: A reason of the protocol's ``Refusal``.
        line: Where, from 1; 0 means the file.
        message: What is wrong and how to mend it; it repeats no number.
        rows: Counts so far.
        rejects_by_code: Rejected rows by code, so far.
        encoding: How the bytes were read, if that was settled.
        layout: How the rows were read, if that was settled.
        sha256: Digest of the bytes received; of the whole file only if all of it was.
        normaliser_version: The rules by which texts were read.
    """

    reason: str
    line: int
    message: str
    rows: RowCounts
    rejects_by_code: Mapping[str, int]
    encoding: str
    layout: str
    sha256: bytes
    normaliser_version: int


Message = Progress | RejectedRows | SegmentFound | AttributesFound | Done | Refused
