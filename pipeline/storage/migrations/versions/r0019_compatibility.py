"""Which programs may work on the database: those that know this revision or a later one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
COMPATIBLE_SINCE = "0018"
"""The oldest revision whose program works on these tables, reading and writing (docs/running.md)."""


def upgrade() -> None:
    op.create_table(
        "compatibility",
        sa.Column("since", sa.Text, primary_key=True),
    )
