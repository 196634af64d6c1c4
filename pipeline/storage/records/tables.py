"""The tables of the records. Times and dates are ISO 8601 text, reasons and rules JSON text, digests hexadecimal."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

metadata = MetaData()

batches = Table(
    "batches",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text),
    Column("received_on", Text),
    Column("expected_sheets", Integer),
    Column("issuer", Text),
    Column("state", Text, nullable=False),
    Column("started_at", Text, nullable=False),
    Column("finished_at", Text),
    Column("wall_s", Float, nullable=False),
    Column("cpu_s", Float, nullable=False),
    Column("operator", Text),
    Column("scan_profile", Text),
)

files = Table(
    "files",
    metadata,
    Column("id", Text, primary_key=True),
    Column("batch_id", Text, ForeignKey("batches.id"), nullable=False),
    Column("position", Integer, nullable=False),
    # A path is bytes to the system; not all of them are text.
    Column("source_path", LargeBinary, nullable=False),
    Column("name", Text, nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("group_number", Integer, nullable=False),
    Column("duplex", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("digest", Text),
    Column("received_at", Text),
    Column("page_count", Integer),
    Column("reason", Text),
    Column("duplicate_of", Text, ForeignKey("files.id")),
    Index("files_by_batch", "batch_id", "position", unique=True),
    Index("files_by_digest", "digest"),
)

pages = Table(
    "pages",
    metadata,
    Column("id", Text, primary_key=True),
    Column("batch_id", Text, ForeignKey("batches.id"), nullable=False),
    Column("file_id", Text, ForeignKey("files.id"), nullable=False),
    Column("page_index", Integer, nullable=False),
    Column("sha256", Text),
    Column("state", Text, nullable=False),
    Column("sheet", Integer, nullable=False),
    Column("side", Text, nullable=False),
    Column("group_number", Integer, nullable=False),
    Column("label", Text),
    Column("outcome_digest", Text),
    Column("reasons", Text, nullable=False),
    Index("pages_by_file", "file_id", "page_index", unique=True),
    Index("pages_by_batch", "batch_id"),
)

outcomes = Table(
    "outcomes",
    metadata,
    Column("page_id", Text, ForeignKey("pages.id"), primary_key=True),
    Column("body", Text, nullable=False),
)

derivatives = Table(
    "derivatives",
    metadata,
    Column("page_id", Text, ForeignKey("pages.id"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("media_type", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Index("derivatives_by_digest", "digest"),
)

statements = Table(
    "statements",
    metadata,
    Column("id", Text, primary_key=True),
    Column("batch_id", Text, ForeignKey("batches.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("number", Text),
    Column("schedule", Text),
    Column("state", Text, nullable=False),
    Column("received_on", Text),
    Column("designation", Text),
    Column("rules", Text, nullable=False),
    Column("reasons", Text, nullable=False),
    Column("forms", Text, nullable=False, server_default="[]"),
    Index("statements_by_batch", "batch_id", "position", unique=True),
    Index("statements_by_number", "number"),
    Index("statements_by_designation", "designation"),
)

statement_pages = Table(
    "statement_pages",
    metadata,
    Column("statement_id", Text, ForeignKey("statements.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("page_id", Text, ForeignKey("pages.id"), nullable=False),
    Column("role", Text, nullable=False),
)

match_keys = Table(
    "match_keys",
    metadata,
    Column("statement_id", Text, ForeignKey("statements.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("key", Text, nullable=False),
    Index("match_keys_by_key", "key"),
)

return_matches = Table(
    "return_matches",
    metadata,
    Column("return_id", Text, ForeignKey("statements.id"), primary_key=True),
    Column("statement_id", Text, ForeignKey("statements.id"), primary_key=True),
    Column("state", Text, nullable=False),
    Column("basis", Text, nullable=False),
    Column("found_at", Text, nullable=False),
    Column("rules", Text, nullable=False),
    Column("reasons", Text, nullable=False),
    Index("return_matches_by_statement", "statement_id"),
)

objects = Table(
    "objects",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("bucket", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("version_id", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
)

adopted_objects = Table("adopted_objects", metadata, Column("digest", Text, primary_key=True))

ledger = Table(
    "ledger",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Index("ledger_by_subject", "subject"),
    Index("ledger_by_kind", "kind"),
)

transfers = Table(
    "transfers",
    metadata,
    # A statement or, for what belongs to none, the batch: no foreign key can say so.
    Column("subject", Text, primary_key=True),
    Column("batch_id", Text, ForeignKey("batches.id"), nullable=False),
    Column("digest", Text, nullable=False),
    Index("transfers_by_batch", "batch_id"),
)

boxes = Table(
    "boxes",
    metadata,
    Column("name", Text, primary_key=True),
    Column("place", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("made_at", Text, nullable=False),
    Column("sealed_at", Text),
    Column("counted", Integer, nullable=False),
)

box_sheets = Table(
    "box_sheets",
    metadata,
    Column("batch_id", Text, ForeignKey("batches.id"), primary_key=True),
    Column("sheet", Integer, primary_key=True, autoincrement=False),
    Column("box", Text, ForeignKey("boxes.name"), nullable=False),
    Index("box_sheets_by_box", "box"),
)

holds = Table(
    "holds",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("placed_at", Text, nullable=False),
    Column("placed_by", Text, nullable=False),
    Column("released_at", Text),
    Column("released_by", Text),
    Column("release_reason", Text, nullable=False),
)
"""Persons are JSON: the name given and the account."""

samples = Table(
    "samples",
    metadata,
    Column("id", Text, primary_key=True),
    Column("box", Text, ForeignKey("boxes.name"), nullable=False),
    Column("seed", Text, nullable=False),
    Column("contents", Text, nullable=False),
    Column("most_faults", Integer, nullable=False),
    Column("drawn_at", Text, nullable=False),
    Column("drawn_by", Text, nullable=False),
    Index("samples_by_box", "box"),
)

sample_pages = Table(
    "sample_pages",
    metadata,
    Column("sample_id", Text, ForeignKey("samples.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("page_id", Text, ForeignKey("pages.id"), nullable=False),
    Column("verdict", Text),
    Column("note", Text, nullable=False),
    Column("at", Text),
    Column("by", Text),
    Index("sample_pages_by_page", "page_id"),
)

destructions = Table(
    "destructions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("box", Text, ForeignKey("boxes.name"), nullable=False),
    Column("state", Text, nullable=False),
    Column("contents", Text, nullable=False),
    Column("certificate", Text, nullable=False),
    Column("authorised_at", Text, nullable=False),
    Column("authorised_by", Text, nullable=False),
    Column("completed", Text),
    Column("destroyed_on", Text),
    Column("destroyed_by", Text),
    Column("witness", Text, nullable=False),
    Index("destructions_by_box", "box"),
)

retention_applied = Table(
    "retention_applied",
    metadata,
    Column("batch_id", Text, ForeignKey("batches.id"), primary_key=True),
    Column("at", Text, nullable=False),
    Column("objects", Integer, nullable=False),
    Column("digest", Text, nullable=False),
)

seals = Table(
    "seals",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("batch_id", Text, ForeignKey("batches.id")),
    Column("first", Integer, nullable=False),
    Column("last", Integer, nullable=False),
    Column("root", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("made_at", Text, nullable=False),
    Column("log_root", Text, nullable=False),
    Column("key", Text),
    Column("signature", Text),
    Column("token", LargeBinary),
    Column("waiting", Text),
    Column("peaks", Text, nullable=False),
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("display_name", Text, nullable=False),
    Column("roles", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("password", Text),
    Column("must_change_password", Boolean, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("issuer", Text),
    Column("external_email", Text, unique=True),
    Column("external_subject", Text, unique=True),
    Column("external_salt", Text),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_digest", Text, primary_key=True),
    Column("account_id", Text, ForeignKey("accounts.id"), nullable=False),
    Column("created_at", Text, nullable=False),
    Column("last_seen_at", Text, nullable=False),
    Column("expires_at", Text, nullable=False),
    Column("csrf_secret", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("reauthenticated_at", Text, nullable=False),
    Index("sessions_by_account", "account_id"),
)

sign_in_attempts = Table(
    "sign_in_attempts",
    metadata,
    Column("key", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", Text, nullable=False),
    Column("paused_until", Text),
)

access_log = Table(
    "access_log",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Index("access_log_by_who", "who"),
    Index("access_log_by_subject", "subject"),
)

review_batches = Table(
    "review_batches",
    metadata,
    Column("batch_id", Text, ForeignKey("batches.id"), primary_key=True),
    Column("made_at", Text, nullable=False),
    Column("closed_at", Text),
    Column("closed_by", Text),
    Column("reason", Text, nullable=False),
)

review_tasks = Table(
    "review_tasks",
    metadata,
    Column("id", Text, primary_key=True),
    Column("subject", Text, nullable=False),
    Column("batch_id", Text, ForeignKey("batches.id"), nullable=False),
    Column("page_id", Text, ForeignKey("pages.id")),
    Column("statement_id", Text),
    Column("field", Text, nullable=False),
    Column("kind", Text),
    Column("layout", Text),
    Column("critical", Boolean, nullable=False),
    Column("reading", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("urgent_on", Text, nullable=False),
    Column("due_on", Text),
    Column("made_at", Text, nullable=False),
    Column("queue", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("excluded", Text, nullable=False),
    Column("blind", Boolean, nullable=False),
    Column("held_by", Text),
    Column("held_until", Text),
    Index("review_tasks_by_queue", "state", "queue", "urgent_on", "batch_id", "position"),
    Index("review_tasks_by_batch", "batch_id", "state"),
    Index("review_tasks_by_page", "page_id"),
    Index("review_tasks_by_statement", "statement_id"),
    Index("review_tasks_by_holder", "held_by"),
    Index("review_tasks_by_reading", "kind", "field", "state"),
)

field_history = Table(
    "field_history",
    metadata,
    Column("task_id", Text, ForeignKey("review_tasks.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("queue", Text, nullable=False),
    Column("verb", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("salt", Text, nullable=False),
    Column("undoes", Integer),
    Column("second_person", Boolean, nullable=False),
    Column("double_keying", Boolean, nullable=False),
    Column("place", Text),
    Index("field_history_by_who", "who"),
)
"""Only ever added to."""

statement_versions = Table(
    "statement_versions",
    metadata,
    Column("statement_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("facts", Text, nullable=False),
)
"""What a statement's row was before review changed it; canonical JSON."""
