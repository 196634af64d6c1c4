"""Where objects are, what documents a transfer, seals of the ledger, paper boxes and their destruction."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "objects",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("bucket", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("version_id", sa.Text, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
    )
    op.add_column("batches", sa.Column("operator", sa.Text))
    op.add_column("batches", sa.Column("scan_profile", sa.Text))
    op.create_index("ledger_by_subject", "ledger", ["subject"])
    op.create_table(
        "transfers",
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("batch_id", sa.Text, sa.ForeignKey("batches.id"), nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
    )
    op.create_index("transfers_by_batch", "transfers", ["batch_id"])
    _seals()
    _boxes()


def _seals() -> None:
    """Seals of the ledger. Keys are found by the kind of their entries."""
    op.create_index("ledger_by_kind", "ledger", ["kind"])
    op.create_table(
        "seals",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("batch_id", sa.Text, sa.ForeignKey("batches.id")),
        sa.Column("first", sa.Integer, nullable=False),
        sa.Column("last", sa.Integer, nullable=False),
        sa.Column("root", sa.Text, nullable=False),
        sa.Column("previous", sa.Text, nullable=False),
        sa.Column("made_at", sa.Text, nullable=False),
        sa.Column("log_root", sa.Text, nullable=False),
        sa.Column("key", sa.Text),
        sa.Column("signature", sa.Text),
        sa.Column("token", sa.LargeBinary),
        sa.Column("waiting", sa.Text),
        sa.Column("peaks", sa.Text, nullable=False),
    )


def _boxes() -> None:
    """Paper: boxes, their sheets, holds, samples, destructions; and what the store was told to keep."""
    op.create_table(
        "boxes",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("made_at", sa.Text, nullable=False),
        sa.Column("sealed_at", sa.Text),
        sa.Column("counted", sa.Integer, nullable=False),
    )
    op.create_table(
        "box_sheets",
        sa.Column("batch_id", sa.Text, sa.ForeignKey("batches.id"), primary_key=True),
        sa.Column("sheet", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("box", sa.Text, sa.ForeignKey("boxes.name"), nullable=False),
    )
    op.create_index("box_sheets_by_box", "box_sheets", ["box"])
    op.create_table(
        "holds",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("placed_at", sa.Text, nullable=False),
        sa.Column("placed_by", sa.Text, nullable=False),
        sa.Column("released_at", sa.Text),
        sa.Column("released_by", sa.Text),
        sa.Column("release_reason", sa.Text, nullable=False),
    )
    op.create_table(
        "samples",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("box", sa.Text, sa.ForeignKey("boxes.name"), nullable=False),
        sa.Column("seed", sa.Text, nullable=False),
        sa.Column("contents", sa.Text, nullable=False),
        sa.Column("most_faults", sa.Integer, nullable=False),
        sa.Column("drawn_at", sa.Text, nullable=False),
        sa.Column("drawn_by", sa.Text, nullable=False),
    )
    op.create_index("samples_by_box", "samples", ["box"])
    op.create_table(
        "sample_pages",
        sa.Column("sample_id", sa.Text, sa.ForeignKey("samples.id"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("page_id", sa.Text, sa.ForeignKey("pages.id"), nullable=False),
        sa.Column("verdict", sa.Text),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("at", sa.Text),
        sa.Column("by", sa.Text),
    )
    op.create_index("sample_pages_by_page", "sample_pages", ["page_id"])
    op.create_table(
        "destructions",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("box", sa.Text, sa.ForeignKey("boxes.name"), nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("contents", sa.Text, nullable=False),
        sa.Column("certificate", sa.Text, nullable=False),
        sa.Column("authorised_at", sa.Text, nullable=False),
        sa.Column("authorised_by", sa.Text, nullable=False),
        sa.Column("completed", sa.Text),
        sa.Column("destroyed_on", sa.Text),
        sa.Column("destroyed_by", sa.Text),
        sa.Column("witness", sa.Text, nullable=False),
    )
    op.create_index("destructions_by_box", "destructions", ["box"])
    op.create_table(
        "retention_applied",
        sa.Column("batch_id", sa.Text, sa.ForeignKey("batches.id"), primary_key=True),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("objects", sa.Integer, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
    )
