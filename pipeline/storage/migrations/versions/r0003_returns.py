"""Return documents find statements of other batches: what the two have in common, and how each pair stands."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "match_keys",
        sa.Column("statement_id", sa.Text, sa.ForeignKey("statements.id"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("key", sa.Text, nullable=False),
    )
    op.create_index("match_keys_by_key", "match_keys", ["key"])
    op.create_table(
        "return_matches",
        sa.Column("return_id", sa.Text, sa.ForeignKey("statements.id"), primary_key=True),
        sa.Column("statement_id", sa.Text, sa.ForeignKey("statements.id"), primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("basis", sa.Text, nullable=False),
        sa.Column("found_at", sa.Text, nullable=False),
        sa.Column("rules", sa.Text, nullable=False),
        sa.Column("reasons", sa.Text, nullable=False),
    )
    op.create_index("return_matches_by_statement", "return_matches", ["statement_id"])
