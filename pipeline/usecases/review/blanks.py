"""Blank sides of a batch, confirmed at once: a person looks over them, and takes out those with something on them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from pipeline.custody import BatchRow, PageRow
from pipeline.custody.fingerprints import BlankConfirmed
from pipeline.custody.review import Queue, Reviewer, Subject, Task, TaskId, TaskState, Verb, Verdict
from pipeline.errors import OperatorError
from pipeline.evidence.canonical import canonical_json
from pipeline.model import PERHAPS_BLANK, BatchId, PageId, PageLabel, PageState, Reason, Side
from pipeline.ports import RecordsTransaction
from pipeline.usecases.review.deciding import decide_within
from pipeline.usecases.review.desk import Desk
from pipeline.usecases.review.making import FIELDS_A_PAGE, deadline
from pipeline.usecases.review.results import Decided, Refused
from pipeline.usecases.review.states import change_page

MOST_AT_ONCE = 200
BLANKS_CONFIRMED = "blanks_confirmed"


@dataclass(frozen=True, slots=True)
class BlankSide:
    """A side that is labelled blank.

    Attributes:
        other: the other side of its sheet; null where there is none.
        task: by which a person is asked about it; null where it was surely blank.
        confirmed: null as long as nobody said that it is blank.
    """

    page: PageRow
    other: PageId | None
    task: Task | None
    confirmed: BlankConfirmed | None

    @property
    def open(self) -> bool:
        """Whether nobody has spoken of it: neither confirmed it here, nor taken it out, nor decided its task."""
        asked = self.task is not None and self.task.state is TaskState.OPEN and self.unsure
        return self.confirmed is None and (self.task is None or asked)

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
    pages = [its for its in records.pages(batch) if its.part_of is None]
    confirmed = {its.page: its for its in records.fingerprints.confirmed(batch)}
    tasks = {its.page: its for its in records.review.tasks(batch=batch) if its.subject is Subject.PAGE}
    sheets = {(its.sheet, its.side): its.id for its in pages}
    found = []
    for page in sorted(pages, key=lambda its: (its.sheet, its.side == "back", its.id)):
        if page.label is PageLabel.BLANK:
            other = sheets.get((page.sheet, _other_side(page)))
            found.append(BlankSide(page, other, tasks.get(page.id), confirmed.get(page.id)))
    return tuple(found)


def _other_side(page: PageRow) -> Side:
    return Side.FRONT if page.side is Side.BACK else Side.BACK


def waiting_blanks(batch: BatchId, *, desk: Desk) -> int:
    """Blank sides that a batch waits for before it is closed: all that nobody confirmed, of one that was scanned here.
    Of others those that are not surely blank have a task, which the batch waits for in any case."""
    if desk.keeping.records.scans.session(batch) is None:
        return 0
    return sum(its.open and its.task is None for its in blank_sides(batch, desk=desk))


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
        done = Confirmed()
        for place, side in enumerate(blank_sides(batch, desk=desk)):
            if side.page.id in versions and side.open:
                out = side.page.id in thrown_out
                done = _looked_at(done, side, versions[side.page.id], who, change, desk) if not out else done
                done = _taken_out(done, side, place, row, change, desk) if out else done
        missing = set(versions) - {*done.pages, *done.doubted, *(page for page, _ in done.left)}
        done = replace(done, left=(*done.left, *((page, ()) for page in sorted(missing))))
        if done.pages or done.doubted:
            facts = {"pages": list(done.pages), "doubted": list(done.doubted), "who": who.account}
            change.append(BLANKS_CONFIRMED, batch, canonical_json(facts))
    return done


def _looked_at(
    done: Confirmed, side: BlankSide, version: int, who: Reviewer, change: RecordsTransaction, desk: Desk
) -> Confirmed:
    page, task = side.page, side.task
    if task is None and not who.queues & {Queue.REVIEWER, Queue.SUPERVISOR}:
        return replace(
            done, left=(*done.left, (page.id, (Reason("task_of_other_queue", (("queue", Queue.REVIEWER),)),)))
        )
    if task is not None and task.state is TaskState.OPEN:
        answer = decide_within(change, task.id, version, Verdict(Verb.BLANK), who, desk)
        if not isinstance(answer, Decided):
            reasons = answer.reasons if isinstance(answer, Refused) else ()
            return replace(done, left=(*done.left, (page.id, reasons)))
    change.fingerprints.put_confirmed(BlankConfirmed(page.id, page.batch, desk.keeping.clock.now(), who.account))
    return replace(done, pages=(*done.pages, page.id))


def _taken_out(
    done: Confirmed, side: BlankSide, place: int, batch: BatchRow, change: RecordsTransaction, desk: Desk
) -> Confirmed:
    """A side that is asked about already stays so; of any other a task is made."""
    page = side.page
    if side.task is None:
        task = Task(
            id=TaskId(page.id),
            subject=Subject.PAGE,
            batch=page.batch,
            page=page.id,
            statement=None,
            position=place * FIELDS_A_PAGE,
            urgent_on=deadline(None, batch, {})[1],
            made_at=desk.keeping.clock.now(),
        )
        change.review.put_task(task)
        change_page(page, replace(page, state=PageState.IN_REVIEW), change)
    return replace(done, doubted=(*done.doubted, page.id))
