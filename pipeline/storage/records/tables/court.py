"""The court's side: machines that may ask, court record numbers, and what statements are found by."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, Text

from pipeline.storage.records.tables.metadata import metadata

clients = Table(
    "clients",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("issuer", Text),
    Column("revoked", Boolean, nullable=False),
)

client_keys = Table(
    "client_keys",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("client_id", Text, ForeignKey("clients.id"), nullable=False),
    Column("created_at", Text, nullable=False),
    Column("expires_at", Text, nullable=False),
    Index("client_keys_by_client", "client_id"),
)

court_numbers = Table(
    "court_numbers",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("issuer", Text, nullable=False),
    Column("statement", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("salt", Text, nullable=False),
    Index("court_numbers_by_statement", "issuer", "statement", "sequence"),
    Index("court_numbers_by_number", "number"),
    Index("court_numbers_by_request", "by", "key", unique=True),
)

statement_index = Table(
    "statement_index",
    metadata,
    Column("statement_id", Text, ForeignKey("statements.id"), primary_key=True),
    Column("issuer", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("designation", Text),
    Column("plate", Text),
    Column("offence_date", Text),
    Column("restricted", Boolean, nullable=False),
    Index("statement_index_by_number", "number", "issuer"),
    Index("statement_index_by_plate", "plate", "number", "issuer"),
    Index("statement_index_by_offence", "offence_date", "number", "issuer"),
    Index("statement_index_by_issuer", "issuer", "number", "offence_date"),
    Index("statement_index_by_designation", "designation", "number", "issuer"),
    Index("statement_index_by_state", "state", "number", "issuer"),
)
