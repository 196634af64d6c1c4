"""What deciding does to pages and statements: their states follow, and each change has its entry in the ledger."""

from __future__ import annotations

import json
from dataclasses import replace

from pipeline.custody import PageRow, StatementRow
from pipeline.custody.review import TaskId, TaskState
from pipeline.evidence.canonical import Json, canonical_json, digest_of
from pipeline.evidence.declared import decoded, encoded
from pipeline.model import PageId, PageState
from pipeline.ports import Records, RecordsTransaction
from pipeline.usecases.assemble import worst

PAGE_REVIEWED = "page_reviewed"
STATEMENT_REVIEWED = "statement_reviewed"
ADDED = "statement_added"
"""The reason of a statement that its batch did not have when it was complete."""


def settle_page(page: PageId, change: RecordsTransaction) -> None:
    """A page is in review as long as a task of it is open, and then ready. One set aside is left where it is; one that
    is archived stays so until its batch is opened again for it."""
    row = change.page(page)
    if row is None or row.state not in (PageState.IN_REVIEW, PageState.READY, PageState.ARCHIVED):
        return
    waits = any(its.state is TaskState.OPEN for its in change.review.tasks(page=page))
    done = PageState.ARCHIVED if row.state is PageState.ARCHIVED else PageState.READY
    change_page(row, replace(row, state=PageState.IN_REVIEW if waits else done), change)


def settle_statement(statement: str, change: RecordsTransaction, new: StatementRow | None = None) -> None:
    """A statement is in the worst state of its pages, and in review as long as its own task is open.

    Args:
        new: what its row is to be now, but for the state; by default it stays as it is.
    """
    row = change.statement_row(statement)
    if row is None:
        return
    pages = [change.page(page) for page in (new or row).members]
    states = [page.state for page in pages if page is not None]
    own = change.review.task(TaskId(statement))
    if own is not None and own.state is TaskState.OPEN:
        states.append(PageState.IN_REVIEW)
    change_statement(row, replace(new or row, state=worst(states)), change)


def change_page(before: PageRow, after: PageRow, change: RecordsTransaction) -> None:
    """Nothing happens where nothing changes."""
    if before == after:
        return
    change.put_page(after)
    change.append(PAGE_REVIEWED, after.id, canonical_json({"from": page_facts(before), "to": page_facts(after)}))


def change_statement(before: StatementRow, after: StatementRow, change: RecordsTransaction) -> None:
    """Keeps what it was before. Nothing happens where nothing changes."""
    if before == after:
        return
    old = row_text(before)
    number = change.review.add_version(before.id, old)
    change.put_statement(after)
    body = canonical_json({"version": number, "from": digest_of(old), "to": digest_of(row_text(after))})
    change.append(STATEMENT_REVIEWED, after.id, body)


def row_text(row: StatementRow) -> str:
    """All that a statement's row says, as text to keep."""
    return canonical_json(encoded(row, StatementRow))


def row_from(text: str) -> StatementRow:
    """Raises:
    ValueError: the text is no statement's row.
    """
    try:
        return decoded(json.loads(text), StatementRow)
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError("not a statement") from error


def as_assembled(row: StatementRow, *, records: Records) -> StatementRow:
    """The row as it was before any person changed what follows from its fields; without pages if it was added later."""
    return next((row_from(text) for text in records.review.versions(row.id)), row)


def is_blank(row: StatementRow) -> bool:
    """Whether a row is one that was added after its batch was complete, as it was before it had pages."""
    return not row.members and any(reason.code == ADDED for reason in row.reasons)


def was_added(row: StatementRow, *, records: Records) -> bool:
    """Whether a statement was put together after its batch was complete. What was altered is named elsewhere."""
    try:
        return is_blank(as_assembled(row, records=records))
    except ValueError:
        return False


def page_facts(row: PageRow) -> dict[str, Json]:
    """What review may change of a page."""
    return {"state": row.state, "label": row.label, "outcome": row.outcome_digest}
