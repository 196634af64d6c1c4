"""Counts that are kept, since what they are counted from is long text: made anew with each row they follow from."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
)

from pipeline.storage.records.tables.metadata import metadata

page_counts = Table(
    "page_counts",
    metadata,
    Column("page_id", Text, ForeignKey("pages.id"), primary_key=True),
    Column("batch_id", Text, ForeignKey("batches.id"), nullable=False),
    Column("layout", Text, nullable=False),
    Column("accepted", Integer, nullable=False),
    Column("doubtful", Integer, nullable=False),
    Column("empty", Integer, nullable=False),
    Index("page_counts_by_batch", "batch_id", "layout", "accepted", "doubtful", "empty"),
)

judged_readings = Table(
    "judged_readings",
    metadata,
    Column("task_id", Text, ForeignKey("review_tasks.id"), primary_key=True),
    Column("batch_id", Text, ForeignKey("batches.id"), nullable=False),
    Column("layout", Text, nullable=False),
    Column("percent", Integer, nullable=False),
    Column("sample", Boolean, nullable=False),
    Column("decided_at", Text, nullable=False),
    Column("right", Boolean, nullable=False),
    Index("judged_readings_by_time", "decided_at", "batch_id", "layout", "percent", "sample", "right"),
)

work_hours = Table(
    "work_hours",
    metadata,
    Column("who", Text, primary_key=True),
    Column("hour", Text, primary_key=True),
    Column("said", Integer, nullable=False),
    Column("undone", Integer, nullable=False),
    Column("working_s", Float, nullable=False),
    Column("last_at", Text, nullable=False),
    Index("work_hours_by_hour", "hour"),
)

batch_work = Table(
    "batch_work",
    metadata,
    Column("batch_id", Text, ForeignKey("batches.id"), primary_key=True),
    Column("last_said_at", Text, nullable=False),
)
