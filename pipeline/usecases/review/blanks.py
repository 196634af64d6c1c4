"""Blank sides of a batch, confirmed at once: a person looks over them, and takes out those with something on them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from pipeline.custody import BatchRow, PageRow
from pipeline.custody.fingerprints import BlankConfirmed
from pipeline.custody.review import Queue, Reviewer, Subject, Task, TaskId, TaskState, Verb, Verdict
from pipeline.errors import OperatorError
from pipeline.model import PERHAPS_BLANK, BatchId, PageId, PageLabel, PageState, Reason, Side
from pipeline.ports import Records, RecordsTransaction
from pipeline.statements.review import standing_of_exception
from pipeline.usecases.blank_entries import enter_looked_over
from pipeline.usecases.review.consequences import after_decision
from pipeline.usecases.review.deciding import decide_within
from pipeline.usecases.review.desk import Desk
from pipeline.usecases.review.making import FIELDS_A_PAGE, deadline
from pipeline.usecases.review.recording import new_row, record
from pipeline.usecases.review.results import Decided, Refused
from pipeline.usecases.review.states import change_page

MOST_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class BlankSide:
    """A side that is labelled blank.

    Attributes:
        other: the other side of its sheet; null where there is none, and for a part of an image.
        task: by which a person is asked about it, or was; null where it was surely blank.
        confirmed: null as long as nobody said that it is blank, and again after it was read as a person placed it.
        placed: it was read as a person placed it: before that it was something else, or a part of something else.
    """

    page: PageRow
    other: PageId | None
    task: Task | None
    confirmed: BlankConfirmed | None
    placed: bool = False

    @property
    def open(self) -> bool:
        """Whether nobody has spoken of it: neither confirmed it here, nor taken it out, nor decided its task as it is
        read now."""
        if self.confirmed is not None:
            return False
        if self.task is None or self.task.state is TaskState.WITHDRAWN:
            return True
        return self.unsure if self.is_asked else self.placed

    @property
    def is_asked(self) -> bool:
        """Whether a task of it is open."""
        return self.task is not None and self.task.state is TaskState.OPEN

    @property
    def unsure(self) -> bool:
        return any(reason.code == PERHAPS_BLANK for reason in self.page.reasons)


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What became of the sides that were looked over.

    Attributes:
        pages: now confirmed.
        doubted: taken out; each is a page for a person now.
        left: not confirmed, and why; without reasons where somebody else was faster.
    """

    pages: tuple[PageId, ...] = ()
    doubted: tuple[PageId, ...] = ()
    left: tuple[tuple[PageId, tuple[Reason, ...]], ...] = ()


def blank_sides(batch: BatchId, *, desk: Desk) -> tuple[BlankSide, ...]:
    """All sides labelled blank, in the order of the paper.

    Raises:
        OperatorError: `unknown_batch`.
    """
    records = desk.keeping.records
    if records.batch(batch) is None:
        raise OperatorError("unknown_batch", batch=batch)
    pages = sorted(records.pages(batch), key=lambda its: (its.sheet, its.side == "back", its.id))
    confirmed = {its.page: its for its in records.fingerprints.confirmed(batch)}
    tasks = {its.page: its for its in records.review.tasks(batch=batch) if its.subject is Subject.PAGE}
    sheets = {(its.sheet, its.side): its.id for its in pages if its.part_of is None}
    placed = dict(_placed(batch, records))
    found = []
    for page in pages:
        if page.label is PageLabel.BLANK:
            other = None if page.part_of is not None else sheets.get((page.sheet, _other_side(page)))
            its, anew = confirmed.get(page.id), placed.get(page.id)
            if its is not None and anew is not None and its.at < anew:
                its = None
            is_placed = page.part_of is not None or anew is not None
            found.append(BlankSide(page, other, tasks.get(page.id), its, is_placed))
    return tuple(found)


def _placed(batch: BatchId, records: Records) -> Iterator[tuple[PageId, datetime]]:
    """Pages that were read as persons placed them, if nothing else was said of them since, and when they were placed.
    What is not read yet waits for that first."""
    for page in records.placing.placed(batch):
        stands = standing_of_exception(records.review.history(TaskId(page))).stands
        read = {its.said for its in records.placing.versions(page)}
        if stands is not None and stands.verb is Verb.PLACED and stands.number in read:
            yield page, stands.at


