"""A person decides: everything is checked here, whatever the page in the browser allowed, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.custody.review import (
    MOST_REASON_CHARACTERS,
    PAGE_VERBS,
    STATEMENT_VERBS,
    Reviewer,
    Said,
    Subject,
    Task,
    TaskId,
    Verb,
    Verdict,
)
from pipeline.errors import InvariantBroken
from pipeline.model import PageId, Reason
from pipeline.ocr.grammar.characters import tidy
from pipeline.ports import RecordsTransaction
from pipeline.statements.envelopes import cuts
from pipeline.statements.review import Standing, standing_of_exception
from pipeline.usecases.review.checking import Told, after_look, said_to_see, standing_told
from pipeline.usecases.review.consequences import after_decision
from pipeline.usecases.review.desk import Desk, page_of
from pipeline.usecases.review.exceptions import RELABELLED, apply_to_page, may_be_relabelled
from pipeline.usecases.review.looking import Meant, meant, unchecked
from pipeline.usecases.review.parting import part_at
from pipeline.usecases.review.queue import Pile, next_within, refusal_of
from pipeline.usecases.review.recording import new_row, record
from pipeline.usecases.review.results import Conflict, Decided, Preview, Refused
from pipeline.usecases.reviewed import ReviewedPage

_NEED_REASON = frozenset({Verb.REFER, Verb.AS_IS, Verb.RESCAN})


def decide(task: TaskId, version: int, verdict: Verdict, who: Reviewer, *, desk: Desk) -> Decided | Conflict | Refused:
    """Record what a person says of a task, and what follows from it for page and statement.

    Args:
        version: of the task as this person saw it.

    Returns:
        `Conflict` when somebody was faster; `Refused` when the person may not decide this, when the value does not obey
        its field's grammar, or when it breaks a rule and no reason was given. Nothing is recorded then.
    """
    with desk.keeping.records.transaction() as change:
        return decide_within(change, task, version, verdict, who, desk)


def decide_and_next(
    task: TaskId, version: int, verdict: Verdict, who: Reviewer, pile: Pile, *, desk: Desk
) -> tuple[Decided | Conflict | Refused, Task | None]:
    """As `decide`, and hand out the next task of the pile in the same transaction, once this one is out of the way:
    after a refusal the person stays where they are, and the second is null."""
    with desk.keeping.records.transaction() as change:
        answer = decide_within(change, task, version, verdict, who, desk)
        if isinstance(answer, Refused):
            return answer, None
        return answer, next_within(change, who, pile.queue, desk=desk, batch=pile.batch, after=task)


def preview(task: TaskId, verdict: Verdict, *, desk: Desk) -> Preview | Refused:
    """What a verdict on a field would come to, before it is given; nothing is recorded."""
    review = desk.keeping.records.review
    found = review.task(task)
    if found is None or found.subject is not Subject.FIELD:
        return _refused("unknown_task", task=task)
    page = _page(found, page_of(PageId(str(found.page)), review, desk))
    seen = said_to_see(found, page.field(found.field), review.history(task), review)
    its = meant(verdict, found, page, seen, source=review, desk=desk)
    return its.seen if isinstance(its, Meant) else its


def decide_within(
    change: RecordsTransaction, task: TaskId, version: int, verdict: Verdict, who: Reviewer, desk: Desk
) -> Decided | Conflict | Refused:
    """As `decide`, in a transaction that is open."""
    found = change.review.task(task)
    if found is None:
        return _refused("unknown_task", task=task)
    said = change.review.history(task)
    if found.version != version:
        first = said[version] if 0 <= version < len(said) else None
        its_own = first is not None and first.who == who.account and first.number == found.version
        if first is not None and its_own and _says_the_same(verdict, found, said[: version + 1], change, desk):
            return Decided(found, first, again=True)
        return Conflict(found, None if found.blind else first)
    refusal = refusal_of(found, who, desk.keeping.clock.now())
    reason = tidy(verdict.reason)
    if refusal is not None:
        return Refused((refusal,))
    if len(reason) > MOST_REASON_CHARACTERS:
        return _refused("reason_too_long", most=str(MOST_REASON_CHARACTERS))
    if verdict.verb in _NEED_REASON and not reason:
        return _refused("reason_missing")
    if found.subject is Subject.FIELD:
        return _on_field(change, found, said, verdict, who, desk)
    return _on_exception(change, found, said, verdict, who, desk)


def _on_field(
    change: RecordsTransaction, task: Task, said: tuple[Said, ...], verdict: Verdict, who: Reviewer, desk: Desk
) -> Decided | Refused:
    page = _page(task, page_of(PageId(str(task.page)), change.review, desk))
    field = page.field(task.field)
    seen = said_to_see(task, field, said, change.review)
    its = meant(verdict, task, page, seen, source=change.review, desk=desk)
    if isinstance(its, Refused):
        return its
    reason = tidy(verdict.reason)
    if its.seen.needs_reason and not reason:
        return Refused((Reason("reason_missing"), *unchecked(its.seen)), its.seen.verdicts)
    row = new_row(task, its.verb, who.account, desk=desk, value=its.seen.value, reason=reason)
    moved = record(task, row, standing_told(task, field, (*said, row), change.review), change)
    after_decision(moved, change, desk)
    after_look(moved, change, desk)
    return Decided(moved, row)


def _on_exception(
    change: RecordsTransaction, task: Task, said: tuple[Said, ...], verdict: Verdict, who: Reviewer, desk: Desk
) -> Decided | Refused:
    allowed = PAGE_VERBS if task.subject is Subject.PAGE else STATEMENT_VERBS
    if verdict.verb not in allowed:
        return _refused("verb_not_here", verb=verdict.verb)
    if verdict.verb in RELABELLED and not may_be_relabelled(task, change):
        return _refused("page_to_place_first")
    row = new_row(task, verdict.verb, who.account, desk=desk, reason=tidy(verdict.reason))
    moved = record(task, row, standing_of_exception((*said, row)), change)
    if task.subject is Subject.PAGE:
        moved = _applied(moved, verdict.verb, change, desk)
    after_decision(moved, change, desk)
    return Decided(moved, row)


def _applied(task: Task, verb: Verb, change: RecordsTransaction, desk: Desk) -> Task:
    before = None if task.page is None else change.page(task.page)
    moved = apply_to_page(task, verb, change, desk)
    if verb is not Verb.SEPARATOR or before is None or cuts(before.label, before.reasons):
        return moved
    part_at(before.id, change, desk)
    return change.review.task(moved.id) or moved


def _says_the_same(
    verdict: Verdict, task: Task, said: tuple[Said, ...], change: RecordsTransaction, desk: Desk
) -> bool:
    """Whether a verdict says what was recorded last: a form sent twice. With another value it is a change that came too
    late, and must not pass for recorded."""
    *before, last = said
    if last.verb is not verdict.verb and verdict.verb is not Verb.CONFIRM:
        return False
    if task.subject is not Subject.FIELD:
        return True
    page = _page(task, page_of(PageId(str(task.page)), change.review, desk))
    seen = said_to_see(task, page.field(task.field), before, change.review)
    its = meant(verdict, task, page, seen, source=change.review, desk=desk)
    return isinstance(its, Meant) and its.seen.value == last.value


def standing_now(task: Task, said: Sequence[Said], page: ReviewedPage | None, source: Told) -> Standing:
    """Where a history brings a task."""
    if task.subject is not Subject.FIELD:
        return standing_of_exception(said)
    return standing_told(task, _page(task, page).field(task.field), said, source)


def _page(task: Task, page: ReviewedPage | None) -> ReviewedPage:
    if page is None:
        raise InvariantBroken("outcome_vanished", page=str(task.page))
    return page


def _refused(code: str, **facts: str) -> Refused:
    return Refused((Reason(code, tuple(facts.items())),))
