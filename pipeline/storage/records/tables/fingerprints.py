"""What sides are known by when their sheet is scanned twice; what persons said of blank sides."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text

from pipeline.storage.records.tables.metadata import metadata

fingerprints = Table(
    "fingerprints",
    metadata,
    Column("page_id", Text, ForeignKey("pages.id"), primary_key=True),
    Column("batch_id", Text, ForeignKey("batches.id"), nullable=False),
    Column("sha256", Text, nullable=False),
    Column("bits", Text),
    Index("fingerprints_by_scan", "sha256"),
)

fingerprint_bands = Table(
    "fingerprint_bands",
    metadata,
    Column("band", Integer, primary_key=True, autoincrement=False),
    Column("page_id", Text, ForeignKey("fingerprints.page_id"), primary_key=True),
    Index("fingerprint_bands_by_page", "page_id"),
)

blank_confirmations = Table(
    "blank_confirmations",
    metadata,
    Column("page_id", Text, ForeignKey("pages.id"), primary_key=True),
    Column("batch_id", Text, ForeignKey("batches.id"), nullable=False),
    Column("at", Text, nullable=False),
    Column("by", Text, nullable=False),
    Index("blank_confirmations_by_batch", "batch_id"),
)
