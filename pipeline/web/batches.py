"""The batches, and one batch: what was fed, what became of it, every sheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from pipeline.custody import BatchRow
from pipeline.custody.people import Permission
from pipeline.model import BatchId, Decision, PageId, PageState, Side
from pipeline.usecases.balance import Balance, balance
from pipeline.usecases.report import PageReport, batch_report
from pipeline.usecases.review import Progress, progress
from pipeline.web.admission import Parts, Visitor, Who
from pipeline.web.pages import page
from pipeline.web.parts import WebParts
from pipeline.web.viewing import is_restricted, note_view, sees_whole_pages

router = APIRouter()
BATCHES_A_PAGE = 50
SHEETS_A_PAGE = 60


@dataclass(frozen=True, slots=True)
class BatchLine:
    """A line of the list."""

    batch: BatchRow
    balance: Balance
    progress: Progress


@dataclass(frozen=True, slots=True)
class ShownSide:
    """A side of a sheet as its thumbnail shows it.

    Attributes:
        open_fields: that wait for a person.
        shown: its image may be seen.
    """

    page: PageReport
    open_fields: int
    shown: bool


@dataclass(frozen=True, slots=True)
class ShownSheet:
    """A piece of paper; `back` is null for one of which one side was scanned."""

    number: int
    front: ShownSide | None
    back: ShownSide | None


@dataclass(frozen=True, slots=True)
class Leaf:
    """One leaf of a long list: which, and of how many; both from 1."""

    number: int
    count: int


def leaf_of(wanted: int, total: int, each: int) -> Leaf:
    count = max(1, -(-total // each))
    return Leaf(min(max(wanted, 1), count), count)


@router.get("/batches", name="batches.list")
def batches(request: Request, parts: Parts, leaf: int = 1) -> Response:
    rows = tuple(reversed(parts.keeping.records.batches()))
    shown = leaf_of(leaf, len(rows), BATCHES_A_PAGE)
    first = (shown.number - 1) * BATCHES_A_PAGE
    lines = [
        BatchLine(row, balance(row, records=parts.keeping.records), progress(row.id, desk=parts.desk))
        for row in rows[first : first + BATCHES_A_PAGE]
    ]
    return page(request, "batches.html", lines=lines, leaf=shown)


@router.get("/batches/{batch}", name="batches.show")
def batch(request: Request, parts: Parts, who: Who, batch: str, leaf: int = 1, only: str = "") -> Response:
    report = batch_report(BatchId(batch), records=parts.keeping.records)
    note_view(report.batch.id, "batch", who=who, parts=parts)
    sheets = _sheets(report.pages, _hidden(parts, who, report.batch.id), images=sees_whole_pages(who, parts))
    if only == "open":
        sheets = [sheet for sheet in sheets if _needs_a_person(sheet)]
    shown = leaf_of(leaf, len(sheets), SHEETS_A_PAGE)
    first = (shown.number - 1) * SHEETS_A_PAGE
    return page(
        request,
        "batch.html",
        report=report,
        progress=progress(report.batch.id, desk=parts.desk),
        images=sees_whole_pages(who, parts),
        sheets=sheets[first : first + SHEETS_A_PAGE],
        leaf=shown,
        only=only,
        lasted_s=_lasted_s(report.batch),
    )


def _lasted_s(batch: BatchRow) -> float | None:
    return None if batch.finished_at is None else (batch.finished_at - batch.started_at).total_seconds()


def _hidden(parts: WebParts, who: Visitor, batch: BatchId) -> frozenset[PageId]:
    """Pages of restricted files, for whoever may not see those."""
    if who.may(Permission.VIEW_RESTRICTED):
        return frozenset()
    rows = (row for row in parts.keeping.records.statements(batch) if is_restricted(row))
    return frozenset(its for row in rows for its in (*row.pages, *row.returns, *row.enclosures))


def _sheets(pages: Iterable[PageReport], hidden: frozenset[PageId], *, images: bool) -> list[ShownSheet]:
    """In the order of the paper; pages whose sheet is not known yet stand alone."""
    sides: dict[int, list[ShownSide]] = {}
    alone: list[ShownSheet] = []
    for its in pages:
        thumbnail = any(ref.name == "thumbnail.jpg" for ref in its.derivatives)
        side = ShownSide(its, _open_fields(its), images and thumbnail and its.row.id not in hidden)
        if its.row.sheet:
            sides.setdefault(its.row.sheet, []).append(side)
        else:
            alone.append(ShownSheet(0, side, None))
    return [_sheet(number, sides[number]) for number in sorted(sides)] + alone


def _sheet(number: int, sides: Sequence[ShownSide]) -> ShownSheet:
    front = next((its for its in sides if its.page.row.side is Side.FRONT), None)
    back = next((its for its in sides if its.page.row.side is Side.BACK), None)
    return ShownSheet(number, front, back)


def _open_fields(page: PageReport) -> int:
    fields = () if page.outcome is None else page.outcome.fields
    return sum(field.decision is Decision.REVIEW for field in fields)


def _needs_a_person(sheet: ShownSheet) -> bool:
    sides = [side for side in (sheet.front, sheet.back) if side is not None]
    return any(side.open_fields or side.page.row.state is PageState.EXCEPTION for side in sides)
