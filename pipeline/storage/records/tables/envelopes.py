"""What is said once of an envelope."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, Table, Text

from pipeline.storage.records.tables.metadata import metadata

envelopes = Table(
    "envelopes",
    metadata,
    Column("batch_id", Text, ForeignKey("batches.id"), primary_key=True),
    Column("first_sheet", Integer, primary_key=True),
    Column("postmark", Text),
    Column("note", Text, nullable=False),
    Column("entered_at", Text, nullable=False),
    Column("entered_by", Text, nullable=False),
)
