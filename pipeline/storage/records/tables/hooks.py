"""Addresses that are told of events, and what became of each delivery."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text

from pipeline.storage.records.tables.metadata import metadata

hooks = Table(
    "hooks",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("url", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("since", Integer, nullable=False),
    Column("kinds", Text, nullable=False),
    Column("issuer", Text),
    Column("state", Text, nullable=False),
    Column("secrets", Text, nullable=False),
    Column("queued", Integer, nullable=False),
)

hook_deliveries = Table(
    "hook_deliveries",
    metadata,
    Column("hook_id", Text, ForeignKey("hooks.id"), primary_key=True),
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("event", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("statement", Text, nullable=False),
    Column("numbered", Text, nullable=False),
    Column("due_at", Text, nullable=False),
    Column("queued_at", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("status", Integer),
    Column("obstacle", Text),
    Column("last_at", Text),
    Index("hook_deliveries_by_state", "hook_id", "state", "sequence"),
    Index("hook_deliveries_by_statement", "hook_id", "statement", "sequence"),
    Index("hook_deliveries_by_number", "hook_id", "numbered", "sequence"),
)
