"""What the same sheet is known by when it is scanned twice; what persons said of blank sides."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
COMPATIBLE_SINCE = "0020"
"""Older programs know no batch whose paper is still being fed."""


def upgrade() -> None:
    op.create_table(
        "fingerprints",
        sa.Column("page_id", sa.Text, sa.ForeignKey("pages.id"), primary_key=True),
        sa.Column("batch_id", sa.Text, sa.ForeignKey("batches.id"), nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("bits", sa.Text),
    )
    op.create_index("fingerprints_by_scan", "fingerprints", ["sha256"])
    op.create_table(
        "fingerprint_bands",
        sa.Column("band", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("page_id", sa.Text, sa.ForeignKey("fingerprints.page_id"), primary_key=True),
    )
    op.create_index("fingerprint_bands_by_page", "fingerprint_bands", ["page_id"])
    op.create_table(
        "blank_confirmations",
        sa.Column("page_id", sa.Text, sa.ForeignKey("pages.id"), primary_key=True),
        sa.Column("batch_id", sa.Text, sa.ForeignKey("batches.id"), nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
    )
    op.create_index("blank_confirmations_by_batch", "blank_confirmations", ["batch_id"])
