"""What is left to do about a batch, and what its pages are: from rows that are at hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from pipeline.custody import StatementRow
from pipeline.custody.review import Queue, Task
from pipeline.model import PageLabel, PageState
from pipeline.usecases.batch_sheets import Sheet
from pipeline.usecases.csv_text import Cell
from pipeline.usecases.figure_tables import Column, FigureTable, Unit


@dataclass(frozen=True, slots=True)
class QueueWork:
    """Open tasks of a queue.

    Attributes:
        since: when the oldest of them was made.
        nearest: the day of the most urgent one.
        at_work: who has one of them in hand, by name.
    """

    queue: Queue
    tasks: int
    since: datetime
    nearest: date
    at_work: tuple[str, ...]


def queues_of(tasks: Iterable[Task], now: datetime) -> tuple[QueueWork, ...]:
    """Queues in which something waits, in the order that tasks pass through them.

    Args:
        tasks: open ones.
    """
    found = tuple(tasks)
    by_queue = ((queue, [its for its in found if its.queue is queue]) for queue in Queue)
    return tuple(_queue(queue, its, now) for queue, its in by_queue if its)


def _queue(queue: Queue, tasks: Sequence[Task], now: datetime) -> QueueWork:
    holders = {holder for its in tasks if (holder := its.holder(now)) is not None}
    since, nearest = min(its.made_at for its in tasks), min(its.urgent_on for its in tasks)
    return QueueWork(queue, len(tasks), since, nearest, tuple(sorted(holders)))


@dataclass(frozen=True, slots=True)
class KindOfPage:
    """Pages of one label, counted by state; `label` is null for pages that are not read yet."""

    label: PageLabel | None
    states: tuple[tuple[PageState, int], ...]

    @property
    def pages(self) -> int:
        return sum(count for _, count in self.states)

    def count(self, state: PageState) -> int:
        return dict(self.states).get(state, 0)


def kinds_of(sheets: Iterable[Sheet]) -> tuple[KindOfPage, ...]:
    """Labels that occur, in their own order, pages not read yet at the end."""
    counts = Counter((side.page.label, side.page.state) for sheet in sheets for side in sheet.sides)
    labels = [label for label in (*PageLabel, None) if any(each is label for each, _ in counts)]
    return tuple(
        KindOfPage(label, tuple((state, counts[label, state]) for state in PageState if counts[label, state]))
        for label in labels
    )


_SHEET_COLUMNS: Final = (
    Column("sheet", Unit.COUNT),
    Column("side", Unit.TEXT),
    Column("page", Unit.TEXT),
    Column("label", Unit.TEXT),
    Column("state", Unit.TEXT),
    Column("open_fields", Unit.COUNT),
    Column("statements", Unit.TEXT),
    Column("reasons", Unit.TEXT),
)


def sheets_table(sheets: Iterable[Sheet], *, named: Callable[[StatementRow], bool] = lambda _: True) -> FigureTable:
    """A row for each page in the order of the paper: numbers of its statements and codes of its reasons after each
    other; no sheet where it is not known yet.

    Args:
        named: whether the number of a statement may be told.
    """
    rows = [_side_cells(sheet, index, named) for sheet in sheets for index in range(len(sheet.sides))]
    return FigureTable("sheets", _SHEET_COLUMNS, tuple(rows))


def _side_cells(sheet: Sheet, index: int, named: Callable[[StatementRow], bool]) -> tuple[Cell, ...]:
    side = sheet.sides[index]
    numbers = dict.fromkeys(owner.number for owner in side.owners if owner.number is not None and named(owner))
    codes = dict.fromkeys(reason.code for reason in side.page.reasons)
    return (
        sheet.number or None,
        side.page.side,
        side.page.id,
        side.page.label,
        side.page.state,
        side.open_fields,
        " ".join(numbers),
        " ".join(codes),
    )
