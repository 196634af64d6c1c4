"""Pages set aside: what a person makes of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pipeline.custody import PageRow, StatementRow
from pipeline.custody.review import Subject, Task, TaskState, Verb
from pipeline.model import PageId, PageLabel, PageState
from pipeline.ports import RecordsTransaction
from pipeline.statements.envelopes import cuts
from pipeline.usecases.review.desk import Desk
from pipeline.usecases.review.states import change_page, change_statement

RELABELLED = {
    Verb.ENCLOSURE: PageLabel.ENCLOSURE,
    Verb.BLANK: PageLabel.BLANK,
    Verb.SEPARATOR: PageLabel.SEPARATOR,
}


def may_be_relabelled(task: Task, change: RecordsTransaction) -> bool:
    """Whether a page can be said to be an enclosure, blank or a separator: not while fields of it, or parts, stand for
    it."""
    row = None if task.page is None else change.page(task.page)
    if row is None or row.label in (PageLabel.DIVIDED, PageLabel.SUPERSEDED):
        return False
    asked = (its for its in change.review.tasks(page=row.id) if its.subject is Subject.FIELD)
    return row.label is not PageLabel.FORM or all(its.state is TaskState.WITHDRAWN for its in asked)


def apply_to_page(task: Task, verb: Verb, change: RecordsTransaction, desk: Desk) -> Task:
    """A page that is an enclosure, blank or a separator is ready; an enclosure goes with its statement. Left as it is,
    or to be scanned again, a page stays set aside.

    Returns:
        The task, which belongs to the statement that the page now goes with.
    """
    row = None if task.page is None else change.page(PageId(task.page))
    label = RELABELLED.get(verb)
    if row is None or label is None:
        return task
    change_page(row, replace(row, label=label, state=PageState.READY), change)
    if verb is not Verb.ENCLOSURE or task.statement is not None:
        return task
    pages, statements = desk.keeping.records.pages(row.batch), desk.keeping.records.statements(row.batch)
    owner = owner_of_enclosure(row, pages, statements)
    before = None if owner is None else change.statement_row(owner)
    if before is None:
        return task
    change_statement(before, replace(before, enclosures=(*before.enclosures, row.id)), change)
    moved = replace(task, statement=before.id)
    change.review.put_task(moved)
    return moved


def owner_of_enclosure(page: PageRow, pages: Iterable[PageRow], statements: Iterable[StatementRow]) -> str | None:
    """The statement of the form before it in its group; before any form, of the first one after it. A separator cuts.

    Null where the group has no form on its side of a separator.
    """
    owners = {each: row.id for row in statements for each in (*row.pages, *row.returns)}
    group = sorted((its for its in pages if its.group == page.group), key=lambda its: (its.sheet, its.side == "back"))
    place = next(index for index, its in enumerate(group) if its.id == page.id)
    return _first_owner(reversed(group[:place]), owners) or _first_owner(group[place + 1 :], owners)


def _first_owner(pages: Iterable[PageRow], owners: dict[PageId, str]) -> str | None:
    for its in pages:
        if cuts(its.label, its.reasons):
            return None
        if its.id in owners:
            return owners[its.id]
    return None
