"""A page that was asked to be scanned again, and the page that came of it: both are kept, one stands for the other."""

from __future__ import annotations

from pipeline.custody import PageRow
from pipeline.custody.review import MOST_REASON_CHARACTERS, Reviewer, Subject, Task, TaskId, TaskState, Verb
from pipeline.model import PageId, PageLabel, PageOutcome, Reason
from pipeline.ocr.grammar.characters import tidy
from pipeline.ports import Records, RecordsTransaction
from pipeline.statements.review import standing_of_exception
from pipeline.usecases.review.desk import Desk
from pipeline.usecases.review.placing import fields_decided, page_task, refusal_to_place
from pipeline.usecases.review.readings import supersede, supersede_parts
from pipeline.usecases.review.recording import new_row, record
from pipeline.usecases.review.results import Conflict, Decided, Refused
from pipeline.usecases.review.versions import mask_waits
from pipeline.usecases.stored_outcome import kept_outcome


def supersede_page(
    old: PageId, version: int, new: PageId, who: Reviewer, *, reason: str, desk: Desk
) -> Decided | Conflict | Refused:
    """Record that another page stands for this one: the same sheet, scanned again. It leaves its statement, and nothing
    of it is asked any more. To take it back, the page is placed again.

    Args:
        version: of the page's own task as this person saw it; 0 where it has none.
        new: a page that came in with the same batch or a later one.
        reason: in words; needed.

    Returns:
        `Conflict` when somebody was faster; `Refused` where a page is unknown, superseded, or of an earlier batch, the
        batch is closed, or a field of the page was decided.
    """
    words = tidy(reason)
    with desk.keeping.records.transaction() as change:
        row, other = change.page(old), change.page(new)
        if row is None or other is None:
            return Refused((Reason("unknown_page", (("page", old if row is None else new),)),))
        task = change.review.task(TaskId(old)) or page_task(row, _outcome(row, change), desk)
        said = change.review.history(task.id)
        if task.version != version:
            return _late(task, version, new, who, change)
        reasons = _refusals(row, other, words, change, desk)
        if reasons:
            return Refused(reasons)
        refusal = refusal_to_place(task, who, desk)
        if refusal is not None:
            return Refused((refusal,))
        row_said = new_row(task, Verb.SUPERSEDED, who.account, desk=desk, value=str(new), reason=words)
        moved = record(task, row_said, standing_of_exception((*said, row_said)), change)
        supersede_parts(row.id, change, desk)
        supersede(row, change, desk)
        return Decided(change.review.task(task.id) or moved, row_said)


def rescans(*, records: Records) -> tuple[Task, ...]:
    """Pages of open batches that persons want scanned again and no other page stands for yet, the most urgent first."""
    found = records.review.tasks(states=frozenset({TaskState.DECIDED}))
    pages = (its for its in found if its.subject is Subject.PAGE)
    stands = ((its, standing_of_exception(records.review.history(its.id)).stands) for its in pages)
    return tuple(its for its, row in stands if row is not None and row.verb is Verb.RESCAN)


def _refusals(row: PageRow, other: PageRow, words: str, change: RecordsTransaction, desk: Desk) -> tuple[Reason, ...]:
    made = change.review.batch(row.batch)
    if made is None:
        return (Reason("review_not_begun", (("batch", row.batch),)),)
    if made.closed_at is not None:
        return (Reason("review_batch_closed", (("batch", row.batch),)),)
    found = [
        Reason("page_superseded", (("page", each.id),)) for each in (row, other) if each.label is PageLabel.SUPERSEDED
    ]
    before, after = desk.keeping.records.batch(row.batch), desk.keeping.records.batch(other.batch)
    if before is None or after is None or row.id == other.id or after.started_at < before.started_at:
        found.append(Reason("page_not_later", (("page", other.id),)))
    if fields_decided(row.id, change):
        found.append(Reason("page_fields_decided", (("page", row.id),)))
    if mask_waits(change.review.history(TaskId(row.id)), change.placing.versions(row.id)):
        found.append(Reason("pages_wait_to_be_read", (("count", "1"),)))
    if not words:
        found.append(Reason("reason_missing"))
    if len(words) > MOST_REASON_CHARACTERS:
        found.append(Reason("reason_too_long", (("most", str(MOST_REASON_CHARACTERS)),)))
    return tuple(found)


def _outcome(row: PageRow, change: RecordsTransaction) -> PageOutcome | None:
    text = change.outcome(row.id)
    return None if text is None else kept_outcome(row.id, text)


def _late(task: Task, version: int, new: PageId, who: Reviewer, change: RecordsTransaction) -> Decided | Conflict:
    said = change.review.history(task.id)
    first = said[version] if 0 <= version < len(said) else None
    its_own = first is not None and first.who == who.account and first.number == task.version
    if first is not None and its_own and first.verb is Verb.SUPERSEDED and first.value == new:
        return Decided(task, first, again=True)
    return Conflict(task, first)
