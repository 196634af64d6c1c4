"""The machine's clock."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """Fills the `Clock` port."""

    def now(self) -> datetime:
        return datetime.now(UTC)
