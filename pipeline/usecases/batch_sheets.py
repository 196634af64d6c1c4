"""A batch sheet by sheet, from its rows alone: what was read on the pages is not looked at, so that a thousand sheets
are quickly told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.custody import BatchRow, FileRow, FileState, PageRow, StatementRow
from pipeline.custody.review import Subject, TaskState
from pipeline.errors import OperatorError
from pipeline.model import BatchId, PageId, PageLabel, PageState, Side
from pipeline.ports import Records
from pipeline.statements.envelopes import SeparatorAlarm
from pipeline.usecases.balance import Balance, balance
from pipeline.usecases.envelope_sheets import mail_alarms

THUMBNAIL = "thumbnail.jpg"


@dataclass(frozen=True, slots=True)
class SheetSide:
    """A side of a sheet.

    Attributes:
        owners: statements that the page belongs to; none for separators and pages that nobody could place.
        open_fields: that wait for a person; 0 while the batch is processed.
        pictured: there is a small image of it.
    """

    page: PageRow
    owners: tuple[StatementRow, ...]
    open_fields: int
    pictured: bool

    @property
    def waits(self) -> bool:
        """Whether a person must look at it."""
        return bool(self.open_fields) or self.page.state in (PageState.IN_REVIEW, PageState.EXCEPTION)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A piece of paper; `number` is 0 for a page whose sheet is not known yet, which stands alone."""

    number: int
    sides: tuple[SheetSide, ...]


@dataclass(frozen=True, slots=True)
class BatchSheets:
    """A batch as far as it is.

    Attributes:
        returns: sheets that are return documents.
        enclosures: sheets that are, on either side, an enclosure.
        alarms: of its separators and envelopes.
    """

    batch: BatchRow
    balance: Balance
    refused: tuple[FileRow, ...]
    statements: int
    returns: int
    sheets: tuple[Sheet, ...]
    alarms: tuple[SeparatorAlarm, ...] = ()

    @property
    def blank_sides(self) -> int:
        return sum(side.page.label is PageLabel.BLANK for sheet in self.sheets for side in sheet.sides)

    @property
    def enclosures(self) -> int:
        return sum(any(side.page.label is PageLabel.ENCLOSURE for side in sheet.sides) for sheet in self.sheets)

    @property
    def open_fields(self) -> int:
        return sum(side.open_fields for sheet in self.sheets for side in sheet.sides)


def batch_sheets(batch: BatchId, *, records: Records) -> BatchSheets:
    """Everything told of one batch but what was read.

    Raises:
        OperatorError: `unknown_batch`.
    """
    row = records.batch(batch)
    if row is None:
        raise OperatorError("unknown_batch", batch=batch)
    pages, statements = records.pages(batch), records.statements(batch)
    owners = _owners(statements)
    tasks = records.review.tasks(batch=batch, states=frozenset({TaskState.OPEN}))
    waiting = Counter(its.page for its in tasks if its.subject is Subject.FIELD)
    pictured = {page for page, ref in records.derivatives(batch) if ref.name == THUMBNAIL}
    for part in pages:
        if part.part_of is not None and part.id in owners:
            # Whoever may not see a part may not see the image that it is of.
            owners[part.part_of] = tuple(dict.fromkeys((*owners.get(part.part_of, ()), *owners[part.id])))
    sides = [SheetSide(its, owners.get(its.id, ()), waiting[its.id], its.id in pictured) for its in pages]
    files = records.files(batch)
    returned = {page for its in statements for page in its.returns}
    return BatchSheets(
        batch=row,
        balance=balance(row, records=records),
        refused=tuple(its for its in files if its.state in (FileState.REFUSED, FileState.DUPLICATE)),
        statements=sum(its.counts for its in statements),
        returns=len({its.sheet if its.part_of is None else its.id for its in pages if its.id in returned}),
        sheets=tuple(_sheets(sides)),
        alarms=mail_alarms(row, records=records, pages=pages),
    )


def _owners(statements: Iterable[StatementRow]) -> dict[PageId, tuple[StatementRow, ...]]:
    found: dict[PageId, tuple[StatementRow, ...]] = {}
    for its in statements:
        for page in dict.fromkeys((*its.pages, *its.returns, *its.enclosures)):
            found[page] = (*found.get(page, ()), its)
    return found


def _sheets(sides: Iterable[SheetSide]) -> Iterable[Sheet]:
    """In the order of the paper, fronts first; pages without a sheet behind them."""
    together: dict[int, list[SheetSide]] = {}
    alone = []
    for side in sides:
        if side.page.sheet:
            together.setdefault(side.page.sheet, []).append(side)
        else:
            alone.append(Sheet(0, (side,)))
    for number in sorted(together):
        yield Sheet(number, tuple(sorted(together[number], key=lambda side: side.page.side is Side.BACK)))
    yield from alone
