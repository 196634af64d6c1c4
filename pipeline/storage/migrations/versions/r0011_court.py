"""The court's side: machines that may ask, court record numbers that only ever grow, and what statements are found by.

The index follows from outcomes and from what persons said, which no database can fold: whoever migrates fills it anew
(`storage.records.database`).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pipeline.storage.migrations.append_only import append_only

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _clients()
    _court_numbers()
    _statement_index()


def _clients() -> None:
    op.create_table(
        "clients",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("issuer", sa.Text),
        sa.Column("revoked", sa.Boolean, nullable=False),
    )
    op.create_table(
        "client_keys",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("client_id", sa.Text, sa.ForeignKey("clients.id"), nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("expires_at", sa.Text, nullable=False),
    )
    op.create_index("client_keys_by_client", "client_keys", ["client_id"])


def _court_numbers() -> None:
    op.create_table(
        "court_numbers",
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("statement", sa.Text, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("salt", sa.Text, nullable=False),
    )
    op.create_index("court_numbers_by_statement", "court_numbers", ["issuer", "statement", "sequence"])
    op.create_index("court_numbers_by_number", "court_numbers", ["number"])
    op.create_index("court_numbers_by_request", "court_numbers", ["by", "key"], unique=True)
    append_only("court_numbers", "court record numbers only grow")


def _statement_index() -> None:
    op.create_table(
        "statement_index",
        sa.Column("statement_id", sa.Text, sa.ForeignKey("statements.id"), primary_key=True),
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("designation", sa.Text),
        sa.Column("plate", sa.Text),
        sa.Column("offence_date", sa.Text),
        sa.Column("restricted", sa.Boolean, nullable=False),
    )
    its = "statement_index"
    op.create_index("statement_index_by_number", its, ["number", "issuer"])
    op.create_index("statement_index_by_plate", its, ["plate", "number", "issuer"])
    op.create_index("statement_index_by_offence", its, ["offence_date"])
    op.create_index("statement_index_by_designation", its, ["designation", "number", "issuer"])
    op.create_index("statement_index_by_state", its, ["state", "number", "issuer"])
