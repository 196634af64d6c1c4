"""What is said once of an envelope: the sheets between two separators."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
COMPATIBLE_SINCE = "0020"
"""Older programs know no batch whose paper is still being fed."""


def upgrade() -> None:
    op.create_table(
        "envelopes",
        sa.Column("batch_id", sa.Text, sa.ForeignKey("batches.id"), primary_key=True),
        sa.Column("first_sheet", sa.Integer, primary_key=True),
        sa.Column("postmark", sa.Text),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("entered_at", sa.Text, nullable=False),
        sa.Column("entered_by", sa.Text, nullable=False),
    )
