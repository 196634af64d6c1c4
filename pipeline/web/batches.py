"""The batches, and one batch: what was fed, what became of it, every sheet."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from pipeline.custody import BatchRow
from pipeline.custody.people import Permission
from pipeline.model import BatchId
from pipeline.usecases.balance import Balance, balance
from pipeline.usecases.batch_sheets import Sheet, SheetSide, batch_sheets
from pipeline.usecases.review import Progress, progress
from pipeline.web.admission import Parts, Visitor, Who
from pipeline.web.pages import page
from pipeline.web.viewing import is_restricted, note_view, sees_whole_pages

router = APIRouter()
BATCHES_A_LEAF = 50
SHEETS_A_LEAF = 60


@dataclass(frozen=True, slots=True)
class BatchLine:
    """A line of the list."""

    batch: BatchRow
    balance: Balance
    progress: Progress


@dataclass(frozen=True, slots=True)
class Leaf:
    """One leaf of a long list: which, and of how many; both from 1."""

    number: int
    count: int


def leaf_of(wanted: int, total: int, each: int) -> Leaf:
    """The leaf asked for, or the nearest there is."""
    count = max(1, -(-total // each))
    return Leaf(min(max(wanted, 1), count), count)


@router.get("/batches", name="batches.list")
def batches(request: Request, parts: Parts, leaf: int = 1) -> Response:
    records = parts.keeping.records
    rows = tuple(reversed(records.batches()))
    shown = leaf_of(leaf, len(rows), BATCHES_A_LEAF)
    first = (shown.number - 1) * BATCHES_A_LEAF
    lines = [
        BatchLine(row, balance(row, records=records), progress(row.id, desk=parts.desk))
        for row in rows[first : first + BATCHES_A_LEAF]
    ]
    return page(request, "batches.html", lines=lines, leaf=shown)


@router.get("/batches/{batch}", name="batches.show")
def batch(request: Request, parts: Parts, who: Who, batch: str, leaf: int = 1, only: str = "") -> Response:
    its = batch_sheets(BatchId(batch), records=parts.keeping.records)
    note_view(its.batch.id, "batch", who=who, parts=parts)
    sheets = [sheet for sheet in its.sheets if only != "open" or any(side.waits for side in sheet.sides)]
    shown = leaf_of(leaf, len(sheets), SHEETS_A_LEAF)
    first = (shown.number - 1) * SHEETS_A_LEAF
    return page(
        request,
        "batch.html",
        its=its,
        progress=progress(its.batch.id, desk=parts.desk),
        images=sees_whole_pages(who, parts),
        hidden=lambda side: _hidden(side, who),
        known_as=_known_as,
        sheets=sheets[first : first + SHEETS_A_LEAF],
        leaf=shown,
        only=only,
        lasted_s=_lasted_s(its.batch),
    )


def _lasted_s(batch: BatchRow) -> float | None:
    return None if batch.finished_at is None else (batch.finished_at - batch.started_at).total_seconds()


def _hidden(side: SheetSide, who: Visitor) -> bool:
    """A page of a restricted file, for whoever may not see those."""
    return any(map(is_restricted, side.owners)) and not who.may(Permission.VIEW_RESTRICTED)


def _known_as(sheet: Sheet) -> list[tuple[str, str]]:
    """Numbers and issuers of the statements that the sheet belongs to."""
    owners = [owner for side in sheet.sides for owner in side.owners]
    return list(dict.fromkeys((owner.number, owner.issuer) for owner in owners if owner.number is not None))
