"""Addresses that are told of events, and what became of each delivery."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hooks",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("since", sa.Integer, nullable=False),
        sa.Column("kinds", sa.Text, nullable=False),
        sa.Column("issuer", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("secrets", sa.Text, nullable=False),
        sa.Column("queued", sa.Integer, nullable=False),
    )
    op.create_table(
        "hook_deliveries",
        sa.Column("hook_id", sa.Text, sa.ForeignKey("hooks.id"), primary_key=True),
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("statement", sa.Text, nullable=False),
        sa.Column("numbered", sa.Text, nullable=False),
        sa.Column("due_at", sa.Text, nullable=False),
        sa.Column("queued_at", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("obstacle", sa.Text),
        sa.Column("last_at", sa.Text),
    )
    its = "hook_deliveries"
    op.create_index("hook_deliveries_by_state", its, ["hook_id", "state", "sequence"])
    op.create_index("hook_deliveries_by_statement", its, ["hook_id", "statement", "sequence"])
    op.create_index("hook_deliveries_by_number", its, ["hook_id", "numbered", "sequence"])
