"""What came in, what became of it, and the ledger."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
)

from pipeline.storage.records.tables.metadata import metadata

batches = Table(
    "batches",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text),
    Column("received_on", Text),
    Column("expected_sheets", Integer),
    Column("issuer", Text),
    Column("state", Text, nullable=False),
    Column("started_at", Text, nullable=False),
    Column("finished_at", Text),
    Column("wall_s", Float, nullable=False),
    Column("cpu_s", Float, nullable=False),
    Column("operator", Text),
    Column("scan_profile", Text),
)

files = Table(
    "files",
    metadata,
    Column("id", Text, primary_key=True),
    Column("batch_id", Text, ForeignKey("batches.id"), nullable=False),
    Column("position", Integer, nullable=False),
    # A path is bytes to the system; not all of them are text.
    Column("source_path", LargeBinary, nullable=False),
    Column("name", Text, nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("group_number", Integer, nullable=False),
    Column("duplex", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("digest", Text),
    Column("received_at", Text),
    Column("page_count", Integer),
    Column("reason", Text),
    Column("duplicate_of", Text, ForeignKey("files.id")),
    Index("files_by_batch", "batch_id", "position", unique=True),
    Index("files_by_digest", "digest"),
)

pages = Table(
    "pages",
    metadata,
    Column("id", Text, primary_key=True),
    Column("batch_id", Text, ForeignKey("batches.id"), nullable=False),
    Column("file_id", Text, ForeignKey("files.id"), nullable=False),
    Column("page_index", Integer, nullable=False),
    Column("sha256", Text),
    Column("state", Text, nullable=False),
    Column("sheet", Integer, nullable=False),
    Column("side", Text, nullable=False),
    Column("group_number", Integer, nullable=False),
    Column("label", Text),
    Column("outcome_digest", Text),
    Column("reasons", Text, nullable=False),
    Column("part_of", Text),
    Column("part_box", Text),
    Index("pages_by_file", "file_id", "page_index", "id"),
    Index("pages_by_batch", "batch_id"),
    Index("pages_by_sheet", "batch_id", "part_of", "sheet", "state"),
    Index("pages_by_whole", "part_of"),
)

outcomes = Table(
    "outcomes",
    metadata,
    Column("page_id", Text, ForeignKey("pages.id"), primary_key=True),
    Column("body", Text, nullable=False),
)

derivatives = Table(
    "derivatives",
    metadata,
    Column("page_id", Text, ForeignKey("pages.id"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("media_type", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Index("derivatives_by_digest", "digest"),
)

statements = Table(
    "statements",
    metadata,
    Column("id", Text, primary_key=True),
    Column("batch_id", Text, ForeignKey("batches.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("number", Text),
    Column("schedule", Text),
    Column("state", Text, nullable=False),
    Column("received_on", Text),
    Column("designation", Text),
    Column("rules", Text, nullable=False),
    Column("reasons", Text, nullable=False),
    Column("forms", Text, nullable=False, server_default="[]"),
    Column("counts", Boolean, nullable=False, server_default="1"),
    Index("statements_by_batch", "batch_id", "position", unique=True),
    Index("statements_by_counting", "batch_id", "counts"),
    Index("statements_by_number", "number"),
    Index("statements_by_designation", "designation"),
)

statement_pages = Table(
    "statement_pages",
    metadata,
    Column("statement_id", Text, ForeignKey("statements.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("page_id", Text, ForeignKey("pages.id"), nullable=False),
    Column("role", Text, nullable=False),
    Index("statement_pages_by_page", "page_id"),
    Index("statement_pages_by_role", "role", "statement_id"),
)

match_keys = Table(
    "match_keys",
    metadata,
    Column("statement_id", Text, ForeignKey("statements.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("key", Text, nullable=False),
    Index("match_keys_by_key", "key"),
)

return_matches = Table(
    "return_matches",
    metadata,
    Column("return_id", Text, ForeignKey("statements.id"), primary_key=True),
    Column("statement_id", Text, ForeignKey("statements.id"), primary_key=True),
    Column("state", Text, nullable=False),
    Column("basis", Text, nullable=False),
    Column("found_at", Text, nullable=False),
    Column("rules", Text, nullable=False),
    Column("reasons", Text, nullable=False),
    Column("decided_by", Text),
    Index("return_matches_by_statement", "statement_id"),
)

objects = Table(
    "objects",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("bucket", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("version_id", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
)

adopted_objects = Table("adopted_objects", metadata, Column("digest", Text, primary_key=True))

ledger = Table(
    "ledger",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Index("ledger_by_subject", "subject"),
    Index("ledger_by_kind", "kind"),
)

transfers = Table(
    "transfers",
    metadata,
    # A statement or, for what belongs to none, the batch: no foreign key can say so.
    Column("subject", Text, primary_key=True),
    Column("batch_id", Text, ForeignKey("batches.id"), nullable=False),
    Column("digest", Text, nullable=False),
    Index("transfers_by_batch", "batch_id"),
)

seals = Table(
    "seals",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("batch_id", Text, ForeignKey("batches.id")),
    Column("first", Integer, nullable=False),
    Column("last", Integer, nullable=False),
    Column("root", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("made_at", Text, nullable=False),
    Column("log_root", Text, nullable=False),
    Column("key", Text),
    Column("signature", Text),
    Column("token", LargeBinary),
    Column("waiting", Text),
    Column("peaks", Text, nullable=False),
)
