"""A statement as its pages and what persons said of it make it now: its number, rules, reasons and keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from pipeline.custody import BatchRow, PageRole, PageRow, StatementRow
from pipeline.custody.review import SYSTEM, Said, TaskId, TaskState, Verb
from pipeline.errors import InvariantBroken
from pipeline.model import Document, PageId, PageOutcome, PageState, Reason, RuleResult
from pipeline.ports import RecordsTransaction
from pipeline.statements.cheques import CHEQUE_REASONS, CHEQUE_SUM
from pipeline.statements.envelopes import ENVELOPE_REASONS
from pipeline.statements.pairing import layout_parts
from pipeline.statements.review import in_force
from pipeline.usecases.envelope_sheets import posted_by_sheet
from pipeline.usecases.grouping import dates_settled, grouped, worst_of_each
from pipeline.usecases.review.cheque_checks import checks_of
from pipeline.usecases.review.desk import Desk
from pipeline.usecases.review.papers import effective, in_paper_order, with_rules
from pipeline.usecases.review.states import ADDED
from pipeline.usecases.same_number import SEVERAL, same_number, twins_of, with_number_conflict, with_sheets_twice

EMPTIED = "statement_emptied"
MINOR, MINOR_PROPOSED, LIFTED = "defendant_minor", "minor_on_proposal", "restriction_lifted"
_OF_SEVERAL = frozenset({"statement_number_unsure", "return_without_statement", "back_without_front"})
"""What is said of a part of a statement's pages by itself."""
_TWINS = frozenset({Verb.DUPLICATE, Verb.COPY})


def restated(
    row: StatementRow, change: RecordsTransaction, desk: Desk, *, posted: Mapping[int, date] | None = None
) -> StatementRow:
    """The row as its pages say it now, without its state and what others of its number are to it. Reads what the
    transaction has written.

    Args:
        row: with the pages that it is to have.
        posted: the days on the envelopes of its batch, by sheet; null: to be looked up.
    """
    if not row.members:
        return emptied(row)
    batch = desk.keeping.records.batch(row.batch)
    if batch is None:
        raise InvariantBroken("batch_vanished", batch=row.batch)
    pages, outcomes = members_of(row, change, desk)
    said = in_force(change.review.history(TaskId(row.id)))
    days = posted_by_sheet(row.batch, None, records=desk.keeping.records, change=change) if posted is None else posted
    new = _regrouped(row, batch, pages, outcomes, days)
    new = _with_sheets_twice(_with_cheques(new, change, desk), pages, change)
    return _restricted(row, new, outcomes, said)


def _with_sheets_twice(row: StatementRow, pages: Sequence[PageRow], change: RecordsTransaction) -> StatementRow:
    if not any(reason.code == SEVERAL for reason in row.reasons):
        return row
    twins = twins_of({page.id: page.reasons for page in pages})
    tasks = (change.review.task(TaskId(page)) for page in twins)
    asked = {its.page for its in tasks if its is not None and its.page is not None and its.state is TaskState.OPEN}
    return with_sheets_twice(row, {page.id: page.sheet for page in pages}, twins, asked)


def emptied(row: StatementRow) -> StatementRow:
    """What is left of a statement without pages: nothing by which it could be found, and that it was one."""
    told = [reason for reason in row.reasons if reason.code in (ADDED, EMPTIED)]
    reasons = tuple(told) if any(reason.code == EMPTIED for reason in told) else (*told, Reason("statement_emptied"))
    return StatementRow(row.id, row.batch, row.issuer, None, None, PageState.READY, row.received_on, reasons=reasons)


def members_of(
    row: StatementRow, change: RecordsTransaction, desk: Desk
) -> tuple[list[PageRow], dict[PageId, PageOutcome]]:
    """Pages of a statement in the order of the paper, and their effective outcomes."""
    found = (change.page(page) for page in row.members)
    pages = sorted((page for page in found if page is not None), key=in_paper_order)
    return pages, with_rules(pages, effective(pages, change, desk))


def role_of(outcome: PageOutcome | None) -> PageRole:
    """What a page is to the statement it belongs to: by its form; without one, it is enclosed."""
    document = None if outcome is None else layout_parts(outcome.layout)[1]
    roles = {Document.STATEMENT: PageRole.STATEMENT, Document.RETURN: PageRole.RETURN}
    return PageRole.ENCLOSURE if document is None else roles[document]


