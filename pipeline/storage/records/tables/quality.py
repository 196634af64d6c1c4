"""What looks at sampled fields and finished work have found."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Table, Text

from pipeline.storage.records.tables.metadata import metadata

quality_looks = Table(
    "quality_looks",
    metadata,
    Column("task_id", Text, ForeignKey("review_tasks.id"), primary_key=True),
    Column("batch_id", Text, ForeignKey("batches.id"), nullable=False),
    Column("page_id", Text, ForeignKey("pages.id"), nullable=False),
    Column("field", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("layout", Text, nullable=False),
    Column("reader", Text, nullable=False),
    Column("work", Text, nullable=False),
    Column("finding", Text, nullable=False),
    Column("at", Text, nullable=False),
    Index("quality_looks_by_time", "work", "at"),
    Index("quality_looks_by_batch", "batch_id"),
)

quality_givers = Table(
    "quality_givers",
    metadata,
    Column("task_id", Text, ForeignKey("quality_looks.task_id"), primary_key=True),
    Column("who", Text, primary_key=True),
)
