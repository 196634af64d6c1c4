"""Who may work on batches: the number of the latest turn. Only databases on a server count them."""

from __future__ import annotations

from sqlalchemy import Column, Integer, Table, Text

from pipeline.storage.records.tables.metadata import metadata

work_turns = Table(
    "work_turns",
    metadata,
    Column("work", Text, primary_key=True),
    Column("number", Integer, nullable=False),
)
