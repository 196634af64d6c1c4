"""Which programs may work on the database."""

from __future__ import annotations

from sqlalchemy import Column, Table, Text

from pipeline.storage.records.tables.metadata import metadata

compatibility = Table("compatibility", metadata, Column("since", Text, primary_key=True))
"""One row: the oldest revision whose program works on these tables."""
