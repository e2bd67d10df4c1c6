"""The tables, the same on every engine. The migrations make them; a test holds the two equal."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
)


class Blob(LargeBinary):
    """Bytes, given back as the driver has them, so that who reads can say which row is damaged."""

    def result_processor(self, dialect: Dialect, coltype: object) -> None:
        """Convert nothing."""


metadata = MetaData()

# One row: the position, the epoch and the hash that the next event builds on.
head = Table(
    "head",
    metadata,
    Column("id", SmallInteger, CheckConstraint("id = 1"), primary_key=True, autoincrement=False),
    Column("epoch", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("hash", Blob(32), nullable=False),
    Column("at_us", BigInteger, nullable=False),
)

# The chain. Nothing in it can be turned back into a number or a name.
event = Table(
    "event",
    metadata,
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("epoch", BigInteger, nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("kind", Integer, nullable=False),
    Column("needs", Integer, nullable=False),
    Column("effect_digest", Blob(32), nullable=False),
    Column("evidence_digest", Blob(32), nullable=False),
    Column("prev_hash", Blob(32), nullable=False),
    Column("hash", Blob(32), nullable=False),
)

# Effect and evidence of an event with the salts of their digests: the rows that erasure deletes.
body = Table(
    "body",
    metadata,
    Column("version", BigInteger, ForeignKey("event.version"), primary_key=True),
    Column("part", SmallInteger, primary_key=True, autoincrement=False),
    Column("salt", Blob(32), nullable=False),
    Column("data", Blob, nullable=False),
)

# What was taken (version set), put to wait (held_version set) or refused (neither), found by the client's own id.
# A policy change or an override that waits has no list.
batch = Table(
    "batch",
    metadata,
    Column("batch_id", String(64), primary_key=True),
    Column("list", String(64), nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("version", BigInteger, ForeignKey("event.version"), nullable=True, unique=True),
    Column("upload", BigInteger, nullable=True),
    Column("content_digest", Blob(32), nullable=False),
    Column("open_rejects", BigInteger, nullable=False),
    Column("received_us", BigInteger, nullable=False),
    Column("report", Blob, nullable=False),
    Column("held_version", BigInteger, nullable=True),
    Column("mode", SmallInteger, nullable=False, server_default="1"),
    Column("rejected", BigInteger, nullable=False, server_default="0"),
    Column("waived", SmallInteger, nullable=False, server_default="0"),
    Column("mends", String(64), nullable=False, server_default=""),
    Column("mended_rows", BigInteger, nullable=False, server_default="0"),
)
Index("batch_by_list", batch.c.list, batch.c.received_us)
Index("batch_by_open_rejects", batch.c.open_rejects)
Index("batch_by_state", batch.c.state)
Index("batch_by_upload", batch.c.upload)
Index("batch_by_mends", batch.c.mends)

# An upload whose segments are being written; it goes when its batch is committed or it is abandoned.
staged = Table(
    "staged",
    metadata,
    Column("upload", BigInteger, primary_key=True, autoincrement=False),
    Column("batch_id", String(64), nullable=False),
    Column("heartbeat_us", BigInteger, nullable=False),
)

# Numbers of a batch: a Roaring bitmap of the low 22 bits of those that share number >> 22.
segment = Table(
    "segment",
    metadata,
    Column("upload", BigInteger, primary_key=True, autoincrement=False),
    Column("stratum", Integer, primary_key=True, autoincrement=False),
    Column("role", SmallInteger, primary_key=True, autoincrement=False),
    Column("prefix", BigInteger, primary_key=True, autoincrement=False),
    Column("count", Integer, nullable=False),
    Column("digest", Blob(32), nullable=False),
    Column("data", Blob, nullable=False),
)
Index("segment_by_prefix", segment.c.prefix, segment.c.upload)

# What rows of a batch said of their entries beside their numbers, by prefix: evidence, which no verdict needs.
row_attributes = Table(
    "row_attributes",
    metadata,
    Column("upload", BigInteger, primary_key=True, autoincrement=False),
    Column("prefix", BigInteger, primary_key=True, autoincrement=False),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("count", Integer, nullable=False),
    Column("digest", Blob(32), nullable=False),
    Column("data", Blob, nullable=False),
)

# The newest version that changed each list: what a difference worked out beforehand is held against.
list_head = Table(
    "list_head",
    metadata,
    Column("list", String(64), primary_key=True),
    Column("version", BigInteger, nullable=False),
)
