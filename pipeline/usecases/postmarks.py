"""Days on envelopes: which can be."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from pipeline.errors import OperatorError

OLDEST: Final = timedelta(days=3 * 366)
"""Before the day on which it is entered: an older postmark is more likely a slip of the hand."""


def require_possible(postmark: date | None, *, received: date | None, today: date) -> None:
    """Raises OperatorError `postmark_future`, `postmark_after_receipt`, `postmark_old`."""
    if postmark is None:
        return
    if postmark > today:
        raise OperatorError("postmark_future", postmark=postmark.isoformat(), today=today.isoformat())
    if received is not None and postmark > received:
        raise OperatorError("postmark_after_receipt", postmark=postmark.isoformat(), received=received.isoformat())
    if postmark < today - OLDEST:
        raise OperatorError("postmark_old", postmark=postmark.isoformat())
