"""Statements keep the own designations of their forms, and are found by the designation that the forms share."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("statements", sa.Column("forms", sa.Text, nullable=False, server_default="[]"))
    op.create_index("statements_by_designation", "statements", ["designation"])
