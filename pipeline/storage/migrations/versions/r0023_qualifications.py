"""Measurements of scanners, and until when they are good."""

from __future__ import annotations

revision = "0023"
down_revision = "0022"
COMPATIBLE_SINCE = "0020"
"""Older programs know no batch whose paper is still being fed."""


def upgrade() -> None:
    """Tables follow."""
