"""What a person says of a statement as a whole: that another stands for it, that its file is restricted or is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from pipeline.custody import StatementRow
from pipeline.custody.review import Queue, Reviewer, Verb
from pipeline.ports import RecordsTransaction
from pipeline.statements.review import standing_of_exception
from pipeline.usecases.review.cases import Case, case_of, refused
from pipeline.usecases.review.consequences import follow
from pipeline.usecases.review.desk import Desk
from pipeline.usecases.review.recording import new_row, record
from pipeline.usecases.review.restating import LIFTED, MINOR, MINOR_PROPOSED
from pipeline.usecases.review.results import Conflict, Decided, Refused
from pipeline.usecases.review.statement_tasks import own_task

_Check: TypeAlias = Callable[[Case, RecordsTransaction], Refused | None]


def mark_twin(
    statement: str, version: int, twin: tuple[Verb, str], who: Reviewer, *, reason: str, desk: Desk
) -> Decided | Conflict | Refused:
    """Record that another statement of the same issuer and number stands for this one: both are kept, the other counts.

    Args:
        version: of the statement's task as this person saw it; 0 while it has none.
        twin: `duplicate` (the same paper scanned twice) or `copy` (another copy of it), and the id of the other.
        reason: in words; needed.

    Returns:
        `Refused` with `twin_not_same_number`, `twin_counts_not` (another stands for that one), `twin_has_twins` (this
        one stands for another), or what `case_of` refuses.
    """
    verb, of = twin
    if verb not in (Verb.DUPLICATE, Verb.COPY):
        return refused("verb_not_here", verb=verb)

    def check(case: Case, change: RecordsTransaction) -> Refused | None:
        return _no_twin(case, of, who, change)

    return _said(statement, _Word(verb, of, version, reason), who, check, desk=desk)


def restrict_file(
    statement: str, version: int, who: Reviewer, *, restricted: bool, reason: str, desk: Desk
) -> Decided | Conflict | Refused:
    """Record that a file is restricted as a minor's, whatever is read; or that it is not. A supervisor's act.

    Returns:
        `Refused` with `supervisor_needed`, `statement_not_restricted`, `statement_restricted_already`, or what
        `case_of` refuses.
    """

    def check(case: Case, _: RecordsTransaction) -> Refused | None:
        if Queue.SUPERVISOR not in who.queues:
            return refused("supervisor_needed")
        codes = {its.code for its in case.row.reasons}
        if restricted:
            done = MINOR in codes and MINOR_PROPOSED not in codes
            return refused("statement_restricted_already") if done else None
        return None if MINOR in codes and LIFTED not in codes else refused("statement_not_restricted")

    verb = Verb.RESTRICT if restricted else Verb.LIFT
    return _said(statement, _Word(verb, None, version, reason), who, check, desk=desk)


@dataclass(frozen=True, slots=True)
class _Word:
    """What is said of a statement, as it was seen; null where the verb says it all."""

    verb: Verb
    value: str | None
    version: int
    reason: str


def _said(statement: str, word: _Word, who: Reviewer, check: _Check, *, desk: Desk) -> Decided | Conflict | Refused:
    verb, value = word.verb, word.value
    with desk.keeping.records.transaction() as change:
        case = case_of(statement, word.version, who, change, desk, reason=word.reason)
        if isinstance(case, Refused):
            return case
        if isinstance(case, Conflict):
            first = case.first
            same = first is not None and (first.who, first.verb, first.value) == (who.account, verb, value)
            return Decided(case.task, first, again=True) if same and first is not None else case
        refusal = check(case, change)
        if refusal is not None:
            return refusal
        task = own_task(case.row, change, desk)
        row = new_row(task, verb, who.account, desk=desk, value=value, reason=case.reason)
        record(task, row, standing_of_exception((*change.review.history(task.id), row)), change)
        follow({case.row.id: case.row}, change, desk)
        return Decided(change.review.task(task.id) or task, row)


def _no_twin(case: Case, of: str, who: Reviewer, change: RecordsTransaction) -> Refused | None:
    """Why another statement cannot stand for this one."""
    other, row = change.statement_row(of), case.row
    if other is None:
        return refused("statement_not_there", id=of)
    if case.is_hidden(other, who):
        return refused("statement_restricted")
    if other.id == row.id or not _same(row, other):
        return refused("twin_not_same_number", id=of)
    if not other.counts:
        return refused("twin_counts_not", id=of)
    leaning = [its.id for its in change.statements.numbered(str(row.number)) if its.twin_of == row.id]
    return refused("twin_has_twins", ids=", ".join(leaning)) if leaning else None


def _same(row: StatementRow, other: StatementRow) -> bool:
    return row.number is not None and (row.number, row.issuer) == (other.number, other.issuer)
