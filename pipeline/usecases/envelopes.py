"""What came in one envelope, seen as a whole: its sheets, what is doubtful of it, and what a person enters once for all
of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from pipeline.custody import BatchRow, BatchState, StatementRow
from pipeline.custody.envelopes import MOST_NOTE_CHARACTERS, EnvelopeRow
from pipeline.errors import OperatorError
from pipeline.model import BatchId, Side
from pipeline.ocr.cards.masks import redacted
from pipeline.ocr.grammar.characters import tidy
from pipeline.ports import Records, RecordsTransaction
from pipeline.statements.envelopes import Envelope, Envelopes, SheetSeen, envelopes
from pipeline.usecases.envelope_entries import put_envelope
from pipeline.usecases.envelope_sheets import Entered, entered_of, envelopes_of, unplaced_alarm
from pipeline.usecases.postmarks import require_possible
from pipeline.usecases.review.consequences import follow
from pipeline.usecases.review.desk import Desk
from pipeline.usecases.scanning.look import looks_of
from pipeline.usecases.scanning.paper import sheets_of


@dataclass(frozen=True, slots=True)
class EnvelopeView:
    """An envelope and what was entered of it, if anything was."""

    envelope: Envelope
    entered: EnvelopeRow | None
    statements: tuple[StatementRow, ...] = ()


@dataclass(frozen=True, slots=True)
class MailView:
    """The envelopes of a batch, and what is wrong with its separators."""

    batch: BatchRow
    mail: Envelopes
    envelopes: tuple[EnvelopeView, ...]


def mail_view(batch: BatchId, *, records: Records) -> MailView:
    """Raises OperatorError `unknown_batch`."""
    row = _batch(batch, records)
    mail = mail_of(row, records=records)
    pages = records.pages(batch)
    entered = _entered(row, mail, records)
    sheets = {page.id: page.sheet for page in pages}
    statements = [its for its in records.statements(batch) if its.members]
    unplaced = tuple(map(unplaced_alarm, entered.unplaced))
    return MailView(
        row,
        replace(mail, alarms=(*mail.alarms, *unplaced)),
        tuple(
            EnvelopeView(
                its,
                entered.rows.get(its.first_sheet),
                tuple(row for row in statements if {sheets[page] for page in row.members} & set(its.sheets)),
            )
            for its in mail.envelopes
        ),
    )


def _entered(row: BatchRow, mail: Envelopes, records: Records) -> Entered:
    said = records.envelopes.of_batch(row.id)
    if row.state is BatchState.SCANNING:
        return Entered({its.first_sheet: its for its in said})
    session = records.scans.session(row.id)
    return entered_of(mail, said, records.pages(row.id), session=session, records=records)


def mail_of(batch: BatchRow, *, records: Records) -> Envelopes:
    """The envelopes of a batch: as its pages were read, or by a first look at them while its paper is being fed."""
    if batch.state is not BatchState.SCANNING:
        return envelopes_of(batch.id, records=records)
    looked = (
        SheetSeen(
            sheet.number, tuple(look.seen(its.side or Side.FRONT) for its in sheet.sides for look in looks_of(its))
        )
        for sheet in sheets_of(records.scans.sides(batch.id))
    )
    return envelopes(tuple(looked))


def enter_envelope(
    batch: BatchId, first_sheet: int, postmark: date | None, *, note: str = "", who: str, desk: Desk
) -> EnvelopeRow:
    """Enter the postmark of an envelope, once for all that came in it. Statements that were put together already are
    brought to where it leaves them; entered again, it replaces what was entered.

    Args:
        first_sheet: with which the envelope begins.
        note: in words; numbers of cards are covered.
        who: the account of the person.

    Raises:
        OperatorError: `unknown_batch`, `unknown_envelope`, `postmark_future`, `postmark_old`, `postmark_after_receipt`,
            `envelope_note_long`, `review_batch_closed`.
    """
    words = redacted(tidy(note))
    if len(words) > MOST_NOTE_CHARACTERS:
        raise OperatorError("envelope_note_long", length=len(words), most=MOST_NOTE_CHARACTERS)
    records = desk.keeping.records
    with records.transaction() as change:
        row, mail = _open_mail(batch, change, desk)
        found = next((its for its in mail.envelopes if its.first_sheet == first_sheet), None)
        if found is None:
            raise OperatorError("unknown_envelope", batch=batch, sheet=first_sheet)
        entered = EnvelopeRow(batch, first_sheet, postmark, words, desk.keeping.clock.now(), who)
        _require_possible(entered, row, desk)
        known = _entered(row, mail, records)
        its = known.rows.get(first_sheet)
        if its is not None and (its.postmark, its.note) == (postmark, words):
            # A message that comes twice changes nothing.
            return its
        _put((entered,), known, change, desk)
        _follow((found,), row, change, desk)
    return entered


def enter_for_all(batch: BatchId, postmark: date, *, who: str, desk: Desk) -> int:
    """Enter one postmark for all envelopes of a batch of which nothing was entered; what stands is left.

    Returns:
        Of how many.

    Raises:
        OperatorError: as `enter_envelope`.
    """
    records, now = desk.keeping.records, desk.keeping.clock.now()
    with records.transaction() as change:
        row, mail = _open_mail(batch, change, desk)
        known = _entered(row, mail, records)
        without = tuple(its for its in mail.envelopes if its.first_sheet not in known.rows)
        entered = tuple(EnvelopeRow(batch, its.first_sheet, postmark, "", now, who) for its in without)
        for each in entered[:1]:
            _require_possible(each, row, desk)
        _put(entered, known, change, desk)
        _follow(without, row, change, desk)
    return len(entered)


def _open_mail(batch: BatchId, change: RecordsTransaction, desk: Desk) -> tuple[BatchRow, Envelopes]:
    """Raises OperatorError `unknown_batch`, `review_batch_closed`."""
    row = _batch(batch, desk.keeping.records)
    review = change.review.batch(batch)
    if review is not None and review.closed_at is not None:
        raise OperatorError("review_batch_closed", batch=batch)
    return row, mail_of(row, records=desk.keeping.records)


def _require_possible(entered: EnvelopeRow, batch: BatchRow, desk: Desk) -> None:
    today = desk.keeping.clock.now().astimezone().date()
    require_possible(entered.postmark, received=batch.options.received_on, today=today)


def _put(entered: Sequence[EnvelopeRow], known: Entered, change: RecordsTransaction, desk: Desk) -> None:
    for its in entered:
        _keep_moved(its.first_sheet, known, change, desk)
        put_envelope(its, change)


def _follow(envelopes_: Sequence[Envelope], batch: BatchRow, change: RecordsTransaction, desk: Desk) -> None:
    """Statements of these envelopes, once they were put together."""
    if batch.state is not BatchState.COMPLETE:
        return
    sheets = {sheet for its in envelopes_ for sheet in its.sheets}
    pages = {page.id for page in desk.keeping.records.pages(batch.id) if page.sheet in sheets}
    rows = {its.id: its for its in desk.keeping.records.statements(batch.id) if pages.intersection(its.members)}
    follow(rows, change, desk)


def _batch(batch: BatchId, records: Records) -> BatchRow:
    row = records.batch(batch)
    if row is None:
        raise OperatorError("unknown_batch", batch=batch)
    return row


def _keep_moved(first_sheet: int, known: Entered, change: RecordsTransaction, desk: Desk) -> None:
    """What was entered under this number while paper was fed, and is of another envelope, is written down there before
    its place is taken."""
    for sheet, row in known.rows.items():
        if row.first_sheet == first_sheet != sheet:
            put_envelope(replace(row, first_sheet=sheet, entered_at=desk.keeping.clock.now()), change)
