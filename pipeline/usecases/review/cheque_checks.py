"""The cheques of an envelope against what its return documents pay, as persons left both; how a cheque is shared."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from pipeline.custody import PageRow, StatementRow
from pipeline.custody.review import TaskId, Verb
from pipeline.evidence.canonical import canonical_json
from pipeline.model import PageId, PageLabel, Reason, RuleResult
from pipeline.ocr.grammar.amounts import format_cents
from pipeline.statements.cheques import ChequeCheck
from pipeline.statements.review import in_force
from pipeline.usecases.enclosed import cheque_checks, is_cheque
from pipeline.usecases.review.desk import Desk
from pipeline.usecases.review.papers import Papers, effective

DIFFERS, UNSURE = "cheque_sum_differs", "cheque_payments_unsure"


def checks_of(row: StatementRow, papers: Papers, desk: Desk) -> tuple[tuple[RuleResult, ...], tuple[Reason, ...]]:
    """What the cheques that came with a statement's return documents say of it: rule results and reasons, each once."""
    found = envelope_checks(row, papers, desk)
    mine = [_shared(found[page], row, papers) for page in row.returns if page in found]
    results = tuple(dict.fromkeys(check.result for check in mine))
    return results, tuple(dict.fromkeys(reason for check in mine for reason in check.reasons))


def envelope_checks(row: StatementRow, papers: Papers, desk: Desk) -> dict[PageId, ChequeCheck]:
    """As `cheque_checks`, of the groups of files in which pages of a statement lie; nothing without a cheque."""
    pages = pages_beside(row, papers)
    enclosed = effective((page for page in pages if page.label is PageLabel.ENCLOSURE), papers, desk)
    if not any(map(is_cheque, enclosed.values())):
        return {}
    return cheque_checks(pages, effective(pages, papers, desk))


def pages_beside(row: StatementRow, papers: Papers) -> list[PageRow]:
    """All pages of the groups of files in which pages of a statement lie, as the transaction has them."""
    pages = papers.pages(row.batch)
    groups = {page.group for page in pages if page.id in row.members}
    return [page for page in pages if page.group in groups]


def _shared(check: ChequeCheck, row: StatementRow, papers: Papers) -> ChequeCheck:
    """A cheque that gives another sum than was asked is no question any more once a person said how it is shared."""
    asked = (dict(its.params) for its in check.reasons if its.code in (DIFFERS, UNSURE))
    given = next((its.get("cheques") for its in asked), None)
    shares = shares_of(check, papers)
    if given is None or row.id not in shares or format_cents(sum(shares.values())) != given:
        return check
    facts = (("amount", format_cents(shares[row.id])), ("cheques", given))
    return replace(check, reasons=(Reason("cheque_shared", facts),))


def shares_of(check: ChequeCheck, papers: Papers) -> Mapping[str, int]:
    """What a person said of how cheques are shared: cents by statement; empty where nobody did."""
    said = in_force(papers.review.history(TaskId(check.cheques[0])))
    word = next((its.value for its in reversed(said) if its.verb is Verb.SHARED), None)
    return shares_from(word) if isinstance(word, str) else {}


def shares_text(shares: Mapping[str, int]) -> str:
    """Cents by statement, as history keeps them."""
    return canonical_json(dict(shares))


def shares_from(text: str) -> Mapping[str, int]:
    """Empty where the text is no such thing: an altered row is named by its digest."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    if not isinstance(found, dict) or not all(type(cents) is int for cents in found.values()):
        return {}
    return {str(statement): cents for statement, cents in found.items()}
