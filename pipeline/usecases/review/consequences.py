"""What follows from a decision: the states of page and statement, the statement's number, its matches, its deadline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from pipeline.custody import StatementRow
from pipeline.custody.review import Subject, Task, TaskState
from pipeline.errors import InvariantBroken
from pipeline.model import PageId
from pipeline.ports import RecordsTransaction
from pipeline.statements.cheques import CHEQUE_AMOUNT, CHEQUE_SUM
from pipeline.statements.review import SETTLES_NOTHING
from pipeline.usecases.envelope_sheets import posted_by_sheet
from pipeline.usecases.returns import is_lone_return, match_returns, record_matches, settled_anew
from pipeline.usecases.review.cheque_checks import envelope_checks
from pipeline.usecases.review.desk import Desk, page_of
from pipeline.usecases.review.making import deadline
from pipeline.usecases.review.restating import beside_others, restated
from pipeline.usecases.review.statement_tasks import keep_own_task
from pipeline.usecases.review.states import settle_page, settle_statement
from pipeline.usecases.same_number import ASKS_IF_TWICE, CONFLICT, DUPLICATE_REASONS, PROPOSED, SEVERAL

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


_BY_NUMBER = frozenset({CONFLICT, PROPOSED})


def after_decision(task: Task, change: RecordsTransaction, desk: Desk) -> None:
    """Bring page and statement to where the decision leaves them."""
    if task.page is not None:
        settle_page(task.page, change)
    if task.page is not None and task.field == CHEQUE_AMOUNT:
        follow_cheque(task.page, change, desk)
    if task.statement is None:
        return
    open_fields = _open_fields(task.statement, change)
    row = change.statement_row(task.statement)
    if row is not None and (_says_more(task, change, open_fields=open_fields) or _is_twice_or_not(task, row, change)):
        follow({row.id: row}, change, desk, ask=not open_fields or task.subject is not Subject.FIELD)
    else:
        settle_statement(task.statement, change)


def _says_more(task: Task, change: RecordsTransaction, *, open_fields: bool) -> bool:
    """Whether what a decision leaves may be another statement than before."""
    if task.subject is Subject.FIELD:
        return task.field in _IDENTIFYING or not open_fields
    said = change.review.history(task.id)
    return task.subject is Subject.STATEMENT and any(row.verb in SETTLES_NOTHING for row in said)


def _is_twice_or_not(task: Task, row: StatementRow, change: RecordsTransaction) -> bool:
    """Whether a page was asked about, because of which its statement has several sheets, or not."""
    page = None if task.page is None or task.subject is not Subject.PAGE else change.page(task.page)
    doubled = page is not None and any(reason.code in DUPLICATE_REASONS for reason in page.reasons)
    return doubled and any(reason.code in (SEVERAL, ASKS_IF_TWICE) for reason in row.reasons)


def follow(rows: Mapping[str, StatementRow], change: RecordsTransaction, desk: Desk, *, ask: bool = True) -> None:
    """Bring statements to where their pages, and what persons said of them, leave them now.

    Args:
        rows: by id, with the pages that they are to have.
        ask: what is left to look at becomes a task; a task for which nothing is left is decided.
    """
    records = desk.keeping.records
    posted = {
        batch: posted_by_sheet(batch, None, records=records, change=change)
        for batch in {row.batch for row in rows.values()}
    }
    fresh = {key: restated(row, change, desk, posted=posted[row.batch]) for key, row in rows.items()}
    new = {key: beside_others(row, change, fresh) for key, row in fresh.items()}
    before = {key: change.statement_row(key) for key in new}
    for key, row in new.items():
        _order_anew(row, change, desk)
        if ask:
            keep_own_task(before[key] or row, row, change, desk, open_fields=_open_fields(key, change))
        settle_statement(key, change, row)
    _match_anew(before, new, change, desk)
    _settle_matches(new, change, desk)
    numbers = {row.number for row in (*before.values(), *new.values()) if row is not None and row.number is not None}
    _others_anew(numbers, new, change, desk)
    beside = {each.id: each for row in new.values() for each in _beside(row, change, desk) if each.id not in new}
    for each in beside.values():
        _restate_for_cheques(each, change, desk)


def _others_anew(
    numbers: Iterable[str], new: Mapping[str, StatementRow], change: RecordsTransaction, desk: Desk
) -> None:
    """Statements that were in conflict with one that is another now, or counts no more."""
    for row in (its for number in sorted(numbers) for its in change.statements.numbered(number)):
        if row.id in new or not any(reason.code in _BY_NUMBER for reason in row.reasons):
            continue
        review = change.review.batch(row.batch)
        if review is None or review.closed_at is not None:
            continue
        rest = tuple(reason for reason in row.reasons if reason.code not in _BY_NUMBER)
        told = beside_others(replace(row, reasons=rest), change, {})
        if told.reasons != row.reasons:
            keep_own_task(row, told, change, desk, open_fields=_open_fields(row.id, change))
            settle_statement(row.id, change, told)


def follow_cheque(page: PageId, change: RecordsTransaction, desk: Desk) -> None:
    """Bring the statements that a cheque pays to where its amount, or how it is shared, leaves them."""
    row = change.page(page)
    if row is None:
        return
    owners = [its for its in change.statements.of_batch(row.batch) if its.returns]
    for owner in owners:
        checks = envelope_checks(owner, change, desk)
        if any(page in check.cheques for key, check in checks.items() if key in owner.returns):
            _restate_for_cheques(owner, change, desk)


def _restate_for_cheques(row: StatementRow, change: RecordsTransaction, desk: Desk) -> None:
    new = beside_others(restated(row, change, desk), change, {})
    keep_own_task(row, new, change, desk, open_fields=_open_fields(row.id, change))
    settle_statement(row.id, change, new)


def _beside(row: StatementRow, change: RecordsTransaction, desk: Desk) -> Iterable[StatementRow]:
    """Statements whose return documents are paid by the same cheques as this one's."""
    if not any(rule.id == CHEQUE_SUM for rule in row.rules):
        return ()
    checks = envelope_checks(row, change, desk)
    together = {page for key in row.returns if key in checks for page in checks[key].returns}
    return [its for page in sorted(together) for its in change.statements.of_page(page)]


