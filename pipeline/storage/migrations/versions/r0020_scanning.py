"""Scan sessions: runs of scanners, and the sides that they delivered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
COMPATIBLE_SINCE = "0020"
"""Older programs know no batch whose paper is still being fed."""


def upgrade() -> None:
    op.create_table(
        "scan_sessions",
        sa.Column("batch_id", sa.Text, sa.ForeignKey("batches.id"), primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("postmark", sa.Text),
        sa.Column("box_number", sa.Text),
        sa.Column("deadline", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("opened_at", sa.Text, nullable=False),
        sa.Column("opened_by", sa.Text, nullable=False),
        sa.Column("ended_at", sa.Text),
        sa.Column("ended_by", sa.Text),
        sa.Column("end_reason", sa.Text),
        sa.Column("totals", sa.Text),
    )
    op.create_index("scan_sessions_by_state", "scan_sessions", ["state", "opened_at"])
    _feedings()
    _sides()


def _feedings() -> None:
    op.create_table(
        "scan_feedings",
        sa.Column("batch_id", sa.Text, sa.ForeignKey("scan_sessions.batch_id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("scanner", sa.Text, nullable=False),
        sa.Column("device", sa.Text, nullable=False),
        sa.Column("wish", sa.Text, nullable=False),
        sa.Column("sides", sa.Text, nullable=False),
        sa.Column("began_at", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("heard_at", sa.Text, nullable=False),
        sa.Column("first_sheet", sa.Integer, nullable=False),
        sa.Column("again", sa.Text, nullable=False),
        sa.Column("ended_at", sa.Text),
        sa.Column("sheets_fed", sa.Integer),
        sa.Column("sheets", sa.Integer, nullable=False),
        sa.Column("stopped", sa.Text),
        sa.Column("doubts", sa.Text, nullable=False),
    )


def _sides() -> None:
    op.create_table(
        "scanned_sides",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("batch_id", sa.Text, sa.ForeignKey("scan_sessions.batch_id"), nullable=False),
        sa.Column("feeding", sa.Integer, nullable=False),
        sa.Column("sheet", sa.Integer, nullable=False),
        sa.Column("side", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("size_bytes", sa.Integer, nullable=False),
        sa.Column("media_type", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("received_at", sa.Text, nullable=False),
        sa.Column("sheets", sa.Integer, nullable=False),
        sa.Column("pages", sa.Integer),
        sa.Column("imprint", sa.Text),
        sa.Column("said", sa.Text, nullable=False),
        sa.Column("look", sa.Text),
        sa.Column("superseded_by", sa.Integer),
        sa.Column("reason", sa.Text),
    )
    # A side is recorded once, whatever ran twice.
    op.create_index("scanned_sides_once", "scanned_sides", ["batch_id", "feeding", "sheet", "side"], unique=True)
