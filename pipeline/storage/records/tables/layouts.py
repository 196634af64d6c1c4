"""Drafts of layouts, their versions, and what persons did with them."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Float,
    ForeignKey,
    Integer,
    Table,
    Text,
)

from pipeline.storage.records.tables.metadata import metadata

layout_drafts = Table(
    "layout_drafts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("layout", Text, nullable=False),
    Column("known_like", Text, nullable=False),
    Column("scan", Text, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("page_number", Integer, nullable=False),
    Column("picture", Text, nullable=False),
    Column("picture_dpi", Float, nullable=False),
    Column("scan_from_layout", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("who", Text, nullable=False),
)

layout_draft_versions = Table(
    "layout_draft_versions",
    metadata,
    Column("draft_id", Text, ForeignKey("layout_drafts.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),
    Column("decisions", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("note", Text, nullable=False),
)

layout_deeds = Table(
    "layout_deeds",
    metadata,
    Column("draft_id", Text, ForeignKey("layout_drafts.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("act", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("at", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("salt", Text, nullable=False),
)
