"""What the court is told: an outbox of events that only grows.

What a database of an earlier program holds is told once, by whoever migrates (`storage.records.database`): it follows
from outcomes and from what persons said, which no database can fold.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pipeline.storage.migrations.append_only import append_only

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "events",
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("statement_id", sa.Text, nullable=False),
        sa.Column("number", sa.Text),
        sa.Column("batch_id", sa.Text, nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("received_on", sa.Text),
        sa.Column("previous", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
    )
    op.create_index("events_by_statement", "events", ["statement_id", "sequence"])
    op.create_index("events_by_number", "events", ["number", "sequence"])
    op.create_index("events_by_issuer", "events", ["issuer", "sequence"])
    op.create_index("events_by_kind", "events", ["kind", "at", "received_on", "issuer"])
    append_only("events", "events only grow")
