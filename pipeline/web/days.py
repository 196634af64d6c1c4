"""Days as addresses and forms say them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

_FIRST_YEAR, _LAST_YEAR = 1901, 2199


def day_of(text: str) -> date | None:
    """Null for what is no day of the calendar; one that is centuries away is none."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if _FIRST_YEAR <= found.year <= _LAST_YEAR else None


def start_of(day: date | None) -> datetime | None:
    """Where the day begins here, in UTC, as records have their times."""
    return None if day is None else datetime.combine(day, time()).astimezone().astimezone(UTC)
