"""What follows from a decision: the states of page and statement, the statement's number, its matches, its deadline."""

from __future__ import annotations

from dataclasses import replace

from pipeline.custody import BatchRow, PageRow, StatementRow
from pipeline.custody.review import Subject, Task, TaskId, TaskState, Verb
from pipeline.errors import InvariantBroken
from pipeline.model import PageId, PageOutcome, Reason
from pipeline.ports import RecordsTransaction
from pipeline.statements.cheques import CHEQUE_SUM
from pipeline.statements.review import standing_of_exception
from pipeline.usecases.grouping import grouped
from pipeline.usecases.returns import match_returns, record_matches
from pipeline.usecases.review.desk import Desk, page_of
from pipeline.usecases.review.making import asks_for_a_look, deadline, statement_task
from pipeline.usecases.review.recording import SYSTEM, new_row, record
from pipeline.usecases.review.states import settle_page, settle_statement

_IDENTIFYING = frozenset(
    {
        "statement_number",
        "detachable_statement_number",
        "locator_code",
        "statement_designation",
        "form_designation",
        "service_date",
    }
)
"""Fields by which a statement is found, belongs with others, and has its deadline."""
_CHEQUE_REASONS = frozenset({"cheque_amount_unsure", "cheque_payments_unsure", "cheque_sum_differs"})
"""What cheques say takes the whole envelope: it stays as it was found."""


def after_decision(task: Task, change: RecordsTransaction, desk: Desk) -> None:
    """Bring page and statement to where the decision leaves them."""
    if task.page is not None:
        settle_page(task.page, change)
    if task.statement is None:
        return
    new = None
    open_fields = [
        its
        for its in change.review.tasks(statement=task.statement)
        if its.subject is Subject.FIELD and its.state is TaskState.OPEN
    ]
    if task.subject is Subject.FIELD and (task.field in _IDENTIFYING or not open_fields):
        new = _restated(task.statement, change, desk, all_decided=not open_fields)
    settle_statement(task.statement, change, new)


def _restated(statement: str, change: RecordsTransaction, desk: Desk, *, all_decided: bool) -> StatementRow | None:
    """The statement as its fields say it now; its matches are looked for anew when its number or keys changed."""
    row = change.statement_row(statement)
    if row is None:
        return None
    batch = desk.keeping.records.batch(row.batch)
    if batch is None:
        raise InvariantBroken("batch_vanished", batch=row.batch)
    pages, outcomes = _members(row, change, desk)
    new = with_number_conflict(_regrouped(row, batch, pages, outcomes), desk)
    _order_anew(new, batch, outcomes, change)
    if all_decided:
        _own_task(new, batch, outcomes, change, desk)
    if (new.number, new.match_keys) != (row.number, row.match_keys):
        record_matches(match_returns((new,), outcomes, keeping=desk.keeping), change)
    return new


def _members(
    row: StatementRow, change: RecordsTransaction, desk: Desk
) -> tuple[list[PageRow], dict[PageId, PageOutcome]]:
    """Pages of a statement, and their effective outcomes."""
    found = (change.page(page) for page in (*row.pages, *row.returns, *row.enclosures))
    pages = sorted((page for page in found if page is not None), key=lambda page: (page.sheet, page.side == "back"))
    reviewed = (page_of(page.id, change.review, desk) for page in pages)
    return pages, {its.page: its.effective for its in reviewed if its is not None}


def _regrouped(
    row: StatementRow, batch: BatchRow, pages: list[PageRow], outcomes: dict[PageId, PageOutcome]
) -> StatementRow:
    """The row with what its own pages say of it. Pages that now name several statements stay together, and say so."""
    found = grouped(batch, pages, outcomes).statements
    kept = tuple(rule for rule in row.rules if rule.id == CHEQUE_SUM)
    told = tuple(reason for reason in row.reasons if reason.code in _CHEQUE_REASONS)
    if len(found) != 1:
        numbers = ", ".join(dict.fromkeys(its.number for its in found if its.number is not None))
        apart = Reason("pages_name_several_statements", (("numbers", numbers),))
        return replace(row, reasons=tuple(dict.fromkeys((*row.reasons, apart))))
    now = found[0]
    rules = tuple(rule for rule in now.rules if rule.id != CHEQUE_SUM)
    reasons = tuple(reason for reason in now.reasons if reason.code not in _CHEQUE_REASONS)
    return replace(
        row,
        number=now.number,
        schedule=now.schedule,
        designation=now.designation,
        rules=(*rules, *kept),
        reasons=(*reasons, *told),
        forms=now.forms,
        match_keys=now.match_keys,
    )


def with_number_conflict(row: StatementRow, desk: Desk) -> StatementRow:
    """Says so where another statement of the same issuer has the same number."""
    if row.number is None or not row.pages:
        return row
    same = desk.keeping.records.statements_numbered(row.number)
    others = [its.id for its in same if its.pages and its.issuer == row.issuer and its.id != row.id]
    if not others:
        return row
    conflict = Reason("number_of_other_statement", (("statements", ", ".join(others)),))
    return replace(row, reasons=(*row.reasons, conflict))


def _order_anew(
    row: StatementRow, batch: BatchRow, outcomes: dict[PageId, PageOutcome], change: RecordsTransaction
) -> None:
    """Tasks of a statement are as urgent as its date of service makes them."""
    due, urgent = deadline(row, batch, outcomes)
    for its in change.review.tasks(statement=row.id):
        if (its.due_on, its.urgent_on) != (due, urgent):
            change.review.put_task(replace(its, due_on=due, urgent_on=urgent))


def _own_task(
    row: StatementRow,
    batch: BatchRow,
    outcomes: dict[PageId, PageOutcome],
    change: RecordsTransaction,
    desk: Desk,
) -> None:
    """Once all fields are decided: what is left to look at is a task; a task for which nothing is left is decided."""
    own = change.review.task(TaskId(row.id))
    left = asks_for_a_look(row) or any(reason.code == "statement_number_unsure" for reason in row.reasons)
    if left and own is None:
        position = max((its.position for its in change.review.tasks(statement=row.id)), default=0) + 1
        new = statement_task(row, batch, outcomes, position=0, now=desk.keeping.clock.now())
        change.review.put_task(replace(new, position=position))
    elif not left and own is not None and own.state is TaskState.OPEN:
        said = new_row(own, Verb.AS_IS, SYSTEM, desk=desk)
        standing = standing_of_exception((*change.review.history(own.id), said))
        record(own, said, standing, change)
