"""The batches, and one batch: what was fed, what became of it, how long it took, every sheet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response

from pipeline.custody import BatchRow, StatementRow
from pipeline.custody.figures import BatchCounts, BatchesWanted, BatchOrder
from pipeline.custody.people import Act, Permission
from pipeline.custody.review import TaskState
from pipeline.model import BatchId, PageState
from pipeline.usecases.balance import Balance, balance_of
from pipeline.usecases.batch_sheets import BatchSheets, Sheet, SheetSide, batch_sheets
from pipeline.usecases.batch_work import kinds_of, queues_of, sheets_table
from pipeline.usecases.figure_tables import FigureTable, batch_cells, columns_of
from pipeline.usecases.figures import way_of
from pipeline.web.admission import Parts, Visitor, Who
from pipeline.web.figure_words import FigureWords
from pipeline.web.figures import csv_file
from pipeline.web.pages import page, words_for
from pipeline.web.parts import WebParts
from pipeline.web.viewing import is_restricted, note_view, numbers_kept_back, sees_whole_pages

router = APIRouter()
BATCHES_A_LEAF = 50
SHEETS_A_LEAF = 60
_OPEN = {"open": True, "closed": False}


@dataclass(frozen=True, slots=True)
class BatchLine:
    """A line of the list."""

    counts: BatchCounts
    balance: Balance
    days_here: int


@dataclass(frozen=True, slots=True)
class Leaf:
    """One leaf of a long list: which, and of how many; both from 1."""

    number: int
    count: int


def leaf_of(wanted: int, total: int, each: int) -> Leaf:
    """The leaf asked for, or the nearest there is."""
    count = max(1, -(-total // each))
    return Leaf(min(max(wanted, 1), count), count)


@dataclass(frozen=True, slots=True)
class Listed:
    """Which batches a list shows, in which order; what the address says otherwise is taken as not said."""

    state: str
    order: BatchOrder

    @property
    def wanted(self) -> BatchesWanted:
        return BatchesWanted(is_open=_OPEN.get(self.state), order=self.order)

    def query(self, **changes: str) -> str:
        """As part of an address, with what is to be another; empty or ended by `&`."""
        said = {"state": self.state, "order": str(self.order), **changes}
        usual = ("", BatchOrder.NEWEST)
        given = {name: text for name, text in said.items() if text not in usual}
        return f"{urlencode(given)}&" if given else ""


def _listed(state: str = "", order: str = "") -> Listed:
    known = BatchOrder(order) if order in set(BatchOrder) else BatchOrder.NEWEST
    return Listed(state if state in _OPEN else "", known)


Asked = Annotated[Listed, Depends(_listed)]


@router.get("/batches", name="batches.list")
def batches(request: Request, parts: Parts, listed: Asked, leaf: int = 1) -> Response:
    figures = parts.keeping.records.figures
    total = figures.batch_count(listed.wanted)
    shown = leaf_of(leaf, total, BATCHES_A_LEAF)
    first = (shown.number - 1) * BATCHES_A_LEAF
    found = figures.batches(replace(listed.wanted, first=first, most=BATCHES_A_LEAF))
    today = _today(parts)
    return page(
        request,
        "batches.html",
        lines=[BatchLine(its, balance_of(its), max(0, (today - its.received).days)) for its in found],
        leaf=shown,
        total=total,
        listed=listed,
        orders=tuple(BatchOrder),
        today=today,
        say=FigureWords(words_for(request)),
    )


@router.get("/batches.csv", name="batches.file")
def batches_file(parts: Parts, listed: Asked) -> Response:
    found = parts.keeping.records.figures.batches(listed.wanted)
    table = FigureTable("batches", columns_of("batches"), tuple(map(batch_cells, found)))
    return csv_file(table, f"batches-{_today(parts)}")


@router.get("/batches/{batch}", name="batches.show")
def batch(request: Request, parts: Parts, who: Who, batch: str, leaf: int = 1, only: str = "") -> Response:
    records = parts.keeping.records
    its = batch_sheets(BatchId(batch), records=records)
    note_view(its.batch.id, "batch", who=who, parts=parts)
    (counts,) = records.figures.batches(BatchesWanted(batch=its.batch.id))
    tasks = records.review.tasks(batch=its.batch.id, states=frozenset({TaskState.OPEN}))
    kept_back = numbers_kept_back(tasks, who)
    sheets = [sheet for sheet in its.sheets if only != "open" or any(side.waits for side in sheet.sides)]
    shown = leaf_of(leaf, len(sheets), SHEETS_A_LEAF)
    first = (shown.number - 1) * SHEETS_A_LEAF
    return page(
        request,
        "batch.html",
        its=its,
        counts=counts,
        way=way_of(counts),
        queues=queues_of(tasks, parts.keeping.clock.now()),
        kinds=kinds_of(its.sheets),
        states=[state for state in PageState if _occurs(state, its)],
        exceptions=_exceptions(its),
        today=_today(parts),
        say=FigureWords(words_for(request)),
        images=sees_whole_pages(who, parts),
        hidden=lambda side: _hidden(side, who),
        known_as=lambda sheet: _known_as(sheet, who, kept_back),
        sheets=sheets[first : first + SHEETS_A_LEAF],
        leaf=shown,
        only=only,
        lasted_s=_lasted_s(its.batch),
    )


@router.get("/batches/{batch}/sheets.csv", name="batches.sheets")
def sheets_file(parts: Parts, who: Who, batch: str) -> Response:
    its = batch_sheets(BatchId(batch), records=parts.keeping.records)
    note_view(its.batch.id, "batch", who=who, parts=parts, act=Act.EXPORTED)
    tasks = parts.keeping.records.review.tasks(batch=its.batch.id, states=frozenset({TaskState.OPEN}))
    kept_back = numbers_kept_back(tasks, who)
    table = sheets_table(its.sheets, named=lambda row: _may_name(row, who, kept_back))
    return csv_file(table, f"{its.batch.id}-sheets")


def _today(parts: WebParts) -> date:
    return parts.keeping.clock.now().astimezone().date()


def _lasted_s(batch: BatchRow) -> float | None:
    return None if batch.finished_at is None else (batch.finished_at - batch.started_at).total_seconds()


def _occurs(state: PageState, its: BatchSheets) -> bool:
    return any(side.page.state is state for sheet in its.sheets for side in sheet.sides)


def _exceptions(its: BatchSheets) -> list[tuple[Sheet, SheetSide]]:
    """Pages set aside, in the order of the paper."""
    sides = ((sheet, side) for sheet in its.sheets for side in sheet.sides)
    return [(sheet, side) for sheet, side in sides if side.page.state is PageState.EXCEPTION]


def _hidden(side: SheetSide, who: Visitor) -> bool:
    """A page of a restricted file, for whoever may not see those."""
    return any(map(is_restricted, side.owners)) and not who.may(Permission.VIEW_RESTRICTED)


def _may_name(owner: StatementRow, who: Visitor, kept_back: frozenset[str]) -> bool:
    """Of a restricted file even the number is for those who may see it."""
    return owner.id not in kept_back and (not is_restricted(owner) or who.may(Permission.VIEW_RESTRICTED))


def _known_as(sheet: Sheet, who: Visitor, kept_back: frozenset[str]) -> list[tuple[str, str]]:
    """Numbers and issuers of the statements that the sheet belongs to, as far as this person may know them."""
    owners = [owner for side in sheet.sides for owner in side.owners if _may_name(owner, who, kept_back)]
    return list(dict.fromkeys((owner.number, owner.issuer) for owner in owners if owner.number is not None))
