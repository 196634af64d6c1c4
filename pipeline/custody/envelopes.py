"""The frozen value of what is said once of all that came in one envelope."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from pipeline.model import BatchId

MOST_NOTE_CHARACTERS: Final = 500


@dataclass(frozen=True, slots=True)
class EnvelopeRow:
    """What a person said of an envelope.

    Attributes:
        first_sheet: number of the sheet of its batch that the envelope begins with: its separator, or the first of
            what lies before any.
        postmark: the day on the envelope; null where none can be read.
        note: in the person's words; may be empty.
    """

    batch: BatchId
    first_sheet: int
    postmark: date | None
    note: str
    entered_at: datetime
    entered_by: str
