"""What was recorded before a page was read as a person had placed it."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text

from pipeline.storage.records.tables.metadata import metadata

outcome_versions = Table(
    "outcome_versions",
    metadata,
    Column("page_id", Text, ForeignKey("pages.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("said", Integer, nullable=False),
    Column("outcome", Text),
    Column("label", Text),
    Column("derivatives", Text, nullable=False),
)

transfer_versions = Table(
    "transfer_versions",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("batch_id", Text, ForeignKey("batches.id"), nullable=False),
    Column("digest", Text, nullable=False),
    Index("transfer_versions_by_batch", "batch_id"),
)
