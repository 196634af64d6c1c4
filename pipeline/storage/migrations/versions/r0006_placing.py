"""Pages that a person placed: how they were read before, and the parts of an image that holds several pages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pipeline.storage.migrations.append_only import append_only

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("pages", sa.Column("part_of", sa.Text))
    op.add_column("pages", sa.Column("part_box", sa.Text))
    op.drop_index("pages_by_file", table_name="pages")
    op.create_index("pages_by_file", "pages", ["file_id", "page_index", "id"])
    op.create_index("pages_by_whole", "pages", ["part_of"])
    op.create_table(
        "outcome_versions",
        sa.Column("page_id", sa.Text, sa.ForeignKey("pages.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("said", sa.Integer, nullable=False),
        sa.Column("outcome", sa.Text),
        sa.Column("label", sa.Text),
        sa.Column("derivatives", sa.Text, nullable=False),
    )
    op.create_table(
        "transfer_versions",
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("batch_id", sa.Text, sa.ForeignKey("batches.id"), nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
    )
    op.create_index("transfer_versions_by_batch", "transfer_versions", ["batch_id"])
    # As for the ledger: they stop slips and programs, `verify` finds the rest.
    for table in ("outcome_versions", "transfer_versions"):
        append_only(table, "what was recorded before is kept")
