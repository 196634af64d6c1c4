"""Scan sessions: batches while their paper is fed, runs of scanners, and the sides that they delivered."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text

from pipeline.storage.records.tables.metadata import metadata

scan_sessions = Table(
    "scan_sessions",
    metadata,
    Column("batch_id", Text, ForeignKey("batches.id"), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("postmark", Text),
    Column("box_number", Text),
    Column("deadline", Text),
    Column("state", Text, nullable=False),
    Column("opened_at", Text, nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("ended_at", Text),
    Column("ended_by", Text),
    Column("end_reason", Text),
    Column("totals", Text),
    Index("scan_sessions_by_state", "state", "opened_at"),
)

scan_feedings = Table(
    "scan_feedings",
    metadata,
    Column("batch_id", Text, ForeignKey("scan_sessions.batch_id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("scanner", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("wish", Text, nullable=False),
    Column("sides", Text, nullable=False),
    Column("began_at", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("heard_at", Text, nullable=False),
    Column("first_sheet", Integer, nullable=False),
    Column("again", Text, nullable=False),
    Column("ended_at", Text),
    Column("sheets_fed", Integer),
    Column("sheets", Integer, nullable=False),
    Column("stopped", Text),
    Column("doubts", Text, nullable=False),
)

scanned_sides = Table(
    "scanned_sides",
    metadata,
    Column("id", Text, primary_key=True),
    Column("batch_id", Text, ForeignKey("scan_sessions.batch_id"), nullable=False),
    Column("feeding", Integer, nullable=False),
    Column("sheet", Integer, nullable=False),
    Column("side", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("received_at", Text, nullable=False),
    Column("sheets", Integer, nullable=False),
    Column("pages", Integer),
    Column("imprint", Text),
    Column("said", Text, nullable=False),
    Column("look", Text),
    Column("superseded_by", Integer),
    Column("reason", Text),
    Index("scanned_sides_once", "batch_id", "feeding", "sheet", "side", unique=True),
)
