"""A page's new reading takes the place of what was recorded of it, which is kept; its tasks and statement follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.custody import OutcomeVersion, PageDone, PageRow
from pipeline.custody.review import SYSTEM, Said, Subject, Task, TaskId, TaskState, Verb
from pipeline.errors import InvariantBroken
from pipeline.evidence.canonical import Json, canonical_json, digest_of
from pipeline.geometry import BoxPx
from pipeline.model import PageId, PageLabel, PageOutcome, PageState, Reason
from pipeline.ports import RecordsTransaction
from pipeline.statements.review import answer_read, standing_for, standing_of_exception
from pipeline.usecases.assemble import end_state
from pipeline.usecases.review.desk import Desk
from pipeline.usecases.review.making import FIELDS_A_PAGE, page_tasks
from pipeline.usecases.review.placing import page_task
from pipeline.usecases.review.recording import new_row, record
from pipeline.usecases.review.rehousing import house, unhouse
from pipeline.usecases.review.sampling import seed_of
from pipeline.usecases.review.states import change_page, settle_page, settle_statement
from pipeline.usecases.review.versions import PAGE_DIVIDED, PAGE_READ_AGAIN, version_digest
from pipeline.usecases.stored_outcome import kept_outcome

_PART_POSITIONS = FIELDS_A_PAGE // 20


def read_anew(
    row: PageRow, said: Said, done: PageDone, change: RecordsTransaction, desk: Desk, *, masks_alone: bool = False
) -> None:
    """The page has been read by itself, as the row of its history says.

    Args:
        masks_alone: it was read as before, with other places covered: it stays where persons have put it.
    """
    version = _keep(row, said, change, desk)
    before = None if version.outcome is None else kept_outcome(row.id, version.outcome)
    outcome = _found(row, done, change)
    facts: dict[str, Json] = {"said": said.number, "version": version.number, "kept": version_digest(version)}
    change.append(PAGE_READ_AGAIN, row.id, canonical_json(facts | _facts(done)))
    supersede_parts(row.id, change, desk)
    base = change.review.task(TaskId(row.id)) or page_task(row, outcome, desk)
    _ask_anew(base, row, outcome, change, desk)
    if before is not None:
        _doubt_what_reads_otherwise(row.id, before, outcome, change, desk)
    if masks_alone and outcome.label is row.label:
        for its in change.statements.of_page(row.id):
            settle_statement(its.id, change)
    else:
        house(_page(row.id, change), outcome, change, desk)
    settle_page(row.id, change)


def read_in_vain(row: PageRow, said: Said, why: Reason, change: RecordsTransaction, desk: Desk) -> None:
    """The page could not be read so: it stays what it was, and a person is asked again."""
    version = _keep(row, said, change, desk)
    facts: dict[str, Json] = {
        "said": said.number,
        "version": version.number,
        "kept": version_digest(version),
        "failure": why.code,
    }
    change.append(PAGE_READ_AGAIN, row.id, canonical_json(facts))
    _reopen(_task(row.id, change), why.code, change, desk)
    settle_page(row.id, change)


def divide(
    row: PageRow,
    said: Said,
    boxes: Sequence[BoxPx],
    done: Sequence[PageDone],
    change: RecordsTransaction,
    desk: Desk,
) -> None:
    """The parts of its image have been read: they are pages of their own. The whole stays, and says what it is.

    Args:
        done: the parts, in the order of `boxes`.
    """
    version = _keep(row, said, change, desk)
    supersede_parts(row.id, change, desk)
    parts: list[Json] = []
    outcomes: list[PageOutcome] = []
    for box, part in zip(boxes, done, strict=True):
        new = replace(row, id=part.page, label=None, outcome_digest=None, reasons=(), part_of=row.id, part_box=box)
        change.put_page(new)
        outcomes.append(_found(new, part, change, is_new=True))
        parts.append({"page": part.page, "box": list(box.as_tuple())} | _facts(part))
    facts: Json = {
        "said": said.number,
        "version": version.number,
        "kept": version_digest(version),
        "sha256": row.sha256,
        "parts": parts,
    }
    change.append(PAGE_DIVIDED, row.id, canonical_json(facts))
    unhouse(row.id, change, desk)
    _withdraw(row.id, frozenset(), change)
    change_page(row, replace(row, label=PageLabel.DIVIDED, state=PageState.READY), change)
    whole = _task(row.id, change)
    for number, (part, outcome) in enumerate(zip(done, outcomes, strict=True), start=1):
        base = _part_task(whole, part.page, number)
        _ask_anew(base, _page(part.page, change), outcome, change, desk)
    for part, outcome in zip(done, outcomes, strict=True):
        house(_page(part.page, change), outcome, change, desk)
        settle_page(part.page, change)


def supersede_parts(whole: PageId, change: RecordsTransaction, desk: Desk) -> None:
    """Parts that an image was divided into before count no more: the image is read otherwise now."""
    for part in change.placing.parts(whole):
        if part.label is not PageLabel.SUPERSEDED:
            supersede(part, change, desk)


def supersede(row: PageRow, change: RecordsTransaction, desk: Desk) -> None:
    """The page stands for nothing any more: another does. It is kept, in no statement, and nothing of it is asked."""
    unhouse(row.id, change, desk)
    _withdraw(row.id, frozenset(), change)
    own = change.review.task(TaskId(row.id))
    if own is not None and own.state is TaskState.OPEN and own.version == 0:
        change.review.put_task(_withdrawn(own))
    change_page(row, replace(row, label=PageLabel.SUPERSEDED, state=PageState.READY), change)


def _keep(row: PageRow, said: Said, change: RecordsTransaction, desk: Desk) -> OutcomeVersion:
    """What is recorded of the page now becomes a version."""
    records = desk.keeping.records
    version = OutcomeVersion(
        page=row.id,
        number=len(change.placing.versions(row.id)) + 1,
        said=said.number,
        outcome=change.outcome(row.id),
        label=row.label,
        derivatives=records.derivatives_of(row.id),
    )
    change.placing.keep(version)
    return version


def _found(row: PageRow, done: PageDone, change: RecordsTransaction, *, is_new: bool = False) -> PageOutcome:
    """Put what was read in the place of what was recorded."""
    if done.outcome is None:
        raise InvariantBroken("page_not_processed", page=row.id)
    outcome = kept_outcome(row.id, done.outcome)
    after = replace(
        row,
        label=done.label,
        state=end_state(outcome),
        outcome_digest=digest_of(done.outcome),
        reasons=done.reasons,
    )
    if is_new:
        change.put_page(after)
    else:
        change_page(row, after, change)
    change.put_outcome(row.id, done.outcome, done.derivatives)
    for ref in done.stored:
        change.objects.put(ref)
    return outcome


def _facts(done: PageDone) -> dict[str, Json]:
    return {
        "outcome": None if done.outcome is None else digest_of(done.outcome),
        "derivatives": {ref.name: ref.digest for ref in done.derivatives},
    }


def _ask_anew(base: Task, row: PageRow, outcome: PageOutcome, change: RecordsTransaction, desk: Desk) -> None:
    """Tasks of what is doubtful now; what was asked of the reading before is asked no more.

    Args:
        base: the page's own task. It is opened again where the page is set aside as it was placed.
    """
    seed = seed_of(row.batch, records=desk.keeping.records)
    now = _page(row.id, change)
    wanted = {its.id: its for its in page_tasks(_unasked(base), now, outcome, desk.site, seed)}
    own = wanted.pop(base.id, None)
    _withdraw(row.id, frozenset(wanted), change)
    for task in wanted.values():
        asked = change.review.task(task.id)
        # What somebody has said stands: it was said of the paper.
        if asked is None or asked.version == 0:
            change.review.put_task(task)
    if own is None:
        return
    if base.version == 0:
        change.review.put_task(own)
    else:
        code = next((reason.code for reason in outcome.reasons), "page_set_aside")
        _reopen(base, code, change, desk)


def _unasked(base: Task) -> Task:
    """As a task that nobody has said anything of yet, for those that are made after it."""
    return replace(base, state=TaskState.OPEN, version=0, held_by=None, held_until=None, excluded=(), blind=False)


def _doubt_what_reads_otherwise(
    page: PageId, before: PageOutcome, now: PageOutcome, change: RecordsTransaction, desk: Desk
) -> None:
    """What persons said of a reading that is another one now is asked again: a reading that somebody accepted must not
    become another one under their name."""
    for task in change.review.tasks(page=page):
        was, field = before.field(task.field), now.field(task.field)
        own = task.subject is Subject.FIELD and task.checks is None and task.version > 0
        if not own or was is None or field is None or answer_read(was) == answer_read(field):
            continue
        asked = task if task.sample else replace(task, reading=canonical_json(field.value))
        new = new_row(asked, Verb.REOPEN, SYSTEM, desk=desk, reason="card_masked")
        said = (*change.review.history(task.id), new)
        record(asked, new, standing_for(asked, field, said), change)


def _withdraw(page: PageId, still: frozenset[TaskId], change: RecordsTransaction) -> None:
    """Take back the questions about a page's fields that nobody has answered, but for those that are asked still."""
    for its in change.review.tasks(page=page):
        if its.subject is Subject.FIELD and its.id not in still and its.version == 0:
            change.review.put_task(_withdrawn(its))


def _withdrawn(task: Task) -> Task:
    return replace(task, state=TaskState.WITHDRAWN, held_by=None, held_until=None)


def _reopen(task: Task, code: str, change: RecordsTransaction, desk: Desk) -> None:
    said = new_row(task, Verb.REOPEN, SYSTEM, desk=desk, reason=code)
    record(task, said, standing_of_exception((*change.review.history(task.id), said)), change)


def _part_task(whole: Task, page: PageId, number: int) -> Task:
    position = whole.position + number * _PART_POSITIONS
    return replace(_unasked(whole), id=TaskId(page), page=page, statement=None, position=position)


def _task(page: PageId, change: RecordsTransaction) -> Task:
    found = change.review.task(TaskId(page))
    if found is None:
        raise InvariantBroken("task_vanished", page=page)
    return found


def _page(page: PageId, change: RecordsTransaction) -> PageRow:
    found = change.page(page)
    if found is None:
        raise InvariantBroken("page_vanished", page=page)
    return found
