"""The outbox: what was told of statements. Rows are only ever added."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text

from pipeline.storage.records.tables.metadata import metadata

events = Table(
    "events",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("id", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("statement_id", Text, nullable=False),
    Column("number", Text),
    Column("batch_id", Text, nullable=False),
    Column("data", Text, nullable=False),
    Column("received_on", Text),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Index("events_by_statement", "statement_id", "sequence"),
    Index("events_by_number", "number", "sequence"),
    Index("events_by_issuer", "issuer", "sequence"),
    Index("events_by_kind", "kind", "at", "received_on", "issuer"),
)
