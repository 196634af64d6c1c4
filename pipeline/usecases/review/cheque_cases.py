"""One cheque for several statements: a person enters what it gives, and, where that is not what was asked, how it is
shared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pipeline.custody import PageRow, StatementRow
from pipeline.custody.review import (
    MOST_REASON_CHARACTERS,
    Queue,
    Reviewer,
    Said,
    Subject,
    Task,
    TaskId,
    Verb,
)
from pipeline.errors import InvariantBroken
from pipeline.geometry import BoxPx
from pipeline.model import Field, Kind, PageId, PageLabel, PageOutcome, Reason
from pipeline.ocr.grammar.amounts import parse_cents
from pipeline.ocr.grammar.characters import tidy
from pipeline.ports import RecordsTransaction
from pipeline.statements.cheques import CHEQUE_AMOUNT, ChequeCheck, shares_problem
from pipeline.statements.review import standing_of, standing_of_exception
from pipeline.statements.review_values import entered
from pipeline.usecases.review.cases import Case, closed_reason, refused
from pipeline.usecases.review.cheque_checks import DIFFERS, UNSURE, envelope_checks, shares_text
from pipeline.usecases.review.consequences import after_decision, follow_cheque
from pipeline.usecases.review.desk import Desk, page_of, task_id
from pipeline.usecases.review.making import tasks_of_pages
from pipeline.usecases.review.papers import Papers
from pipeline.usecases.review.recording import new_row, record
from pipeline.usecases.review.results import Conflict, Decided, Refused
from pipeline.usecases.reviewed import entered_field


def enter_cheque_amount(page: PageId, text: str, who: Reviewer, *, reason: str, desk: Desk) -> Decided | Refused:
    """Record what a cheque gives. It is critical: it stands once another person confirmed it.

    Args:
        text: the amount as typed.
        reason: what of the cheque says so, in words; needed.

    Returns:
        `Refused` with `page_no_enclosure`, `cheque_amount_entered_already` (then it is decided as any field is),
        `task_of_other_queue`, `statement_restricted`, a closed batch, or why the text is no amount.
    """
    with desk.keeping.records.transaction() as change:
        found = _cheque(page, who, change, desk, reason=reason)
        if isinstance(found, Refused):
            return found
        row, outcome = found
        amount = amount_of(text, outcome, desk)
        if isinstance(amount, Reason):
            return Refused((amount,))
        known = change.review.task(task_id(page, CHEQUE_AMOUNT))
        if known is not None:
            return _entered_already(known, amount, who, change)
        task = _amount_task(row, outcome, desk)
        place = BoxPx(0, 0, *outcome.size_px)
        said = new_row(task, Verb.TYPED, who.account, desk=desk, value=amount, reason=tidy(reason))
        said = replace(said, place=place)
        moved = record(task, said, standing_of(_field(place), (said,)), change)
        after_decision(moved, change, desk)
        return Decided(moved, said)


def share_cheque(
    page: PageId, version: int, shares: Mapping[str, str], who: Reviewer, *, reason: str, desk: Desk
) -> Decided | Conflict | Refused:
    """Record how a cheque is shared among the statements whose return documents came with it.

    Args:
        version: of the page's task as this person saw it; 0 while it has none.
        shares: an amount as typed, for each of these statements by id.
        reason: in words; needed.

    Returns:
        `Refused` with `cheque_needs_no_shares`, `shares_of_other_statements`, `shares_differ`, or as
        `enter_cheque_amount`.
    """
    with desk.keeping.records.transaction() as change:
        found = _cheque(page, who, change, desk, reason=reason)
        if isinstance(found, Refused):
            return found
        row, outcome = found
        check = check_of(row, change, desk)
        given = None if check is None else _given(check)
        if check is None or given is None or check.cheques[0] != page:
            return refused("cheque_needs_no_shares", page=page)
        cents = _cents(shares, outcome, check, change, desk)
        if isinstance(cents, Reason):
            return Refused((cents,))
        problem = shares_problem(tuple(cents.values()), given)
        if problem is not None:
            return Refused((problem,))
        its = change.review.task(TaskId(row.id)) or _page_task(row, outcome, desk)
        said = new_row(its, Verb.SHARED, who.account, desk=desk, value=shares_text(cents), reason=tidy(reason))
        return _shared(its, version, said, change, desk)


def check_of(cheque: PageRow, papers: Papers, desk: Desk) -> ChequeCheck | None:
    """What was found of a cheque and the return documents that came with it; null where none came."""
    alone = StatementRow("", cheque.batch, "", None, None, cheque.state, enclosures=(cheque.id,))
    checks = envelope_checks(alone, papers, desk).values()
    return next((check for check in checks if cheque.id in check.cheques), None)


def paid_statements(check: ChequeCheck, papers: Papers) -> tuple[StatementRow, ...]:
    """The statements that a check is about, each once, in the order of the paper."""
    found = (row for page in check.returns for row in papers.statements.of_page(page))
    return tuple({row.id: row for row in found}.values())


def amount_of(text: str, outcome: PageOutcome, desk: Desk) -> str | Reason:
    """A typed amount in its kept form, or why it is none."""
    zone = desk.zone(outcome, _field(BoxPx(0, 0, 1, 1)))
    found = entered(text, zone, desk.grammar(outcome, zone))
    return found if isinstance(found, Reason) else str(found.value)


def _cheque(
    page: PageId, who: Reviewer, change: RecordsTransaction, desk: Desk, *, reason: str
) -> tuple[PageRow, PageOutcome] | Refused:
    """The page of a cheque and what was read on it, for an act of this person."""
    if Queue.REVIEWER not in who.queues:
        return refused("task_of_other_queue", queue=Queue.REVIEWER)
    words = tidy(reason)
    if not words:
        return refused("reason_missing")
    if len(words) > MOST_REASON_CHARACTERS:
        return refused("reason_too_long", most=str(MOST_REASON_CHARACTERS))
    row = change.page(page)
    found = None if row is None else page_of(page, change.review, desk, outcomes=change)
    if row is None or found is None or row.label is not PageLabel.ENCLOSURE:
        return refused("page_no_enclosure", page=page)
    closed = closed_reason(row.batch, change)
    if closed is not None:
        return Refused((closed,))
    if any(Case.is_hidden(owner, who) for owner in _concerned(row, change, desk)):
        return refused("statement_restricted")
    return row, found.effective


def _concerned(row: PageRow, change: RecordsTransaction, desk: Desk) -> tuple[StatementRow, ...]:
    check = check_of(row, change, desk)
    paid = () if check is None else paid_statements(check, change)
    return (*change.statements.of_page(row.id), *paid)


def _entered_already(task: Task, amount: str, who: Reviewer, change: RecordsTransaction) -> Decided | Refused:
    """Sent twice it counts once."""
    first = next(iter(change.review.history(task.id)), None)
    if first is not None and (first.who, first.value, task.version) == (who.account, amount, first.number):
        return Decided(task, first, again=True)
    return refused("cheque_amount_entered_already", page=str(task.page))


def _given(check: ChequeCheck) -> int | None:
    """What cheques give, where that is not what was asked; null where there is no question, or they are not sure."""
    asked = (dict(its.params) for its in check.reasons if its.code in (DIFFERS, UNSURE))
    amount = next((its.get("cheques") for its in asked), None)
    return None if amount is None else parse_cents(amount)


def _cents(
    shares: Mapping[str, str], outcome: PageOutcome, check: ChequeCheck, change: RecordsTransaction, desk: Desk
) -> Mapping[str, int] | Reason:
    wanted = [row.id for row in paid_statements(check, change)]
    if set(shares) != set(wanted):
        return Reason("shares_of_other_statements", (("ids", ", ".join(wanted)),))
    found: dict[str, int] = {}
    for statement in wanted:
        amount = amount_of(shares[statement], outcome, desk)
        if isinstance(amount, Reason):
            return amount
        found[statement] = parse_cents(amount)
    return found


def _shared(task: Task, version: int, new: Said, change: RecordsTransaction, desk: Desk) -> Decided | Conflict:
    said = change.review.history(task.id)
    if task.version != version:
        first = said[version] if 0 <= version < len(said) else None
        same = first is not None and (first.who, first.verb, first.value) == (new.who, new.verb, new.value)
        return Decided(task, first, again=True) if same and first is not None else Conflict(task, first)
    moved = record(task, new, standing_of_exception((*said, new)), change)
    follow_cheque(PageId(str(task.page)), change, desk)
    return Decided(moved, new)


def _page_task(page: PageRow, outcome: PageOutcome, desk: Desk) -> Task:
    batch = desk.keeping.records.batch(page.batch)
    if batch is None:
        raise InvariantBroken("batch_vanished", batch=page.batch)
    made = tasks_of_pages(batch, {page.id: outcome}, keeping=desk.keeping)
    return next(task for task, row in made if row.id == page.id)


def _amount_task(page: PageRow, outcome: PageOutcome, desk: Desk) -> Task:
    base = _page_task(page, outcome, desk)
    return replace(
        base,
        id=task_id(page.id, CHEQUE_AMOUNT),
        subject=Subject.FIELD,
        field=CHEQUE_AMOUNT,
        kind=Kind.AMOUNT,
        critical=True,
        position=base.position + 1,
    )


def _field(place: BoxPx) -> Field:
    return entered_field(CHEQUE_AMOUNT, Kind.AMOUNT, place, critical=True)
