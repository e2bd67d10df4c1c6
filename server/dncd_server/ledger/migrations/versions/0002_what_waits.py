"""Keep what waits for another person, what rows say of their entries, and which rows are open."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns and a table; what is there stays as it is."""
    op.add_column("batch", sa.Column("held_version", sa.BigInteger, nullable=True))
    for name, kind, default in (
        ("mode", sa.SmallInteger, "1"),
        ("rejected", sa.BigInteger, "0"),
        ("waived", sa.SmallInteger, "0"),
        ("mends", sa.String(64), ""),
        ("mended_rows", sa.BigInteger, "0"),
    ):
        op.add_column("batch", sa.Column(name, kind, nullable=False, server_default=default))
    op.create_index("batch_by_upload", "batch", ["upload"])
    op.create_index("batch_by_mends", "batch", ["mends"])
    op.drop_index("segment_by_prefix", "segment")
    op.create_index("segment_by_prefix", "segment", ["prefix", "upload"])
    op.create_table(
        "row_attributes",
        sa.Column("upload", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("prefix", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("part", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    """Refuse: a ledger is never taken back."""
    raise RuntimeError("a ledger is never taken back to an older schema")