def _regrouped(
    row: StatementRow,
    batch: BatchRow,
    pages: Sequence[PageRow],
    outcomes: Mapping[PageId, PageOutcome],
    posted: Mapping[int, date],
) -> StatementRow:
    """The row with what its own pages say of it. Pages that name several statements stay together, and say so."""
    found = grouped(batch, pages, outcomes, posted=posted).statements
    if not found:
        bare = replace(row, number=None, schedule=None, designation=None, rules=(), forms=(), match_keys=())
        return replace(bare, reasons=(*_added(row), Reason("statement_without_form")))
    now = next((its for its in found if set(its.pages) & set(row.pages)), found[0])
    numbers = tuple(dict.fromkeys(its.number for its in found if its.number is not None))
    number = row.number if row.number in numbers else next(iter(numbers), None)
    return replace(
        row,
        number=number,
        schedule=now.schedule,
        designation=now.designation,
        rules=worst_of_each([rule for its in found for rule in its.rules]),
        reasons=(*_added(row), *_reasons(row, found, numbers), *_of_envelope(row)),
        forms=tuple(dict.fromkeys(form for its in found for form in its.forms)),
        match_keys=now.match_keys,
    )


def _of_envelope(row: StatementRow) -> tuple[Reason, ...]:
    """What was doubtful of the envelopes stays: the separators are no pages of the statement."""
    return tuple(reason for reason in row.reasons if reason.code in ENVELOPE_REASONS)


def _added(row: StatementRow) -> tuple[Reason, ...]:
    return tuple(reason for reason in row.reasons if reason.code == ADDED)


def _reasons(row: StatementRow, found: Sequence[StatementRow], numbers: Sequence[str]) -> tuple[Reason, ...]:
    if len(found) == 1:
        return found[0].reasons
    told = [reason for its in found for reason in its.reasons if reason.code not in _OF_SEVERAL]
    if not row.pages:
        told.append(Reason("return_without_statement"))
    if not numbers:
        told.append(Reason("statement_number_unsure"))
    elif len(numbers) > 1:
        told.append(Reason("pages_name_several_statements", (("numbers", ", ".join(numbers)),)))
    elif any(its.number is None and its.returns for its in found):
        told.append(Reason("return_number_unsure"))
    return tuple(dict.fromkeys(told))


def _with_cheques(row: StatementRow, change: RecordsTransaction, desk: Desk) -> StatementRow:
    """What the cheques of its envelope say, which lies in the pages of other statements too."""
    rules: tuple[RuleResult, ...] = tuple(rule for rule in row.rules if rule.id != CHEQUE_SUM)
    told = tuple(reason for reason in row.reasons if reason.code not in CHEQUE_REASONS)
    results, reasons = checks_of(row, change, desk) if row.returns else ((), ())
    return replace(row, rules=(*rules, *results), reasons=tuple(dict.fromkeys((*told, *reasons))))


def _restricted(
    before: StatementRow, row: StatementRow, outcomes: Mapping[PageId, PageOutcome], said: Sequence[Said]
) -> StatementRow:
    """A file is restricted once a reading says that it is a minor's, or a person does. It stays so until both dates are
    settled and say otherwise, or a person lifts it."""
    read = any(reason.code == MINOR for reason in row.reasons)
    rest = tuple(reason for reason in row.reasons if reason.code not in (MINOR, MINOR_PROPOSED, LIFTED))
    proposed = tuple(reason for reason in row.reasons if reason.code == MINOR_PROPOSED)
    word = next((its.verb for its in reversed(said) if its.verb in (Verb.RESTRICT, Verb.LIFT)), None)
    if word is Verb.LIFT:
        return replace(row, reasons=(*rest, Reason("restriction_lifted")))
    if word is Verb.RESTRICT:
        return replace(row, reasons=(*rest, Reason("defendant_minor")))
    own = [outcomes[page] for page in row.pages if page in outcomes]
    kept = any(reason.code == MINOR for reason in before.reasons) and not dates_settled(own)
    if read or kept:
        asked = proposed if read else (Reason("minor_on_proposal"),)
        return replace(row, reasons=(*rest, Reason("defendant_minor"), *asked))
    return replace(row, reasons=rest)


def _asks_again(said: Said) -> bool:
    """A person who opens a statement again takes back that another stands for it."""
    return said.verb is Verb.REOPEN and said.who != SYSTEM


def beside_others(row: StatementRow, change: RecordsTransaction, instead: Mapping[str, StatementRow]) -> StatementRow:
    """Says so where another statement of the same issuer has the same number; or which one stands for it, as a person
    said.

    Args:
        instead: rows, by id, that are about to be written; they count in place of those that are.
    """
    if not row.members:
        return row
    said = in_force(change.review.history(TaskId(row.id)))
    word = next((its for its in reversed(said) if its.verb in _TWINS or _asks_again(its)), None)
    if word is not None and word.verb in _TWINS and isinstance(word.value, str):
        code = "duplicate_of" if word.verb is Verb.DUPLICATE else "copy_of"
        twin = Reason(code, (("statement", word.value),))
        return replace(row, reasons=(*row.reasons, twin))
    written = (its for its in change.statements.numbered(row.number or "") if its.id not in instead)
    others = (*written, *instead.values())
    if not same_number(row, others):
        return row
    pages = (change.page(page) for page in row.members)
    return with_number_conflict(row, others, twins_of({page.id: page.reasons for page in pages if page is not None}))
