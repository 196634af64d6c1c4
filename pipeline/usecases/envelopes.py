"""What came in one envelope, seen as a whole: its sheets, what is doubtful of it, and what a person enters once for all
of it."""

from __future__ import annotations

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
            `envelope_note_long`.
    """
    keeping = desk.keeping
    words = redacted(tidy(note))
    if len(words) > MOST_NOTE_CHARACTERS:
        raise OperatorError("envelope_note_long", length=len(words), most=MOST_NOTE_CHARACTERS)
    with keeping.records.transaction() as change:
        row = _batch(batch, keeping.records)
        review = change.review.batch(batch)
        if review is not None and review.closed_at is not None:
            raise OperatorError("review_batch_closed", batch=batch)
        mail = mail_of(row, records=keeping.records)
        found = next((its for its in mail.envelopes if its.first_sheet == first_sheet), None)
        if found is None:
            raise OperatorError("unknown_envelope", batch=batch, sheet=first_sheet)
        if postmark is not None:
            require_possible(postmark, received=row.options.received_on, today=keeping.clock.now().astimezone().date())
        entered = EnvelopeRow(batch, first_sheet, postmark, words, keeping.clock.now(), who)
        known = _entered(row, mail, keeping.records)
        its = known.rows.get(first_sheet)
        if its is not None and (its.postmark, its.note) == (postmark, words):
            # A message that comes twice changes nothing.
            return its
        _keep_moved(first_sheet, known, change, desk)
        put_envelope(entered, change)
        if row.state is BatchState.COMPLETE:
            follow({its.id: its for its in _in_envelope(found, row, keeping.records)}, change, desk)
    return entered


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


def _in_envelope(envelope: Envelope, batch: BatchRow, records: Records) -> tuple[StatementRow, ...]:
    pages = {page.id for page in records.pages(batch.id) if page.sheet in envelope.sheets}
    return tuple(row for row in records.statements(batch.id) if pages.intersection(row.members))
