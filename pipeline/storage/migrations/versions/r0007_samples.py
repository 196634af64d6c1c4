"""Looks at finished work."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("review_tasks", sa.Column("checks", sa.Text))
    op.add_column("review_tasks", sa.Column("checks_version", sa.Integer, nullable=False, server_default="0"))
    op.add_column("review_batches", sa.Column("drawn_at", sa.Text))
    op.create_table(
        "quality_looks",
        sa.Column("task_id", sa.Text, sa.ForeignKey("review_tasks.id"), primary_key=True),
        sa.Column("batch_id", sa.Text, sa.ForeignKey("batches.id"), nullable=False),
        sa.Column("page_id", sa.Text, sa.ForeignKey("pages.id"), nullable=False),
        sa.Column("field", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("layout", sa.Text, nullable=False),
        sa.Column("reader", sa.Text, nullable=False),
        sa.Column("work", sa.Text, nullable=False),
        sa.Column("finding", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
    )
    op.create_index("quality_looks_by_time", "quality_looks", ["work", "at"])
    op.create_index("quality_looks_by_batch", "quality_looks", ["batch_id"])
    op.create_table(
        "quality_givers",
        sa.Column("task_id", sa.Text, sa.ForeignKey("quality_looks.task_id"), primary_key=True),
        sa.Column("who", sa.Text, primary_key=True),
    )
