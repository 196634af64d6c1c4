"""Statements that were electronic from the start: files that were handed over, and who handed them over."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pipeline.storage.migrations.append_only import append_only

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "registrations",
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("file_id", sa.Text, sa.ForeignKey("files.id"), nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("key", sa.Text),
    )
    op.create_index("registrations_by_request", "registrations", ["by", "key"], unique=True)
    op.create_index("registrations_by_digest", "registrations", ["digest"])
    append_only("registrations", "registrations only grow")
