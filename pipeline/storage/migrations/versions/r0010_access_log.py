"""The access log is found by time and by act, and a person's last hour quickly."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("access_log_by_who", "access_log")
    op.create_index("access_log_by_who", "access_log", ["who", "at"])
    op.drop_index("access_log_by_subject", "access_log")
    op.create_index("access_log_by_subject", "access_log", ["subject", "at"])
    op.create_index("access_log_by_act", "access_log", ["act", "at"])
    op.create_index("access_log_by_time", "access_log", ["at"])
