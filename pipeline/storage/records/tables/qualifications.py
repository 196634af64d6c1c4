"""Measurements and repairs of scanners."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text

from pipeline.storage.records.tables.metadata import metadata

qualifications = Table(
    "qualifications",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("id", Text, nullable=False, unique=True),
    Column("key", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("wish", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("scans", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("measures", Text, nullable=False),
    Column("findings", Text, nullable=False),
    Index("qualifications_by_device", "key"),
)

scanner_repairs = Table(
    "scanner_repairs",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("id", Text, nullable=False, unique=True),
    Column("key", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("note", Text, nullable=False),
    Index("scanner_repairs_by_device", "key"),
)
