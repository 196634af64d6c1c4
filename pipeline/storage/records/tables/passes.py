"""Ways in that expire: passes that open one statement, tokens of machines."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, Text

from pipeline.storage.records.tables.metadata import metadata

passes = Table(
    "passes",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("digest", Text, nullable=False, unique=True),
    Column("issuer", Text, nullable=False),
    Column("statement", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_at", Text, nullable=False),
    Column("expires_at", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("front_first", Boolean, nullable=False),
    Column("restricted", Boolean, nullable=False),
    Column("revoked_at", Text),
    Column("uses", Integer, nullable=False),
    Index("passes_by_statement", "kind", "issuer", "statement"),
    Index("passes_by_expiry", "kind", "expires_at"),
)

access_tokens = Table(
    "access_tokens",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("client_id", Text, ForeignKey("clients.id"), nullable=False),
    Column("key", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("made_at", Text, nullable=False),
    Column("expires_at", Text, nullable=False),
    Index("access_tokens_by_expiry", "expires_at"),
)
