"""A session as people see it: its sheets, its counts, what is wrong and with which sheet to go on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipeline.custody import BatchOptions, BatchRow
from pipeline.custody.scanning import Feeding, ScanSession, SessionState
from pipeline.errors import OperatorError
from pipeline.model import BatchId
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.scanning.alarms import Alarm, alarms_of
from pipeline.usecases.scanning.counting import ScanCounts, scan_counts
from pipeline.usecases.scanning.look import looks_of
from pipeline.usecases.scanning.paper import ScannedSheet, next_sheet, sheets_of
from pipeline.usecases.scanning.turns import is_silent


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session as far as it is.

    Attributes:
        feedings: by number.
        sheets: by number, also those of which nothing stands.
        alarms: the one about what stopped it first.
        feed_from: number of the sheet with which the paper goes on: after a stop it may be one that is recorded.
        silent: it is being fed, by its row, and nothing was heard of that for so long that it must have been killed.
        separators, blank: sheets that are surely separators; sides on which the first look saw nothing but paper.
    """

    batch: BatchRow
    session: ScanSession
    feedings: tuple[Feeding, ...]
    sheets: tuple[ScannedSheet, ...]
    counts: ScanCounts
    alarms: tuple[Alarm, ...]
    feed_from: int
    silent: bool
    separators: int
    blank: int

    @property
    def options(self) -> BatchOptions:
        return self.batch.options

    @property
    def balances(self) -> bool:
        """It may be ended without a reason."""
        return self.counts.all_received and self.counts.as_expected and not any(its.blocks for its in self.alarms)


_BLANK = 0.5
"""Of the first look; whether a side counts as blank is decided when the batch is read."""


def session_view(batch: BatchId, *, keeping: Keeping, now: datetime) -> SessionView:
    """Everything told of a session.

    Raises:
        OperatorError: `unknown_batch`, `scan_session_unknown`.
    """
    scans = keeping.records.scans
    row, session = keeping.records.batch(batch), scans.session(batch)
    if row is None:
        raise OperatorError("unknown_batch", batch=batch)
    if session is None:
        raise OperatorError("scan_session_unknown", batch=batch)
    feedings, sides = scans.feedings(batch), scans.sides(batch)
    sheets = sheets_of(sides)
    counts = scan_counts(feedings, sides, expected=row.options.expected_sheets)
    looks = [[look for side in its.sides for look in looks_of(side)] for its in sheets]
    return SessionView(
        batch=row,
        session=session,
        feedings=feedings,
        sheets=sheets,
        counts=counts,
        alarms=alarms_of(session, feedings, sides, counts),
        feed_from=next_sheet(feedings, sides),
        silent=session.state is SessionState.FEEDING and is_silent(feedings[-1], now),
        separators=sum(any(its.separator for its in each) for each in looks),
        blank=sum(its.blank is not None and its.blank >= _BLANK for each in looks for its in each),
    )
