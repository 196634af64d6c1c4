"""Pages as they are recorded, seen as the sheets of envelopes; and what was entered of the envelopes, by sheet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from pipeline.custody import BatchRow, BatchState, PageRow
from pipeline.custody.envelopes import EnvelopeRow
from pipeline.custody.scanning import ScanSession
from pipeline.model import BatchId, FileId, PageId, PageLabel, PageOutcome, Reason
from pipeline.ocr.separator_text import SeparatorText, text_of
from pipeline.ports import Records, RecordsTransaction
from pipeline.statements.envelopes import Envelopes, SeparatorAlarm, SheetSeen, SideSeen, cuts, envelopes
from pipeline.usecases.stored_outcome import kept_outcomes


def seen_sheets(pages: Iterable[PageRow], outcomes: Mapping[PageId, PageOutcome]) -> tuple[SheetSeen, ...]:
    """The sheets of a batch in the order of the paper, without those that others stand for.

    Args:
        outcomes: of the separators at least.
    """
    standing = [page for page in pages if page.label is not PageLabel.SUPERSEDED]
    ordered = sorted(standing, key=lambda page: (page.group, page.sheet, page.side == "back", page.id))
    return tuple(
        SheetSeen(sheet, tuple(_side(page, outcomes.get(page.id)) for page in sides), group)
        for (group, sheet), sides in groupby(ordered, key=lambda page: (page.group, page.sheet))
    )


def _side(page: PageRow, outcome: PageOutcome | None) -> SideSeen:
    separator = page.label is PageLabel.SEPARATOR
    doubtful = not separator and cuts(page.label, page.reasons)
    if not separator and not doubtful:
        return SideSeen(page.side)
    return SideSeen(page.side, separator, doubtful, _text(outcome))


def _text(outcome: PageOutcome | None) -> SeparatorText | None:
    """What the codes of a page say; null where they contradict each other."""
    codes = () if outcome is None else outcome.barcodes
    texts = tuple(text for code in codes if (text := text_of(code)) is not None)
    return texts[0] if len(texts) == 1 else None


def envelopes_of(batch: BatchId, *, records: Records, pages: Sequence[PageRow] | None = None) -> Envelopes:
    """The envelopes of a batch that was read.

    Args:
        pages: of the batch, as they are to be; null: as they are recorded.
    """
    rows = records.pages(batch) if pages is None else pages
    cutting = {page.id for page in rows if cuts(page.label, page.reasons)}
    kept = ((page, text) for page in sorted(cutting) if (text := records.outcome(page)) is not None)
    return envelopes(seen_sheets(rows, kept_outcomes(kept)))


@dataclass(frozen=True, slots=True)
class Entered:
    """What was entered of the envelopes of a batch.

    Attributes:
        rows: by the first sheet of the envelope, as the batch was read.
        unplaced: entered while its paper was being fed, of envelopes that are not to be told now.
    """

    rows: Mapping[int, EnvelopeRow]
    unplaced: tuple[EnvelopeRow, ...] = ()


def entered_of(
    mail: Envelopes,
    said: Iterable[EnvelopeRow],
    pages: Iterable[PageRow],
    *,
    session: ScanSession | None,
    records: Records,
) -> Entered:
    """What was entered, by envelope. While paper is fed sheets are numbered as the feedings go; a file with more sheets
    than its scanner said moves the numbers of all that follow. What was entered then goes with the image of the sheet
    that the envelope began with, not with its number.

    Args:
        mail: of these pages, which are all of the batch.
    """
    ended = None if session is None else session.ended_at
    rows = sorted(said, key=lambda row: row.entered_at)
    early = [row for row in rows if ended is not None and row.entered_at <= ended]
    if not early:
        return Entered({row.first_sheet: row for row in rows})
    standing: dict[int, set[FileId]] = {}
    for side in records.scans.sides(early[0].batch):
        if side.superseded_by is None:
            standing.setdefault(side.sheet, set()).add(side.id)
    known = [(page.file, page.sheet) for page in pages if page.label is not PageLabel.SUPERSEDED]
    placed: dict[int, EnvelopeRow] = {}
    unplaced = []
    for row in early:
        sheets = {sheet for file, sheet in known if file in standing.get(row.first_sheet, ())}
        begun = [its.first_sheet for its in mail.envelopes if its.first_sheet in sheets]
        if len(begun) == 1:
            placed[begun[0]] = row
        else:
            unplaced.append(row)
    later = {row.first_sheet: row for row in rows if row not in early}
    return Entered({**placed, **later}, tuple(unplaced))


def posted_by_sheet(
    batch: BatchId,
    pages: Sequence[PageRow] | None,
    *,
    records: Records,
    change: RecordsTransaction | None = None,
) -> Mapping[int, date]:
    """The day on the envelope in which each sheet of a batch came, where it is known: entered for the envelope, else
    for the whole mail when its scanning began.

    Args:
        pages: of the batch; null: as they are recorded, or as `change` has them.
        change: a transaction that may have entered something, or said of pages what they are.
    """
    said = (records.envelopes if change is None else change.envelopes).of_batch(batch)
    session = records.scans.session(batch)
    usual = None if session is None else session.header.postmark
    if usual is None and not any(its.postmark for its in said):
        return {}
    found: dict[int, date] = {}
    rows = (records if change is None else change).pages(batch) if pages is None else pages
    mail = envelopes_of(batch, records=records, pages=rows)
    entered = entered_of(mail, said, rows, session=session, records=records).rows
    for envelope in mail.envelopes:
        its = entered.get(envelope.first_sheet)
        day = usual if its is None else its.postmark
        if day is not None:
            found |= dict.fromkeys(envelope.sheets, day)
    return found


def mail_alarms(
    batch: BatchRow, *, records: Records, pages: Sequence[PageRow] | None = None
) -> tuple[SeparatorAlarm, ...]:
    """What somebody must look at of the envelopes of a batch: what is wrong with its separators, and days that were
    entered and are of none. Nothing while its sheets are not known yet.

    Args:
        pages: of the batch; null: as they are recorded.
    """
    if batch.state is not BatchState.COMPLETE:
        return ()
    rows = records.pages(batch.id) if pages is None else pages
    mail = envelopes_of(batch.id, records=records, pages=rows)
    said = records.envelopes.of_batch(batch.id)
    if not said:
        return mail.alarms
    entered = entered_of(mail, said, rows, session=records.scans.session(batch.id), records=records)
    return (*mail.alarms, *map(unplaced_alarm, entered.unplaced))


def unplaced_alarm(row: EnvelopeRow) -> SeparatorAlarm:
    """Of a day that is of no envelope."""
    day = "-" if row.postmark is None else row.postmark.isoformat()
    return SeparatorAlarm("postmark_unplaced", (), (("sheet", str(row.first_sheet)), ("postmark", day)))


def doubts_of(mail: Envelopes, sheets: Iterable[int]) -> tuple[Reason, ...]:
    """Why it is not sure that these sheets came in the envelopes that they are taken to be of."""
    wanted = set(sheets)
    found = (its for its in mail.envelopes if wanted.intersection(its.sheets))
    return tuple(dict.fromkeys(reason for its in found for reason in its.doubts))
