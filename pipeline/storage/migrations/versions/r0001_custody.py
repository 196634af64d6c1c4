"""Batches, files, pages, outcomes, statements, and the ledger that only grows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pipeline.storage.migrations.append_only import append_only

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _receipt()
    _outcome()
    _statements()
    _ledger()


def downgrade() -> None:
    raise NotImplementedError("records of custody are not taken back")


def _receipt() -> None:
    op.create_table(
        "batches",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text),
        sa.Column("received_on", sa.Text),
        sa.Column("expected_sheets", sa.Integer),
        sa.Column("issuer", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("started_at", sa.Text, nullable=False),
        sa.Column("finished_at", sa.Text),
        sa.Column("wall_s", sa.Float, nullable=False),
        sa.Column("cpu_s", sa.Float, nullable=False),
    )
    op.create_table(
        "files",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("batch_id", sa.Text, sa.ForeignKey("batches.id"), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("source_path", sa.LargeBinary, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("size_bytes", sa.Integer, nullable=False),
        sa.Column("group_number", sa.Integer, nullable=False),
        sa.Column("duplex", sa.Boolean, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("digest", sa.Text),
        sa.Column("received_at", sa.Text),
        sa.Column("page_count", sa.Integer),
        sa.Column("reason", sa.Text),
        sa.Column("duplicate_of", sa.Text, sa.ForeignKey("files.id")),
    )
    op.create_index("files_by_batch", "files", ["batch_id", "position"], unique=True)
    op.create_index("files_by_digest", "files", ["digest"])
    op.create_table(
        "pages",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("batch_id", sa.Text, sa.ForeignKey("batches.id"), nullable=False),
        sa.Column("file_id", sa.Text, sa.ForeignKey("files.id"), nullable=False),
        sa.Column("page_index", sa.Integer, nullable=False),
        sa.Column("sha256", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("sheet", sa.Integer, nullable=False),
        sa.Column("side", sa.Text, nullable=False),
        sa.Column("group_number", sa.Integer, nullable=False),
        sa.Column("label", sa.Text),
        sa.Column("outcome_digest", sa.Text),
        sa.Column("reasons", sa.Text, nullable=False),
    )
    op.create_index("pages_by_file", "pages", ["file_id", "page_index"], unique=True)
    op.create_index("pages_by_batch", "pages", ["batch_id"])


def _outcome() -> None:
    op.create_table(
        "outcomes",
        sa.Column("page_id", sa.Text, sa.ForeignKey("pages.id"), primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "derivatives",
        sa.Column("page_id", sa.Text, sa.ForeignKey("pages.id"), primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("media_type", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
    )
    op.create_index("derivatives_by_digest", "derivatives", ["digest"])
    op.create_table("adopted_objects", sa.Column("digest", sa.Text, primary_key=True))


def _statements() -> None:
    op.create_table(
        "statements",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("batch_id", sa.Text, sa.ForeignKey("batches.id"), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("number", sa.Text),
        sa.Column("schedule", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("received_on", sa.Text),
        sa.Column("designation", sa.Text),
        sa.Column("rules", sa.Text, nullable=False),
        sa.Column("reasons", sa.Text, nullable=False),
    )
    op.create_index("statements_by_batch", "statements", ["batch_id", "position"], unique=True)
    op.create_index("statements_by_number", "statements", ["number"])
    op.create_table(
        "statement_pages",
        sa.Column("statement_id", sa.Text, sa.ForeignKey("statements.id"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("page_id", sa.Text, sa.ForeignKey("pages.id"), nullable=False),
        sa.Column("role", sa.Text, nullable=False),
    )


def _ledger() -> None:
    op.create_table(
        "ledger",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("previous", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
    )
    # Not proof against an insider, who may drop them; they stop slips and programs. `verify` finds the rest.
    append_only("ledger", "the ledger only grows")