def _open_fields(statement: str, change: RecordsTransaction) -> bool:
    found = change.review.tasks(statement=statement)
    return any(its.subject is Subject.FIELD and its.state is TaskState.OPEN for its in found)


def _order_anew(row: StatementRow, change: RecordsTransaction, desk: Desk) -> None:
    """Tasks of a statement are as urgent as its date of service makes them."""
    batch = desk.keeping.records.batch(row.batch)
    if batch is None:
        raise InvariantBroken("batch_vanished", batch=row.batch)
    found = {page: page_of(page, change.review, desk, outcomes=change) for page in (*row.pages, *row.returns)}
    due, urgent = deadline(row, batch, {page: its.effective for page, its in found.items() if its is not None})
    for its in change.review.tasks(statement=row.id):
        if (its.due_on, its.urgent_on) != (due, urgent):
            change.review.put_task(replace(its, due_on=due, urgent_on=urgent))


def _match_anew(
    before: Mapping[str, StatementRow | None],
    new: Mapping[str, StatementRow],
    change: RecordsTransaction,
    desk: Desk,
) -> None:
    """Matches are looked for anew where a number, a key or what a statement is made of changed; and those of statements
    that have no pages any more, among the others."""
    moved = [row for key, row in new.items() if _found_by(row) != _found_by(before[key])]
    orphans = [its for row in moved if not row.pages for its in _answers_to(row, change, desk)]
    wanted = {row.id: row for row in (*moved, *orphans) if row.members}
    if not wanted:
        return
    pages = {page for row in wanted.values() for page in (*row.pages, *row.returns)}
    reviewed = {page: page_of(page, change.review, desk, outcomes=change) for page in pages}
    outcomes = {page: its.effective for page, its in reviewed.items() if its is not None}
    found = match_returns(tuple(wanted.values()), outcomes, keeping=desk.keeping)
    record_matches([its for its in found if _is_so(its.returned, its.statement, change)], change)


def _settle_matches(new: Mapping[str, StatementRow], change: RecordsTransaction, desk: Desk) -> None:
    """What a return document and its statement of another batch hold together follows what either says now."""
    matched = [row for row in (change.statement_row(key) for key in new) if row is not None and change.matches(row.id)]
    if not matched:
        return
    pages = {page for row in matched for page in (*row.pages, *row.returns)}
    reviewed = {page: page_of(page, change.review, desk, outcomes=change) for page in pages}
    outcomes = {page: its.effective for page, its in reviewed.items() if its is not None}
    record_matches(settled_anew(matched, outcomes, change, keeping=desk.keeping), change)


def _found_by(row: StatementRow | None) -> tuple[object, ...]:
    return () if row is None else (row.number, row.match_keys, bool(row.pages), bool(row.returns))


def _answers_to(row: StatementRow, change: RecordsTransaction, desk: Desk) -> Iterable[StatementRow]:
    """Return documents by themselves that were matched with a statement."""
    named = (its.returned for its in desk.keeping.records.matches(row.id) if its.statement == row.id)
    found = (change.statement_row(each) for each in named)
    return [each for each in found if each is not None and is_lone_return(each)]


def _is_so(returned: str, statement: str, change: RecordsTransaction) -> bool:
    """Matches are looked for in what was recorded before; this transaction may have moved the pages."""
    one, other = change.statement_row(returned), change.statement_row(statement)
    return one is not None and is_lone_return(one) and other is not None and bool(other.pages)
