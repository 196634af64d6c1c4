"""Pages as they are recorded, seen as the sheets of envelopes; and what was entered of the envelopes, by sheet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import groupby

from pipeline.custody import PageRow
from pipeline.model import BatchId, PageId, PageLabel, PageOutcome, Reason
from pipeline.ocr.separator_text import SeparatorText, text_of
from pipeline.ports import Records, RecordsTransaction
from pipeline.statements.envelopes import Envelopes, SheetSeen, SideSeen, cuts, envelopes
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
    entered = records.envelopes if change is None else change.envelopes
    said = {row.first_sheet: row.postmark for row in entered.of_batch(batch)}
    session = records.scans.session(batch)
    usual = None if session is None else session.header.postmark
    if usual is None and not any(said.values()):
        return {}
    found: dict[int, date] = {}
    rows = change.pages(batch) if pages is None and change is not None else pages
    for envelope in envelopes_of(batch, records=records, pages=rows).envelopes:
        day = said.get(envelope.first_sheet, usual)
        if day is not None:
            found |= dict.fromkeys(envelope.sheets, day)
    return found


def doubts_of(mail: Envelopes, sheets: Iterable[int]) -> tuple[Reason, ...]:
    """Why it is not sure that these sheets came in the envelopes that they are taken to be of."""
    wanted = set(sheets)
    found = (its for its in mail.envelopes if wanted.intersection(its.sheets))
    return tuple(dict.fromkeys(reason for its in found for reason in its.doubts))
