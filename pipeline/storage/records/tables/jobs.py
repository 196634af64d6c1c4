"""Jobs of workers: what is to be done, who does it, what came of it."""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, Table, Text

from pipeline.storage.records.tables.metadata import metadata

jobs = Table(
    "jobs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("batch_id", Text, ForeignKey("batches.id")),
    Column("urgent_on", Text, nullable=False),
    Column("made_at", Text, nullable=False),
    Column("not_before", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("put_off", Integer, nullable=False),
    Column("claimed_by", Text),
    Column("claimed_until", Text),
    Column("sent_at", Text),
    Column("ended_at", Text),
    Column("reason", Text),
    Column("cpu_s", Float, nullable=False),
    Index("jobs_by_state", "state", "urgent_on", "made_at", "id"),
    Index("jobs_by_batch", "batch_id", "kind", "state"),
)
