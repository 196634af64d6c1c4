"""Which statement a page belongs to once it has been read as it was placed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pipeline.custody import PageRole, PageRow, StatementRow
from pipeline.model import Document, PageId, PageLabel, PageOutcome, Reason
from pipeline.ports import RecordsTransaction
from pipeline.statements.pairing import PairingPage, layout_parts, pairing_page
from pipeline.usecases.review.consequences import follow
from pipeline.usecases.review.desk import Desk
from pipeline.usecases.review.exceptions import owner_of_enclosure
from pipeline.usecases.review.moving import put_page_in
from pipeline.usecases.stored_outcome import kept_outcome

_ROLES = {Document.STATEMENT: PageRole.STATEMENT, Document.RETURN: PageRole.RETURN}


def house(row: PageRow, outcome: PageOutcome, change: RecordsTransaction, desk: Desk) -> None:
    """Put the page where its reading says that it belongs.

    1. A form goes to the statement of its batch with its number; an unsure number of a return document is enough for a
       statement that is there.
    2. Otherwise to the statement of the other side of its sheet, if that has no other number; one alone stays where it
       is; else it is a new statement.
    3. An enclosure follows the form before it, as in a batch that is read for the first time.
    4. A blank or unidentified side stays with its sheet.
    """
    document = layout_parts(outcome.layout)[1]
    home = next(iter(change.statements.of_page(row.id)), None)
    if document is not None:
        put_page_in(row.id, _statement_of(row, outcome, home, change), _ROLES[document], change, desk)
    elif outcome.label is PageLabel.ENCLOSURE:
        owner = owner_of_enclosure(row, _pages(row, change, desk), change.statements.of_batch(row.batch))
        if owner is None:
            unhouse(row.id, change, desk)
        else:
            put_page_in(row.id, owner, PageRole.ENCLOSURE, change, desk)
    elif home is not None and _with_its_sheet(row, home, change):
        follow({home.id: home}, change, desk)
    else:
        unhouse(row.id, change, desk)


def unhouse(page: PageId, change: RecordsTransaction, desk: Desk) -> None:
    """Take a page out of whatever statement has it; it is in none then, and neither are its tasks."""
    rows = {row.id: _without(row, page) for row in change.statements.of_page(page)}
    for task in change.review.tasks(page=page):
        change.review.put_task(replace(task, statement=None))
    if rows:
        follow(rows, change, desk)


def _without(row: StatementRow, page: PageId) -> StatementRow:
    left = replace(
        row,
        pages=tuple(each for each in row.pages if each != page),
        returns=tuple(each for each in row.returns if each != page),
        enclosures=tuple(each for each in row.enclosures if each != page),
    )
    return left if left.members else replace(left, reasons=(*left.reasons, Reason("statement_emptied")))


def _statement_of(
    row: PageRow, outcome: PageOutcome, home: StatementRow | None, change: RecordsTransaction
) -> str | None:
    """1, 2. Null for a new one."""
    said = pairing_page(PairingPage(row.id, row.group, row.sheet, row.side, outcome.label), outcome)
    rows = [its for its in change.statements.of_batch(row.batch) if its.members]
    if said.number is not None:
        numbered = [its for its in rows if its.number == said.number]
        if not said.number_sure:
            numbered = [its for its in numbered if its.pages and said.document is Document.RETURN]
        if numbered:
            return numbered[0].id
    for other in _beside(row, change):
        theirs = next(iter(change.statements.of_page(other.id)), None)
        free = theirs is not None and (not said.number_sure or theirs.number in (None, said.number))
        if theirs is not None and free and _is_other_side(said, other, change):
            return theirs.id
    return home.id if home is not None and home.members == (row.id,) else None


def _beside(row: PageRow, change: RecordsTransaction) -> Iterable[PageRow]:
    """The other parts of its image; else the other sides of its sheet."""
    whole = row.part_of
    if whole is not None:
        return [each for each in change.placing.parts(whole) if each.id != row.id]
    statements = change.statements.of_batch(row.batch)
    found = (change.page(page) for its in statements for page in its.members if page != row.id)
    return [page for page in found if page is not None and page.sheet == row.sheet and page.part_of is None]


def _is_other_side(said: PairingPage, other: PageRow, change: RecordsTransaction) -> bool:
    """Whether the other page shows the other side of the same form."""
    text = change.outcome(other.id)
    if text is None:
        return False
    schedule, document, face = layout_parts(kept_outcome(other.id, text).layout)
    return (schedule, document) == (said.schedule, said.document) and face is not None and face is not said.face


def _pages(row: PageRow, change: RecordsTransaction, desk: Desk) -> list[PageRow]:
    """Pages of the batch as this transaction sees them; a new part comes with its image."""
    known = [change.page(page.id) or page for page in desk.keeping.records.pages(row.batch)]
    return known if any(page.id == row.id for page in known) else [*known, row]


def _with_its_sheet(row: PageRow, home: StatementRow, change: RecordsTransaction) -> bool:
    """4. Whether another side of its sheet is in the same place of the statement."""
    for members in (home.pages, home.returns, home.enclosures):
        if row.id in members:
            return any(other.id in members for other in _beside(row, change))
    return False
