"""What persons are asked and what they said."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    text,
)

from pipeline.storage.records.tables.metadata import metadata

review_batches = Table(
    "review_batches",
    metadata,
    Column("batch_id", Text, ForeignKey("batches.id"), primary_key=True),
    Column("made_at", Text, nullable=False),
    Column("closed_at", Text),
    Column("closed_by", Text),
    Column("reason", Text, nullable=False),
    Column("drawn_at", Text),
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
    Column("sample", Boolean, nullable=False),
    Column("checks", Text),
    Column("checks_version", Integer, nullable=False, server_default="0"),
    Column("held_by", Text),
    Column("held_until", Text),
    Index("review_tasks_by_queue", "state", "queue", "urgent_on", "batch_id", "position"),
    Index("review_tasks_by_batch", "batch_id", "state"),
    Index("review_tasks_by_layout", "batch_id", "subject", "layout", "checks"),
    Index("review_tasks_by_page", "page_id"),
    Index("review_tasks_by_statement", "statement_id"),
    Index("review_tasks_by_holder", "held_by"),
    Index("review_tasks_by_reading", "kind", "field", "state"),
    # Few are; what became of them is looked for again and again.
    Index("review_tasks_sampled", "id", sqlite_where=text("sample = 1"), postgresql_where=text("sample")),
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

statement_versions = Table(
    "statement_versions",
    metadata,
    Column("statement_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("facts", Text, nullable=False),
)
