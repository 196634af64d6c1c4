"""What a statement is found by: it follows from its row and from its pages as persons left them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from pipeline.custody import StatementRow
from pipeline.custody.court import IndexEntry
from pipeline.errors import IntegrityError
from pipeline.model import Field, PageId, PageOutcome
from pipeline.statements.rules import day_of, settled
from pipeline.usecases.reviewed import Histories, Outcomes, reviewed_page

INDEXED = frozenset({"plate", "offence_date"})
"""Fields that an entry follows from."""
MINOR = "defendant_minor"
"""The reason by which a statement's file is restricted."""


def index_entry(row: StatementRow, pages: Iterable[PageOutcome]) -> IndexEntry | None:
    """The entry of a statement; null for one without a number, and for one that does not count.

    Args:
        pages: of the statement and its return documents, in the order of the paper, with what stands of their fields.
            The first accepted value counts.
    """
    if row.number is None or not row.counts:
        return None
    fields = [field for page in pages for field in page.fields if field.name in INDEXED]
    plates = (settled(field) for field in fields if field.name == "plate")
    return IndexEntry(
        statement=row.id,
        issuer=row.issuer,
        number=row.number,
        state=row.state,
        designation=row.designation,
        plate=next((its for its in plates if isinstance(its, str)), None),
        offence_date=next(filter(None, map(_offence_day, fields)), None),
        restricted=any(reason.code == MINOR for reason in row.reasons),
    )


def indexed_pages(row: StatementRow, said: Histories, *, records: Outcomes) -> Iterator[PageOutcome]:
    """The pages that an entry follows from. One whose outcome cannot be read is left out: `verify` names it, and it
    keeps nobody from working on the others."""
    for page in (*row.pages, *row.returns):
        found = _readable(page, said, records)
        if found is not None:
            yield found


def _readable(page: PageId, said: Histories, records: Outcomes) -> PageOutcome | None:
    try:
        found = reviewed_page(page, said, records=records)
    except IntegrityError:
        return None
    return None if found is None else found.effective


def _offence_day(field: Field) -> date | None:
    return day_of(settled(field)) if field.name == "offence_date" else None
