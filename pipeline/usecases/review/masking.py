"""A person covers a place of a page, or shows again what was covered by mistake. The page is then read anew: what stood
before is kept with its history, and shown by nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pipeline.custody import PageRow, Placement, placement_text
from pipeline.custody.placing import faults
from pipeline.custody.review import MOST_REASON_CHARACTERS, Queue, Reviewer, Task, TaskId, Verb
from pipeline.geometry import BoxPx
from pipeline.model import MaskKind, PageId, PageLabel, PageMask, PageOutcome, Reason
from pipeline.ocr.grammar.characters import tidy
from pipeline.ports import RecordsTransaction
from pipeline.statements.review import standing_of_exception
from pipeline.usecases.review.consequences import after_decision
from pipeline.usecases.review.desk import Desk
from pipeline.usecases.review.placing import page_task, refusal_of_electronic, refusal_to_place
from pipeline.usecases.review.recording import new_row, record
from pipeline.usecases.review.reopening import open_batch_again
from pipeline.usecases.review.results import Conflict, Decided, Refused
from pipeline.usecases.review.versions import placement_of_form, with_masks_said
from pipeline.usecases.stored_outcome import kept_outcome


@dataclass(frozen=True, slots=True)
class MaskChange:
    """What a person wants of the masks of a page, in the scan as received.

    Attributes:
        cover: boxes to be covered.
        show: boxes whose masks are taken off: those that a person drew are gone, those that were found are left out.
    """

    cover: tuple[BoxPx, ...] = ()
    show: tuple[BoxPx, ...] = ()


def mask_page(
    page: PageId, version: int, wanted: MaskChange, who: Reviewer, *, reason: str, desk: Desk
) -> Decided | Conflict | Refused:
    """Record what is to be covered on a page. It is read later (`read_placed`); until then it is shown as it was.

    Also of a page whose fields were decided: what persons said stays. The batch may be closed: a supervisor's word
    opens it again.

    Args:
        version: of the page's own task as this person saw it; 0 where it has none.
        reason: in words; always needed.

    Returns:
        `Conflict` when somebody was faster; `Refused` for boxes outside the scan, a page that was divided (its parts
        are masked), and whoever may not say so: only a supervisor takes a mask off. Nothing is recorded then.
    """
    words = tidy(reason)
    with desk.keeping.records.transaction() as change:
        row, outcome = change.page(page), _outcome(page, change)
        if row is None or outcome is None:
            return Refused((Reason("unknown_page" if row is None else "page_without_image", (("page", page),)),))
        task = change.review.task(TaskId(page)) or page_task(row, outcome, desk)
        if task.version != version:
            late = change.review.history(task.id)
            return Conflict(task, late[version] if 0 <= version < len(late) else None)
        said = change.review.history(task.id)
        placement = _with_masks(with_masks_said(placement_of_form(said, outcome), said), wanted, outcome.masks)
        reasons = _refusals(row, outcome, placement, wanted, words)
        if reasons:
            return Refused(reasons)
        refusal = refusal_of_electronic(row, desk) or _bares(wanted, who) or _not_theirs(task, who, change, desk)
        if refusal is not None:
            return Refused((refusal,))
        task = change.review.task(TaskId(page)) or task
        new = new_row(task, Verb.PLACED, who.account, desk=desk, value=placement_text(placement), reason=words)
        moved = record(task, new, standing_of_exception((*change.review.history(task.id), new)), change)
        after_decision(moved, change, desk)
        return Decided(moved, new)


def _with_masks(placement: Placement, wanted: MaskChange, masks: tuple[PageMask, ...]) -> Placement:
    found = {mask.box_px for mask in masks if mask.kind is not MaskKind.PERSON}
    drawn = [box for box in placement.masks if box not in wanted.show]
    shown = [box for box in placement.shown if box not in wanted.cover]
    shown += [box for box in wanted.show if box in found or box not in placement.masks]
    # A place that is to be covered once more is no longer shown: masks that are found there count again.
    kept = [box for box in shown if not any(_touch(box, its) for its in wanted.cover)]
    return replace(placement, masks=tuple(dict.fromkeys((*drawn, *wanted.cover))), shown=tuple(dict.fromkeys(kept)))


def _touch(one: BoxPx, other: BoxPx) -> bool:
    return one.x < other.right and other.x < one.right and one.y < other.bottom and other.y < one.bottom


def _refusals(
    row: PageRow, outcome: PageOutcome, placement: Placement, wanted: MaskChange, words: str
) -> tuple[Reason, ...]:
    if row.sha256 is None:
        return (Reason("page_without_image", (("page", row.id),)),)
    if row.label in (PageLabel.DIVIDED, PageLabel.SUPERSEDED):
        return (Reason("mask_its_parts", (("page", row.id),)),)
    found = list(faults(placement, outcome.size_px))
    if not wanted.cover and not wanted.show:
        found.append(Reason("mask_missing"))
    if not words:
        found.append(Reason("reason_missing"))
    if len(words) > MOST_REASON_CHARACTERS:
        found.append(Reason("reason_too_long", (("most", str(MOST_REASON_CHARACTERS)),)))
    return tuple(found)


def _bares(wanted: MaskChange, who: Reviewer) -> Reason | None:
    """What is laid bare is seen by all who see the page: whoever may not see the original decides that for nobody."""
    return Reason("mask_taken_off_by_supervisor") if wanted.show and Queue.SUPERVISOR not in who.queues else None


def _not_theirs(task: Task, who: Reviewer, change: RecordsTransaction, desk: Desk) -> Reason | None:
    """Why this person may not say so; where they may, the batch is open from here on."""
    made = change.review.batch(task.batch)
    if made is None:
        return Reason("review_not_begun", (("batch", task.batch),))
    return refusal_to_place(task, who, desk) or open_batch_again(task, who, change, desk)


def _outcome(page: PageId, change: RecordsTransaction) -> PageOutcome | None:
    text = change.outcome(page)
    return None if text is None else kept_outcome(page, text)
