"""Statements of one day, and of one issuer, are found in the order they are listed in, without sorting all of them."""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("statement_index_by_offence", "statement_index")
    op.create_index("statement_index_by_offence", "statement_index", ["offence_date", "number", "issuer"])
    op.create_index("statement_index_by_issuer", "statement_index", ["issuer", "number", "offence_date"])
