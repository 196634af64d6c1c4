"""What the same sheet is known by when it is scanned twice; what persons said of blank sides."""

from __future__ import annotations

revision = "0022"
down_revision = "0021"
COMPATIBLE_SINCE = "0020"
"""Older programs know no batch whose paper is still being fed."""


def upgrade() -> None:
    """Tables follow."""
