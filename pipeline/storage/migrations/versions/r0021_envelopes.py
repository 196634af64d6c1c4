"""What is said once of an envelope: the sheets between two separators."""

from __future__ import annotations

revision = "0021"
down_revision = "0020"
COMPATIBLE_SINCE = "0020"
"""Older programs know no batch whose paper is still being fed."""


def upgrade() -> None:
    """Tables follow."""
