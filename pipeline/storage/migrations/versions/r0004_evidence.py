"""Where objects are, what documents a transfer, seals of the ledger, paper boxes and their destruction."""

from __future__ import annotations

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
