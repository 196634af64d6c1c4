"""Measurements of scanners, and until when they are good."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
COMPATIBLE_SINCE = "0020"
"""Older programs know no batch whose paper is still being fed."""


def upgrade() -> None:
    op.create_table(
        "qualifications",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("device", sa.Text, nullable=False),
        sa.Column("wish", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("scans", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("measures", sa.Text, nullable=False),
        sa.Column("findings", sa.Text, nullable=False),
    )
    op.create_index("qualifications_by_device", "qualifications", ["key"])
    op.create_table(
        "scanner_repairs",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("device", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
    )
    op.create_index("scanner_repairs_by_device", "scanner_repairs", ["key"])
