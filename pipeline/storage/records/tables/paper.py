"""Paper boxes, what is held, sampled and destroyed, and how long copies stay."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
)

from pipeline.storage.records.tables.metadata import metadata

boxes = Table(
    "boxes",
    metadata,
    Column("name", Text, primary_key=True),
    Column("place", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("made_at", Text, nullable=False),
    Column("sealed_at", Text),
    Column("counted", Integer, nullable=False),
)

box_sheets = Table(
    "box_sheets",
    metadata,
    Column("batch_id", Text, ForeignKey("batches.id"), primary_key=True),
    Column("sheet", Integer, primary_key=True, autoincrement=False),
    Column("box", Text, ForeignKey("boxes.name"), nullable=False),
    Index("box_sheets_by_box", "box"),
)

holds = Table(
    "holds",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("placed_at", Text, nullable=False),
    Column("placed_by", Text, nullable=False),
    Column("released_at", Text),
    Column("released_by", Text),
    Column("release_reason", Text, nullable=False),
)

samples = Table(
    "samples",
    metadata,
    Column("id", Text, primary_key=True),
    Column("box", Text, ForeignKey("boxes.name"), nullable=False),
    Column("seed", Text, nullable=False),
    Column("contents", Text, nullable=False),
    Column("most_faults", Integer, nullable=False),
    Column("drawn_at", Text, nullable=False),
    Column("drawn_by", Text, nullable=False),
    Index("samples_by_box", "box"),
)

sample_pages = Table(
    "sample_pages",
    metadata,
    Column("sample_id", Text, ForeignKey("samples.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("page_id", Text, ForeignKey("pages.id"), nullable=False),
    Column("verdict", Text),
    Column("note", Text, nullable=False),
    Column("at", Text),
    Column("by", Text),
    Index("sample_pages_by_page", "page_id"),
)

destructions = Table(
    "destructions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("box", Text, ForeignKey("boxes.name"), nullable=False),
    Column("state", Text, nullable=False),
    Column("contents", Text, nullable=False),
    Column("certificate", Text, nullable=False),
    Column("authorised_at", Text, nullable=False),
    Column("authorised_by", Text, nullable=False),
    Column("completed", Text),
    Column("destroyed_on", Text),
    Column("destroyed_by", Text),
    Column("witness", Text, nullable=False),
    Index("destructions_by_box", "box"),
)

retention_applied = Table(
    "retention_applied",
    metadata,
    Column("batch_id", Text, ForeignKey("batches.id"), primary_key=True),
    Column("at", Text, nullable=False),
    Column("objects", Integer, nullable=False),
    Column("digest", Text, nullable=False),
)
