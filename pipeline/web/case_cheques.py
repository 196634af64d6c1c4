"""Cheques on the page of a statement: what one gives, what the statements of its envelope pay, how it is shared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.custody import PageRow, StatementRow
from pipeline.custody.review import Task, TaskId
from pipeline.model import PageId
from pipeline.ocr.grammar.amounts import format_cents
from pipeline.statements.cheques import CHEQUE_AMOUNT, ChequeCheck
from pipeline.usecases.review.cheque_cases import paid_statements
from pipeline.usecases.review.cheque_checks import DIFFERS, UNSURE, envelope_checks, shares_of
from pipeline.usecases.review.papers import Recorded, effective
from pipeline.web.admission import Visitor
from pipeline.web.parts import WebParts
from pipeline.web.refusal import Refusal
from pipeline.web.viewing import require_statement


@dataclass(frozen=True, slots=True)
class Paid:
    """A statement that came with a cheque: what its return document pays, and its share as somebody said; empty where
    that is not known."""

    row: StatementRow
    pays: str
    share: str


@dataclass(frozen=True, slots=True)
class ChequeCase:
    """A cheque and what it pays.

    Attributes:
        given: its amount; empty while it is not sure.
        task: of the entered amount; null where nobody entered one.
        version: of the page's own task, under which it is shared.
        open: a person is asked how it is shared.
    """

    page: PageRow
    text: str
    given: str
    asked: str
    task: Task | None
    version: int
    paid: tuple[Paid, ...]
    open: bool
    hidden: bool


def cheques_of(row: StatementRow, parts: WebParts) -> Mapping[PageId, ChequeCheck]:
    """Cheques that came with the statement's return documents."""
    checks = envelope_checks(row, Recorded(parts.keeping.records), parts.desk)
    mine = [checks[page] for page in row.returns if page in checks]
    return {cheque: check for check in mine for cheque in check.cheques}


def cheque_cases(row: StatementRow, who: Visitor, parts: WebParts) -> Iterator[ChequeCase]:
    for cheque, check in cheques_of(row, parts).items():
        page = parts.keeping.records.page(cheque)
        if page is not None:
            yield _cheque(page, check, who, parts)


def _cheque(page: PageRow, check: ChequeCheck, who: Visitor, parts: WebParts) -> ChequeCase:
    records, papers = parts.keeping.records, Recorded(parts.keeping.records)
    rows = paid_statements(check, papers)
    hidden = any(not _may_see(its, who) for its in (*rows, *records.statements_of_page(page.id)))
    amounts = {paper.page: paper.cents for paper in check.papers}
    shares = shares_of(check, papers)
    own, outcome = records.review.task(TaskId(page.id)), effective([page], papers, parts.desk).get(page.id)
    payments = [amounts[each] for each in check.returns]
    codes = {reason.code for reason in check.reasons}
    return ChequeCase(
        page=page,
        text="" if outcome is None or hidden else outcome.text,
        given=_amount([amounts[page.id]]),
        asked=_amount(payments),
        task=records.review.task(TaskId(f"{page.id}/{CHEQUE_AMOUNT}")),
        version=0 if own is None else own.version,
        paid=tuple(_paid(its, check, shares) for its in rows),
        open=bool(codes & {DIFFERS, UNSURE}) and check.cheques[0] == page.id,
        hidden=hidden,
    )


def _paid(row: StatementRow, check: ChequeCheck, shares: Mapping[str, int]) -> Paid:
    pays = [paper.cents for paper in check.papers if paper.page in row.returns]
    return Paid(row, _amount(pays), format_cents(shares[row.id]) if row.id in shares else "")


def _amount(cents: Sequence[int | None]) -> str:
    known = [each for each in cents if each is not None]
    return format_cents(sum(known)) if cents and len(known) == len(cents) else ""


def _may_see(row: StatementRow, who: Visitor) -> bool:
    try:
        require_statement(row, who)
    except Refusal:
        return False
    return True