def _other_side(page: PageRow) -> Side:
    return Side.FRONT if page.side is Side.BACK else Side.BACK


def waiting_blanks(batch: BatchId, *, desk: Desk) -> int:
    """Blank sides that a batch waits for before it is closed: all that nobody confirmed. Those that are not surely
    blank have a task, which a batch waits for in any case."""
    return sum(its.open and not its.is_asked for its in blank_sides(batch, desk=desk))


def confirm_blanks(
    batch: BatchId,
    versions: Mapping[PageId, int],
    who: Reviewer,
    *,
    thrown_out: Collection[PageId],
    desk: Desk,
) -> Confirmed:
    """Confirm sides of a batch but the ones thrown out, in one transaction; those become pages for a person.

    Args:
        versions: of the sides that this person saw, and of their tasks; 0 where there was none.

    Raises:
        OperatorError: `unknown_batch`, `blanks_too_many`.
    """
    if len(versions) > MOST_AT_ONCE:
        raise OperatorError("blanks_too_many", most=MOST_AT_ONCE)
    row = desk.keeping.records.batch(batch)
    if row is None:
        raise OperatorError("unknown_batch", batch=batch)
    with desk.keeping.records.transaction() as change:
        made = change.review.batch(batch)
        if made is None or made.closed_at is not None:
            code = "review_not_begun" if made is None else "review_batch_closed"
            refused = (Reason(code, (("batch", batch),)),)
            return Confirmed(left=tuple((page, refused) for page in versions))
        done, now = Confirmed(), desk.keeping.clock.now()
        for place, side in enumerate(blank_sides(batch, desk=desk)):
            seen = versions.get(side.page.id)
            if seen is None or not side.open or (side.task is not None and side.task.version != seen):
                continue
            if side.page.id in thrown_out:
                done = _taken_out(done, side, _new_task(side.page, place, row, desk), who, change, desk)
            else:
                done = _looked_at(done, side, who, now, change, desk)
        missing = set(versions) - {*done.pages, *done.doubted, *(page for page, _ in done.left)}
        done = replace(done, left=(*done.left, *((page, ()) for page in sorted(missing))))
        enter_looked_over(batch, done.pages, done.doubted, who=who.account, at=now, change=change)
    return done


def _looked_at(
    done: Confirmed, side: BlankSide, who: Reviewer, now: datetime, change: RecordsTransaction, desk: Desk
) -> Confirmed:
    page, task = side.page, side.task
    if not side.is_asked and not who.queues & {Queue.REVIEWER, Queue.SUPERVISOR}:
        return replace(
            done, left=(*done.left, (page.id, (Reason("task_of_other_queue", (("queue", Queue.REVIEWER),)),)))
        )
    if task is not None and side.is_asked:
        answer = decide_within(change, task.id, task.version, Verdict(Verb.BLANK), who, desk)
        if not isinstance(answer, Decided):
            reasons = answer.reasons if isinstance(answer, Refused) else ()
            return replace(done, left=(*done.left, (page.id, reasons)))
    change.fingerprints.put_confirmed(BlankConfirmed(page.id, page.batch, now, who.account))
    return replace(done, pages=(*done.pages, page.id))


def _taken_out(
    done: Confirmed, side: BlankSide, new: Task, who: Reviewer, change: RecordsTransaction, desk: Desk
) -> Confirmed:
    """A side that is asked about already stays so; one that was decided before it was read so is opened again; any
    other has the new task."""
    page, task = side.page, side.task
    if task is None or task.state is TaskState.WITHDRAWN:
        change.review.put_task(new)
        change_page(page, replace(page, state=PageState.IN_REVIEW), change)
    elif not side.is_asked:
        row = new_row(task, Verb.REOPEN, who.account, desk=desk)
        said = (*change.review.history(task.id), row)
        after_decision(record(task, row, standing_of_exception(said), change), change, desk)
    return replace(done, doubted=(*done.doubted, page.id))


def _new_task(page: PageRow, place: int, batch: BatchRow, desk: Desk) -> Task:
    return Task(
        id=TaskId(page.id),
        subject=Subject.PAGE,
        batch=page.batch,
        page=page.id,
        statement=None,
        position=place * FIELDS_A_PAGE,
        urgent_on=deadline(None, batch, {})[1],
        made_at=desk.keeping.clock.now(),
    )
