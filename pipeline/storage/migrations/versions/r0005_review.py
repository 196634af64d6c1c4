"""People who sign in, what they did and saw."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pipeline.storage.migrations.append_only import append_only

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _people()
    _access_log()
    _tasks()
    _history()
    op.create_index("statement_pages_by_page", "statement_pages", ["page_id"])


def _people() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("display_name", sa.Text, nullable=False),
        sa.Column("roles", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("password", sa.Text),
        sa.Column("must_change_password", sa.Boolean, nullable=False),
        sa.Column("disabled", sa.Boolean, nullable=False),
        sa.Column("issuer", sa.Text),
        sa.Column("external_email", sa.Text, unique=True),
        sa.Column("external_subject", sa.Text, unique=True),
        sa.Column("external_salt", sa.Text),
    )
    op.create_table(
        "sessions",
        sa.Column("token_digest", sa.Text, primary_key=True),
        sa.Column("account_id", sa.Text, sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("last_seen_at", sa.Text, nullable=False),
        sa.Column("expires_at", sa.Text, nullable=False),
        sa.Column("csrf_secret", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("reauthenticated_at", sa.Text, nullable=False),
    )
    op.create_index("sessions_by_account", "sessions", ["account_id"])
    op.create_table(
        "sign_in_attempts",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("last_at", sa.Text, nullable=False),
        sa.Column("paused_until", sa.Text),
    )


def _access_log() -> None:
    op.create_table(
        "access_log",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("act", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("previous", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
    )
    op.create_index("access_log_by_who", "access_log", ["who"])
    op.create_index("access_log_by_subject", "access_log", ["subject"])
    # As for the ledger: they stop slips and programs, `verify` finds the rest.
    append_only("access_log", "the access log only grows")


def _tasks() -> None:
    """What waits for a person."""
    op.create_table(
        "review_batches",
        sa.Column("batch_id", sa.Text, sa.ForeignKey("batches.id"), primary_key=True),
        sa.Column("made_at", sa.Text, nullable=False),
        sa.Column("closed_at", sa.Text),
        sa.Column("closed_by", sa.Text),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_table(
        "review_tasks",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("batch_id", sa.Text, sa.ForeignKey("batches.id"), nullable=False),
        sa.Column("page_id", sa.Text, sa.ForeignKey("pages.id")),
        sa.Column("statement_id", sa.Text),
        sa.Column("field", sa.Text, nullable=False),
        sa.Column("kind", sa.Text),
        sa.Column("layout", sa.Text),
        sa.Column("critical", sa.Boolean, nullable=False),
        sa.Column("reading", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("urgent_on", sa.Text, nullable=False),
        sa.Column("due_on", sa.Text),
        sa.Column("made_at", sa.Text, nullable=False),
        sa.Column("queue", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("excluded", sa.Text, nullable=False),
        sa.Column("blind", sa.Boolean, nullable=False),
        sa.Column("sample", sa.Boolean, nullable=False),
        sa.Column("held_by", sa.Text),
        sa.Column("held_until", sa.Text),
    )
    ordered = ["state", "queue", "urgent_on", "batch_id", "position"]
    op.create_index("review_tasks_by_queue", "review_tasks", ordered)
    op.create_index("review_tasks_by_batch", "review_tasks", ["batch_id", "state"])
    op.create_index("review_tasks_by_page", "review_tasks", ["page_id"])
    op.create_index("review_tasks_by_statement", "review_tasks", ["statement_id"])
    op.create_index("review_tasks_by_holder", "review_tasks", ["held_by"])
    op.create_index("review_tasks_by_reading", "review_tasks", ["kind", "field", "state"])


def _history() -> None:
    """What persons said, and what statements were before."""
    op.add_column("return_matches", sa.Column("decided_by", sa.Text))
    op.create_table(
        "field_history",
        sa.Column("task_id", sa.Text, sa.ForeignKey("review_tasks.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("queue", sa.Text, nullable=False),
        sa.Column("verb", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("salt", sa.Text, nullable=False),
        sa.Column("undoes", sa.Integer),
        sa.Column("second_person", sa.Boolean, nullable=False),
        sa.Column("double_keying", sa.Boolean, nullable=False),
        sa.Column("place", sa.Text),
    )
    op.create_index("field_history_by_who", "field_history", ["who"])
    op.create_table(
        "statement_versions",
        sa.Column("statement_id", sa.Text, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("facts", sa.Text, nullable=False),
    )
    append_only("field_history", "the history of values only grows")
