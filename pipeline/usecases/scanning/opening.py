"""Opening the session of a batch of mail, and correcting what was said of it."""

from __future__ import annotations

from dataclasses import replace

from pipeline.custody import BatchOptions, BatchRow, BatchState
from pipeline.custody.scanning import MailHeader, ScanSession, SessionState
from pipeline.errors import OperatorError
from pipeline.model import BatchId
from pipeline.ports import RecordsTransaction
from pipeline.usecases.intake import local_day
from pipeline.usecases.keeping import Keeping, batch_id
from pipeline.usecases.postmarks import require_possible
from pipeline.usecases.scanning.entries import record_header, record_opened


def open_session(options: BatchOptions, header: MailHeader, *, who: str, keeping: Keeping) -> BatchId:
    """Open a session: a batch whose paper can be fed. Nothing is scanned yet.

    Raises:
        OperatorError: `postmark_future`, `postmark_after_receipt`, `postmark_old`.
        Unavailable, OperatorError: the store or the database cannot be written.
    """
    keeping.objects.ready()
    now = keeping.clock.now()
    require_possible(header.postmark, received=options.received_on, today=now.astimezone().date())
    day = local_day(now)
    with keeping.records.transaction() as change:
        batch = batch_id(day, change.new_batch_number(f"{day}-"))
        change.put_batch(BatchRow(batch, options, BatchState.SCANNING, started_at=now))
        record_opened(ScanSession(batch, header, SessionState.OPEN, opened_at=now, opened_by=who), change)
    return batch


def enter_header(batch: BatchId, options: BatchOptions, header: MailHeader, *, keeping: Keeping) -> None:
    """Correct what was said of the mail while its session goes on, also while paper is fed.

    Raises:
        OperatorError: `unknown_batch`, `scan_session_unknown`, `scan_session_ended`; as `open_session`.
    """
    today = keeping.clock.now().astimezone().date()
    require_possible(header.postmark, received=options.received_on, today=today)
    with keeping.records.transaction() as change:
        session = open_one(batch, change, keeping)
        row = keeping.records.batch(batch)
        before = options if row is None else row.options
        if row is not None and before != options:
            change.put_batch(replace(row, options=options))
        counted = (before.expected_sheets, options.expected_sheets)
        if session.header != header or counted[0] != counted[1]:
            record_header(replace(session, header=header), counted, change)


def open_one(batch: BatchId, change: RecordsTransaction, keeping: Keeping) -> ScanSession:
    """The session of the batch, which has not ended. Raises OperatorError as `enter_header`."""
    if keeping.records.batch(batch) is None:
        raise OperatorError("unknown_batch", batch=batch)
    session = change.scans.session(batch)
    if session is None:
        raise OperatorError("scan_session_unknown", batch=batch)
    if session.state is SessionState.ENDED:
        raise OperatorError("scan_session_ended", batch=batch)
    return session
