"""Make the first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "head",
        sa.Column(
            "id",
            sa.SmallInteger,
            sa.CheckConstraint("id = 1"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "event",
        sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.Integer, nullable=False),
        sa.Column("needs", sa.Integer, nullable=False),
        sa.Column("effect_digest", sa.LargeBinary(32), nullable=False),
        sa.Column("evidence_digest", sa.LargeBinary(32), nullable=False),
        sa.Column("prev_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
    )
    op.create_table(
        "body",
        sa.Column("version", sa.BigInteger, sa.ForeignKey("event.version"), primary_key=True),
        sa.Column("part", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("salt", sa.LargeBinary(32), nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "batch",
        sa.Column("batch_id", sa.String(64), primary_key=True),
        sa.Column("list", sa.String(64), nullable=False),
        sa.Column("state", sa.SmallInteger, nullable=False),
        sa.Column(
            "version", sa.BigInteger, sa.ForeignKey("event.version"), nullable=True, unique=True
        ),
        sa.Column("upload", sa.BigInteger, nullable=True),
        sa.Column("content_digest", sa.LargeBinary(32), nullable=False),
        sa.Column("open_rejects", sa.BigInteger, nullable=False),
        sa.Column("received_us", sa.BigInteger, nullable=False),
        sa.Column("report", sa.LargeBinary, nullable=False),
    )
    op.create_index("batch_by_list", "batch", ["list", "received_us"])
    op.create_index("batch_by_open_rejects", "batch", ["open_rejects"])
    op.create_index("batch_by_state", "batch", ["state"])
    op.create_table(
        "staged",
        sa.Column("upload", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("batch_id", sa.String(64), nullable=False),
        sa.Column("heartbeat_us", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "segment",
        sa.Column("upload", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("stratum", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("role", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("prefix", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    op.create_index("segment_by_prefix", "segment", ["prefix"])
    op.create_table(
        "list_head",
        sa.Column("list", sa.String(64), primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    """Refuse: a ledger is never taken back."""
    raise RuntimeError("a ledger is never taken back to an older schema")
