"""A page that a person knows as a separator: what was put together across it is parted; what persons had put together,
or looked at, is asked about instead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pipeline.custody import PageRow, StatementRow
from pipeline.custody.review import SYSTEM, Said, Task, TaskId, Verb
from pipeline.errors import InvariantBroken
from pipeline.model import PageId, PageLabel, Reason
from pipeline.ports import RecordsTransaction
from pipeline.statements.envelopes import cuts
from pipeline.statements.review import in_force, standing_of_exception
from pipeline.usecases.alone import ALONE
from pipeline.usecases.envelope_sheets import entered_of, envelopes_of
from pipeline.usecases.review.consequences import follow
from pipeline.usecases.review.desk import Desk
from pipeline.usecases.review.exceptions import owner_of_enclosure
from pipeline.usecases.review.making import tasks_of_pages
from pipeline.usecases.review.moving import moved_from
from pipeline.usecases.review.papers import in_paper_order
from pipeline.usecases.review.recording import new_row, record
from pipeline.usecases.review.states import settle_page

_TO_NOWHERE: Final = ""
"""Owner of an enclosure with no form on its side of the separator."""


@dataclass(frozen=True, slots=True)
class _Halves:
    """What was taken for one envelope, without the sheet that parts it."""

    before: tuple[PageRow, ...]
    after: tuple[PageRow, ...]
    sheet: tuple[PageRow, ...]

    def side_of(self, page: PageId) -> tuple[PageRow, ...]:
        return next((its for its in (self.before, self.after) if any(row.id == page for row in its)), ())


def part_at(separator: PageId, change: RecordsTransaction, desk: Desk) -> None:
    """Part what was taken for one envelope before a person said that this page is a separator.

    1. An enclosure whose statement has forms on the other side alone goes with the one that it would have gone with.
    2. One with no form on its own side waits for a person.
    3. Where a person has looked at how one of the statements is put together, or at the enclosure, nothing moves: the
       statement is asked about. So is one whose envelope bore a day that was entered for the other half too.
    4. All statements of both halves are restated: the day on their envelope, their cheques.
    """
    own = change.page(separator)
    if own is None:
        raise InvariantBroken("page_vanished", page=separator)
    pages = change.pages(own.batch)
    halves = _halves(own, pages)
    rows = {row.id: row for row in change.statements.of_batch(own.batch) if row.members}
    concerned = {key: row for key, row in rows.items() if _lies_in(row, halves)}
    wanted = dict(_wanted(halves, pages, concerned, rows.values()))
    asked = _asked(wanted, concerned, rows, change) | _posted_apart(own, halves, concerned, desk)
    moves = {page: to for page, to in wanted.items() if _owner(page, concerned).id not in asked}
    told = Reason("separator_within", (("sheet", str(own.sheet)),))
    changed = {key: _put(row, moves, pages) for key, row in rows.items() if key in concerned or key in moves.values()}
    changed = {key: replace(row, reasons=(*row.reasons, told)) if key in asked else row for key, row in changed.items()}
    for page, to in moves.items():
        for task in change.review.tasks(page=page):
            change.review.put_task(replace(task, statement=to or None))
    follow(changed, change, desk)
    known = {row.id: row for row in pages}
    for page, to in moves.items():
        if to == _TO_NOWHERE and known[page].label is PageLabel.ENCLOSURE:
            _ask_of_alone(known[page], change, desk)


def _halves(own: PageRow, pages: Sequence[PageRow]) -> _Halves:
    group = sorted((its for its in pages if its.group == own.group), key=in_paper_order)
    cutting = {its.sheet for its in group if its.sheet != own.sheet and cuts(its.label, its.reasons)}
    first = max((sheet for sheet in cutting if sheet < own.sheet), default=0)
    last = min((sheet for sheet in cutting if sheet > own.sheet), default=10**9)
    return _Halves(
        tuple(its for its in group if first < its.sheet < own.sheet),
        tuple(its for its in group if own.sheet < its.sheet < last),
        tuple(its for its in group if its.sheet == own.sheet),
    )


def _lies_in(row: StatementRow, halves: _Halves) -> bool:
    return any(page.id in row.members for page in (*halves.before, *halves.after, *halves.sheet))


def _wanted(
    halves: _Halves, pages: Sequence[PageRow], concerned: Mapping[str, StatementRow], rows: Iterable[StatementRow]
) -> Iterable[tuple[PageId, str]]:
    """1, 2. Enclosures, and the statement that each should go with."""
    enclosed = {page: row for row in concerned.values() for page in row.enclosures}
    statements = tuple(rows)
    for page in (its for its in halves.sheet if its.id in enclosed):
        yield page.id, _TO_NOWHERE
    for page in (its for its in (*halves.before, *halves.after) if its.id in enclosed):
        row, side = enclosed[page.id], halves.side_of(page.id)
        forms = {*row.pages, *row.returns}
        here = any(its.id in forms for its in side)
        there = any(its.id in forms for its in (*halves.before, *halves.after) if its not in side)
        if there and not here:
            yield page.id, owner_of_enclosure(page, pages, statements) or _TO_NOWHERE


def _asked(
    wanted: Mapping[PageId, str],
    concerned: Mapping[str, StatementRow],
    rows: Mapping[str, StatementRow],
    change: RecordsTransaction,
) -> set[str]:
    """3. Statements from which nothing moves by itself."""
    settled = _put_together_by_persons(rows, change)
    asked: set[str] = set()
    for page, to in wanted.items():
        owner = _owner(page, concerned).id
        fields = (task for task in change.review.tasks(page=page) if task.id != TaskId(page))
        if owner in settled or to in settled or any(_by_persons(task.id, change) for task in fields):
            asked.add(owner)
    return asked


def _put_together_by_persons(rows: Mapping[str, StatementRow], change: RecordsTransaction) -> set[str]:
    found: set[str] = set()
    for key in rows:
        said = _by_persons(TaskId(key), change)
        found |= {key} if said else set()
        found |= {moved_from(its.value)[1] for its in said if its.verb is Verb.MOVED and isinstance(its.value, str)}
    return found


def _by_persons(task: TaskId, change: RecordsTransaction) -> tuple[Said, ...]:
    return tuple(its for its in in_force(change.review.history(task)) if its.who != SYSTEM)


def _posted_apart(own: PageRow, halves: _Halves, concerned: Mapping[str, StatementRow], desk: Desk) -> set[str]:
    """3. Statements with answers behind the separator, where a day was entered of what was taken for one envelope."""
    records = desk.keeping.records
    # As it was before this page was said to be a separator.
    pages = records.pages(own.batch)
    mail = envelopes_of(own.batch, records=records, pages=pages)
    envelope = mail.of_sheet(own.sheet)
    said, session = records.envelopes.of_batch(own.batch), records.scans.session(own.batch)
    entered = entered_of(mail, said, pages, session=session, records=records).rows
    row = None if envelope is None else entered.get(envelope.first_sheet)
    if row is None or row.postmark is None:
        return set()
    behind = {its.id for its in halves.after}
    return {key for key, its in concerned.items() if behind.intersection(its.returns)}


def _owner(page: PageId, concerned: Mapping[str, StatementRow]) -> StatementRow:
    return next(row for row in concerned.values() if page in row.enclosures)


def _put(row: StatementRow, moves: Mapping[PageId, str], pages: Iterable[PageRow]) -> StatementRow:
    kept = {page for page in row.enclosures if page not in moves} | {page for page, to in moves.items() if to == row.id}
    ordered = sorted((its for its in pages if its.id in kept), key=in_paper_order)
    return replace(row, enclosures=tuple(its.id for its in ordered))


def _ask_of_alone(page: PageRow, change: RecordsTransaction, desk: Desk) -> None:
    task = change.review.task(TaskId(page.id)) or _new_task(page, change, desk)
    said = new_row(task, Verb.REOPEN, SYSTEM, desk=desk, reason=ALONE)
    record(task, said, standing_of_exception((*change.review.history(task.id), said)), change)
    settle_page(page.id, change)


def _new_task(page: PageRow, change: RecordsTransaction, desk: Desk) -> Task:
    batch = desk.keeping.records.batch(page.batch)
    if batch is None:
        raise InvariantBroken("batch_vanished", batch=page.batch)
    made = next(task for task, row in tasks_of_pages(batch, {}, keeping=desk.keeping) if row.id == page.id)
    task = replace(made, statement=None)
    change.review.put_task(task)
    return task
