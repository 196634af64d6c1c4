"""Scan sessions: runs of scanners, and the sides that they delivered."""

from __future__ import annotations

revision = "0020"
down_revision = "0019"
COMPATIBLE_SINCE = "0020"
"""Older programs know no batch whose paper is still being fed."""


def upgrade() -> None:
    """Tables follow."""
