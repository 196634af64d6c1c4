"""Files of electronic statements, and who handed them over. Rows are only ever added."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text

from pipeline.storage.records.tables.metadata import metadata

registrations = Table(
    "registrations",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("file_id", Text, ForeignKey("files.id"), nullable=False),
    Column("digest", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("key", Text),
    Index("registrations_by_request", "by", "key", unique=True),
    Index("registrations_by_digest", "digest"),
)
