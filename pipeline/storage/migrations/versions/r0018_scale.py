"""Who may work on batches of a database on a server; indexes and partitions for large archives."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.create_table(
        "work_turns",
        sa.Column("work", sa.Text, primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
    )
    op.create_index(
        "review_tasks_sampled",
        "review_tasks",
        ["id"],
        sqlite_where=sa.text("sample = 1"),
        postgresql_where=sa.text("sample"),
    )
